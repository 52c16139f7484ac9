//! HIPAA breach notification: 45 CFR 164.400 to 164.414.
//!
//! The two thresholds differ by one: 500 or more individuals in total for the Secretary (164.408(b)), more
//! than 500 residents of one State or jurisdiction for the media (164.406(a)).

use super::Regime;
use super::duty::{Duty, State};
use super::facts::{Facts, Hold};
use super::when::plus_days;
use crate::clock::Millis;
use crate::ui::number::counted;

/// Calendar days after discovery (164.404(b), 164.406(b), 164.410(b)).
const LIMIT_DAYS: i32 = 60;
/// Days that an oral statement can delay notices (164.412(b)).
const ORAL_HOLD_DAYS: i32 = 30;
const SECURED_DATA: &str =
    "encrypted, and the key was not taken: no unsecured health information (164.402)";
const LOW_PROBABILITY: &str =
    "low probability of compromise: no breach (164.402); keep the assessment (164.414)";

/// The three notices of a covered entity.
pub fn entity(facts: &Facts, now: Millis) -> Vec<Duty> {
    let people = Duty::new(
        "hipaa-individuals",
        Regime::Hipaa,
        "notify the individuals affected",
        "45 CFR 164.404(b)",
    );
    let media = Duty::new(
        "hipaa-media",
        Regime::Hipaa,
        "notify prominent media of the State",
        "45 CFR 164.406",
    );
    let hhs =
        Duty::new("hipaa-hhs", Regime::Hipaa, "notify the Secretary of HHS", "45 CFR 164.408");
    if let Some(why) = no_breach(facts) {
        return [people, media, hhs].map(|d| d.not_applicable(why)).into();
    }
    let people = people.why("a breach of unsecured protected health information is presumed");
    vec![sixty_days(people, facts, now), self::media(media, facts, now), secretary(hhs, facts, now)]
}

/// The notice of a business associate to the covered entity.
pub fn associate(facts: &Facts, now: Millis) -> Duty {
    let duty = Duty::new(
        "hipaa-associate",
        Regime::HipaaAssociate,
        "notify the covered entity",
        "45 CFR 164.410(b)",
    );
    match no_breach(facts) {
        Some(why) => duty.not_applicable(why),
        None => {
            let duty = duty.why("a breach of unsecured protected health information is presumed");
            let agent =
                "if you are the covered entity's agent, the entity's own clocks start now as well";
            sixty_days(duty.note(agent), facts, now)
        }
    }
}

fn no_breach(facts: &Facts) -> Option<&'static str> {
    match (facts.flag("encrypted"), facts.flag("low_probability")) {
        (Some(true), _) => Some(SECURED_DATA),
        (_, Some(true)) => Some(LOW_PROBABILITY),
        _ => None,
    }
}

/// Sixty days from discovery.
fn sixty_days(duty: Duty, facts: &Facts, now: Millis) -> Duty {
    let Some(discovered) = facts.moment("discovered") else { return duty.missing("discovered") };
    let last = plus_days(discovered.day(facts.zone()), LIMIT_DAYS);
    let duty = duty.starts("discovered", discovered, Some(facts.zone().end_of(last)));
    apply_hold(duty.note("without unreasonable delay; 60 days are the outer limit"), facts, now)
}

/// Whether more than 500 residents of one State or jurisdiction are affected.
fn media(duty: Duty, facts: &Facts, now: Millis) -> Duty {
    let most = facts.residents().max_by_key(|(_, count)| *count);
    if let Some((state, count)) = most.filter(|(_, count)| *count > 500) {
        return sixty_days(
            duty.why(format!("{count} residents of {state}: more than 500")),
            facts,
            now,
        );
    }
    let listed: u64 = facts.residents().fold(0, |sum, (_, count)| sum.saturating_add(count));
    let most = most.map_or(0, |(_, count)| count);
    match facts.count("individuals") {
        // Even if all individuals without a State lived in the largest one, it would not exceed 500.
        Some(all) if most.saturating_add(all.saturating_sub(listed)) <= 500 => {
            duty.not_applicable("no State or jurisdiction has more than 500 residents affected")
        }
        Some(all) if listed < all => {
            let rest = all - listed;
            let why = format!(
                "not decided: no State is set for {}",
                counted(rest, "individual", "individuals")
            );
            sixty_days(duty.why(why).missing("residents.*"), facts, now)
        }
        Some(_) => {
            duty.not_applicable("no State or jurisdiction has more than 500 residents affected")
        }
        None => {
            let duty = duty.why("not decided: the number of residents of each State is not set");
            sixty_days(duty.missing("individuals").missing("residents.*"), facts, now)
        }
    }
}

