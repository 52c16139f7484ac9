//! The result: numbers, the people behind them, and the objects that no pattern matches.

use std::sync::Arc;

/// With this many individuals or more, the Secretary of HHS must be notified at once (45 CFR 164.408(b)).
const INDIVIDUALS: u64 = 500;
/// With more residents of one State or jurisdiction than this, the media must be notified (45 CFR 164.406(a)).
const RESIDENTS: u64 = 500;

/// Numbers of one row. `None` if not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub objects: Option<u64>,
    pub records: Option<u64>,
    pub persons: u64,
}

/// A row of a table. Jurisdiction and kind are `None` if not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub jurisdiction: Option<Arc<str>>,
    pub kind: Option<Arc<str>>,
    pub tally: Tally,
}

/// A person with an id, in one jurisdiction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Where the id is from: the lookup's file, the names of the expression's groups, or `query`.
    pub source: Arc<str>,
    pub id: Box<str>,
    pub jurisdiction: Option<Arc<str>>,
    pub kinds: Vec<Arc<str>>,
    /// Distinct objects with their data, in all jurisdictions. 0 if not known.
    pub objects: u64,
}

/// What one pattern of a map matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternTally {
    pub name: String,
    /// Objects for which it was the first match.
    pub objects: u64,
    /// Objects that it also matches, with the name of the pattern that came first.
    pub covered: Vec<(String, u64)>,
    /// Objects whose key has no id in the pattern's groups.
    pub without_id: u64,
    /// Distinct ids that are not in the lookup.
    pub not_in_lookup: u64,
    /// Objects whose number of records is not known.
    pub without_records: u64,
}

/// Which objects were counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matched {
    /// All objects except these, by index in the list of objects.
    AllBut(Vec<usize>),
    /// The query does not return its objects.
    Unknown,
}

/// The result.
#[derive(Debug)]
pub struct Impact {
    pub accessed: u64,
    /// Buckets, and operations, with their objects.
    pub buckets: Vec<(Arc<str>, u64)>,
    pub operations: Vec<(Arc<str>, u64)>,
    /// Requests for which the log has no key.
    pub keyless: u64,
    /// Objects that could not be sent to the database.
    pub unsent: u64,
    pub matched: Matched,
    pub total: Tally,
    /// By jurisdiction and kind, most people first.
    pub rows: Vec<Row>,
    pub jurisdictions: Vec<Row>,
    pub kinds: Vec<Row>,
    pub named: u64,
    pub unnamed: u64,
    pub in_several: u64,
    /// Empty for a query.
    pub patterns: Vec<PatternTally>,
    /// Limits of the numbers, one sentence each. They name no person and no key.
    pub notes: Vec<String>,
    pub people: Vec<Person>,
}

/// The thresholds of notification laws. `clocks` decides what follows from them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thresholds {
    /// 500 or more individuals in total.
    pub individuals: bool,
    /// Jurisdictions with more than 500 residents.
    pub residents: Vec<(Arc<str>, u64)>,
}

impl Impact {
    pub fn unmatched(&self) -> Option<u64> {
        match &self.matched {
            Matched::AllBut(objects) => Some(objects.len() as u64),
            Matched::Unknown => None,
        }
    }

    /// True if there may be more people than were counted.
    pub fn incomplete(&self) -> bool {
        self.keyless > 0
            || self.unsent > 0
            || self.unmatched().is_some_and(|n| n > 0)
            || self.patterns.iter().any(|p| p.without_id > 0)
    }

    pub fn thresholds(&self) -> Thresholds {
        let above = |row: &Row| Some((row.jurisdiction.clone()?, row.tally.persons));
        Thresholds {
            individuals: self.total.persons >= INDIVIDUALS,
            residents: self
                .jurisdictions
                .iter()
                .filter(|row| row.tally.persons > RESIDENTS)
                .filter_map(above)
                .collect(),
        }
    }

    /// People whose jurisdiction is not known.
    pub fn nowhere(&self) -> u64 {
        let rows = self.jurisdictions.iter().filter(|row| row.jurisdiction.is_none());
        rows.map(|row| row.tally.persons).sum()
    }

    /// Facts for `incident clocks CASE --set`: key and number.
    pub fn facts(&self) -> Vec<(String, u64)> {
        let total = std::iter::once(("individuals".to_string(), self.total.persons));
        let residents = self.jurisdictions.iter().filter(|row| row.tally.persons > 0);
        let residents = residents.filter_map(|row| {
            let name = row.jurisdiction.as_deref()?;
            Some((format!("residents.{name}"), row.tally.persons))
        });
        total.chain(residents).collect()
    }
}
