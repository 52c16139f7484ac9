//! Facts and laws together, over random moments.

use super::when::When;
use super::when::{is_weekend, plus_month};
use super::*;
use crate::clock::{DAY, HOUR};

/// Facts from `key=value` words.
pub fn case(words: &str) -> Facts {
    let mut facts = Facts::default();
    facts.set(&pairs(words)).unwrap_or_else(|e| panic!("{words}: {e}"));
    facts
}

fn pairs(words: &str) -> Vec<(String, String)> {
    let split = |word: &str| {
        let (key, value) = word.split_once('=').unwrap();
        (key.to_string(), value.to_string())
    };
    words.split_whitespace().map(split).collect()
}

/// Midnight UTC.
pub fn day(text: &str) -> Millis {
    When::parse(text, &Zone::default()).unwrap().first(&Zone::default())
}

pub fn duty(facts: &Facts, id: &str) -> Duty {
    let now = day("2026-11-21");
    duties(facts, now).into_iter().find(|d| d.id == id).unwrap_or_else(|| panic!("no {id}"))
}

/// The last moment in the case's time zone.
pub fn shown(facts: &Facts, id: &str) -> String {
    facts.zone().show(duty(facts, id).due.unwrap_or_else(|| panic!("{id} has no end")))
}

const ZONES: [&str; 8] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Los_Angeles",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/Sao_Paulo",
];

#[test]
fn every_duty_has_an_id_of_the_list_and_every_regime_a_duty() {
    let facts = case("regimes=hipaa,hipaa-associate,gdpr,nis2,dora,sec,pci");
    let all = duties(&facts, 0);
    let ids: Vec<&str> = all.iter().map(|d| d.id).collect();
    assert_eq!(ids, IDS);
    assert!(all.iter().all(|d| !d.what.is_empty() && !d.law.is_empty() && !d.why.is_empty()));
    assert!(all.iter().all(|d| !d.missing.is_empty() && d.state == State::NotStarted));
    let known = |key: &&str| KEYS.iter().any(|k| k.name == *key);
    assert!(all.iter().flat_map(|d| &d.missing).all(known));
    assert!(Regime::ALL.iter().map(|r| r.starts_at()).all(|k| known(&k)));
}

#[test]
fn limits_keep_their_length_at_any_moment_in_any_zone() {
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..1_500 {
        let zone = ZONES[random.usize(..ZONES.len())];
        let at = random.i64(day("2001-01-01") / 1000..day("2199-01-01") / 1000) * 1000;
        let time = crate::clock::rfc3339(at);
        let facts = case(&format!(
            "timezone={zone} regimes=hipaa,gdpr,nis2,dora,sec discovered={time} aware={time} \
             classified_major={time} materiality_determined={time} individuals=500 residents.CA=501"
        ));
        let due = |id: &str| duty(&facts, id).due.unwrap();
        let zone_of_case = facts.zone();
        assert_eq!(due("gdpr-authority") - at, 72 * HOUR, "{zone} {time}");
        assert_eq!(due("nis2-early-warning") - at, 24 * HOUR);
        assert_eq!(due("dora-initial") - at, 4 * HOUR);
        assert_eq!(due("dora-intermediate") - at, 76 * HOUR);
        // Sixty days on the calendar: the hours differ by a clock change or two.
        let sixty = due("hipaa-individuals");
        assert_eq!(due("hipaa-media"), sixty);
        assert_eq!(due("hipaa-hhs"), sixty);
        assert!(
            (60 * DAY - 26 * HOUR..=61 * DAY + 2 * HOUR).contains(&(sixty - at)),
            "{zone} {time}"
        );
        assert_eq!(
            zone_of_case.date(sixty + 1000),
            super::when::plus_days(zone_of_case.date(sixty), 1),
            "{zone}"
        );
        // One month later is the same date, or the last day of the month.
        let notified = zone_of_case.date(due("nis2-notification"));
        let last = zone_of_case.date(due("nis2-final"));
        assert!(last.day() == notified.day() || last == last.last_of_month(), "{notified} {last}");
        assert_eq!(last, plus_month(notified));
        let filed = Zone::named("America/New_York").unwrap().date(due("sec-8-k"));
        assert!(!is_weekend(filed) && due("sec-8-k") > at + 2 * DAY, "{zone} {time}");
    }
}

