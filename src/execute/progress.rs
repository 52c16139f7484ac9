//! The progress of a run: what it has seen of each change, and what it left out.

use std::collections::{BTreeMap, BTreeSet};

use super::session::Session;
use crate::journal::Left;
use crate::plan::{CaseResources, ChangeStatus};

/// What a run knows beyond the journal.
pub(super) struct Progress {
    /// What this run has seen of each change, by number.
    pub(super) statuses: BTreeMap<usize, ChangeStatus>,
    /// Steps that this run has been at, by their place in the plan.
    pub(super) tried: BTreeSet<usize>,
    /// Steps whose changes are watched, by their place in the plan.
    pub(super) ran: Vec<usize>,
    /// Changes that this run does not answer for: left, or replaced by a fallback.
    pub(super) open: BTreeSet<usize>,
    /// The resources that the case made in the account.
    pub(super) made: CaseResources,
    /// The next free number, for changes that the plan does not have.
    next: usize,
    pub(super) contested: bool,
    /// Re-issues that wait until the keys of an interrupted one are removed, by number.
    pub(super) unremoved: Vec<usize>,
    /// What was left, and why.
    pub(super) left: Vec<Left>,
}

impl Progress {
    /// The progress at the start of a run, which may continue an earlier one.
    pub(super) fn start(session: &Session<'_>) -> Progress {
        let known = session.history().changes.keys().copied().max().unwrap_or(0);
        Progress {
            statuses: BTreeMap::new(),
            tried: BTreeSet::new(),
            ran: Vec::new(),
            open: BTreeSet::new(),
            made: session.resources(),
            next: known.max(session.plan.last_number()) + 1,
            contested: false,
            unremoved: Vec::new(),
            left: Vec::new(),
        }
    }

    /// The changes that this run answers for.
    pub(super) fn answered_for(&self) -> impl Iterator<Item = (&usize, &ChangeStatus)> {
        self.statuses.iter().filter(|(number, _)| !self.open.contains(number))
    }

    /// A number for a change that the plan does not have.
    pub(super) fn new_number(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }
}
