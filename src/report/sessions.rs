//! The sessions of an archive: as a tree for people, as rows for programs.

mod json;
mod text;

pub use json::{SCHEMA, write as write_json};
pub use text::write as write_text;

use super::Window;
use crate::clock::Millis;

/// What is said beside the sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct About {
    pub generated: Millis,
    pub window: Window,
    /// Events of the window.
    pub events: u64,
    /// Nothing of the input was lost.
    pub complete: bool,
    /// Plain statements that qualify the result.
    pub notes: Vec<String>,
}

#[cfg(test)]
mod tests;
