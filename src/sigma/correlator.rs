//! Collects rule matches in any order and evaluates the correlations at the end.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::bound;
use super::compile::{RuleIndex, RuleSet};
use super::correlate::{Correlation, Kind};
use super::field::Path;
use super::thin;
use super::window::{self, Events, Hit};
use crate::event::identity::counted_for;

/// The most values that one record adds to a `value_count`. AWS takes at most a thousand ids in a call.
const MOST_ITEMS: usize = 1_000;

/// A correlation that fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Firing {
    /// The correlation's position in `RuleSet::correlations`.
    pub correlation: usize,
    /// The fields of `group-by` with their values.
    pub group: Vec<(String, String)>,
    /// Milliseconds of the first and the last record.
    pub from: i64,
    pub to: i64,
    /// The highest count in one window: records, values or rules.
    pub count: u64,
    /// The records, as they were given to `add`, without repeats.
    pub events: Vec<u64>,
}

/// What a correlator found, and what it left out.
#[derive(Debug, Default)]
pub struct Outcome {
    /// By correlation, then group, then time.
    pub firings: Vec<Firing>,
    pub left_out: LeftOut,
}

/// Hits that do not count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Hits of very large groups that were left out: counts may be too low, but what fires is the same.
    pub overflow: u64,
    /// Hits without a field of `group-by`: they belong to no group.
    pub ungrouped: u64,
    /// Hits that were forgotten because all of them took too much memory: something may not have fired.
    #[serde(default)]
    pub forgotten: u64,
}

impl LeftOut {
    fn add(&mut self, other: LeftOut) {
        self.overflow += other.overflow;
        self.ungrouped += other.ungrouped;
        self.forgotten += other.forgotten;
    }
}

/// A hit in the form that the state stores.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SavedHit {
    pub correlation: u32,
    /// Index of the rule in the correlation.
    pub slot: u32,
    pub time: i64,
    pub event: u64,
    /// The fields of `group-by`, then counted fields, then fields for outer correlations.
    pub values: Vec<Option<String>>,
}

/// The hits of one group, thinned as they grow.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) hits: Vec<Hit>,
    thinned: bool,
    /// Thinned again above this size.
    next: usize,
}

impl Group {
    /// Adds a hit; returns how many were left out.
    fn add(&mut self, correlation: &Correlation, hit: Hit) -> u64 {
        self.hits.push(hit);
        if self.hits.len() <= thin::FEW.max(self.next) {
            return 0;
        }
        self.thinned = true;
        let left_out = thin::thin(correlation, &mut self.hits);
        self.next = 2 * self.hits.len();
        left_out
    }

    /// The hits in order, whatever the parts in which they were added, and how many were left out.
    fn finish(mut self, correlation: &Correlation) -> (Vec<Hit>, u64) {
        let left_out = match self.thinned {
            true => thin::thin(correlation, &mut self.hits),
            false => 0,
        };
        thin::sort(&mut self.hits);
        (self.hits, left_out)
    }
}

pub(super) type Groups = BTreeMap<Box<[Arc<str>]>, Group>;

#[derive(Debug)]
pub struct Correlator<'s> {
    set: &'s RuleSet,
    groups: Vec<Groups>,
    texts: HashSet<Arc<str>>,
    left_out: LeftOut,
    /// About how much memory groups and texts take.
    bytes: usize,
    most_bytes: usize,
}

impl<'s> Correlator<'s> {
    pub fn new(set: &'s RuleSet) -> Correlator<'s> {
        let groups = set.correlations.iter().map(|_| Groups::new()).collect();
        Correlator {
            set,
            groups,
            texts: HashSet::new(),
            left_out: LeftOut::default(),
            bytes: 0,
            most_bytes: bound::MOST_BYTES,
        }
    }

    #[cfg(test)]
    pub(super) fn with_most_bytes(self, most_bytes: usize) -> Correlator<'s> {
        Correlator { most_bytes, ..self }
    }

    /// Whether a correlation counts matches of this rule.
    pub fn is_correlated(&self, rule: RuleIndex) -> bool {
        self.set.links.inputs.get(rule.0 as usize).is_some_and(|inputs| !inputs.is_empty())
    }

