//! What a run saw in its window, for the next run to compare with.

use serde::{Deserialize, Serialize};

use super::{Finding, Severity};
use crate::clock::{DAY, HOUR, Millis};
use crate::ui::sanitize::clip;

/// The most names of one kind, and the most findings, that are stored.
pub const MOST: usize = 10_000;
/// Earlier runs whose finding counts are stored.
const EARLIER: usize = 12;
/// Longer names and titles are cut: a caller chooses its user agent.
const LONGEST: usize = 300;
/// Networks of a finding that are stored.
const NETWORKS: usize = 50;

/// One run over one choice of logs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// When the run was made.
    pub run: Millis,
    /// Start of its window; `None` if the window began with the logs.
    pub since: Option<Millis>,
    pub until: Millis,
    /// The program's version.
    pub program: String,
    /// Digest of the rules.
    pub rules: String,
    /// Input was lost.
    pub incomplete: bool,
    pub principals: Names,
    /// Networks of callers that are not AWS itself.
    pub sources: Names,
    /// Families.
    pub user_agents: Names,
    pub findings: Vec<SeenFinding>,
    pub findings_beyond: u64,
    /// By severity, from info on.
    pub severities: [u64; 5],
    /// Events of the window's whole days, by day since 1970.
    pub days: Vec<(i64, u64)>,
    /// Runs before it, newest first.
    pub earlier: Vec<Tally>,
}

/// Findings of a run by severity, from info on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub since: Millis,
    pub severities: [u64; 5],
}

/// Names of one kind, most used first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    pub items: Vec<SeenName>,
    /// Names beyond the limit.
    pub beyond: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenName {
    /// Long names are cut.
    pub name: String,
    /// A principal's kind; a network's class, country and owner. May be empty.
    pub detail: String,
    pub events: u64,
    pub last: Millis,
    /// True if the baseline has the name, too. Not stored: only the current run knows.
    #[serde(skip)]
    pub in_baseline: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenFinding {
    pub id: String,
    pub rule: String,
    pub severity: Severity,
    pub title: String,
    pub principal: String,
    pub networks: Vec<String>,
    pub first: Millis,
    pub last: Millis,
}

/// A name in the form that is stored and compared.
pub fn kept(name: &str) -> String {
    clip(name, LONGEST).into_owned()
}

impl SeenFinding {
    pub fn of(finding: &Finding) -> SeenFinding {
        let mut networks: Vec<String> = finding.sources.iter().map(|s| kept(&s.network)).collect();
        networks.sort();
        networks.dedup();
        networks.truncate(NETWORKS);
        SeenFinding {
            id: finding.id.clone(),
            rule: finding.rule.clone(),
            severity: finding.severity,
            title: kept(&finding.title),
            principal: kept(&finding.who.principal),
            networks,
            first: finding.first_seen,
            last: finding.last_seen,
        }
    }

    /// True for the same behaviour of the same principal from a common network. Ids cannot tell: they contain the start
    /// of the burst, which moves with the window.
    pub fn is_like(&self, other: &SeenFinding) -> bool {
        let shared = self.networks.iter().any(|n| other.networks.contains(n));
        let nowhere = self.networks.is_empty() && other.networks.is_empty();
        self.rule == other.rule && self.principal == other.principal && (shared || nowhere)
    }
}

/// Findings by severity, from info on.
pub fn severities(findings: &[Finding]) -> [u64; 5] {
    Severity::ALL.map(|severity| findings.iter().filter(|f| f.severity == severity).count() as u64)
}

impl Seen {
    /// Length of the window; `None` if it began with the logs.
    pub fn length(&self) -> Option<Millis> {
        self.since.map(|since| self.until - since)
    }

    /// The name of the window's length: `7d`, `12h`, `all`. Windows with one name differ at most by the hours of the
    /// current day.
    pub fn length_name(&self) -> String {
        match self.length() {
            None => "all".to_string(),
            Some(length) if length >= DAY => format!("{}d", length / DAY),
            Some(length) => format!("{}h", length / HOUR),
        }
    }

    /// This run's numbers and those of the runs before it, newest first.
    pub fn tallies(&self) -> Vec<Tally> {
        let own = self.since.map(|since| Tally { since, severities: self.severities });
        own.into_iter().chain(self.earlier.iter().copied()).collect()
    }

    /// Takes over the numbers of the previous run. If several runs have the same window, the last one counts.
    pub fn follow(&mut self, last: &Seen) {
        let older = last.tallies().into_iter().filter(|t| Some(t.since) != self.since);
        self.earlier = older.take(EARLIER).collect();
    }

    /// The stored form. It only counts the names beyond the limit, the least used ones.
    pub fn bounded(mut self) -> Seen {
        for names in [&mut self.principals, &mut self.sources, &mut self.user_agents] {
            names.items.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.name.cmp(&b.name)));
            names.beyond += names.items.len().saturating_sub(MOST) as u64;
            names.items.truncate(MOST);
        }
        self.findings_beyond += self.findings.len().saturating_sub(MOST) as u64;
        self.findings.truncate(MOST);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_least_is_left_out_and_counted() {
        let name = |n: u64| SeenName { name: n.to_string(), events: n, ..SeenName::default() };
        let items = (0..MOST as u64 + 3).map(name).collect();
        let seen = Seen { principals: Names { items, beyond: 0 }, ..Seen::default() }.bounded();
        assert_eq!((seen.principals.items.len(), seen.principals.beyond), (MOST, 3));
        assert_eq!(seen.principals.items[0].events, MOST as u64 + 2);
    }

    #[test]
    fn numbers_of_earlier_runs_are_few_and_one_for_each_window() {
        let mut last = Seen { since: Some(0), ..Seen::default() };
        for day in 1..20 {
            let mut seen = Seen { since: Some(day * DAY), ..Seen::default() };
            seen.follow(&last);
            let mut again = seen.clone();
            again.follow(&seen);
            assert_eq!(again.earlier, seen.earlier);
            last = again;
        }
        assert_eq!(last.earlier.len(), EARLIER);
        assert_eq!(last.earlier[0].since, 18 * DAY);
    }

    #[test]
    fn lengths_have_names() {
        let seen = |since, until| Seen { since, until, ..Seen::default() }.length_name();
        assert_eq!(seen(Some(0), 7 * DAY + 5 * HOUR), "7d");
        assert_eq!(seen(Some(0), 5 * HOUR + 1), "5h");
        assert_eq!(seen(None, 0), "all");
    }
}
