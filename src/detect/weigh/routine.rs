//! The same act on earlier days: a routine of the principal.

use super::{Act, Move, Shift};

/// Days with the same matches from familiar networks that make them a routine.
const ROUTINE_DAYS: usize = 3;

/// Days with about the same correlation count from which on the severity drops by three levels.
const STEADY_DAYS: usize = 7;

/// Two levels for a routine, three for a steady count of a correlation.
pub fn shift(act: &Act<'_, '_>) -> Option<Shift> {
    let group = act.group;
    if group.unfamiliar.is_some() || act.never_routine {
        return None;
    }
    let days = act.earlier_days();
    if days < ROUTINE_DAYS {
        return None;
    }
    let by = if group.correlated && days >= STEADY_DAYS { 3 } else { 2 };
    let reason = format!("routine: the same on {days} other days, from familiar networks");
    Some(Shift { by: Move::Routine(by), reason })
}
