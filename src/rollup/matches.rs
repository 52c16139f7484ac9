//! Which rules matched whose calls, by the hour.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::activity::{Behaviour, Key};
use super::event_location::{EventLocation, Renumber};
use super::intern::{Names, Sym};
use super::numbered::{Keyed, Numbered};
use super::smallest::keep_smallest;
use crate::clock::{HOUR, Millis};

/// Most targets of a row: those with the smallest hashes of name and event id. AWS chooses the event id, so that a caller
/// cannot choose names that displace others; and the same logs give the same targets.
pub const MOST_TARGETS: usize = 64;

/// One rule, one behaviour from one source, one hour.
#[derive(Debug, Clone)]
pub struct Row {
    /// The rule's number in its set.
    pub rule: u32,
    /// Number of the behaviour with its source.
    pub(super) caller: u32,
    pub(super) span: u32,
    pub events: u64,
    /// The first event.
    pub first: EventLocation,
    pub(super) targets: Vec<(u64, Sym)>,
}

impl Row {
    pub(super) fn empty(rule: u32, caller: u32, first: EventLocation) -> Row {
        Row { rule, caller, span: 0, events: 0, first, targets: Vec::new() }
    }

    pub fn last(&self) -> Millis {
        self.first.time + Millis::from(self.span)
    }

    /// What the calls acted on, as kind and name with a space between; at most [`MOST_TARGETS`].
    pub fn targets(&self) -> impl Iterator<Item = Sym> {
        self.targets.iter().map(|(_, sym)| *sym)
    }

    /// The same with their hashes, the smallest first. Nobody can choose them.
    pub fn hashed_targets(&self) -> &[(u64, Sym)] {
        &self.targets
    }

    fn hour(&self) -> i32 {
        self.first.time.div_euclid(HOUR) as i32
    }

    fn add(&mut self, events: u64, last: Millis, first: &EventLocation) {
        self.events += events;
        let last = self.last().max(last);
        if first.before(&self.first) {
            self.first = first.clone();
        }
        self.span = (last - self.first.time) as u32;
    }

    fn target(&mut self, hash: u64, sym: Sym) {
        if let Some(at) = self.targets.iter().position(|(_, known)| *known == sym) {
            if self.targets[at].0 <= hash {
                return;
            }
            self.targets.remove(at);
        }
        keep_smallest(&mut self.targets, MOST_TARGETS, |(h, _)| h.cmp(&hash), || (hash, sym));
    }
}

/// A match as correlations count it: the record's number in the high half, the row's in the low half.
pub fn mark(record: u32, row: u32) -> u64 {
    u64::from(record) << 32 | u64::from(row)
}

/// The numbers of record and row in a mark.
pub fn marked(mark: u64) -> (u32, u32) {
    ((mark >> 32) as u32, mark as u32)
}

impl Keyed for Row {
    type Key = (u32, u32, i32);

    #[inline]
    fn key(&self) -> (u32, u32, i32) {
        (self.rule, self.caller, self.hour())
    }
}

/// A behaviour from one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Caller {
    pub behaviour: Behaviour,
    pub source: Sym,
}

impl Caller {
    fn key(&self) -> Key<'_> {
        Key { behaviour: &self.behaviour, source: self.source }
    }
}

impl Keyed for Caller {
    type Key = Caller;

    fn key(&self) -> Caller {
        *self
    }
}

#[derive(Debug, Default)]
pub struct Table {
    pub(super) callers: Numbered<Caller>,
    pub(super) rows: Numbered<Row>,
}

impl Table {
    /// Counts a match and returns the number of its row.
    pub fn add(&mut self, rule: u32, by: Caller, location: &EventLocation, events: u64) -> u32 {
        let caller = self.callers.entry(&by, || by).0;
        let hour = location.time.div_euclid(HOUR) as i32;
        let new = || Row::empty(rule, caller, location.clone());
        let (number, row) = self.rows.entry(&(rule, caller, hour), new);
        row.add(events, location.time, location);
        number
    }

    /// Adds a target of a call in a row.
    pub fn target(&mut self, row: u32, names: &mut Names, id: &str, (kind, name): (&str, &str)) {
        let text = format!("{kind} {name}");
        let sym = names.sym(&text);
        let hash = xxh3_64_with_seed(text.as_bytes(), xxh3_64(id.as_bytes()));
        self.rows.at_mut(row).target(hash, sym);
    }

    /// Merges another worker's rows and returns their new numbers.
    pub fn merge(&mut self, from: Table, syms: &[Sym], numbers: Renumber<'_>) -> Vec<u32> {
        let translated = |by: Caller| Caller {
            behaviour: by.behaviour.translated(syms),
            source: syms[by.source as usize],
        };
        let callers: Vec<u32> = (from.callers.into_items().into_iter().map(translated))
            .map(|by| self.callers.entry(&by, || by).0)
            .collect();
        let mut new = Vec::with_capacity(from.rows.len());
        for mut row in from.rows.into_items() {
            numbers.apply(&mut row.first);
            row.caller = callers[row.caller as usize];
            row.targets.iter_mut().for_each(|(_, sym)| *sym = syms[*sym as usize]);
            new.push(self.rows.merge(row, |known, row| {
                known.add(row.events, row.last(), &row.first);
                row.targets.iter().for_each(|(hash, sym)| known.target(*hash, *sym));
            }));
        }
        new
    }

    /// A row by its number.
    pub fn get(&self, row: u32) -> Option<(Key<'_>, &Row)> {
        let row = self.rows.get(row)?;
        Some((Caller::key(self.callers.get(row.caller)?), row))
    }

    /// Every row, unordered.
    pub fn iter(&self) -> impl Iterator<Item = (Key<'_>, &Row)> {
        let key = |row: &Row| Some(Caller::key(self.callers.get(row.caller)?));
        self.rows.iter().filter_map(move |row| Some((key(row)?, row)))
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(targets: &[(u64, Sym)]) -> Row {
        let origin = crate::rollup::Origin { file: 0, input: 0, offset: 0, duplicate: false };
        let mut row = Row::empty(0, 0, EventLocation::new(0, "", &origin));
        targets.iter().for_each(|(hash, sym)| row.target(*hash, *sym));
        row
    }

    #[test]
    fn each_target_counts_once_by_its_smallest_hash_in_any_order() {
        let mut seen: Vec<(u64, Sym)> =
            (0..500).map(|n| (n * 7919 % 1009, (n % 200) as Sym)).collect();
        let one = row(&seen);
        seen.reverse();
        let (first, second) = seen.split_at(123);
        let mut parts = row(first);
        row(second).targets.iter().for_each(|(hash, sym)| parts.target(*hash, *sym));
        assert_eq!((one.targets.len(), &one.targets), (MOST_TARGETS, &parts.targets));
        assert_eq!(row(&[(5, 1), (3, 1), (9, 1)]).targets, [(3, 1)]);
    }
}
