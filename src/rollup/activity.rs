//! Who called what, from where and how often, by the hour.

use std::ops::Deref;

use super::chunks::Chunks;
use super::event_location::{EventLocation, Renumber};
use super::intern::{Names, Sym};
use super::numbered::{Keyed, Numbered};
use super::{Folded, Phase, order};
use crate::clock::{HOUR, Millis};
use crate::event::{Log, Outcome, agent};

/// Everything that calls have in common except the source and the hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Behaviour {
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
    /// User-agent family.
    pub agent: Sym,
    pub service: Sym,
    pub action: Sym,
    pub error: Sym,
}

impl Behaviour {
    /// The behaviour of an event.
    #[inline]
    pub fn new(names: &mut Names, f: &Folded<'_, '_>) -> Behaviour {
        let e = f.event;
        Behaviour {
            phase: f.phase,
            log: e.log,
            by_service: e.actor.by_service,
            outcome: e.outcome,
            account: names.sym(e.account),
            region: names.sym(e.region),
            principal: f.principal,
            kind: names.sym(e.actor.kind),
            access_key: f.access_key,
            agent: names.sym(agent::family(e.user_agent)),
            service: names.sym(e.service),
            action: names.sym(e.action),
            error: names.sym(e.error),
        }
    }

    /// The same behaviour with this worker's numbers for another worker's names.
    pub fn translated(self, syms: &[Sym]) -> Behaviour {
        let s = |sym: Sym| syms[sym as usize];
        Behaviour {
            account: s(self.account),
            region: s(self.region),
            principal: s(self.principal),
            kind: s(self.kind),
            access_key: s(self.access_key),
            agent: s(self.agent),
            service: s(self.service),
            action: s(self.action),
            error: s(self.error),
            ..self
        }
    }
}

impl Keyed for Behaviour {
    type Key = Behaviour;

    #[inline]
    fn key(&self) -> Behaviour {
        *self
    }
}

/// A behaviour from one source: everything that the calls of a row have in common except the hour. Has the fields of
/// the behaviour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key<'a> {
    pub(super) behaviour: &'a Behaviour,
    pub source: Sym,
}

impl Deref for Key<'_> {
    type Target = Behaviour;

    #[inline]
    fn deref(&self) -> &Behaviour {
        self.behaviour
    }
}

/// Bits of [`Value::counts`] that hold the span: an hour has fewer milliseconds.
const SPAN_BITS: u32 = 22;

/// One hour of one behaviour from one source. There may be as many as events, so it is packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// Number of the behaviour.
    pub(super) behaviour: u32,
    pub(super) source: Sym,
    /// The number of events and, in the low bits, the milliseconds from the first event to the last; both lie in one
    /// hour.
    counts: u64,
    pub bytes_out: u64,
    /// The first event of the row; its time is the row's first time.
    pub first: EventLocation,
}

impl Value {
    pub(super) fn empty(behaviour: u32, source: Sym, first: EventLocation) -> Value {
        Value { behaviour, source, counts: 0, bytes_out: 0, first }
    }

    #[inline]
    pub fn events(&self) -> u64 {
        self.counts >> SPAN_BITS
    }

    #[inline]
    pub(super) fn span(&self) -> u32 {
        (self.counts & ((1 << SPAN_BITS) - 1)) as u32
    }

    /// More than four trillion events in an hour count as so many.
    #[inline]
    pub(super) fn set(&mut self, events: u64, span: u32) {
        let events = events.min(u64::MAX >> SPAN_BITS);
        self.counts = events << SPAN_BITS | u64::from(span) & ((1 << SPAN_BITS) - 1);
    }

    pub fn last(&self) -> Millis {
        self.first.time + Millis::from(self.span())
    }

    /// Hours since 1970.
    pub fn hour(&self) -> i32 {
        self.first.time.div_euclid(HOUR) as i32
    }

    fn add(&mut self, events: u64, bytes_out: u64, last: Millis, first: &EventLocation) {
        self.bytes_out += bytes_out;
        let last = self.last().max(last);
        if first.before(&self.first) {
            self.first = first.clone();
        }
        self.set(self.events().saturating_add(events), (last - self.first.time) as u32);
    }
}

impl Keyed for Value {
    type Key = (u32, Sym, i32);

