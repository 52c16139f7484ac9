//! What changed since the last run over the same logs.

use std::collections::HashSet;

use super::Severity;
use super::seen::{MOST, Names, Seen, SeenFinding, SeenName};
use crate::clock::{DAY, HOUR, Millis, date, length, plain};
use crate::ui::number::{counted, grouped};

/// This run compared with the last, and its counts compared with the periods before its window.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Start of the requested window; `None` if the window begins with the logs.
    pub since: Option<Millis>,
    /// Exclusive.
    pub until: Millis,
    /// Accounts of the window's events, sorted.
    pub accounts: Vec<String>,
    pub last: Last,
    pub principals: Moves,
    pub sources: Moves,
    pub user_agents: Moves,
    /// All findings of this run, in the report's order.
    pub findings: Vec<Moved>,
    /// Findings of the last run that this one does not have.
    pub gone: Vec<Gone>,
    pub periods: Periods,
    pub counts: Vec<Count>,
    /// Statements that qualify the comparison.
    pub remarks: Vec<String>,
}

/// The run that this one is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Last {
    First,
    /// There was a last run, but its record cannot be read, for this reason.
    Unreadable(String),
    Run(LastRun),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRun {
    pub run: Millis,
    pub since: Option<Millis>,
    pub until: Millis,
    pub program: String,
    pub same_program: bool,
    pub same_rules: bool,
    /// The last run had lost input.
    pub incomplete: bool,
}

/// Names that came and went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moves {
    /// Names that the baseline does not have either come first.
    pub new: Vec<SeenName>,
    pub gone: Vec<SeenName>,
    /// Names that both runs saw.
    pub same: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    New,
    /// The last run had the finding, and it has recurred since.
    Again,
    /// The last run had the finding, and it has not recurred.
    Still,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::New => "new",
            State::Again => "recurred",
            State::Still => "unchanged",
        }
    }
}

/// A finding of this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    pub finding: SeenFinding,
    pub state: State,
    /// Its severity in the last run, if it was another one.
    pub was: Option<Severity>,
}

/// A finding of the last run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    pub finding: SeenFinding,
    /// Its time is in this run's window, but this run does not find it.
    pub in_window: bool,
}

/// Periods before the window, as long as the window; `step` is the time from one to the next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Periods {
    pub number: u64,
    pub step: Millis,
}

/// A count of the window, and of earlier periods.
#[derive(Debug, Clone, PartialEq)]
pub struct Count {
    /// `events`, `principals`, `refused`, `s3-bytes-out`, or `findings` and a severity: `findings.high`.
    pub what: String,
    pub now: u64,
    pub before: Option<Range>,
}

/// A count over several periods or earlier runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    pub of: u64,
    pub mean: f64,
    pub min: u64,
    pub max: u64,
}

impl Range {
    /// `None` without numbers.
    pub fn over(numbers: &[u64]) -> Option<Range> {
        let (min, max) = (*numbers.iter().min()?, *numbers.iter().max()?);
        let mean = numbers.iter().map(|n| *n as f64).sum::<f64>() / numbers.len() as f64;
        Some(Range { of: numbers.len() as u64, mean, min, max })
    }
}

/// The facts from the rollups besides the names.
#[derive(Debug, Clone, Default)]
pub struct Measured {
    pub accounts: Vec<String>,
    pub periods: Periods,
    /// Counts, without those of findings.
    pub counts: Vec<Count>,
}

/// The record of the last run, or why it could not be read.
pub enum Before {
    None,
    Unreadable(String),
    Run(Box<Seen>),
}

impl Change {
    /// Compares `now` with the previous run. `late` is the number of events before this window that arrived after that
    /// run.
    pub fn between(now: &Seen, before: &Before, measured: Measured, late: u64) -> Change {
        let mut counts = measured.counts;
        let last = match before {
            Before::Run(last) => Some(&**last),
            _ => None,
        };
        counts.extend(by_severity(now, last, measured.periods.step));
        let empty = Moves::default;
        Change {
            since: now.since,
            until: now.until,
            accounts: measured.accounts,
            last: match before {
                Before::None => Last::First,
                Before::Unreadable(why) => Last::Unreadable(why.clone()),
                Before::Run(last) => Last::Run(LastRun {
                    run: last.run,
                    since: last.since,
                    until: last.until,
                    program: last.program.clone(),
                    same_program: last.program == now.program,
                    same_rules: last.rules == now.rules,
                    incomplete: last.incomplete,
                }),
            },
            principals: last.map_or_else(empty, |l| moves(&now.principals, &l.principals)),
            sources: last.map_or_else(empty, |l| moves(&now.sources, &l.sources)),
            user_agents: last.map_or_else(empty, |l| moves(&now.user_agents, &l.user_agents)),
            findings: last.map_or_else(Vec::new, |l| findings(now, l)),
            gone: last.map_or_else(Vec::new, |l| gone(now, l)),
            periods: measured.periods,
            counts,
            remarks: last.map_or_else(Vec::new, |l| remarks(now, l, late)),
        }
    }

    /// True if there was a previous run to compare with.
    pub fn compared(&self) -> bool {
        matches!(self.last, Last::Run(_))
    }

    pub fn count(&self, state: State) -> u64 {
        self.findings.iter().filter(|f| f.state == state).count() as u64
    }
}

