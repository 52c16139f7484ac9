//! Finds the windows in which a correlation fires among the hits of one group.
//!
//! Facts: Sigma Correlation Rules Specification, "Correlation Types". A window ends at an event and reaches back
//! one timespan. Overlapping windows that meet the condition are one firing. If more events can make the
//! condition false (`lt`, `lte`, `eq`, `not`), each window begins at an event, is tested as a whole, and the
//! next one begins after it. Otherwise the first event would always fire.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use super::condition::{self, Condition, Count};
use super::correlate::{Correlation, Kind, WindowCondition};

/// The records behind a hit.
#[derive(Debug, Clone)]
pub enum Events {
    One(u64),
    Many(Arc<[u64]>),
}

impl Events {
    pub fn as_slice(&self) -> &[u64] {
        match self {
            Events::One(event) => std::slice::from_ref(event),
            Events::Many(events) => events,
        }
    }
}

/// One match of one of the correlation's rules.
#[derive(Debug, Clone)]
pub struct Hit {
    pub from: i64,
    pub time: i64,
    pub slot: usize,
    pub events: Events,
    /// Counted fields, then fields for outer correlations.
    pub values: Box<[Option<Arc<str>>]>,
}

/// The ranges of the hits, sorted by time and slot, in which the correlation fires.
pub fn firings(correlation: &Correlation, hits: &[Hit]) -> Vec<Range<usize>> {
    if correlation.kind == Kind::TemporalOrdered {
        return ordered(correlation, hits);
    }
    let mut tally = Tally::new(correlation);
    if correlation.window_condition.is_monotonic() {
        sliding(correlation.timespan, hits, &mut tally)
    } else {
        fixed(correlation.timespan, hits, &mut tally)
    }
}

fn sliding(timespan: i64, hits: &[Hit], tally: &mut Tally<'_>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut left = 0;
    for (right, hit) in hits.iter().enumerate() {
        tally.add(hit, 1);
        while hit.time.saturating_sub(hits[left].time) > timespan {
            tally.add(&hits[left], -1);
            left += 1;
        }
        if tally.holds() {
            merge_window(&mut found, left..right + 1);
        }
    }
    found
}

fn fixed(timespan: i64, hits: &[Hit], tally: &mut Tally<'_>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    while let Some(first) = hits.get(start) {
        let inside = |hit: &Hit| hit.time.saturating_sub(first.time) <= timespan;
        let end = start + hits[start..].partition_point(inside);
        hits[start..end].iter().for_each(|hit| tally.add(hit, 1));
        if tally.holds() {
            found.push(start..end);
        }
        hits[start..end].iter().for_each(|hit| tally.add(hit, -1));
        start = end;
    }
    found
}

/// Finds chains of hits in the order of the rules. Rules may be skipped if the condition asks for fewer. For each
/// rule and length only the chain that began last matters.
fn ordered(correlation: &Correlation, hits: &[Hit]) -> Vec<Range<usize>> {
    let rules = correlation.sources.len();
    let enough = |length: usize| bounds_hold(&correlation.window_condition, length as u64);
    let mut began: Vec<Vec<Option<i64>>> = vec![vec![None; rules + 1]; rules];
    let mut found = Vec::new();
    for (right, hit) in hits.iter().enumerate() {
        for length in 1..=hit.slot + 1 {
            let start = if length == 1 {
                Some(hit.from)
            } else {
                began[..hit.slot].iter().filter_map(|chain| chain[length - 1]).max()
            };
            let start =
                start.filter(|start| hit.time.saturating_sub(*start) <= correlation.timespan);
            let Some(start) = start else { continue };
            let best = &mut began[hit.slot][length];
            *best = (*best).max(Some(start));
            if enough(length) {
                let left = hits.partition_point(|hit| hit.time < start);
                merge_window(&mut found, left.min(right)..right + 1);
            }
        }
    }
    found
}

fn merge_window(found: &mut Vec<Range<usize>>, window: Range<usize>) {
    match found.last_mut() {
        Some(last) if last.end > window.start => {
            last.start = last.start.min(window.start);
            last.end = window.end;
        }
        _ => found.push(window),
    }
}

