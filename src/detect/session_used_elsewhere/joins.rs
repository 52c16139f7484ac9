//! Which uses are one finding, and which are none because sessions are used like that.

use super::{Detection, Stray, USUAL_DAYS};
use crate::clock::{HOUR, Millis};
use crate::detect::history::Habits;
use crate::detect::joined::joined;

/// Uses of one principal's sessions that are this close are one finding.
const TOUCH: Millis = 2 * HOUR;

impl<'c> Detection<'c, '_> {
    /// Where sessions of the principal, or of the instance, moved on several earlier days, it is how they are used.
    pub fn leave_out_habits(&self, strays: &mut Vec<Stray<'_, 'c>>) {
        strays.sort_by_key(|stray| stray.used.first);
        let mut habits = Habits::default();
        strays.retain(|stray| {
            let instance = if stray.instance { stray.used.session.name } else { 0 };
            let who = (stray.used.principal, instance);
            (habits.earlier_days(who, stray.used.first) as f64) < self.settings.get(&USUAL_DAYS)
        });
    }

    /// Strays of one principal from one home, or of one instance, that touch in time are one finding.
    pub fn joined<'u>(&self, mut strays: Vec<Stray<'u, 'c>>) -> Vec<Vec<Stray<'u, 'c>>> {
        strays.sort_by_cached_key(|s| {
            let (principal, home) = self.cause(s);
            (
                principal.to_string(),
                home.to_string(),
                s.used.first,
                self.cx.text(s.used.key),
                s.used.network,
            )
        });
        joined(strays, |a, b| self.touch(a, b))
    }

    fn cause<'s>(&'s self, stray: &'s Stray<'_, '_>) -> (&'s str, &'s str) {
        let home = if stray.instance { self.cx.text(stray.used.session.name) } else { &stray.home };
        (self.cx.text(stray.used.principal), home)
    }

    fn touch(&self, a: &Stray<'_, '_>, b: &Stray<'_, '_>) -> bool {
        let near = b.used.first <= a.used.last + TOUCH && a.used.first <= b.used.last + TOUCH;
        near && self.cause(a) == self.cause(b)
    }
}
