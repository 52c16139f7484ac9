//! The state of the incident, and how long each phase took.

use super::facts::Facts;
use super::names::listed;
use super::register::Register;
use crate::clock::{length, plain};
use crate::report::incident::model::{At, Figure, Measure, Milestone, State, Status, Touched};
use crate::ui::number::{bytes, counted, grouped};

pub fn build(facts: &Facts<'_>) -> Status {
    let severity = facts.findings().iter().map(|f| f.severity).max();
    Status {
        severity: severity.map_or("none", |s| s.name()),
        state: facts.state,
        name: name(facts),
        text: text(facts),
    }
}

fn name(facts: &Facts<'_>) -> &'static str {
    match facts.state {
        State::Held => "contained and holding",
        State::Partial => "contained in part",
        State::Contested => "contested",
        State::Incomplete => "contained in part",
        State::Unfinished => "containment unfinished",
        State::Undone => "containment undone",
        State::Open if facts.findings().is_empty() && facts.case.is_none() => "nothing found",
        State::Open if facts.case.is_none() => "no containment on record",
        State::Open => "not contained",
    }
}

fn text(facts: &Facts<'_>) -> String {
    let after = after(facts);
    match facts.state {
        State::Held => {
            format!("Every change was read back and was in place at the last check.{after}")
        }
        State::Partial => format!(
            "Every change is in place, but no change in this case covers {}.{after}",
            listed(&facts.uncovered, 3)
        ),
        State::Contested => "During the hold, somebody reverted changes or restored access.".into(),
        State::Incomplete => {
            format!("The run finished, but some steps were not done; see below.{after}")
        }
        State::Unfinished => {
            "The last run did not finish; continue it with `incident resume`.".into()
        }
        State::Undone => {
            "Changes of this case were undone: the access they blocked is open again.".into()
        }
        State::Open if facts.case.is_some() => {
            "The case is open and no change was made yet.".into()
        }
        State::Open if facts.findings().is_empty() => "The logs led to no finding.".into(),
        State::Open => "This is an analysis without a case: it does not show the response.".into(),
    }
}

/// Whether the logs show findings after containment.
fn after(facts: &Facts<'_>) -> String {
    let newest = facts.analysis.and_then(|a| a.coverage.newest).map(|at| at.0);
    let (Some(contained), Some(newest)) = (facts.contained, newest) else { return String::new() };
    match facts.last {
        Some(last) if last > contained.at => format!(
            " But findings continue until {} UTC, after containment at {} UTC.",
            plain(last),
            plain(contained.at)
        ),
        _ if newest > contained.at => {
            format!(
                " The logs run until {} UTC and show no finding after containment.",
                plain(newest)
            )
        }
        _ => String::new(),
    }
}

pub fn measures(facts: &Facts<'_>, register: &mut Register<'_>) -> Vec<Measure> {
    let block = facts.first_block.map(|m| m.at);
    let contained = facts.contained.map(|m| m.at);
    let entry = |mark: Option<super::facts::Mark>, r: &mut Register<'_>| {
        mark.map_or(Vec::new(), |m| r.entry(m.entry))
    };
    let noticed = if facts.input.detected.is_some() {
        "from the first activity until it was noticed"
    } else {
        "from the first activity until the case was opened"
    };
    let mut measures = Vec::new();
    let mut add = |name, about, from: Option<i64>, to: Option<i64>, evidence: Vec<usize>| {
        if let (Some(from), Some(to)) = (from, to)
            && to >= from
        {
            let length = to - from;
            let (from, to) = (At(from), At(to));
            measures.push(Measure { name, about, from, to, length, evidence });
        }
    };
    let first = facts
        .weighty
        .iter()
        .filter(|f| f.first_seen.map(|at| at.0) == facts.first)
        .take(1)
        .copied();
    add("Time to detect", noticed, facts.first, facts.detected, register.findings(first));
    let blocked = entry(facts.first_block, register);
    add(
        "Time to first block",
        "from detection to the first change",
        facts.detected,
        block,
        blocked,
    );
    let done = entry(facts.contained, register);
    add(
        "Time to contain",
        "from detection to the last containment change",
        facts.detected,
        contained,
        done,
    );
    let hold_evidence = entry(facts.held, register);
    let held = facts.held.map(|m| m.at);
    add(
        "Time to hold",
        "from containment to the last check that confirmed it",
        contained,
        held,
        hold_evidence,
    );
    add(
        "Time of access",
        "from the first activity to containment",
        facts.first,
        contained,
        Vec::new(),
    );
    measures
}

pub fn milestones(facts: &Facts<'_>) -> Vec<Milestone> {
    let at = |mark: Option<super::facts::Mark>| mark.map(|m| m.at);
    let all = [
        ("noticed", facts.input.detected),
        ("opened", facts.opened),
        ("first block", at(facts.first_block)),
        ("contained", at(facts.contained)),
        ("held", at(facts.held)),
    ];
    let known =
        all.into_iter().filter_map(|(name, time)| Some(Milestone { time: At(time?), name }));
    known.collect()
}

/// The numbers at the head of the page.
pub fn figures(facts: &Facts<'_>, measures: &[Measure], touched: &Touched) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut add = |value: String, name: &str| {
        figures.push(Figure { value, name: name.to_string() });
    };
    for name in ["Time to detect", "Time to contain", "Time of access"] {
        if let Some(measure) = measures.iter().find(|m| m.name == name) {
            add(length(measure.length), &name.to_lowercase());
        }
    }
    if let (true, Some((first, last))) = (measures.is_empty(), facts.first.zip(facts.last)) {
        add(length(last - first), "from first to last activity");
    }
    let read: u64 = touched.buckets.iter().filter_map(|b| b.read).sum();
    if read > 0 {
        add(grouped(read), if read == 1 { "object read" } else { "objects read" });
    }
    let sent: u64 = touched.buckets.iter().filter_map(|b| b.bytes).sum();
    if sent > 0 {
        add(bytes(sent), "bytes out");
    }
    if !facts.findings().is_empty() {
        let n = facts.findings().len() as u64;
        add(grouped(n), if n == 1 { "finding" } else { "findings" });
    }
    if !facts.history.changes.is_empty() {
        let n = facts.history.changes.len() as u64;
        let (count, name) = (grouped(n), counted(n, "change", "changes"));
        add(count, name.split(' ').next_back().unwrap_or("changes"));
    }
    figures
}
