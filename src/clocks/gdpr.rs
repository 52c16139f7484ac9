//! GDPR: Regulation (EU) 2016/679, Articles 33 and 34.

use super::Regime;
use super::duty::Duty;
use super::facts::Facts;
use super::when::plus_hours;

/// Hours from awareness (Article 33(1)).
const LIMIT: i64 = 72;

pub fn duties(facts: &Facts) -> Vec<Duty> {
    vec![authority(facts), people(facts)]
}

fn authority(facts: &Facts) -> Duty {
    let duty = Duty::new(
        "gdpr-authority",
        Regime::Gdpr,
        "notify the supervisory authority",
        "Regulation (EU) 2016/679, Art. 33(1)",
    );
    if facts.flag("risk_unlikely") == Some(true) {
        let why =
            "a risk to people is unlikely: no notification, but document the breach (Art. 33(5))";
        return duty.not_applicable(why);
    }
    let duty = duty.why("required for a personal data breach, unless a risk to people is unlikely");
    let Some(aware) = facts.moment("aware") else { return duty.missing("aware") };
    let due = plus_hours(aware.first(facts.zone()), LIMIT);
    duty.starts("aware", aware, Some(due))
        .note_if_day_only()
        .note("72 hours by the clock, weekends included; missing details can follow later (Art. 33(4))")
        .note("a notification after 72 hours must give the reasons for the delay (Art. 33(1))")
}

fn people(facts: &Facts) -> Duty {
    let duty = Duty::new(
        "gdpr-people",
        Regime::Gdpr,
        "tell the people affected",
        "Regulation (EU) 2016/679, Art. 34(1)",
    );
    if facts.flag("encrypted") == Some(true) {
        let why = "the data was unintelligible to whoever took it (Art. 34(3)(a))";
        return duty.not_applicable(why);
    }
    let duty = match (facts.flag("risk_unlikely"), facts.flag("high_risk")) {
        (_, Some(true)) => duty.why("a high risk to people is likely"),
        (Some(true), None) | (_, Some(false)) => {
            return duty.not_applicable("a high risk to people is not likely");
        }
        (_, None) => duty
            .why("not decided: required only if a high risk to people is likely")
            .missing("high_risk"),
    };
    let Some(aware) = facts.moment("aware") else { return duty.missing("aware") };
    let duty = duty.starts("aware", aware, None).at_once();
    duty.note("without undue delay: the law sets no number of hours")
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::super::tests::{case, duty, shown};

    #[test]
    fn seventy_two_hours_are_elapsed_hours() {
        for (zone, aware, due) in [
            ("UTC", "2026-11-20T10:17", "2026-11-23 10:17"),
            // The clocks go back on 25 October 2026, and forward on 28 March 2027.
            ("Europe/Berlin", "2026-10-24T12:00", "2026-10-27 11:00"),
            ("Europe/Berlin", "2027-03-27T12:00", "2027-03-30 13:00"),
            ("Europe/Berlin", "2026-10-24", "2026-10-26 23:00"),
            ("Asia/Kathmandu", "2026-11-20T10:17", "2026-11-23 10:17"),
        ] {
            let facts = case(&format!("timezone={zone} regimes=gdpr aware={aware}"));
            assert_eq!(shown(&facts, "gdpr-authority"), due, "{zone} {aware}");
        }
    }

    #[test]
    fn people_are_told_when_the_risk_is_high() {
        for (flags, state, open) in [
            ("", State::Runs, true),
            ("high_risk=yes", State::Runs, false),
            ("high_risk=no", State::NotApplicable, false),
            ("risk_unlikely=yes", State::NotApplicable, false),
            ("high_risk=yes encrypted=yes", State::NotApplicable, false),
        ] {
            let facts = case(&format!("regimes=gdpr aware=2026-11-20 {flags}"));
            let people = duty(&facts, "gdpr-people");
            assert_eq!((people.state, !people.missing.is_empty()), (state, open), "{flags}");
            assert_eq!((people.due, people.at_once), (None, state == State::Runs));
        }
        let facts = case("regimes=gdpr aware=2026-11-20 risk_unlikely=yes");
        assert_eq!(duty(&facts, "gdpr-authority").state, State::NotApplicable);
    }

    #[test]
    fn without_awareness_nothing_runs() {
        let authority = duty(&case("regimes=gdpr"), "gdpr-authority");
        assert_eq!((authority.state, authority.missing), (State::NotStarted, vec!["aware"]));
    }
}
