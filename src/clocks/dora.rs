//! DORA: Regulation (EU) 2022/2554, Article 19(4), with the time limits of Delegated Regulation (EU)
//! 2025/301, Article 5 (OJ L, 2025/301, 20.2.2025).

use super::Regime;
use super::duty::Duty;
use super::facts::Facts;
use super::when::{When, plus_hours, plus_month};
use crate::clock::DAY;

const WEEKEND: &str = "due on a weekend: eligible entities may submit by noon of the next working day (Art. 5(4), (5))";

pub fn duties(facts: &Facts) -> Vec<Duty> {
    let initial = initial(facts);
    let intermediate = intermediate(facts, &initial);
    let last = final_report(facts, &intermediate);
    vec![initial, intermediate, last]
}

/// Four hours after classification, and no later than 24 hours after awareness. If it was classified later
/// than that, four hours after classification (Article 5(1)(a) and 5(2)).
fn initial(facts: &Facts) -> Duty {
    let duty = Duty::new(
        "dora-initial",
        Regime::Dora,
        "send the initial notification to the competent authority",
        "Delegated Regulation (EU) 2025/301, Art. 5(1)(a)",
    );
    let zone = facts.zone();
    let aware = facts.moment("aware").map(|aware| aware.first(zone));
    let Some(classified) = facts.moment("classified_major") else {
        let duty = duty.why("not classified as major yet").missing("classified_major");
        return match aware {
            Some(aware) => duty.note(format!(
                "once classified: within 4 hours, and no later than {} (24 hours after awareness)",
                zone.show(aware + DAY)
            )),
            None => duty.missing("aware"),
        };
    };
    let four = plus_hours(classified.first(zone), 4);
    let duty = duty.why("classified as a major ICT-related incident");
    let (due, duty) = match aware {
        Some(aware) if classified.first(zone) <= aware + DAY => {
            let note =
                "within 4 hours of classification, and no later than 24 hours after awareness";
            (four.min(aware + DAY), duty.note(note))
        }
        Some(_) => (four, duty.note("classified later than 24 hours after awareness (Art. 5(2))")),
        None => {
            let note =
                "within 4 hours of classification; the 24 hours after awareness may end earlier";
            (four, duty.note(note).missing("aware"))
        }
    };
    note_if_weekend(
        duty.starts("classified_major", classified, Some(due)).note_if_day_only(),
        facts,
    )
}

/// 72 hours after the initial notification was submitted, or was due.
fn intermediate(facts: &Facts, initial: &Duty) -> Duty {
    let duty = Duty::new(
        "dora-intermediate",
        Regime::Dora,
        "send the intermediate report",
        "Delegated Regulation (EU) 2025/301, Art. 5(1)(b)",
    );
    let (key, start, from, note) = match (facts.submitted("dora-initial"), initial) {
        (Some(sent), _) => (
            "submitted.dora-initial",
            sent,
            sent.first(facts.zone()),
            "72 hours after the initial notification was submitted",
        ),
        (None, Duty { due: Some(due), start: Some((key, start)), .. }) => (
            *key,
            *start,
            *due,
            "the initial notification is not submitted yet: counted from its due time",
        ),
        _ => return duty.why("not classified as major yet").missing("classified_major"),
    };
    let duty = duty.why("classified as a major ICT-related incident");
    let duty = duty.starts(key, start, Some(plus_hours(from, 72))).note(note).note_if_day_only();
    let duty =
        duty.note("send an update without undue delay once regular activities have recovered");
    note_if_weekend(duty, facts)
}

/// One month after the (latest) intermediate report was submitted, or was due.
fn final_report(facts: &Facts, intermediate: &Duty) -> Duty {
    let duty = Duty::new(
        "dora-final",
        Regime::Dora,
        "send the final report",
        "Delegated Regulation (EU) 2025/301, Art. 5(1)(c)",
    );
    let (key, start, from, note) = match (facts.submitted("dora-intermediate"), intermediate) {
        (Some(sent), _) => (
            "submitted.dora-intermediate",
            sent,
            sent,
            "one month after the latest intermediate report was submitted",
        ),
        (None, Duty { due: Some(due), start: Some((key, start)), .. }) => (
            *key,
            *start,
            When::At(*due),
            "the intermediate report is not submitted yet: counted from its due time",
        ),
        _ => return duty.why("not classified as major yet").missing("classified_major"),
    };
    let due = facts.zone().end_of(plus_month(from.day(facts.zone())));
    let duty = duty.why("classified as a major ICT-related incident");
    note_if_weekend(duty.starts(key, start, Some(due)).note(note), facts)
}

fn note_if_weekend(duty: Duty, facts: &Facts) -> Duty {
    if duty.ends_on_weekend(facts) { duty.note(WEEKEND) } else { duty }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::super::tests::{case, duty, shown};

    fn initial(aware: &str, classified: &str) -> String {
        let aware = if aware.is_empty() { String::new() } else { format!("aware={aware}") };
        let facts = case(&format!("regimes=dora {aware} classified_major={classified}"));
        shown(&facts, "dora-initial")
    }

    #[test]
    fn four_hours_from_classification_and_a_day_from_awareness() {
        let aware = "2026-11-24T08:00";
        assert_eq!(initial(aware, "2026-11-24T10:00"), "2026-11-24 14:00");
        assert_eq!(initial(aware, "2026-11-25T04:00"), "2026-11-25 08:00");
        assert_eq!(initial(aware, "2026-11-25T06:00"), "2026-11-25 08:00");
        assert_eq!(initial(aware, "2026-11-25T08:00"), "2026-11-25 08:00");
        assert_eq!(initial(aware, "2026-11-25T08:01"), "2026-11-25 12:01");
        assert_eq!(initial("", "2026-11-25T08:01"), "2026-11-25 12:01");
    }

    #[test]
    fn the_reports_count_from_what_was_submitted() {
        let base = "regimes=dora aware=2026-12-28T08:00 classified_major=2026-12-28T10:00";
        let facts = case(base);
        assert_eq!(shown(&facts, "dora-intermediate"), "2026-12-31 14:00");
        assert_eq!(shown(&facts, "dora-final"), "2027-01-31 23:59");
        let facts = case(&format!("{base} submitted.dora-initial=2026-12-28T11:00"));
        assert_eq!(shown(&facts, "dora-intermediate"), "2026-12-31 11:00");
        let facts = case(&format!("{base} submitted.dora-intermediate=2027-01-31"));
        assert_eq!(shown(&facts, "dora-final"), "2027-02-28 23:59");
        assert!(matches!(duty(&facts, "dora-intermediate").state, State::Submitted { .. }));
    }

    #[test]
    fn before_classification_the_24_hour_cap_is_noted() {
        let facts = case("regimes=dora aware=2026-11-24T08:00");
        let duty = duty(&facts, "dora-initial");
        assert_eq!((duty.state, duty.missing), (State::NotStarted, vec!["classified_major"]));
        assert!(duty.notes[0].contains("2026-11-25 08:00"), "{:?}", duty.notes);
    }

    #[test]
    fn a_weekend_has_a_note() {
        let facts = case("regimes=dora aware=2026-11-21T08:00 classified_major=2026-11-21T10:00");
        assert!(duty(&facts, "dora-initial").notes.iter().any(|n| n.contains("noon")));
        let facts = case("regimes=dora aware=2026-11-24T08:00 classified_major=2026-11-24T10:00");
        assert!(!duty(&facts, "dora-initial").notes.iter().any(|n| n.contains("noon")));
    }
}