    /// Adds a match. `time` is in milliseconds; `event` is the caller's number of the record. Of a very large group not
    /// every record is kept, but some of each number's low half.
    pub fn add(&mut self, rule: RuleIndex, time: i64, event: u64, record: &Value) {
        let set = self.set;
        for input in set.links.inputs.get(rule.0 as usize).map_or(&[][..], Vec::as_slice) {
            let counted = set.correlations.get(input.correlation).map_or(0..0, counted);
            let mut rows: Vec<Vec<Option<Arc<str>>>> = vec![Vec::new()];
            for (n, path) in input.paths.iter().enumerate() {
                let texts: Vec<String> = match counted.contains(&n) {
                    true => path.texts(record, MOST_ITEMS).into_iter().collect(),
                    false => {
                        path.first_text(record).map(|t| grouped(path, t)).into_iter().collect()
                    }
                };
                let texts: Vec<_> = texts.into_iter().map(|t| Some(self.intern(t))).collect();
                let texts = if texts.is_empty() { vec![None] } else { texts };
                let longer = |row: Vec<_>| {
                    texts.iter().map(move |text| [&row[..], std::slice::from_ref(text)].concat())
                };
                rows = rows.into_iter().flat_map(longer).take(MOST_ITEMS).collect();
            }
            for values in rows {
                let events = Events::One(event);
                let hit = Hit { from: time, time, slot: input.slot, events, values: Box::new([]) };
                self.put(input.correlation, hit, values);
            }
        }
    }

    fn intern(&mut self, text: String) -> Arc<str> {
        if let Some(known) = self.texts.get(text.as_str()) {
            return Arc::clone(known);
        }
        let text: Arc<str> = text.into();
        self.bytes += bound::of_text(&text);
        self.texts.insert(Arc::clone(&text));
        text
    }

    fn put(&mut self, correlation: usize, mut hit: Hit, mut values: Vec<Option<Arc<str>>>) {
        let rule = &self.set.correlations[correlation];
        let rest = values.split_off(rule.group_by.len());
        let Some(key) = values.into_iter().collect::<Option<Box<[_]>>>() else {
            self.left_out.ungrouped += 1;
            return;
        };
        hit.values = rest.into_boxed_slice();
        self.bytes += bound::of_hit(&hit);
        let group = self.groups[correlation].entry(key).or_insert_with_key(|key| {
            self.bytes += bound::of_key(key);
            Group::default()
        });
        self.left_out.overflow += group.add(rule, hit);
        if self.bytes > self.most_bytes {
            self.make_room();
        }
    }

    /// Forgets hits until half of the memory is free.
    #[cold]
    fn make_room(&mut self) {
        self.left_out.forgotten += bound::forget(&mut self.groups, self.most_bytes / 2);
        self.texts.retain(|text| Arc::strong_count(text) > 1);
        self.bytes = self.groups.iter().map(bound::of_groups).sum();
    }

    /// Adds another worker's matches. `event` translates its record numbers.
    pub fn absorb(&mut self, other: Correlator<'s>, event: &dyn Fn(u64) -> u64) {
        self.left_out.add(other.left_out);
        for (correlation, groups) in other.groups.into_iter().enumerate() {
            for (key, group) in groups {
                for mut hit in group.hits {
                    if let Events::One(number) = &mut hit.events {
                        *number = event(*number);
                    }
                    let mut values: Vec<_> = key.iter().cloned().map(Some).collect();
                    values.extend(std::mem::take(&mut hit.values));
                    self.put(correlation, hit, values);
                }
                if group.thinned
                    && let Some(own) = self.groups[correlation].get_mut(&key)
                {
                    own.thinned = true;
                }
            }
        }
    }

    /// The hits of rules, in no order.
    pub fn hits(&self) -> impl Iterator<Item = SavedHit> {
        self.groups.iter().zip(0..).flat_map(|(groups, correlation)| {
            groups.iter().flat_map(move |(key, group)| {
                group.hits.iter().map(move |hit| SavedHit {
                    correlation,
                    slot: hit.slot as u32,
                    time: hit.time,
                    event: hit.events.as_slice().first().copied().unwrap_or(0),
                    values: (key.iter().map(|text| Some(text.to_string())))
                        .chain(hit.values.iter().map(|v| v.as_ref().map(|v| v.to_string())))
                        .collect(),
                })
            })
        })
    }