/// The notice to the Secretary: at once for 500 or more individuals, once a year for fewer.
fn secretary(duty: Duty, facts: &Facts, now: Millis) -> Duty {
    let listed: u64 = facts.residents().fold(0, |sum, (_, count)| sum.saturating_add(count));
    let total = facts.count("individuals").map(|all| all.max(listed));
    match total.or((listed >= 500).then_some(listed)) {
        Some(all) if all >= 500 => {
            let duty = Duty { law: "45 CFR 164.408(b)", ..duty };
            let duty = duty.why(format!("{all} individuals: 500 or more"));
            sixty_days(duty.note("notify at the same time as the individuals"), facts, now)
        }
        Some(all) => {
            let duty = Duty { law: "45 CFR 164.408(c)", ..duty };
            let all = counted(all, "individual", "individuals");
            yearly(duty.why(format!("{all}: fewer than 500")), facts, now)
        }
        None => {
            let duty = duty
                .why("not decided: 500 or more are reported at once (b), fewer once a year (c)");
            sixty_days(duty.note("the shorter limit is shown").missing("individuals"), facts, now)
        }
    }
}

/// Sixty days after the end of the calendar year of discovery: 1 March, or 29 February of a leap year.
fn yearly(duty: Duty, facts: &Facts, now: Millis) -> Duty {
    let Some(discovered) = facts.moment("discovered") else { return duty.missing("discovered") };
    let year = discovered.day(facts.zone()).last_of_year();
    let due = facts.zone().end_of(plus_days(year, LIMIT_DAYS));
    let duty = duty.starts("discovered", discovered, Some(due));
    apply_hold(duty.note("60 days after the end of the calendar year of discovery"), facts, now)
}