fn moves(now: &Names, last: &Names) -> Moves {
    let known: HashSet<&str> = last.items.iter().map(|n| n.name.as_str()).collect();
    let there: HashSet<&str> = now.items.iter().map(|n| n.name.as_str()).collect();
    let mut new: Vec<SeenName> =
        now.items.iter().filter(|n| !known.contains(n.name.as_str())).cloned().collect();
    new.sort_by_key(|n| n.in_baseline);
    let gone = last.items.iter().filter(|n| !there.contains(n.name.as_str())).cloned().collect();
    Moves { same: (now.items.len() - new.len()) as u64, new, gone }
}

fn findings(now: &Seen, last: &Seen) -> Vec<Moved> {
    let one = |finding: &SeenFinding| {
        let alike: Vec<&SeenFinding> =
            last.findings.iter().filter(|known| known.is_like(finding)).collect();
        let seen_until = alike.iter().map(|known| known.last).max();
        let was = alike.iter().map(|known| known.severity).max();
        let state = match seen_until {
            None => State::New,
            Some(until) if finding.last > until => State::Again,
            Some(_) => State::Still,
        };
        let was = was.filter(|was| *was != finding.severity);
        Moved { finding: finding.clone(), state, was }
    };
    now.findings.iter().map(one).collect()
}

fn gone(now: &Seen, last: &Seen) -> Vec<Gone> {
    let left = |known: &&SeenFinding| !now.findings.iter().any(|f| f.is_like(known));
    let one = |known: &SeenFinding| Gone {
        finding: known.clone(),
        in_window: now.since.is_none_or(|since| known.last >= since),
    };
    last.findings.iter().filter(left).map(one).collect()
}

/// Findings by severity. Compares only with earlier runs whose windows do not overlap, because each run makes findings
/// from its own window alone.
fn by_severity(now: &Seen, last: Option<&Seen>, step: Millis) -> Vec<Count> {
    let mut before: Vec<[u64; 5]> = Vec::new();
    let alike = last.filter(|last| last.length_name() == now.length_name());
    if let (Some(last), Some(mut edge)) = (alike, now.since) {
        for tally in last.tallies() {
            if tally.since <= edge - step {
                before.push(tally.severities);
                edge = tally.since;
            }
        }
    }
    let numbers = Severity::ALL.iter().zip(now.severities).rev();
    numbers
        .map(|(severity, number)| {
            let earlier: Vec<u64> = before.iter().map(|b| b[*severity as usize]).collect();
            let what = format!("findings.{severity}");
            Count { what, now: number, before: Range::over(&earlier) }
        })
        .collect()
}

fn remarks(now: &Seen, last: &Seen, late: u64) -> Vec<String> {
    let mut remarks = Vec::new();
    let window_of = |seen: &Seen| match seen.length() {
        None => "all of the logs".to_string(),
        Some(length) => window_words(length),
    };
    if now.length_name() != last.length_name() {
        remarks.push(format!(
            "The last run had another window: {} then, {} now. That alone may make a finding or a name new or gone.",
            window_of(last),
            window_of(now)
        ));
    }
    let apart = now.run - last.run;
    if now.length().is_some_and(|length| apart > 2 * length) {
        remarks.push(format!(
            "The last run was {} ago, more than two windows: neither run covers all of the time in between.",
            length(apart)
        ));
    }
    if apart < 0 {
        remarks.push(format!(
            "The last run is dated in the future, at {} UTC: a clock is wrong.",
            plain(last.run)
        ));
    }
    if last.rules != now.rules {
        remarks.push(
            "The rules have changed since the last run: a finding may be new because its rule is."
                .into(),
        );
    }
    if last.program != now.program {
        remarks.push(format!(
            "The last run used incident {}: a finding may be new because its detector is.",
            last.program
        ));
    }
    if last.incomplete {
        remarks.push(
            "The last run's input was incomplete: it may have missed what is reported as new now."
                .into(),
        );
    }
    if now.incomplete {
        remarks.push(
            "This run's input is incomplete: it may have missed what is reported as gone.".into(),
        );
    }
    for (one, many, now, last) in [
        ("principal", "principals", now.principals.beyond, last.principals.beyond),
        ("source", "sources", now.sources.beyond, last.sources.beyond),
        ("user agent", "user agents", now.user_agents.beyond, last.user_agents.beyond),
        ("finding", "findings", now.findings_beyond, last.findings_beyond),
    ] {
        if now + last > 0 {
            remarks.push(format!(
                "The runs had {} than the {} that the state stores: some reported as new may not be new.",
                counted(now + last, &format!("more {one}"), &format!("more {many}")),
                grouped(MOST as u64)
            ));
        }
    }
    if let (Some(since), true) = (now.since, late > 0) {
        remarks.push(format!(
            "{} from before {} arrived after the last run. They are part of the baseline only: no run analyzed them. Use a longer window to analyze them.",
            counted(late, "event", "events"),
            date(since)
        ));
    }
    remarks
}

/// `7 days`, `12 h`.
pub fn window_words(length: Millis) -> String {
    match length {
        _ if length >= DAY => counted((length / DAY) as u64, "day", "days"),
        _ if length >= HOUR => format!("{} h", length / HOUR),
        _ => crate::clock::length(length),
    }
}

#[cfg(test)]
mod tests;