    #[inline]
    fn key(&self) -> (u32, Sym, i32) {
        (self.behaviour, self.source, self.hour())
    }
}

/// Each behaviour is stored once: there are far fewer than rows, and they would be most of a row's size.
#[derive(Debug, Default)]
pub struct Table {
    pub(super) behaviours: Numbered<Behaviour>,
    pub(super) rows: Numbered<Value>,
}

impl Table {
    #[inline]
    pub fn fold(&mut self, names: &mut Names, f: &Folded<'_, '_>) {
        let e = f.event;
        let behaviour = self.behaviour(Behaviour::new(names, f));
        let hour = e.time.div_euclid(HOUR) as i32;
        let (events, bytes_out) = (f.weight, f.weight * e.bytes_out);
        let new = || Value::empty(behaviour, f.source, f.location.clone());
        let (_, row) = self.rows.entry(&(behaviour, f.source, hour), new);
        row.add(events, bytes_out, e.time, &f.location);
    }

    #[inline]
    fn behaviour(&mut self, behaviour: Behaviour) -> u32 {
        self.behaviours.entry(&behaviour, || behaviour).0
    }

    /// Merges another worker's rows; `syms` and `numbers` translate its numbers.
    pub fn merge(&mut self, from: Table, syms: &[Sym], numbers: Renumber<'_>) {
        let behaviours: Vec<u32> = (from.behaviours.into_items().into_iter())
            .map(|behaviour| self.behaviour(behaviour.translated(syms)))
            .collect();
        for mut v in from.rows.into_items() {
            numbers.apply(&mut v.first);
            v.behaviour = behaviours[v.behaviour as usize];
            v.source = syms[v.source as usize];
            let join = |row: &mut Value, v: Value| {
                row.add(v.events(), v.bytes_out, v.last(), &v.first);
            };
            self.rows.merge(v, join);
        }
    }

    /// Access keys of the behaviours.
    pub fn access_keys(&self) -> impl Iterator<Item = Sym> {
        self.behaviours.iter().map(|k| k.access_key)
    }

    /// The rows with counted events, sorted by first event, so that the result does not depend on the order of files.
    pub fn into_rows(self) -> Rows {
        let mut values = self.rows.into_items();
        values.retain(|v| v.events() > 0);
        order::sort_by_first_event(&mut values, |v| &v.first, |_| 0);
        Rows { behaviours: self.behaviours.into_items(), values }
    }
}

/// One hour of one behaviour from one source.
pub type Row<'a> = (Key<'a>, &'a Value);

/// All rows, by their first events.
#[derive(Debug, Default)]
pub struct Rows {
    /// In no order; some may have no row.
    pub behaviours: Chunks<Behaviour>,
    values: Chunks<Value>,
}

impl Rows {
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        self.numbered().map(|(_, row)| row)
    }

    /// With the number of the behaviour.
    pub fn numbered(&self) -> impl Iterator<Item = (u32, Row<'_>)> {
        self.values.iter().filter_map(|v| {
            let behaviour = self.behaviours.get(v.behaviour as usize)?;
            Some((v.behaviour, (Key { behaviour, source: v.source }, v)))
        })
    }

    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rollup::Origin;

    fn at(time: Millis) -> EventLocation {
        EventLocation::new(time, "", &Origin { file: 0, input: 0, offset: 0, duplicate: false })
    }

    #[test]
    fn counts_and_span_share_a_number() {
        let mut row = Value::empty(1, 2, at(5 * HOUR + 7));
        row.add(3, 0, 6 * HOUR - 1, &at(5 * HOUR + 7));
        row.add(1 << 41, 0, 5 * HOUR, &at(5 * HOUR));
        assert_eq!((row.events(), row.last()), ((1 << 41) + 3, 6 * HOUR - 1));
        assert_eq!(row.first.time, 5 * HOUR);
        row.add(u64::MAX, 0, 5 * HOUR, &at(5 * HOUR));
        assert_eq!((row.events(), row.last()), (u64::MAX >> SPAN_BITS, 6 * HOUR - 1));
    }

    /// There may be as many as events, which is most of a run's memory.
    #[test]
    fn a_row_stays_small() {
        assert_eq!(size_of::<Value>(), 72);
    }
}
