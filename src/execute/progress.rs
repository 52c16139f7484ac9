//! The progress of a run: what it has seen of each change, and what it left out.

use std::collections::BTreeMap;

use super::session::Session;
use crate::plan::{CaseResources, ChangeStatus};

/// What a run knows beyond the journal.
pub(super) struct Progress {
    /// What this run has seen of each change, by number.
    pub(super) statuses: BTreeMap<usize, ChangeStatus>,
    /// Steps that are done, by their place in the plan.
    pub(super) ran: Vec<usize>,
    /// The resources that the case made in the account.
    pub(super) made: CaseResources,
    /// The next free number, for changes that the plan does not have.
    next: usize,
    pub(super) contested: bool,
    /// The steps that were left out, and why.
    pub(super) left: Vec<String>,
}

impl Progress {
    /// The progress at the start of a run, which may continue an earlier one.
    pub(super) fn start(session: &Session<'_>) -> Progress {
        let known = session.history().changes.keys().copied().max().unwrap_or(0);
        Progress {
            statuses: BTreeMap::new(),
            ran: Vec::new(),
            made: session.resources(),
            next: known.max(session.plan.last_number()) + 1,
            contested: false,
            left: Vec::new(),
        }
    }

    /// A number for a change that the plan does not have.
    pub(super) fn new_number(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }
}
