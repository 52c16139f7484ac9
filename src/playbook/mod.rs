//! Playbooks: which steps, with which parameters, in which order. Data, no logic.

mod load;
mod model;

pub use load::{LoadError, builtin, find, from_file, parameters_in, parse};
pub use model::{Evidence, Kind, OneOrMany, Parameter, Playbook, PlaybookStep};
