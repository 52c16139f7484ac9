//! How long a plan may be applied. The account goes on changing, and a plan that lies around is easy to slip to somebody.

use super::model::Plan;
use crate::clock::{self, HOUR, MINUTE, Millis};
use crate::event::time;

/// How long a plan may be applied when nobody says otherwise.
pub const VALID_FOR: Millis = HOUR;

/// How far a plan may be ahead of AWS's clock.
const AHEAD: Millis = 5 * MINUTE;

/// Why a plan must not be applied now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stale {
    #[error("the plan was made at {made} and expired at {end}: the account may have changed since")]
    Expired { made: String, end: String },
    #[error(
        "the plan says that it was made at {made}, which is still to come: it is not from this program"
    )]
    Ahead { made: String },
    #[error("the plan does not say when it was made and when it expires ('{0}' is no time)")]
    NoTime(String),
}

impl Plan {
    /// Refuses a plan that must not be applied any more. A plan that an older version made counts for [`VALID_FOR`].
    /// `now` is AWS's time.
    ///
    /// # Errors
    /// Why the plan must not be applied.
    pub fn check_time(&self, now: Millis) -> Result<(), Stale> {
        let at = |text: &str| time::parse(text).ok_or_else(|| Stale::NoTime(text.to_string()));
        let made = at(&self.created)?;
        let end = match self.expires.as_str() {
            "" => made + VALID_FOR,
            text => at(text)?,
        };
        let made_at = clock::plain(made);
        if made > now + AHEAD {
            return Err(Stale::Ahead { made: made_at });
        }
        if end <= now {
            return Err(Stale::Expired { made: made_at, end: clock::plain(end) });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_counts_until_its_end_and_never_before_it_was_made() {
        let text = include_str!("../../tests/fixtures/report-case/plan-c0e62a36f0d0.json");
        let mut plan: Plan = serde_json::from_str(text).unwrap();
        assert!(plan.is_unchanged().unwrap(), "plans of older versions keep their digest");
        let made = time::parse(&plan.created).unwrap();
        assert_eq!(plan.check_time(made), Ok(()));
        assert_eq!(plan.check_time(made + HOUR - 1), Ok(()));
        let said = plan.check_time(made + HOUR).unwrap_err().to_string();
        assert!(said.contains("expired at"), "{said}");
        plan.expires = clock::rfc3339(made + 3 * HOUR);
        assert_eq!(plan.check_time(made + 2 * HOUR), Ok(()));
        assert!(matches!(plan.check_time(made + 3 * HOUR), Err(Stale::Expired { .. })));
        assert!(matches!(plan.check_time(made - HOUR), Err(Stale::Ahead { .. })));
        for wrong in ["soon", "2026-13-01T00:00:00Z"] {
            plan.expires = wrong.into();
            assert_eq!(plan.check_time(made), Err(Stale::NoTime(wrong.into())));
        }
    }
}