fn bounds_hold(window_condition: &WindowCondition, count: u64) -> bool {
    match window_condition {
        WindowCondition::Bounds(bounds) => {
            bounds.iter().all(|(operator, bound)| operator.holds(count, *bound))
        }
        WindowCondition::Rules(_) => false,
    }
}

/// The counts in a window.
struct Tally<'c> {
    correlation: &'c Correlation,
    /// Records. Firings of a correlation differ from records by their slot.
    events: HashMap<(u64, usize), i64>,
    values: HashMap<Box<[Option<Arc<str>>]>, i64>,
    slots: Vec<i64>,
}

impl<'c> Tally<'c> {
    fn new(correlation: &'c Correlation) -> Tally<'c> {
        let slots = vec![0; correlation.sources.len()];
        Tally { correlation, events: HashMap::new(), values: HashMap::new(), slots }
    }

    fn add(&mut self, hit: &Hit, by: i64) {
        match self.correlation.kind {
            // A record that two of the rules match counts once.
            Kind::EventCount => {
                let key = match &hit.events {
                    Events::One(event) => (*event, 0),
                    Events::Many(events) => (events.first().copied().unwrap_or(0), hit.slot + 1),
                };
                count(&mut self.events, key, by);
            }
            Kind::ValueCount => {
                let fields = self.correlation.fields.len();
                let values = &hit.values[..fields.min(hit.values.len())];
                if values.iter().all(Option::is_some) {
                    count(&mut self.values, values.into(), by);
                }
            }
            Kind::Temporal | Kind::TemporalOrdered => self.slots[hit.slot] += by,
        }
    }

    /// The count of the correlation in the window.
    fn count(&self) -> u64 {
        let count = match self.correlation.kind {
            Kind::EventCount => self.events.len(),
            Kind::ValueCount => self.values.len(),
            Kind::Temporal | Kind::TemporalOrdered => self.slots.iter().filter(|n| **n > 0).count(),
        };
        count as u64
    }

    fn holds(&self) -> bool {
        match &self.correlation.window_condition {
            WindowCondition::Bounds(_) => {
                bounds_hold(&self.correlation.window_condition, self.count())
            }
            WindowCondition::Rules(condition) => self.rules_hold(condition),
        }
    }

    fn rules_hold(&self, condition: &Condition) -> bool {
        let references = &self.correlation.references;
        let seen = |position: usize| self.slots.get(position).is_some_and(|n| *n > 0);
        match condition {
            Condition::And(parts) => parts.iter().all(|part| self.rules_hold(part)),
            Condition::Or(parts) => parts.iter().any(|part| self.rules_hold(part)),
            Condition::Not(inner) => !self.rules_hold(inner),
            Condition::Name(name) => {
                references.iter().position(|(known, _)| known == name).is_some_and(seen)
            }
            Condition::Of(count_kind, pattern) => {
                let names = references.iter().map(|(name, _)| name.as_str());
                let positions = condition::matching_names(pattern, names);
                let there = positions.iter().filter(|position| seen(**position)).count();
                match count_kind {
                    Count::All => there == positions.len(),
                    Count::AtLeast(count) => there >= *count,
                }
            }
        }
    }
}

fn count<K: std::hash::Hash + Eq>(counts: &mut HashMap<K, i64>, key: K, by: i64) {
    use std::collections::hash_map::Entry;
    match counts.entry(key) {
        Entry::Occupied(mut entry) => {
            *entry.get_mut() += by;
            if *entry.get() == 0 {
                entry.remove();
            }
        }
        Entry::Vacant(entry) => {
            entry.insert(by);
        }
    }
}

/// The highest count in any window of a firing.
pub fn peak(correlation: &Correlation, hits: &[Hit]) -> u64 {
    if correlation.kind == Kind::TemporalOrdered {
        let slots: HashSet<usize> = hits.iter().map(|hit| hit.slot).collect();
        return slots.len() as u64;
    }
    let mut tally = Tally::new(correlation);
    let (mut left, mut peak) = (0, 0);
    for hit in hits {
        tally.add(hit, 1);
        while hit.time.saturating_sub(hits[left].time) > correlation.timespan {
            tally.add(&hits[left], -1);
            left += 1;
        }
        peak = peak.max(tally.count());
    }
    peak
}
