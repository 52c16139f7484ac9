//! Carries out one step with changes: the planned ones, those that an earlier run began, what the contained identity
//! made since, and the fallbacks of a step for which a quota leaves no room.

use super::apply::{Apply, Why};
use super::error::ExecuteError;
use super::leave::{Part, leave};
use super::progress::Progress;
use super::session::Session;
use crate::cloud::ErrorKind;
use crate::journal::ChangeState;
use crate::plan::{ChangeStatus, Kind, PlannedChange};

pub(super) struct Carry<'r, 's> {
    pub(super) session: &'r mut Session<'s>,
    pub(super) progress: &'r mut Progress,
}

impl Carry<'_, '_> {
    /// Makes the changes of a step once in a run. Those that cannot be made are left.
    ///
    /// # Errors
    /// Errors that end the run.
    pub(super) fn step(&mut self, at: usize) -> Result<(), ExecuteError> {
        let plan = self.session.plan;
        let Some(changes) = plan.changes_of(at) else { return Ok(()) };
        if !self.progress.tried.insert(at) || self.is_replaced(at) {
            return Ok(());
        }
        let instead_of = match &plan.steps[at].kind {
            Kind::Fallback(_) => self.no_room_before(at),
            _ => None,
        };
        match &plan.steps[at].kind {
            Kind::Fallback(_) if instead_of.is_none() => return Ok(()),
            Kind::AfterFallback { of, .. }
                if !of.iter().any(|resource| self.progress.made.written.contains_key(resource)) =>
            {
                return Ok(());
            }
            _ => {}
        }
        for change in changes {
            self.change(at, change, instead_of)?;
        }
        // A fallback without changes is in force already.
        if let Some(number) = instead_of.filter(|_| changes.is_empty()) {
            self.progress.statuses.insert(number, ChangeStatus::Replaced);
        }
        self.beyond_the_plan(at)?;
        // A fallback takes the place of this step: there is nothing to watch here.
        if !self.is_limited(changes) {
            self.progress.ran.push(at);
        }
        Ok(())
    }

    fn change(
        &mut self,
        at: usize,
        change: &PlannedChange,
        instead_of: Option<usize>,
    ) -> Result<(), ExecuteError> {
        let Carry { session, progress } = self;
        let done = Apply { session, progress, instead_of }.planned(at, change);
        let Err(e) = done else { return Ok(()) };
        self.progress.open.insert(change.number);
        // The step's fallback comes next.
        let falls_back = self.session.plan.fallbacks(at).next().is_some();
        if falls_back && self.is_limited(std::slice::from_ref(change)) {
            let warning = format!("{e}; the plan's fallback comes next");
            self.session.ui.warning(&warning);
            return Ok(());
        }
        let part = Part { at, change: Some((change.number, &change.resource)) };
        leave(self.session, self.progress, part, e)
    }

    /// The changes of this step that an earlier run began without the plan, and what the contained identity made since.
    fn beyond_the_plan(&mut self, at: usize) -> Result<(), ExecuteError> {
        for (number, resource) in self.session.begun_beyond_the_plan(at) {
            let Carry { session, progress } = self;
            let done =
                Apply { session, progress, instead_of: None }.left_over(at, number, &resource);
            self.or_leave(at, number, &resource, done)?;
        }
        match self.found(at) {
            Ok(()) => Ok(()),
            Err(e) => leave(self.session, self.progress, Part { at, change: None }, e),
        }
    }

    /// Contains what the contained identity made after the plan, if the step is about such things.
    pub(super) fn found(&mut self, at: usize) -> Result<(), ExecuteError> {
        if !self.session.widens(at) {
            return Ok(());
        }
        let (step, cx, items) = self.session.observe(at, &self.progress.made)?;
        let mut found = Vec::new();
        for item in items {
            if self.session.number_of(at, &item.resource).is_none()
                && let Some(change) = step.change(&cx, &item)?
            {
                found.push((item, change));
            }
        }
        for (item, change) in found {
            let number = self.progress.new_number();
            let resource = item.resource.clone();
            self.session.show(number, "found, made since the plan", &resource);
            let Carry { session, progress } = self;
            let done = Apply { session, progress, instead_of: None }.make(
                at,
                number,
                item,
                change,
                Why::Found,
            );
            self.or_leave(at, number, &resource, done)?;
        }
        Ok(())
    }

    fn or_leave(
        &mut self,
        at: usize,
        number: usize,
        resource: &str,
        done: Result<(), ExecuteError>,
    ) -> Result<(), ExecuteError> {
        let Err(e) = done else { return Ok(()) };
        self.progress.open.insert(number);
        leave(self.session, self.progress, Part { at, change: Some((number, resource)) }, e)
    }

    /// Whether AWS refused one of these changes for its quota.
    fn is_limited(&self, changes: &[PlannedChange]) -> bool {
        changes.iter().any(|c| {
            let record = self.session.history().changes.get(&c.number);
            record.is_some_and(|r| {
                r.state == ChangeState::Failed && r.refused == Some(ErrorKind::Limit)
            })
        })
    }

    /// The change before this fallback that AWS refused for its quota.
    fn no_room_before(&self, at: usize) -> Option<usize> {
        let before = self.session.plan.changes_of(at.checked_sub(1)?)?;
        let limited = before.iter().find(|c| self.is_limited(std::slice::from_ref(*c)));
        limited.map(|c| c.number)
    }

    /// True if a fallback of this step is in force.
    fn is_replaced(&mut self, at: usize) -> bool {
        let plan = self.session.plan;
        let made = plan.fallbacks(at).filter_map(|at| plan.changes_of(at)).any(|changes| {
            !changes.is_empty() && changes.iter().all(|c| self.session.history().is_done(c.number))
        });
        if made {
            for change in plan.changes_of(at).into_iter().flatten() {
                self.progress.statuses.insert(change.number, ChangeStatus::Replaced);
                self.progress.open.insert(change.number);
            }
        }
        made
    }
}
