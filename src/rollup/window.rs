//! Which events count: the window, and the baseline before it.

use super::Phase;
use crate::clock::Millis;

/// Half-open ranges of time. `None` is unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Selection {
    pub since: Option<Millis>,
    pub until: Option<Millis>,
    /// Events from here up to `since` are the baseline.
    pub baseline_since: Option<Millis>,
}

impl Selection {
    /// `None` for an event outside both.
    #[inline]
    pub fn phase(&self, time: Millis) -> Option<Phase> {
        if self.until.is_some_and(|until| time >= until) {
            return None;
        }
        match self.since {
            Some(since) if time < since => {
                self.baseline_since.filter(|from| time >= *from).map(|_| Phase::Baseline)
            }
            _ => Some(Phase::Window),
        }
    }
}
