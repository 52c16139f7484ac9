//! The notification clocks of a case: which notice is due, to whom, and until when.

mod json;
mod text;

use std::path::Path;

pub use json::entry;
pub use text::line;

use super::Formats;
use crate::clock::Millis;
use crate::clocks::{Duty, Facts, State, duties};

/// The last line of every list.
const REFERENCE: &str =
    "Reference, not legal advice: the law's outer limits, calculated from the facts that were set.";

/// Every format of the clocks.
pub fn formats<'a>() -> Formats<'a, Clocks<'a>> {
    Formats(&[&text::Text, &json::Json])
}

/// The clocks of a case at a moment.
pub struct Clocks<'a> {
    /// The case's id.
    pub case: &'a str,
    /// The case's folder, as the user named it.
    pub folder: &'a Path,
    pub facts: &'a Facts,
    /// Empty while no regime is set.
    pub duties: &'a [Duty],
    pub now: Millis,
}

/// Sorts open duties first, the next due first; then duties that have not started; then the rest.
fn rank(duty: &Duty) -> (u8, Millis) {
    match (duty.state, duty.due) {
        (State::Runs, None) => (0, 0),
        (State::Runs | State::Held { .. }, due) => (1, due.unwrap_or(Millis::MAX)),
        (State::NotStarted, _) => (2, 0),
        (State::Submitted { .. }, due) => (3, due.unwrap_or(Millis::MAX)),
        (State::NotApplicable, _) => (4, 0),
    }
}

/// The open clocks, the next due first.
pub fn open_duties(facts: &Facts, now: Millis) -> Vec<Duty> {
    let mut list: Vec<Duty> = duties(facts, now).into_iter().filter(Duty::is_open).collect();
    list.sort_by_key(rank);
    list
}
