//! What the digests must cover. A tree cannot show that its newest digests, a region or an account were taken away:
//! only somebody who knows what was there can say what must be there.

use std::collections::BTreeSet;

use super::model::{Chain, Kind, Problem};
use crate::clock::{Millis, plain};

/// What is expected. Nothing is expected of what is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    pub accounts: BTreeSet<String>,
    /// In every expected account, or in any.
    pub regions: BTreeSet<String>,
    pub since: Option<Millis>,
    pub until: Option<Millis>,
}

impl Expected {
    pub fn is_empty(&self) -> bool {
        *self == Expected::default()
    }

    /// The problems of what is expected and not covered by valid digests. Backfill digests cover no time of their own.
    pub fn missing(&self, chains: &[Chain]) -> Vec<Problem> {
        let usable: Vec<&Chain> =
            chains.iter().filter(|c| !c.id.backfill && c.from.is_some()).collect();
        let mut problems = Vec::new();
        for (account, region) in self.places(&usable) {
            let matches = |c: &&&Chain| {
                account.as_ref().is_none_or(|a| *a == c.id.account)
                    && region.as_ref().is_none_or(|r| *r == c.id.region)
            };
            let here: Vec<&Chain> = usable.iter().filter(matches).copied().collect();
            let place = place(account.as_deref(), region.as_deref());
            if here.is_empty() {
                let detail = format!("expected: no digest of {place} is here");
                problems.push(Problem::new(Kind::ExpectedMissing, detail));
                continue;
            }
            problems.extend(self.time(&place, &here));
        }
        problems
    }

    /// The accounts and regions to look at: those expected, else those found.
    fn places(&self, chains: &[&Chain]) -> BTreeSet<(Option<String>, Option<String>)> {
        let mut places = BTreeSet::new();
        let found = |account: Option<&String>, region: Option<&String>| {
            let fits = |c: &&&Chain| {
                account.is_none_or(|a| *a == c.id.account)
                    && region.is_none_or(|r| *r == c.id.region)
            };
            let pairs = chains.iter().filter(fits);
            pairs.map(|c| (Some(c.id.account.clone()), Some(c.id.region.clone()))).collect()
        };
        let mut add = |account: Option<&String>, region: Option<&String>| {
            let all: BTreeSet<_> = found(account, region);
            match all.is_empty() {
                true => _ = places.insert((account.cloned(), region.cloned())),
                false => places.extend(all),
            }
        };
        match (self.accounts.is_empty(), self.regions.is_empty()) {
            (true, true) => add(None, None),
            (false, true) => self.accounts.iter().for_each(|a| add(Some(a), None)),
            (true, false) => self.regions.iter().for_each(|r| add(None, Some(r))),
            (false, false) => {
                for account in &self.accounts {
                    self.regions.iter().for_each(|r| add(Some(account), Some(r)));
                }
            }
        }
        places
    }

    /// Compares the time that the chains of one place cover together with the expected one. Gaps within a chain are
    /// reported with it.
    fn time(&self, place: &str, chains: &[&Chain]) -> Vec<Problem> {
        let mut spans: Vec<(Millis, Millis)> =
            chains.iter().filter_map(|c| Some((c.from?, c.to?))).collect();
        spans.sort_unstable();
        let mut problems = Vec::new();
        let mut report = |text: String| problems.push(Problem::new(Kind::ExpectedTime, text));
        let (first, last) = (spans.first().map(|s| s.0), spans.iter().map(|s| s.1).max());
        if let Some((since, first)) = self.since.zip(first).filter(|(since, first)| first > since) {
            report(format!(
                "expected since {} UTC: the digests of {place} begin at {} UTC",
                plain(since),
                plain(first)
            ));
        }
        if let Some((until, last)) = self.until.zip(last).filter(|(until, last)| last < until) {
            report(format!(
                "expected until {} UTC: the digests of {place} end at {} UTC",
                plain(until),
                plain(last)
            ));
        }
        let mut covered: Option<Millis> = None;
        for (from, to) in spans {
            let hole = covered.filter(|until| {
                *until < from
                    && self.since.is_none_or(|since| since < from)
                    && self.until.is_none_or(|end| *until < end)
            });
            if let Some(until) = hole {
                report(format!(
                    "expected: no digest of {place} covers {} to {} UTC",
                    plain(until),
                    plain(from)
                ));
            }
            covered = covered.max(Some(to));
        }
        problems
    }
}

fn place(account: Option<&str>, region: Option<&str>) -> String {
    match (account, region) {
        (Some(account), Some(region)) => format!("account {account} in {region}"),
        (Some(account), None) => format!("account {account}"),
        (None, Some(region)) => format!("region {region}"),
        (None, None) => "any account".to_string(),
    }
}
