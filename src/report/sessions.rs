//! The sessions of an archive: as a tree for people, as rows for programs.

pub mod json;
mod text;

use std::ops::ControlFlow;

use super::{Formats, Window};
use crate::clock::Millis;
use crate::finding::session::{Forest, Session, UnusedSessions};

/// Every format of the sessions.
pub fn formats<'a>() -> Formats<'a, Document<'a>> {
    Formats(&[&text::Text, &json::Json])
}

/// The sessions of a run. There may be many: a format asks for those that it shows.
pub struct Document<'a> {
    pub about: About,
    pub forest: &'a dyn Fn() -> Forest,
    pub sessions: &'a ForEach<'a>,
    pub unused: &'a dyn Fn() -> Vec<UnusedSessions>,
}

/// Gives every session to its argument, by first use or issue, until that breaks.
pub type ForEach<'a> = dyn Fn(&mut dyn FnMut(Session) -> ControlFlow<()>) + 'a;

/// What qualifies the sessions.
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
