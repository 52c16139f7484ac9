//! The notification clocks as rows: which notice is due to whom, and how much time is left.

use super::input::ClockRow;
use crate::clock::{self, Millis};
use crate::clocks::{Duty, Facts, State, duties, rounded_duration};

/// Open duties first, the next due first. Duties that do not apply are left out.
pub fn rows(facts: &Facts, now: Millis) -> Vec<ClockRow> {
    let mut list: Vec<Duty> = duties(facts, now);
    list.retain(|duty| duty.state != State::NotApplicable);
    list.sort_by_key(rank);
    list.iter().map(|duty| row(facts, duty, now)).collect()
}

/// When the incident was noticed: the time of the earliest fact that says so.
pub fn noticed(facts: &Facts) -> Option<Millis> {
    let moments = ["discovered", "aware"].into_iter().filter_map(|key| facts.moment(key));
    moments.map(|when| when.first(facts.zone())).min()
}

fn rank(duty: &Duty) -> (u8, Millis) {
    match (duty.state, duty.due) {
        (State::Runs, None) => (0, 0),
        (State::Runs | State::Held { .. }, due) => (1, due.unwrap_or(Millis::MAX)),
        (State::NotStarted, _) => (2, 0),
        (State::Submitted { .. } | State::NotApplicable, due) => (3, due.unwrap_or(Millis::MAX)),
    }
}

fn row(facts: &Facts, duty: &Duty, now: Millis) -> ClockRow {
    let utc = |at: Millis| format!("{} UTC", clock::plain(at));
    let starts = match duty.start {
        Some((key, when)) => format!("{key}, {}", utc(when.first(facts.zone()))),
        None => format!("{} (not set)", duty.regime.starts_at()),
    };
    let due = match (duty.state, duty.due) {
        (State::NotStarted, _) => String::new(),
        (_, Some(due)) => utc(due),
        (_, None) => "at once".into(),
    };
    let (state, left) = match (duty.state, duty.due) {
        (State::Runs, Some(due)) if due < now => {
            ("overdue", format!("{} overdue", rounded_duration(now - due)))
        }
        (State::Runs, Some(due)) => ("running", rounded_duration(due - now)),
        (State::Runs, None) => ("running", "at once".into()),
        (State::Held { until }, _) => ("held back", format!("not before {}", utc(until))),
        (State::Submitted { at }, _) => ("done", format!("submitted {}", utc(at))),
        (State::NotStarted | State::NotApplicable, _) => ("not started", String::new()),
    };
    ClockRow {
        regime: duty.regime.name().to_uppercase(),
        duty: duty.what.to_string(),
        article: duty.law.to_string(),
        starts,
        due,
        left,
        state: state.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(pairs: &[(&str, &str)]) -> Facts {
        let mut facts = Facts::default();
        let pairs: Vec<(String, String)> =
            pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        facts.set(&pairs).expect("known facts");
        facts
    }

    #[test]
    fn a_running_clock_has_its_end_and_what_is_left() {
        let set = facts(&[("regimes", "gdpr,sec"), ("aware", "2026-11-20T10:00:00Z")]);
        let now = 1_795_276_000_000;
        let rows = rows(&set, now);
        assert_eq!((rows[0].due.as_str(), rows[0].left.as_str()), ("at once", "at once"));
        let authority = rows.iter().find(|r| !r.due.starts_with("at once")).expect("listed");
        assert_eq!((authority.regime.as_str(), authority.state.as_str()), ("GDPR", "running"));
        assert_eq!(authority.due, "2026-11-23 10:00:00 UTC");
        assert!(authority.starts.starts_with("aware, 2026-11-20 10:00:00"), "{}", authority.starts);
        assert!(!authority.left.is_empty());
        let sec = rows.iter().find(|r| r.regime == "SEC").expect("listed");
        assert_eq!((sec.state.as_str(), sec.due.as_str()), ("not started", ""));
        let late = super::rows(&set, now + 30 * clock::DAY);
        assert!(late.iter().any(|r| r.state == "overdue"));
        assert!(super::rows(&Facts::default(), now).is_empty());
    }

    #[test]
    fn the_earliest_fact_says_when_it_was_noticed() {
        let set =
            facts(&[("aware", "2026-11-20T10:00:00Z"), ("discovered", "2026-11-20T09:00:00Z")]);
        assert_eq!(noticed(&set), Some(1_795_165_200_000));
        assert_eq!(noticed(&Facts::default()), None);
    }
}