#[test]
fn months_end_where_they_are_short() {
    for (from, to) in [
        ("2027-01-31", "2027-02-28"),
        ("2028-01-31", "2028-02-29"),
        ("2028-01-29", "2028-02-29"),
        ("2027-01-28", "2027-02-28"),
        ("2027-03-31", "2027-04-30"),
        ("2027-12-31", "2028-01-31"),
        ("2027-02-28", "2027-03-28"),
    ] {
        assert_eq!(plus_month(from.parse().unwrap()).to_string(), to);
    }
}

#[test]
fn times_are_read_in_the_zone_of_the_case_and_kept_with_their_offset() {
    let mut facts = Facts::default();
    let stored =
        facts.set(&pairs("aware=2026-11-20T10:00 timezone=Europe/Berlin discovered=2026-11-19"));
    let stored: Vec<String> =
        stored.unwrap().into_iter().map(|(k, v)| format!("{k}={v}")).collect();
    assert_eq!(
        stored,
        ["aware=2026-11-20T10:00:00+01:00", "timezone=Europe/Berlin", "discovered=2026-11-19"]
    );
    // Another time zone is set later: the moment does not change.
    let before = facts.moment("aware");
    facts.set(&pairs("timezone=America/New_York")).unwrap();
    assert_eq!(facts.moment("aware"), before);
    assert_eq!(before.unwrap().show(facts.zone()), "2026-11-20 04:00");
    for text in
        ["2026-11-20T09:00:00Z", "2026-11-20T09:00Z", "2026-11-20T10:00:00+01:00[Europe/Berlin]"]
    {
        assert_eq!(When::parse(text, facts.zone()).unwrap(), before.unwrap(), "{text}");
    }
}

#[test]
fn a_time_that_a_clock_change_skips_or_repeats_is_refused() {
    let error = |text: &str| {
        let mut facts = case("timezone=Europe/Berlin");
        let e = facts.set(&pairs(&format!("aware={text}"))).unwrap_err();
        format!("{e} | {}", e.advice().unwrap_or(""))
    };
    assert!(error("2027-03-28T02:30").contains("put forward"));
    let twice = error("2026-10-25T02:30");
    assert!(
        twice.contains("2026-10-25T02:30:00+02") && twice.contains("2026-10-25T02:30:00+01"),
        "{twice}"
    );
    for bad in ["yesterday", "2026-13-01", "2026-11-31", "1999-01-01", "2026-11-20T25:00", "20:00"]
    {
        assert!(error(bad).contains("write 2026-11-20"), "{bad}: {}", error(bad));
    }
}

#[test]
fn an_unknown_key_names_the_nearest_and_nothing_is_set() {
    let mut facts = case("regimes=gdpr");
    let before = facts.clone();
    for (bad, says) in [
        ("awere=2026-11-20", "did you mean `aware`?"),
        ("individual=5", "did you mean `individuals`?"),
        ("submitted.gdpr-autority=2026-11-20", "did you mean `gdpr-authority`?"),
        ("regimes=gdp", "did you mean `gdpr`?"),
        ("colour=5", "known: regimes, timezone"),
        ("residents.=5", ""),
        ("residents.*=5", ""),
        ("individuals=many", ""),
        ("individuals=-1", ""),
        ("encrypted=perhaps", ""),
        ("timezone=Europe/Atlantis", "IANA"),
        ("law_enforcement_hold=2026-11-20", "oral"),
    ] {
        let all = pairs(&format!("high_risk=yes {bad}"));
        let e = facts.set(&all).unwrap_err();
        assert!(e.advice().unwrap_or("").contains(says), "{bad}: {e} {:?}", e.advice());
        assert_eq!(facts, before, "{bad}");
    }
}

