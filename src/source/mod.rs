//! Where bytes come from, and the account of what was read. Knows no formats.

pub mod coverage;
pub mod local;
mod names;

pub use names::FileNames;
