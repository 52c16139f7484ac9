//! The sessions of an archive: a tree for people, rows for programs.

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

/// The sessions of a run. There may be many, so a format requests only those that it shows.
pub struct Document<'a> {
    pub about: About,
    pub forest: &'a dyn Fn() -> Forest,
    pub sessions: &'a ForEach<'a>,
    pub unused: &'a dyn Fn() -> Vec<UnusedSessions>,
}

/// Passes every session to its argument, by first use or issue, until the argument breaks.
pub type ForEach<'a> = dyn Fn(&mut dyn FnMut(Session) -> ControlFlow<()>) + 'a;

/// The facts that qualify the sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct About {
    pub generated: Millis,
    pub window: Window,
    /// Number of events in the window.
    pub events: u64,
    /// No input was lost.
    pub complete: bool,
    /// Notes that qualify the result.
    pub notes: Vec<String>,
}

#[cfg(test)]
mod tests;
