//! The `change` part of the document: this run compared with the last.

use serde::{Deserialize, Serialize};

use super::field::{self, At};
use crate::clock::DAY;
use crate::finding::Severity;
use crate::finding::change::{self, Last, State};
use crate::finding::seen::SeenName;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Change {
    #[serde(deserialize_with = "field::time")]
    pub since: Option<At>,
    #[serde(deserialize_with = "field::time")]
    pub until: Option<At>,
    pub accounts: Vec<String>,
    pub last_run: Option<LastRun>,
    /// Why the last run could not be read.
    pub unreadable: Option<String>,
    pub principals: Names,
    pub sources: Names,
    pub user_agents: Names,
    pub findings: ChangedFindings,
    pub periods: Periods,
    pub counts: Vec<Count>,
    pub remarks: Vec<String>,
}

impl From<&change::Change> for Change {
    fn from(change: &change::Change) -> Change {
        Change {
            since: change.since.map(At),
            until: Some(At(change.until)),
            accounts: change.accounts.clone(),
            last_run: match &change.last {
                Last::Run(last) => Some(LastRun::from(last)),
                Last::First | Last::Unreadable(_) => None,
            },
            unreadable: match &change.last {
                Last::Unreadable(why) => Some(why.clone()),
                Last::First | Last::Run(_) => None,
            },
            principals: Names::from(&change.principals),
            sources: Names::from(&change.sources),
            user_agents: Names::from(&change.user_agents),
            findings: ChangedFindings::from(change),
            periods: Periods {
                number: change.periods.number,
                days: change.periods.step as f64 / DAY as f64,
            },
            counts: change.counts.iter().map(Count::from).collect(),
            remarks: change.remarks.clone(),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LastRun {
    #[serde(deserialize_with = "field::time")]
    pub at: Option<At>,
    #[serde(deserialize_with = "field::time")]
    pub since: Option<At>,
    #[serde(deserialize_with = "field::time")]
    pub until: Option<At>,
    pub program: String,
    pub same_program: bool,
    pub same_rules: bool,
    pub complete: bool,
}

impl From<&change::LastRun> for LastRun {
    fn from(last: &change::LastRun) -> LastRun {
        LastRun {
            at: Some(At(last.run)),
            since: last.since.map(At),
            until: Some(At(last.until)),
            program: last.program.clone(),
            same_program: last.same_program,
            same_rules: last.same_rules,
            complete: !last.incomplete,
        }
    }
}

/// Principals, networks or user agents that are new or gone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Names {
    pub new: Vec<Name>,
    pub gone: Vec<Name>,
    pub same: u64,
}

impl From<&change::Moves> for Names {
    fn from(moves: &change::Moves) -> Names {
        let names = |seen: &[SeenName]| seen.iter().map(Name::from).collect();
        Names { new: names(&moves.new), gone: names(&moves.gone), same: moves.same }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Name {
    pub name: String,
    #[serde(with = "field::text")]
    pub detail: String,
    pub events: u64,
    #[serde(deserialize_with = "field::time")]
    pub last_seen: Option<At>,
    pub in_baseline: bool,
}

impl From<&SeenName> for Name {
    fn from(name: &SeenName) -> Name {
        Name {
            name: name.name.clone(),
            detail: name.detail.clone(),
            events: name.events,
            last_seen: Some(At(name.last)),
            in_baseline: name.in_baseline,
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChangedFindings {
    pub new: Vec<CurrentFinding>,
    /// Findings that the last run had, and that have recurred since.
    pub again: Vec<CurrentFinding>,
    /// Findings that the last run had, and that have not recurred.
    pub still: Vec<CurrentFinding>,
    pub gone: Vec<FormerFinding>,
}

impl From<&change::Change> for ChangedFindings {
    fn from(change: &change::Change) -> ChangedFindings {
        let of = |state| change.findings.iter().filter(move |f| f.state == state);
        let listed = |state| of(state).map(CurrentFinding::from).collect();
        ChangedFindings {
            new: listed(State::New),
            again: listed(State::Again),
            still: listed(State::Still),
            gone: change.gone.iter().map(FormerFinding::from).collect(),
        }
    }
}

/// A finding of this run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CurrentFinding {
    pub id: String,
    pub rule: String,
    #[serde(deserialize_with = "field::severity")]
    pub severity: Severity,
    /// `None` when it is the same.
    pub severity_before: Option<Severity>,
    pub title: String,
    #[serde(with = "field::text")]
    pub principal: String,
}

impl From<&change::Moved> for CurrentFinding {
    fn from(moved: &change::Moved) -> CurrentFinding {
        let f = moved.finding.clone();
        CurrentFinding {
            id: f.id,
            rule: f.rule,
            severity: f.severity,
            severity_before: moved.was,
            title: f.title,
            principal: f.principal,
        }
    }
}

/// A finding of the last run that this run does not have.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FormerFinding {
    pub id: String,
    pub rule: String,
    #[serde(deserialize_with = "field::severity")]
    pub severity: Severity,
    pub title: String,
    #[serde(with = "field::text")]
    pub principal: String,
    #[serde(deserialize_with = "field::time")]
    pub last_seen: Option<At>,
    pub in_window: bool,
}

impl From<&change::Gone> for FormerFinding {
    fn from(gone: &change::Gone) -> FormerFinding {
        let f = gone.finding.clone();
        FormerFinding {
            id: f.id,
            rule: f.rule,
            severity: f.severity,
            title: f.title,
            principal: f.principal,
            last_seen: Some(At(f.last)),
            in_window: gone.in_window,
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Periods {
    pub number: u64,
    pub days: f64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Count {
    pub what: String,
    pub now: u64,
    pub before: Option<Range>,
}

impl From<&change::Count> for Count {
    fn from(count: &change::Count) -> Count {
        let before = count.before.map(|b| Range { of: b.of, mean: b.mean, min: b.min, max: b.max });
        Count { what: count.what.clone(), now: count.now, before }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Range {
    pub of: u64,
    pub mean: f64,
    pub min: u64,
    pub max: u64,
}
