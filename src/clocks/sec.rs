//! SEC: Form 8-K, Item 1.05, Material Cybersecurity Incidents (17 CFR 249.308).

use super::Regime;
use super::business::business_days_after;
use super::duty::Duty;
use super::facts::Facts;
use super::when::Zone;

/// Business days from the determination of materiality (Form 8-K, General Instruction B.1).
const LIMIT: u32 = 4;

/// The clock starts with the determination, not with the incident. If the day differs between the case's
/// time zone and New York, the earlier one counts.
pub fn form_8_k(facts: &Facts) -> Duty {
    let duty = Duty::new("sec-8-k", Regime::Sec, "file Form 8-K", "Form 8-K, Item 1.05");
    let no_delay =
        "determine materiality without unreasonable delay after discovery (Instruction 1)";
    let Some(determined) = facts.moment("materiality_determined") else {
        return duty
            .why("no materiality decision")
            .missing("materiality_determined")
            .note(no_delay);
    };
    let new_york = Zone::named("America/New_York").unwrap_or_default();
    let day = determined.day(facts.zone()).min(determined.day(&new_york));
    let due = new_york.at(business_days_after(day, LIMIT), 17, 30);
    duty.why("determined to be material")
        .starts("materiality_determined", determined, Some(due))
        .note("four business days; a filing after 17:30 in New York gets the next day's date (17 CFR 232.13)")
        .note("only the Attorney General can delay it, in writing to the SEC (Item 1.05(c))")
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::super::tests::{case, duty, shown};

    fn due(zone: &str, determined: &str) -> String {
        let facts =
            case(&format!("timezone={zone} regimes=sec materiality_determined={determined}"));
        shown(&facts, "sec-8-k")
    }

    #[test]
    fn four_business_days_from_the_determination() {
        for (determined, expected) in [
            // Monday to Friday; then over a weekend.
            ("2026-11-16", "2026-11-20 17:30"),
            ("2026-11-18", "2026-11-24 17:30"),
            // A limit over Thanksgiving.
            ("2026-11-23", "2026-11-30 17:30"),
            // On a Saturday and a Sunday: Monday is the first day.
            ("2026-11-14", "2026-11-19 17:30"),
            ("2026-11-15", "2026-11-19 17:30"),
            // On a holiday, Veterans Day.
            ("2026-11-11", "2026-11-17 17:30"),
            // New Year's Day of 2028 is a Saturday: Friday, 31 December 2027, is the holiday.
            ("2027-12-27", "2028-01-03 17:30"),
            // Independence Day of 2026 is a Saturday: Friday is the holiday.
            ("2026-06-30", "2026-07-07 17:30"),
            // Juneteenth of 2027 is a Saturday.
            ("2027-06-14", "2027-06-21 17:30"),
        ] {
            assert_eq!(due("America/New_York", determined), expected, "{determined}");
        }
    }

    #[test]
    fn the_earlier_day_counts_and_new_york_s_clock_ends_it() {
        // Monday night in Los Angeles is Tuesday in New York.
        assert_eq!(due("America/Los_Angeles", "2026-11-16T22:00"), "2026-11-20 14:30");
        // Tuesday morning in Berlin is Monday in New York.
        assert_eq!(due("Europe/Berlin", "2026-11-17T03:00"), "2026-11-20 23:30");
        assert_eq!(due("UTC", "2026-07-13"), "2026-07-17 21:30");
    }

    #[test]
    fn without_a_decision_it_has_not_started() {
        let duty = duty(&case("regimes=sec discovered=2026-11-20 aware=2026-11-20"), "sec-8-k");
        assert_eq!((duty.state, duty.why.as_str()), (State::NotStarted, "no materiality decision"));
        assert_eq!(duty.missing, ["materiality_determined"]);
    }
}
