//! Watches whether changes stay in force: reads them again at growing intervals, and makes reverted ones again.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::apply::{Apply, Why};
use super::carry::Carry;
use super::error::{ExecuteError, Stop};
use super::leave::{Part, leave};
use super::progress::Progress;
use super::session::Session;
use super::{contest, wait};
use crate::journal::Event;
use crate::plan::ChangeStatus;
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

/// What differs in a step, and the changes whose resources are gone, by number and resource.
type Reading = (Vec<Deviation>, Vec<(usize, String)>);

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
            // IAM shows a deny late: until then the contained identity makes more, which is contained, too.
            for at in self.progress.ran.clone() {
                let Hold { session, progress, .. } = self;
                if let Err(e) = (Carry { session, progress }).found(at) {
                    leave(self.session, self.progress, Part { at, change: None }, e)?;
                }
            }
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
        deviation.number.is_none_or(|number| self.was_in_force(number))
    }

    /// A reading showed the change in force.
    fn was_in_force(&self, number: usize) -> bool {
        let seen = [ChangeStatus::ReadBack, ChangeStatus::Held, ChangeStatus::Contested];
        self.progress.statuses.get(&number).is_some_and(|status| seen.contains(status))
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
                    counted(self.progress.answered_for().count() as u64, "change", "changes")
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
        let changes: Vec<usize> = self.progress.answered_for().map(|(n, _)| *n).collect();
        if changes.is_empty() {
            return Ok(());
        }
        for number in &changes {
            self.progress.statuses.insert(*number, ChangeStatus::Held);
        }
        self.session.journal.append(Event::Held { seconds: time.as_secs(), changes })?;
        Ok(())
    }

    /// Reads everything that was changed, and the resources that the steps watch with it. A step that cannot be read any
    /// more is left.
    fn deviations(&mut self) -> Result<Vec<Deviation>, ExecuteError> {
        let mut found = Vec::new();
        let mut read_back = Vec::new();
        for at in self.progress.ran.clone() {
            match self.read(at, &mut read_back) {
                Ok((deviations, gone)) => {
                    found.extend(deviations);
                    self.leave_gone(at, gone)?;
                }
                Err(e) => {
                    leave(self.session, self.progress, Part { at, change: None }, e)?;
                    let plan = self.session.plan;
                    let begun = self.session.begun_beyond_the_plan(at);
                    let planned = plan.changes_of(at).into_iter().flatten().map(|c| c.number);
                    self.progress.open.extend(planned.chain(begun.into_iter().map(|(n, _)| n)));
                    self.progress.ran.retain(|ran| *ran != at);
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

    /// Leaves changes whose resources somebody deleted: nothing can be made again there.
    fn leave_gone(&mut self, at: usize, gone: Vec<(usize, String)>) -> Result<(), ExecuteError> {
        for (number, resource) in gone {
            let why = format!("{resource} was deleted after it was changed");
            let part = Part { at, change: Some((number, &resource)) };
            leave(self.session, self.progress, part, Stop::Step(why).into())?;
            self.progress.open.insert(number);
        }
        Ok(())
    }

    /// What differs in one step, the changes that were read in force, and those whose resources are gone, but for
    /// credentials: one that is gone needs nothing. Changes that were left are not judged.
    fn read(&self, at: usize, read_back: &mut Vec<usize>) -> Result<Reading, ExecuteError> {
        let mut found = Vec::new();
        let (step, cx, items) = self.session.observe(at, &self.progress.made)?;
        let judged = |n: usize| self.was_in_force(n) && !self.progress.open.contains(&n);
        let planned = self.session.plan.changes_of(at).unwrap_or_default().iter();
        let gone = planned
            .filter(|c| !step.widens() && judged(c.number))
            .filter(|c| !items.iter().any(|item| item.resource == c.resource))
            .map(|c| (c.number, c.resource.clone()))
            .collect();
        for item in items {
            let number = self.session.number_of(at, &item.resource);
            if number.is_some_and(|n| self.progress.open.contains(&n)) {
                continue;
            }
            match step.change(&cx, &item)? {
                Some(change) => found.push(Deviation { at, number, item, change }),
                None => read_back.extend(number),
            }
        }
        Ok((found, gone))
    }

    /// Makes the changes again, then asks who reverted them: CloudTrail may answer slowly.
    fn answer(&mut self, deviations: Vec<Deviation>) -> Result<(), ExecuteError> {
        let mut found = Vec::new();
        let mut answered: BTreeSet<String> = BTreeSet::new();
        for Deviation { at, number: known, item, change } in deviations {
            let why = if known.is_some() { Why::Again } else { Why::Found };
            let number = known.unwrap_or_else(|| self.progress.new_number());
            // An answer to another step changed the same resource: what was read before is no longer there.
            let stale = !answered.insert(item.resource.clone());
            let made = match stale {
                true => self.make_anew(at, number, &item.resource, why),
                false => self.make(at, number, item.clone(), change, why),
            };
            self.progress.statuses.insert(number, ChangeStatus::Contested);
            let said = match made {
                Ok(()) => "the change was made again",
                Err(e) => {
                    let part = Part { at, change: Some((number, &item.resource)) };
                    leave(self.session, self.progress, part, e)?;
                    "the change could not be made again"
                }
            };
            found.push((known, at, item, said));
        }
        let by = self.actor();
        for (change, at, item, said) in found {
            let Item { resource, state } = item;
            let who = by.as_deref().unwrap_or("somebody");
            let warning = format!("CONTESTED: {who} reverted or added to {resource}; {said}");
            self.session.ui.warning(&warning);
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

    fn make(
        &mut self,
        at: usize,
        number: usize,
        item: Item,
        change: Change,
        why: Why,
    ) -> Result<(), ExecuteError> {
        let Hold { session, progress, .. } = self;
        Apply { session, progress, instead_of: None }.make(at, number, item, change, why)
    }

    /// Makes a change of a resource that is read again first.
    fn make_anew(
        &mut self,
        at: usize,
        number: usize,
        resource: &str,
        why: Why,
    ) -> Result<(), ExecuteError> {
        let (item, change) = self.session.look(at, &self.progress.made, resource)?;
        change.map_or(Ok(()), |change| self.make(at, number, item, change, why))
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
