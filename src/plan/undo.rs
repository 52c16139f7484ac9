//! What an undo would weaken, and how it left each change.

use serde_json::Value;

use crate::cloud::Call;
use crate::journal::Stays;

/// Why a change, or a part of it, stays in force after an undo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub reason: Stays,
    pub why: String,
}

/// How an undo left a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UndoEnd {
    Undone,
    /// It is lifted, except for what still binds earlier sessions.
    Narrowed(Kept),
    /// It stays in force.
    Stays(Kept),
    /// It was in force before the case.
    NotOurs,
    /// AWS refused it when the case tried to make it.
    NotMade,
}

impl UndoEnd {
    /// What stays, and why.
    pub fn kept(&self) -> Option<&Kept> {
        match self {
            UndoEnd::Narrowed(kept) | UndoEnd::Stays(kept) => Some(kept),
            UndoEnd::Undone | UndoEnd::NotOurs | UndoEnd::NotMade => None,
        }
    }
}

/// A protection that undo would take back.
#[derive(Debug, Clone, PartialEq)]
pub struct Weakening {
    pub number: usize,
    /// What the step did: `Start logging of every trail`.
    pub title: &'static str,
    pub resource: String,
    pub call: Call,
    /// The state now.
    pub now: Value,
    /// The state that undo returns to.
    pub after: Value,
    /// Why the state that it returns to may be the attacker's work. Undo then leaves it, unless it is included.
    pub suspect: Option<String>,
    /// The responder includes it all the same.
    pub included: bool,
}
