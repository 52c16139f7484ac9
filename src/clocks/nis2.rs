//! NIS2: Directive (EU) 2022/2555, Article 23(4). Member States' laws can be stricter.

use super::Regime;
use super::duty::Duty;
use super::facts::Facts;
use super::when::{When, plus_hours, plus_month};

const WEEKEND: &str =
    "due on a Saturday or Sunday: Regulation 1182/71, Art. 3(4), would allow the next working day";

pub fn duties(facts: &Facts) -> Vec<Duty> {
    let warning = Duty::new(
        "nis2-early-warning",
        Regime::Nis2,
        "send the early warning to the CSIRT or authority",
        "Directive (EU) 2022/2555, Art. 23(4)(a)",
    );
    let notification = Duty::new(
        "nis2-notification",
        Regime::Nis2,
        "send the incident notification",
        "Directive (EU) 2022/2555, Art. 23(4)(b)",
    );
    let last = Duty::new(
        "nis2-final",
        Regime::Nis2,
        "send the final report",
        "Directive (EU) 2022/2555, Art. 23(4)(d)",
    );
    if facts.flag("significant") == Some(false) {
        let why = "the incident is not significant (Art. 23(3))";
        return [warning, notification, last].map(|d| d.not_applicable(why)).into();
    }
    let notification = hours(notification, facts, 72)
        .note("trust service providers: within 24 hours, where their trust services are affected");
    let last = final_report(applies(last, facts), facts, &notification);
    vec![hours(warning, facts, 24), notification, last]
}

fn applies(duty: Duty, facts: &Facts) -> Duty {
    match facts.flag("significant") {
        Some(_) => duty.why("the incident is significant (Art. 23(3))"),
        None => duty.why("assumed to be significant (Art. 23(3))").missing("significant"),
    }
}

fn hours(duty: Duty, facts: &Facts, hours: i64) -> Duty {
    let duty = applies(duty, facts);
    let Some(aware) = facts.moment("aware") else { return duty.missing("aware") };
    let due = plus_hours(aware.first(facts.zone()), hours);
    duty.starts("aware", aware, Some(due)).note_if_day_only()
}

/// A month from the notification. Until that is sent, from the moment it is due.
fn final_report(duty: Duty, facts: &Facts, notification: &Duty) -> Duty {
    let (key, from, note) = match (facts.submitted("nis2-notification"), notification.due) {
        (Some(sent), _) => {
            ("submitted.nis2-notification", sent, "one month after the notification was submitted")
        }
        (None, Some(due)) => (
            "aware",
            When::At(due),
            "the notification is not submitted yet: counted from its due time",
        ),
        (None, None) => return duty.missing("aware"),
    };
    let due = facts.zone().end_of(plus_month(from.day(facts.zone())));
    let start = facts.moment(key).unwrap_or(from);
    let duty = duty.starts(key, start, Some(due)).note(note);
    let duty = if duty.ends_on_weekend(facts) { duty.note(WEEKEND) } else { duty };
    duty.note(
        "if it is still ongoing then: a progress report, and the final one a month after handling",
    )
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::super::tests::{case, duty, shown};

    #[test]
    fn warning_notification_and_report_follow_each_other() {
        let facts = case("regimes=nis2 aware=2027-01-28T09:30 significant=yes");
        assert_eq!(shown(&facts, "nis2-early-warning"), "2027-01-29 09:30");
        assert_eq!(shown(&facts, "nis2-notification"), "2027-01-31 09:30");
        // One month from the 31st of January is the last day of February.
        assert_eq!(shown(&facts, "nis2-final"), "2027-02-28 23:59");
        let last = duty(&facts, "nis2-final");
        assert_eq!(last.start.unwrap().0, "aware");
        assert!(last.notes.iter().any(|n| n.contains("not submitted yet")));
        assert!(last.notes.iter().any(|n| n.contains("Sunday")), "28 February 2027 is a Sunday");
    }

    #[test]
    fn the_report_counts_from_the_notification_that_was_sent() {
        for key in ["notified_72h", "submitted.nis2-notification"] {
            let facts = case(&format!(
                "timezone=Europe/Paris regimes=nis2 aware=2027-01-28T09:30 {key}=2027-01-29T22:00"
            ));
            assert_eq!(shown(&facts, "nis2-final"), "2027-02-28 23:59");
            assert_eq!(duty(&facts, "nis2-final").start.unwrap().0, "submitted.nis2-notification");
            let sent = duty(&facts, "nis2-notification");
            assert!(matches!(sent.state, State::Submitted { .. }) && !sent.overdue(i64::MAX));
        }
    }

    #[test]
    fn an_incident_that_is_not_significant_starts_nothing() {
        let facts = case("regimes=nis2 aware=2027-01-28 significant=no");
        for id in ["nis2-early-warning", "nis2-notification", "nis2-final"] {
            assert_eq!(duty(&facts, id).state, State::NotApplicable);
        }
        let facts = case("regimes=nis2 aware=2027-01-28");
        assert_eq!(duty(&facts, "nis2-early-warning").missing, ["significant"]);
    }
}
