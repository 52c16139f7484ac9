//! A run compared with the one before it.

use super::*;
use crate::finding::seen::Tally;

fn name(name: &str) -> SeenName {
    SeenName { name: name.into(), events: 1, ..SeenName::default() }
}

fn names(names: &[&str]) -> Names {
    Names { items: names.iter().map(|n| name(n)).collect(), beyond: 0 }
}

fn finding(rule: &str, principal: &str, network: &str, last: Millis) -> SeenFinding {
    SeenFinding {
        id: format!("f-{last}"),
        rule: rule.into(),
        severity: Severity::High,
        title: String::new(),
        principal: principal.into(),
        networks: vec![network.into()],
        first: last - HOUR,
        last,
    }
}

/// Seven days that end with `day`, and five hours.
fn week(day: i64) -> Seen {
    let until = day * DAY + 5 * HOUR;
    Seen { run: until, since: Some((day - 7) * DAY), until, ..Seen::default() }
}

fn compared(now: &Seen, last: Seen) -> Change {
    Change::between(now, &Before::Run(Box::new(last)), Measured::default(), 0)
}

#[test]
fn names_come_and_go() {
    let mut now = Seen { principals: names(&["a", "b", "c"]), ..week(107) };
    now.principals.items[1].in_baseline = true;
    let last = Seen { principals: names(&["a", "d"]), ..week(100) };
    let change = compared(&now, last);
    let of = |names: &[SeenName]| names.iter().map(|n| n.name.clone()).collect::<Vec<_>>();
    // Names that the baseline does not know come first.
    assert_eq!(of(&change.principals.new), ["c", "b"]);
    assert_eq!(of(&change.principals.gone), ["d"]);
    assert_eq!(change.principals.same, 1);
    assert_eq!(change.sources, Moves::default());
    assert!(change.remarks.is_empty(), "{:?}", change.remarks);
}

#[test]
fn a_finding_that_only_lies_in_the_window_still_is_not_new() {
    let known = finding("r", "p", "n", 99 * DAY);
    let last = Seen { findings: vec![known.clone()], ..week(100) };
    let state = |f: SeenFinding| {
        let change = compared(&Seen { findings: vec![f], ..week(101) }, last.clone());
        (change.findings[0].state, change.gone.len())
    };
    // The window cut the beginning off, so the id differs.
    let cut = SeenFinding { id: "f-x".into(), first: 98 * DAY, ..known.clone() };
    assert_eq!(state(cut), (State::Still, 0));
    assert_eq!(state(SeenFinding { last: 100 * DAY, ..known.clone() }), (State::Again, 0));
    assert_eq!(state(finding("s", "p", "n", 99 * DAY)), (State::New, 1));
    assert_eq!(state(finding("r", "q", "n", 99 * DAY)), (State::New, 1));
    assert_eq!(state(finding("r", "p", "m", 99 * DAY)), (State::New, 1));
    let more = SeenFinding { networks: vec!["m".into(), "n".into()], ..known.clone() };
    assert_eq!(state(more), (State::Still, 0));
    let nowhere = SeenFinding { networks: Vec::new(), ..known };
    assert_eq!(state(nowhere), (State::New, 1));
}

#[test]
fn another_severity_is_said() {
    let known = finding("r", "p", "n", 99 * DAY);
    let last = Seen { findings: vec![known.clone()], ..week(100) };
    let raised = SeenFinding { severity: Severity::Critical, ..known.clone() };
    let change = compared(&Seen { findings: vec![raised], ..week(101) }, last.clone());
    assert_eq!(change.findings[0].was, Some(Severity::High));
    let change = compared(&Seen { findings: vec![known], ..week(101) }, last);
    assert_eq!(change.findings[0].was, None);
}

#[test]
fn what_left_the_window_is_told_from_what_is_found_no_longer() {
    let findings = vec![finding("r", "p", "n", 95 * DAY), finding("s", "p", "n", 100 * DAY)];
    let change = compared(&week(107), Seen { findings, ..week(100) });
    let in_window: Vec<bool> = change.gone.iter().map(|gone| gone.in_window).collect();
    assert_eq!(in_window, [false, true]);
}

#[test]
fn a_run_that_is_no_fair_measure_is_named() {
    let remarked = |now: &Seen, last: Seen, what: &str| {
        let remarks = compared(now, last).remarks;
        assert!(remarks.iter().any(|r| r.contains(what)), "{what} in {remarks:?}");
        assert_eq!(remarks.len(), 1, "{remarks:?}");
    };
    let now = week(107);
    remarked(
        &now,
        Seen { since: Some(98 * DAY), ..week(100) },
        "another window: 2 days then, 7 days now",
    );
    remarked(&now, Seen { since: None, ..week(100) }, "another window: all of the logs then");
    remarked(&now, week(80), "27 d ago, more than two windows");
    remarked(&now, week(108), "a clock is wrong");
    remarked(&now, Seen { rules: "x".into(), ..week(100) }, "rules have changed");
    remarked(&now, Seen { program: "0.0.9".into(), ..week(100) }, "used incident 0.0.9");
    remarked(&now, Seen { incomplete: true, ..week(100) }, "was incomplete");
    remarked(&Seen { incomplete: true, ..now.clone() }, week(100), "is incomplete");
    let many = Names { items: Vec::new(), beyond: 7 };
    remarked(&now, Seen { principals: many, ..week(100) }, "7 more principals than the 10,000");
    let last = Before::Run(Box::new(week(100)));
    let late = Change::between(&now, &last, Measured::default(), 3).remarks;
    assert!(late[0].starts_with("3 events from before 1970-04-11 arrived after"), "{late:?}");
}

#[test]
fn findings_are_held_against_earlier_runs_of_other_weeks() {
    let tally = |day: i64, n| Tally { since: (day - 7) * DAY, severities: [0, 0, 0, n, 0] };
    let mut last = week(100);
    last.severities = [0, 0, 0, 4, 0];
    // One of them in the middle of a week.
    last.earlier = vec![tally(97, 50), tally(93, 1), tally(86, 1)];
    let measured =
        || Measured { periods: Periods { number: 0, step: 7 * DAY }, ..Measured::default() };
    let now = Seen { severities: [0, 0, 0, 2, 0], ..week(107) };
    let before = Before::Run(Box::new(last.clone()));
    let change = Change::between(&now, &before, measured(), 0);
    let high = change.counts.iter().find(|c| c.what == "findings.high").unwrap();
    assert_eq!(high.now, 2);
    assert_eq!(high.before, Some(Range { of: 3, mean: 2.0, min: 1, max: 4 }));
    // A run on the day after is of the same week.
    let now = Seen { severities: [0, 0, 0, 2, 0], ..week(101) };
    let change = Change::between(&now, &before, measured(), 0);
    let high = change.counts.iter().find(|c| c.what == "findings.high").unwrap();
    assert_eq!(high.before.map(|b| (b.of, b.max)), Some((2, 1)));
}

#[test]
fn a_first_run_has_nothing_new() {
    let now =
        Seen { principals: names(&["a"]), findings: vec![finding("r", "p", "n", 0)], ..week(7) };
    let first = Change::between(&now, &Before::None, Measured::default(), 0);
    assert_eq!((first.last.clone(), first.findings.len()), (Last::First, 0));
    assert_eq!(first.principals, Moves::default());
    let unreadable =
        Change::between(&now, &Before::Unreadable("why".into()), Measured::default(), 0);
    assert!(!first.compared() && !unreadable.compared());
}
