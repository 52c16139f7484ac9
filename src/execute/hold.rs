//! Watches whether changes stay in force: reads them again at growing intervals, and makes reverted ones again.

use std::time::{Duration, Instant};

use super::apply::{Apply, Why};
use super::error::ExecuteError;
use super::progress::Progress;
use super::session::Session;
use super::{contest, wait};
use crate::journal::Event;
use crate::plan::{ChangeStatus, Kind};
use crate::step::{Change, Item};
use crate::ui::number::counted;

/// How often the hold starts again before the containment counts as contested.
const ROUNDS: usize = 3;

/// A resource that differs from the plan.
struct Deviation {
    at: usize,
    number: Option<usize>,
    item: Item,
    change: Change,
}

/// One reading of everything that a run changed.
pub(super) struct Hold<'r, 's> {
    pub(super) session: &'r mut Session<'s>,
    pub(super) progress: &'r mut Progress,
    /// CloudTrail refused to say who reverts changes.
    pub(super) unknown_actor: &'r mut bool,
}

impl Hold<'_, '_> {
    /// Waits until AWS shows every change, until the time for that is over, or until a reading shows that somebody
    /// reverted one.
    pub(super) fn settle(&mut self) -> Result<(), ExecuteError> {
        let settle = self.session.timing.settle;
        let until = Instant::now() + settle;
        loop {
            let deviations = self.deviations()?;
            let reverted = deviations.iter().any(|d| self.is_reverted(d));
            if deviations.is_empty() || reverted || Instant::now() >= until {
                return Ok(());
            }
            wait(Duration::from_secs(1).min(settle));
        }
    }

    /// Somebody did this. It is not a change that AWS is slow to show: a reading showed it in force, or it is not ours.
    fn is_reverted(&self, deviation: &Deviation) -> bool {
        let seen = [ChangeStatus::ReadBack, ChangeStatus::Held, ChangeStatus::Contested];
        match deviation.number {
            None => true,
            Some(number) => {
                self.progress.statuses.get(&number).is_some_and(|status| seen.contains(status))
            }
        }
    }

    /// Makes the reverted changes again, once. After a contest there is nothing to wait for.
    pub(super) fn make_again(&mut self) -> Result<(), ExecuteError> {
        let deviations = self.deviations()?;
        if deviations.is_empty() { Ok(()) } else { self.answer(deviations) }
    }

    /// The hold of a playbook: all intervals. After every contest they start again from the first.
    pub(super) fn hold(&mut self) -> Result<(), ExecuteError> {
        self.settle()?;
        let intervals = self.session.timing.hold.clone();
        self.watch(&intervals)
    }

    pub(super) fn watch(&mut self, intervals: &[Duration]) -> Result<(), ExecuteError> {
        let began = Instant::now();
        let mut rounds = 0;
        let mut i = 0;
        // The first reading is immediate: a change that AWS does not show by now is contested.
        let mut due = Duration::ZERO;
        loop {
            wait(due);
            let deviations = self.deviations()?;
            if deviations.is_empty() {
                self.session.ui.status(&format!(
                    "read again after {} s: {} in force",
                    began.elapsed().as_secs(),
                    counted(self.progress.statuses.len() as u64, "change", "changes")
                ));
                let Some(next) = intervals.get(i) else { break };
                due = *next;
                i += 1;
                continue;
            }
            rounds += 1;
            self.answer(deviations)?;
            if rounds > ROUNDS {
                self.progress.contested = true;
                return Ok(());
            }
            i = 0;
            due = intervals.first().copied().unwrap_or(Duration::ZERO);
        }
        self.held(began.elapsed())
    }

    fn held(&mut self, time: Duration) -> Result<(), ExecuteError> {
        let changes: Vec<usize> = self.progress.statuses.keys().copied().collect();
        for status in self.progress.statuses.values_mut() {
            *status = ChangeStatus::Held;
        }
        self.session.journal.append(Event::Held { seconds: time.as_secs(), changes })?;
        Ok(())
    }

    /// Reads everything that was changed, and the resources that the steps watch with it.
    fn deviations(&mut self) -> Result<Vec<Deviation>, ExecuteError> {
        let mut found = Vec::new();
        let mut read_back = Vec::new();
        for at in self.progress.ran.clone() {
            let Kind::Changes(planned) = &self.session.plan.steps[at].kind else { continue };
            let (step, cx, items) = self.session.observe(at, &self.progress.made)?;
            for item in items {
                let known = planned.iter().find(|c| c.resource == item.resource).map(|c| c.number);
                let number = known.or_else(|| self.unplanned(&item.resource));
                match step.change(&cx, &item)? {
                    Some(change) => found.push(Deviation { at, number, item, change }),
                    None => read_back.extend(number),
                }
            }
        }
        for number in read_back {
            let status = self.progress.statuses.get_mut(&number);
            if let Some(status) = status.filter(|s| **s == ChangeStatus::Requested) {
                *status = ChangeStatus::ReadBack;
            }
        }
        Ok(found)
    }

    /// A number for a change that the plan does not have.
    fn unplanned(&self, resource: &str) -> Option<usize> {
        let past = self.session.plan.last_number();
        let mut later = self.session.history().changes.iter().filter(|(n, _)| **n > past);
        later.find(|(_, r)| r.resource == resource).map(|(n, _)| *n)
    }

    /// Makes the changes again, then asks who reverted them: CloudTrail may answer slowly.
    fn answer(&mut self, deviations: Vec<Deviation>) -> Result<(), ExecuteError> {
        let mut found = Vec::new();
        for Deviation { at, number: known, item, change } in deviations {
            let why = if known.is_some() { Why::Again } else { Why::Found };
            let number = known.unwrap_or_else(|| self.progress.new_number());
            found.push((known, at, item.clone()));
            let mut apply = Apply { session: self.session, progress: self.progress };
            apply.make(at, number, item, change, why)?;
            self.progress.statuses.insert(number, ChangeStatus::Contested);
        }
        let by = self.actor();
        for (change, at, item) in found {
            let Item { resource, state } = item;
            let who = by.as_deref().unwrap_or("somebody");
            self.session.ui.warning(&format!(
                "CONTESTED: {who} reverted or added to {resource}; the change was made again"
            ));
            self.session.journal.append(Event::Contested {
                change,
                step: self.session.plan.steps[at].step.clone(),
                resource,
                found: state,
                by: by.clone(),
            })?;
        }
        Ok(())
    }

    /// Who reverted the change. After a refusal, CloudTrail is not asked again.
    fn actor(&mut self) -> Option<String> {
        if *self.unknown_actor {
            return None;
        }
        let Session { client, plan, ui, .. } = self.session;
        match contest::actor(*client, client.caller(), plan) {
            Ok(actor) => actor,
            Err(e) => {
                ui.warning(&format!("CloudTrail does not say who it was: {e}"));
                *self.unknown_actor = true;
                None
            }
        }
    }
}
