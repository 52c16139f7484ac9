//! Who called what, from where and how often, by the hour.

use super::chunks::Chunks;
use super::event_location::{EventLocation, Renumber};
use super::intern::{Names, Sym};
use super::numbered::{Keyed, Numbered};
use super::{Folded, Phase, order};
use crate::clock::{HOUR, Millis};
use crate::event::{Log, Outcome, agent};

/// One behaviour: everything that calls have in common except the hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub phase: Phase,
    pub log: Log,
    pub by_service: bool,
    pub outcome: Outcome,
    pub account: Sym,
    pub region: Sym,
    pub principal: Sym,
    /// `userIdentity.type`.
    pub kind: Sym,
    pub access_key: Sym,
    pub source: Sym,
    /// User-agent family.
    pub agent: Sym,
    pub service: Sym,
    pub action: Sym,
    pub error: Sym,
}

impl Key {
    /// The behaviour of an event.
    #[inline]
    pub fn new(names: &mut Names, f: &Folded<'_, '_>) -> Key {
        let e = f.event;
        Key {
            phase: f.phase,
            log: e.log,
            by_service: e.actor.by_service,
            outcome: e.outcome,
            account: names.sym(e.account),
            region: names.sym(e.region),
            principal: f.principal,
            kind: names.sym(e.actor.kind),
            access_key: f.access_key,
            source: f.source,
            agent: names.sym(agent::family(e.user_agent)),
            service: names.sym(e.service),
            action: names.sym(e.action),
            error: names.sym(e.error),
        }
    }

    /// The same key with this worker's numbers for another worker's names.
    pub fn translated(self, syms: &[Sym]) -> Key {
        let s = |sym: Sym| syms[sym as usize];
        Key {
            account: s(self.account),
            region: s(self.region),
            principal: s(self.principal),
            kind: s(self.kind),
            access_key: s(self.access_key),
            source: s(self.source),
            agent: s(self.agent),
            service: s(self.service),
            action: s(self.action),
            error: s(self.error),
            ..self
        }
    }
}

impl Keyed for Key {
    type Key = Key;

    #[inline]
    fn key(&self) -> Key {
        *self
    }
}

/// One hour of one behaviour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// Number of the behaviour.
    pub(super) behaviour: u32,
    /// Milliseconds from the first event to the last; both lie in one hour.
    pub(super) span: u32,
    pub events: u64,
    pub bytes_out: u64,
    /// The first event of the row; its time is the row's first time.
    pub first: EventLocation,
}

impl Value {
    pub(super) fn empty(behaviour: u32, first: EventLocation) -> Value {
        Value { behaviour, span: 0, events: 0, bytes_out: 0, first }
    }

    pub fn last(&self) -> Millis {
        self.first.time + Millis::from(self.span)
    }

    /// Hours since 1970.
    pub fn hour(&self) -> i32 {
        self.first.time.div_euclid(HOUR) as i32
    }

    fn add(&mut self, events: u64, bytes_out: u64, last: Millis, first: &EventLocation) {
        self.events += events;
        self.bytes_out += bytes_out;
        let last = self.last().max(last);
        if first.before(&self.first) {
            self.first = first.clone();
        }
        self.span = (last - self.first.time) as u32;
    }
}

impl Keyed for Value {
    type Key = (u32, i32);

    #[inline]
    fn key(&self) -> (u32, i32) {
        (self.behaviour, self.hour())
    }
}

/// Each behaviour is stored once: there are far fewer than rows, and they would be most of a row's size.
#[derive(Debug, Default)]
pub struct Table {
    pub(super) behaviours: Numbered<Key>,
    pub(super) rows: Numbered<Value>,
}

impl Table {
    #[inline]
    pub fn fold(&mut self, names: &mut Names, f: &Folded<'_, '_>) {
        let e = f.event;
        let behaviour = self.behaviour(Key::new(names, f));
        let hour = e.time.div_euclid(HOUR) as i32;
        let (events, bytes_out) = (f.weight, f.weight * e.bytes_out);
        let new = || Value::empty(behaviour, f.location.clone());
        let (_, row) = self.rows.entry(&(behaviour, hour), new);
        row.add(events, bytes_out, e.time, &f.location);
    }

    #[inline]
    fn behaviour(&mut self, key: Key) -> u32 {
        self.behaviours.entry(&key, || key).0
    }

    /// Merges another worker's rows; `syms` and `numbers` translate its numbers.
    pub fn merge(&mut self, from: Table, syms: &[Sym], numbers: Renumber<'_>) {
        let behaviours: Vec<u32> = (from.behaviours.into_items().into_iter())
            .map(|key| self.behaviour(key.translated(syms)))
            .collect();
        for mut v in from.rows.into_items() {
            numbers.apply(&mut v.first);
            v.behaviour = behaviours[v.behaviour as usize];
            self.rows.merge(v, |row, v| row.add(v.events, v.bytes_out, v.last(), &v.first));
        }
    }

    /// Access keys of the behaviours.
    pub fn access_keys(&self) -> impl Iterator<Item = Sym> {
        self.behaviours.iter().map(|k| k.access_key)
    }

    /// The rows with counted events, sorted by first event, so that the result does not depend on the order of files.
    pub fn into_rows(self) -> Rows {
        let mut values = self.rows.into_items();
        values.retain(|v| v.events > 0);
        order::sort_by_first_event(&mut values, |v| &v.first, |_| 0);
        // Behaviours are numbered in the order of their first rows.
        let keys = self.behaviours.into_items();
        let mut numbers = vec![u32::MAX; keys.len()];
        let mut behaviours = Chunks::default();
        for v in values.iter_mut() {
            let number = &mut numbers[v.behaviour as usize];
            if *number == u32::MAX {
                *number = keys.get(v.behaviour as usize).map_or(u32::MAX, |k| behaviours.push(*k));
            }
            v.behaviour = *number;
        }
        Rows { behaviours, values }
    }
}

/// One hour of one behaviour.
pub type Row<'a> = (&'a Key, &'a Value);

/// All rows, by their first events.
#[derive(Debug, Default)]
pub struct Rows {
    pub behaviours: Chunks<Key>,
    values: Chunks<Value>,
}

impl Rows {
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        self.numbered().map(|(_, row)| row)
    }

    /// With the number of the behaviour.
    pub fn numbered(&self) -> impl Iterator<Item = (u32, Row<'_>)> {
        self.values
            .iter()
            .filter_map(|v| Some((v.behaviour, (self.behaviours.get(v.behaviour as usize)?, v))))
    }

    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}