/// A law enforcement hold (164.412): no notice before it ends. The notice is due at its end or at the limit,
/// whichever comes last. The hold adds no days to the limit: that is the strict reading.
fn apply_hold(mut duty: Duty, facts: &Facts, now: Millis) -> Duty {
    let (Some(hold), Some(due)) = (facts.hold(), duty.due) else { return duty };
    let zone = facts.zone();
    let (until, wording) = match hold {
        Hold::WrittenUntil(when) => {
            (when.last(zone), "law enforcement hold, in writing: no notice before")
        }
        Hold::OralOn(when) if when.first(zone) > due => {
            return duty
                .note("the oral law enforcement hold came after the limit and delays nothing");
        }
        Hold::OralOn(when) => {
            let last = plus_days(when.day(zone), ORAL_HOLD_DAYS);
            (zone.end_of(last), "law enforcement hold, oral, 30 days at most: no notice before")
        }
    };
    duty.due = Some(due.max(until));
    if now <= until {
        duty.state = State::Held { until };
    }
    let text = format!("{wording} {} (164.412); the limit stays", zone.show(until));
    duty.note(text)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{case, day, duty, shown};
    use super::*;

    fn hhs(more: &str) -> Duty {
        duty(&case(&format!("regimes=hipaa discovered=2026-11-20 {more}")), "hipaa-hhs")
    }

    #[test]
    fn the_secretary_is_notified_from_500_and_the_media_from_501() {
        for (count, law, media) in [
            (499, "45 CFR 164.408(c)", State::NotApplicable),
            (500, "45 CFR 164.408(b)", State::NotApplicable),
            (501, "45 CFR 164.408(b)", State::Runs),
        ] {
            let facts = case(&format!(
                "regimes=hipaa discovered=2026-11-20 individuals={count} residents.CA={count}"
            ));
            assert_eq!(duty(&facts, "hipaa-hhs").law, law, "{count}");
            assert_eq!(duty(&facts, "hipaa-media").state, media, "{count}");
            assert_eq!(duty(&facts, "hipaa-individuals").state, State::Runs);
        }
    }

    #[test]
    fn the_media_of_a_state_count_its_residents_alone() {
        let media = |more: &str| {
            let facts = case(&format!("regimes=hipaa discovered=2026-11-20 {more}"));
            let media = duty(&facts, "hipaa-media");
            (media.state, !media.missing.is_empty())
        };
        let (no, yes, open) =
            ((State::NotApplicable, false), (State::Runs, false), (State::Runs, true));
        assert_eq!(media("individuals=900 residents.CA=450 residents.NY=450"), no);
        assert_eq!(media("individuals=900 residents.CA=501"), yes);
        assert_eq!(media("residents.CA=501"), yes);
        assert_eq!(media("individuals=500"), no);
        assert_eq!(media("individuals=501"), open);
        assert_eq!(media("individuals=900 residents.CA=400 residents.NY=399"), open);
        assert_eq!(media("individuals=900 residents.CA=399 residents.NY=400"), open);
        assert_eq!(media("individuals=600 residents.CA=300 residents.NY=100"), no);
        assert_eq!(media("residents.CA=5"), open);
        assert_eq!(media(""), open);
    }

    #[test]
    fn sixty_days_end_with_the_sixtieth_day() {
        for (discovered, due) in [
            ("2027-01-01", "2027-03-02 23:59"),
            ("2028-01-01", "2028-03-01 23:59"),
            ("2026-12-31", "2027-03-01 23:59"),
            ("2026-11-20T23:30", "2027-01-19 23:59"),
        ] {
            let facts = case(&format!(
                "timezone=America/Chicago regimes=hipaa,hipaa-associate discovered={discovered}"
            ));
            for id in ["hipaa-individuals", "hipaa-associate", "hipaa-hhs"] {
                assert_eq!(shown(&facts, id), due, "{id} {discovered}");
            }
        }
    }

    #[test]
    fn a_small_breach_is_due_on_the_first_of_march_or_the_29th_of_february() {
        for year in 2000..2200_i32 {
            let facts = case(&format!("regimes=hipaa individuals=3 discovered={year}-06-15"));
            let next = year + 1;
            let leap = next % 4 == 0 && (next % 100 != 0 || next % 400 == 0);
            let last = if leap { "02-29" } else { "03-01" };
            assert_eq!(shown(&facts, "hipaa-hhs"), format!("{next}-{last} 23:59"));
        }
    }

    #[test]
    fn the_year_of_discovery_is_that_of_the_case_s_time_zone() {
        let at = "regimes=hipaa individuals=3 discovered=2027-01-01T03:00Z";
        let here = case(&format!("{at} timezone=America/New_York"));
        assert_eq!(shown(&here, "hipaa-hhs"), "2027-03-01 23:59");
        assert_eq!(shown(&case(at), "hipaa-hhs"), "2028-02-29 23:59");
    }

    #[test]
    fn residents_count_as_individuals() {
        assert_eq!(hhs("residents.CA=250 residents.NY=250").law, "45 CFR 164.408(b)");
        assert_eq!(hhs("individuals=10 residents.CA=700").law, "45 CFR 164.408(b)");
        let unknown = hhs("residents.CA=250");
        assert_eq!((unknown.law, unknown.missing), ("45 CFR 164.408", vec!["individuals"]));
    }

    #[test]
    fn secured_data_and_a_low_probability_start_nothing() {
        for flag in ["encrypted=yes", "low_probability=yes"] {
            let facts =
                case(&format!("regimes=hipaa,hipaa-associate discovered=2026-11-20 {flag}"));
            let all = super::super::duties(&facts, day("2026-11-21"));
            assert_eq!(all.len(), 4);
            assert!(all.iter().all(|d| d.state == State::NotApplicable && d.due.is_none()));
        }
        assert_eq!(hhs("encrypted=no").state, State::Runs);
    }

    #[test]
    fn a_hold_delays_and_does_not_lengthen() {
        let at = |hold: &str, now: &str| {
            let mut facts = case("regimes=hipaa individuals=900 discovered=2026-11-20");
            facts.set(&[("law_enforcement_hold".into(), hold.into())]).unwrap();
            let all = super::super::duties(&facts, day(now));
            let people = all.into_iter().find(|d| d.id == "hipaa-individuals").unwrap();
            (matches!(people.state, State::Held { .. }), facts.zone().show(people.due.unwrap()))
        };
        let due = |text: &str| format!("{text} 23:59");
        // Within the sixty days: they stay as they are.
        assert_eq!(at("oral 2026-11-21", "2026-12-21"), (true, due("2027-01-19")));
        assert_eq!(at("oral 2026-11-21", "2026-12-22"), (false, due("2027-01-19")));
        // Beyond them: the end of the hold is the last moment.
        assert_eq!(at("oral 2027-01-10", "2027-01-19"), (true, due("2027-02-09")));
        assert_eq!(at("written until 2027-06-30", "2027-06-30"), (true, due("2027-06-30")));
        assert_eq!(at("written until 2027-06-30", "2027-07-01"), (false, due("2027-06-30")));
        // A hold that came too late delays nothing.
        assert_eq!(at("oral 2027-01-20", "2027-01-21"), (false, due("2027-01-19")));
    }
}
