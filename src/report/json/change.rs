//! The `change` part of the JSON document.

use serde::Serialize;

use super::{Each, Text, Time};
use crate::clock::{DAY, rfc3339};
use crate::finding::change::{Change, Count, Gone, Last, LastRun, Moved, Moves, State};
use crate::finding::seen::SeenName;

#[derive(Serialize)]
pub(super) struct ChangeJson<'a> {
    since: Option<Time>,
    until: Time,
    accounts: &'a [String],
    last_run: Option<LastRunJson<'a>>,
    /// Why there is none, although one was.
    unreadable: Option<&'a str>,
    principals: MovesJson<'a>,
    sources: MovesJson<'a>,
    user_agents: MovesJson<'a>,
    findings: FindingsJson<'a>,
    periods: PeriodsJson,
    counts: Each<'a, Count, CountJson<'a>>,
    remarks: &'a [String],
}

impl<'a> From<&'a Change> for ChangeJson<'a> {
    fn from(change: &'a Change) -> ChangeJson<'a> {
        let of = |state| change.findings.iter().filter(move |f| f.state == state);
        let listed = |state| of(state).map(MovedJson::from).collect();
        ChangeJson {
            since: change.since.map(Time),
            until: Time(change.until),
            accounts: &change.accounts,
            last_run: match &change.last {
                Last::Run(last) => Some(LastRunJson::from(last)),
                Last::First | Last::Unreadable(_) => None,
            },
            unreadable: match &change.last {
                Last::Unreadable(why) => Some(why),
                Last::First | Last::Run(_) => None,
            },
            principals: MovesJson::from(&change.principals),
            sources: MovesJson::from(&change.sources),
            user_agents: MovesJson::from(&change.user_agents),
            findings: FindingsJson {
                new: listed(State::New),
                again: listed(State::Again),
                still: listed(State::Still),
                gone: change.gone.iter().map(GoneJson::from).collect(),
            },
            periods: PeriodsJson {
                number: change.periods.number,
                days: change.periods.step as f64 / DAY as f64,
            },
            counts: Each(&change.counts, CountJson::from),
            remarks: &change.remarks,
        }
    }
}

#[derive(Serialize)]
struct LastRunJson<'a> {
    at: String,
    since: Option<Time>,
    until: Time,
    program: &'a str,
    same_program: bool,
    same_rules: bool,
    complete: bool,
}

impl<'a> From<&'a LastRun> for LastRunJson<'a> {
    fn from(last: &'a LastRun) -> LastRunJson<'a> {
        LastRunJson {
            at: rfc3339(last.run),
            since: last.since.map(Time),
            until: Time(last.until),
            program: &last.program,
            same_program: last.same_program,
            same_rules: last.same_rules,
            complete: !last.incomplete,
        }
    }
}

#[derive(Serialize)]
struct MovesJson<'a> {
    new: Each<'a, SeenName, NameJson<'a>>,
    gone: Each<'a, SeenName, NameJson<'a>>,
    same: u64,
}

impl<'a> From<&'a Moves> for MovesJson<'a> {
    fn from(moves: &'a Moves) -> MovesJson<'a> {
        MovesJson {
            new: Each(&moves.new, NameJson::from),
            gone: Each(&moves.gone, NameJson::from),
            same: moves.same,
        }
    }
}

#[derive(Serialize)]
struct NameJson<'a> {
    name: &'a str,
    detail: Text<'a>,
    events: u64,
    last_seen: Time,
    in_baseline: bool,
}

impl<'a> From<&'a SeenName> for NameJson<'a> {
    fn from(name: &'a SeenName) -> NameJson<'a> {
        NameJson {
            name: &name.name,
            detail: Text(&name.detail),
            events: name.events,
            last_seen: Time(name.last),
            in_baseline: name.in_baseline,
        }
    }
}

#[derive(Serialize)]
struct FindingsJson<'a> {
    new: Vec<MovedJson<'a>>,
    again: Vec<MovedJson<'a>>,
    still: Vec<MovedJson<'a>>,
    gone: Vec<GoneJson<'a>>,
}

#[derive(Serialize)]
struct MovedJson<'a> {
    id: &'a str,
    rule: &'a str,
    severity: &'a str,
    severity_before: Option<&'a str>,
    title: &'a str,
    principal: Text<'a>,
}

impl<'a> From<&'a Moved> for MovedJson<'a> {
    fn from(moved: &'a Moved) -> MovedJson<'a> {
        let f = &moved.finding;
        MovedJson {
            id: &f.id,
            rule: &f.rule,
            severity: f.severity.name(),
            severity_before: moved.was.map(|was| was.name()),
            title: &f.title,
            principal: Text(&f.principal),
        }
    }
}

#[derive(Serialize)]
struct GoneJson<'a> {
    id: &'a str,
    rule: &'a str,
    severity: &'a str,
    title: &'a str,
    principal: Text<'a>,
    last_seen: Time,
    in_window: bool,
}

impl<'a> From<&'a Gone> for GoneJson<'a> {
    fn from(gone: &'a Gone) -> GoneJson<'a> {
        let f = &gone.finding;
        GoneJson {
            id: &f.id,
            rule: &f.rule,
            severity: f.severity.name(),
            title: &f.title,
            principal: Text(&f.principal),
            last_seen: Time(f.last),
            in_window: gone.in_window,
        }
    }
}

#[derive(Serialize)]
struct PeriodsJson {
    number: u64,
    days: f64,
}

#[derive(Serialize)]
struct CountJson<'a> {
    what: &'a str,
    now: u64,
    before: Option<RangeJson>,
}

#[derive(Serialize)]
struct RangeJson {
    of: u64,
    mean: f64,
    min: u64,
    max: u64,
}

impl<'a> From<&'a Count> for CountJson<'a> {
    fn from(count: &'a Count) -> CountJson<'a> {
        let before =
            count.before.map(|b| RangeJson { of: b.of, mean: b.mean, min: b.min, max: b.max });
        CountJson { what: &count.what, now: count.now, before }
    }
}