#[test]
fn a_later_value_replaces_and_an_empty_one_removes_it() {
    let mut facts = case("regimes=gdpr aware=2026-11-20 timezone=Europe/Berlin");
    facts.set(&pairs("aware=2026-11-21")).unwrap();
    assert_eq!(shown(&facts, "gdpr-authority"), "2026-11-24 00:00");
    facts.set(&pairs("aware= timezone=")).unwrap();
    assert_eq!(duty(&facts, "gdpr-authority").state, State::NotStarted);
    assert_eq!((facts.zone().name(), facts.has_zone()), ("UTC", false));
}

#[test]
fn a_table_of_the_case_file_is_read_like_the_flags() {
    let text = "regimes = [\"hipaa\", \"gdpr\"]\ntimezone = \"Europe/Berlin\"\n\
                aware = 2026-11-20T10:00:00\ndiscovered = 2026-11-19\nindividuals = 900\nencrypted = false\n\
                residents = { ca = 501, \"Puerto Rico\" = 3 }\n[submitted]\n\
                gdpr-authority = \"2026-11-22\"\n";
    let mut facts = Facts::default();
    facts.set(&Facts::pairs(&text.parse().unwrap()).unwrap()).unwrap();
    assert_eq!(facts.residents().collect::<Vec<_>>(), [("CA", 501), ("PUERTO RICO", 3)]);
    assert!(matches!(duty(&facts, "gdpr-authority").state, State::Submitted { .. }));
    assert_eq!(shown(&facts, "gdpr-authority"), "2026-11-23 10:00");
    let stored = Facts::default().set(&Facts::pairs(&text.parse().unwrap()).unwrap()).unwrap();
    let mut again = Facts::default();
    again.set(&Facts::pairs(&Facts::table(stored)).unwrap()).unwrap();
    assert_eq!(again, facts);
    let nested = "[residents.CA]\nx = 1\n".parse().unwrap();
    assert!(Facts::pairs(&nested).is_err());
}

#[test]
fn a_late_notice_has_a_note() {
    let facts =
        case("regimes=gdpr aware=2026-11-20T10:00 submitted.gdpr-authority=2026-11-23T12:00");
    assert!(duty(&facts, "gdpr-authority").notes.iter().any(|n| n == "late by 2 h"));
    let facts = case("regimes=gdpr aware=2026-11-20T10:00 submitted.gdpr-authority=2026-11-23");
    assert!(!duty(&facts, "gdpr-authority").notes.iter().any(|n| n.contains("late by")));
}

#[test]
fn the_last_second_is_still_in_time() {
    let facts = case("regimes=hipaa discovered=2026-11-20");
    let due = duty(&facts, "hipaa-individuals").due.unwrap();
    assert_eq!(crate::clock::rfc3339(due), "2027-01-19T23:59:59Z");
    assert!(!duty(&facts, "hipaa-individuals").overdue(due));
    assert!(duty(&facts, "hipaa-individuals").overdue(due + 1));
    let mut facts = facts;
    let hold = ("law_enforcement_hold".to_string(), "oral 2026-11-21".to_string());
    facts.set(&[hold]).unwrap();
    let held = |now| duties(&facts, now)[0].state;
    let end = day("2026-12-22") - 1000;
    assert_eq!((held(end), held(end + 1000)), (State::Held { until: end }, State::Runs));
}

#[test]
fn no_input_makes_it_panic() {
    let mut random = fastrand::Rng::with_seed(9);
    let parts = [
        "2026", "-11-20", "T", "24:61", "+99:99", "Z", "[", "]", "é", "oral ", "until ", "\0",
        "9e9",
    ];
    for _ in 0..1_000 {
        let value: String =
            (0..random.usize(..6)).map(|_| parts[random.usize(..parts.len())]).collect();
        for key in KEYS {
            let name = key.name.replace('*', "gdpr-people");
            let mut facts = Facts::default();
            if facts.set(&[(name, value.clone())]).is_ok() {
                _ = duties(&facts, random.i64(..));
            }
        }
    }
}
