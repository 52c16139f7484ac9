//! Whether anything was done at all.

use super::{Act, Move, Shift};
use crate::event::Outcome;

/// Lower where no call succeeded, unless the rule looks for failures or counts them.
pub fn shift(act: &Act<'_, '_>) -> Option<Shift> {
    let tried = !act.outcomes.contains(&Outcome::Success);
    (tried && !act.for_failures && !act.group.correlated).then(|| Shift {
        by: Move::Down,
        reason: "no call succeeded: attempted, not done".to_string(),
    })
}
