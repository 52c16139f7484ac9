//! Requested, read back, held, or contested: looks again on a growing interval, and does again what somebody
//! undid.

use std::time::{Duration, Instant};

use super::apply::Why;
use super::status::ChangeStatus;
use super::{ExecuteError, Executor, contest};
use crate::journal::Event;
use crate::plan::Kind;
use crate::step::{Change, Item};

/// How often the watch starts over before it is called contested.
const ROUNDS: usize = 3;

/// Something that is not as it should be.
struct Deviation {
    at: usize,
    number: Option<usize>,
    item: Item,
    change: Change,
}

impl Executor<'_> {
    /// Waits until every change is read back, or the time for that is over, or somebody is seen to work
    /// against it.
    pub(super) fn settle(&mut self) -> Result<(), ExecuteError> {
        let until = Instant::now() + self.timing.settle;
        loop {
            let deviations = self.deviations()?;
            let undone = deviations.iter().any(|d| self.was_read_back(d));
            if deviations.is_empty() || undone || Instant::now() >= until {
                return Ok(());
            }
            self.pause(Duration::from_secs(1).min(self.timing.settle));
        }
    }

    /// Not a change that AWS is slow to show: it was seen in force, or nobody of ours made it.
    fn was_read_back(&self, deviation: &Deviation) -> bool {
        let truth = deviation.number.map(|number| self.truth.get(&number));
        match truth {
            None => true,
            Some(truth) => {
                matches!(
                    truth,
                    Some(ChangeStatus::ReadBack | ChangeStatus::Held | ChangeStatus::Contested)
                )
            }
        }
    }

    /// What is not as it should be is done again, once: after a contest there is nothing to wait for.
    pub(super) fn do_again(&mut self) -> Result<(), ExecuteError> {
        let deviations = self.deviations()?;
        if deviations.is_empty() { Ok(()) } else { self.answer(deviations) }
    }

    /// The hold of a playbook: the whole interval, from the start again after every contest.
    pub(super) fn hold(&mut self) -> Result<(), ExecuteError> {
        self.settle()?;
        self.look_again(&self.timing.hold.clone())
    }

    pub(super) fn look_again(&mut self, intervals: &[Duration]) -> Result<(), ExecuteError> {
        let began = Instant::now();
        let mut rounds = 0;
        let mut i = 0;
        // The first look is at once: what is not read back by now is contested.
        let mut due = Duration::ZERO;
        loop {
            self.pause(due);
            let deviations = self.deviations()?;
            if deviations.is_empty() {
                self.ui.status(&format!(
                    "read again after {} s: {} changes hold",
                    began.elapsed().as_secs(),
                    self.truth.len()
                ));
                let Some(next) = intervals.get(i) else { break };
                due = *next;
                i += 1;
                continue;
            }
            rounds += 1;
            self.answer(deviations)?;
            if rounds > ROUNDS {
                self.contested = true;
                return Ok(());
            }
            i = 0;
            due = intervals.first().copied().unwrap_or_default();
        }
        self.held(began.elapsed())
    }

    fn held(&mut self, time: Duration) -> Result<(), ExecuteError> {
        let changes: Vec<usize> = self.truth.keys().copied().collect();
        for truth in self.truth.values_mut() {
            *truth = ChangeStatus::Held;
        }
        self.journal.append(Event::Held { seconds: time.as_secs(), changes })?;
        Ok(())
    }

    /// Reads everything that was changed, and what steps watch beside it.
    fn deviations(&mut self) -> Result<Vec<Deviation>, ExecuteError> {
        let mut found = Vec::new();
        let mut read_back = Vec::new();
        for at in self.ran.clone() {
            let Kind::Changes(planned) = &self.plan.steps[at].kind else { continue };
            let (step, cx, items) = self.observe(at)?;
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
            if let Some(truth) =
                self.truth.get_mut(&number).filter(|t| **t == ChangeStatus::Requested)
            {
                *truth = ChangeStatus::ReadBack;
            }
        }
        Ok(found)
    }

    /// The number of a change that the plan did not know of.
    fn unplanned(&self, resource: &str) -> Option<usize> {
        let past = self.plan.last_number();
        let mut later = self.history.changes.iter().filter(|(n, _)| **n > past);
        later.find(|(_, r)| r.resource == resource).map(|(n, _)| *n)
    }

    /// Does it again, and then says who it was where CloudTrail does: asking may take long.
    fn answer(&mut self, deviations: Vec<Deviation>) -> Result<(), ExecuteError> {
        let mut found = Vec::new();
        for Deviation { at, number, item, change } in deviations {
            let why = if number.is_some() { Why::Again } else { Why::Found };
            let named = number;
            let number = number.unwrap_or_else(|| {
                self.next += 1;
                self.next - 1
            });
            found.push((named, at, item.clone()));
            let resource = item.resource.clone();
            self.make(at, number, item, change, why)?;
            self.remember(at, number, &resource);
            self.truth.insert(number, ChangeStatus::Contested);
        }
        let by = self.who();
        for (change, at, item) in found {
            let Item { resource, state } = item;
            let who = by.as_deref().unwrap_or("somebody");
            self.ui.warning(&format!(
                "CONTESTED: {resource} was not as it should be, {who} changed it; it was done again"
            ));
            self.journal.append(Event::Contested {
                change,
                step: self.plan.steps[at].step.clone(),
                resource,
                found: state,
                by: by.clone(),
            })?;
        }
        Ok(())
    }

    /// Who it was, unless CloudTrail does not say: then it is not asked again.
    fn who(&mut self) -> Option<String> {
        if self.blind {
            return None;
        }
        match contest::who(self.client, self.client.caller(), self.plan) {
            Ok(who) => who,
            Err(e) => {
                self.ui.warning(&format!("who it was is not known: {e}"));
                self.blind = true;
                None
            }
        }
    }

    /// Keeps the number of a change that the plan did not know of.
    fn remember(&mut self, at: usize, number: usize, resource: &str) {
        let fresh = crate::journal::History::of(self.journal.entries());
        if let Some(record) = fresh.changes.get(&number) {
            debug_assert!(record.at == at && record.resource == resource);
            self.history.changes.insert(number, record.clone());
        }
    }
}