    pub fn left_out(&self) -> LeftOut {
        self.left_out
    }

    /// Adds stored [`Correlator::hits`] of the same rules. `event` translates their record numbers.
    pub fn restore(&mut self, hits: Vec<SavedHit>, left_out: LeftOut, event: &dyn Fn(u64) -> u64) {
        self.left_out.add(left_out);
        for saved in hits {
            let known = self.set.correlations.get(saved.correlation as usize);
            if known.is_none_or(|known| saved.values.len() < known.group_by.len()) {
                continue;
            }
            let events = Events::One(event(saved.event));
            let (slot, time) = (saved.slot as usize, saved.time);
            let hit = Hit { from: time, time, slot, events, values: Box::new([]) };
            let values = saved.values.into_iter().map(|text| Some(self.intern(text?)));
            let values = values.collect();
            self.put(saved.correlation as usize, hit, values);
        }
    }

    /// Sorts each group by time and evaluates the correlations, inner ones first.
    pub fn finish(mut self) -> Outcome {
        let set = self.set;
        let mut firings = Vec::new();
        for &number in &set.links.order {
            let correlation = &set.correlations[number];
            for (key, group) in std::mem::take(&mut self.groups[number]) {
                let (hits, left_out) = group.finish(correlation);
                self.left_out.overflow += left_out;
                for range in window::firings(correlation, &hits) {
                    let hits = &hits[range];
                    let firing = firing(set, number, &key, hits);
                    self.add_to_outer(number, &firing, hits);
                    if correlation.rule.alone {
                        firings.push(firing);
                    }
                }
            }
        }
        firings.sort_by_key(|firing| firing.correlation);
        Outcome { firings, left_out: self.left_out }
    }

    /// Adds a firing to its outer correlations, once for each set of values in its records.
    fn add_to_outer(&mut self, number: usize, firing: &Firing, hits: &[Hit]) {
        let set = self.set;
        let own = set.correlations[number].fields.len();
        let events: Arc<[u64]> = firing.events.as_slice().into();
        for outer in &set.links.outers[number] {
            let range = own + outer.from..own + outer.from + outer.count;
            let mut seen: HashSet<&[Option<Arc<str>>]> = HashSet::new();
            for hit in hits {
                let Some(values) = hit.values.get(range.clone()) else { continue };
                if !seen.insert(values) {
                    continue;
                }
                let events = Events::Many(Arc::clone(&events));
                let (from, time, slot) = (firing.from, firing.to, outer.slot);
                let hit = Hit { from, time, slot, events, values: Box::new([]) };
                self.put(outer.correlation, hit, values.to_vec());
            }
        }
    }
}

/// The value to group by: of a session its role, so that nobody splits a count by new session names.
fn grouped(path: &Path, text: String) -> String {
    match path.as_str() {
        "userIdentity.arn" => counted_for(&text).into_owned(),
        _ => text,
    }
}

/// The positions of the fields whose values a correlation counts, among its paths.
fn counted(correlation: &Correlation) -> Range<usize> {
    let from = correlation.group_by.len();
    match correlation.kind {
        Kind::ValueCount => from..from + correlation.fields.len(),
        Kind::EventCount | Kind::Temporal | Kind::TemporalOrdered => from..from,
    }
}

fn firing(set: &RuleSet, number: usize, key: &[Arc<str>], hits: &[Hit]) -> Firing {
    let correlation = &set.correlations[number];
    let names = correlation.group_by.iter().cloned();
    let mut seen = HashSet::new();
    let events = hits.iter().flat_map(|hit| hit.events.as_slice()).copied();
    Firing {
        correlation: number,
        group: names.zip(key.iter().map(|value| value.to_string())).collect(),
        from: hits.iter().map(|hit| hit.from).min().unwrap_or(0),
        to: hits.iter().map(|hit| hit.time).max().unwrap_or(0),
        count: window::peak(correlation, hits),
        events: events.filter(|event| seen.insert(*event)).collect(),
    }
}
