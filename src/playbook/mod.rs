//! Playbooks: steps, their parameters and their order, as data.

mod load;
mod model;

pub use load::{LoadError, builtin, find, from_file, parameters_in, parse};
pub use model::{Evidence, Kind, OneOrMany, Parameter, Playbook, PlaybookStep};
