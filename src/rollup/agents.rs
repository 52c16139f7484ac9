//! User agents as sent, by principal, key and source.
//!
//! Their number has no limit but the number of events: a client may send a new one with every call, and one that is on
//! a threat list must be found behind any number of others. So a row has only what is asked of a caller; the sums are by
//! user agent alone.

use std::ops::Range;

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::intern::{Names, Sym};
use super::numbered::{Keyed, Numbered};
use super::{Folded, Phase};
use crate::clock::Millis;
use crate::event::Outcome;

/// Who sent which user agent, and from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub phase: Phase,
    pub principal: Sym,
    pub access_key: Sym,
    pub source: Sym,
    pub agent: Sym,
}

/// Who sends user agents. Each is stored once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Caller {
    pub(super) phase: Phase,
    pub principal: Sym,
    pub access_key: Sym,
}

impl Keyed for Caller {
    type Key = Caller;

    #[inline]
    fn key(&self) -> Caller {
        *self
    }
}

/// One user agent of one caller at one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Number of the caller.
    pub(super) caller: u32,
    pub(super) source: Sym,
    pub(super) agent: Sym,
    /// Calls; more than four billion count as so many.
    pub calls: u32,
    /// Time of the first.
    pub first: Millis,
}

impl Keyed for Row {
    type Key = (u32, Sym, Sym);

    #[inline]
    fn key(&self) -> (u32, Sym, Sym) {
        (self.caller, self.source, self.agent)
    }
}

/// The calls of everybody who sent one user agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sums {
    pub success: u64,
    pub denied: u64,
    pub failed: u64,
    pub bytes_out: u64,
    pub first: Millis,
    pub last: Millis,
}

impl Sums {
    fn add(&mut self, v: Sums) {
        self.success += v.success;
        self.denied += v.denied;
        self.failed += v.failed;
        self.bytes_out += v.bytes_out;
        self.first = self.first.min(v.first);
        self.last = self.last.max(v.last);
    }
}

/// By phase and user agent.
pub type SumsByAgent = HashMap<(Phase, Sym), Sums, FxBuildHasher>;

#[derive(Debug, Default)]
pub struct Table {
    pub(super) callers: Numbered<Caller>,
    pub(super) rows: Numbered<Row>,
    pub(super) sums: SumsByAgent,
    /// Where the rows of each caller end, once they are sorted.
    ends: Vec<u32>,
}

impl Table {
    #[inline]
    pub fn fold(&mut self, names: &mut Names, f: &Folded<'_, '_>) {
        let e = f.event;
        let agent = names.sym(e.user_agent);
        let caller = Caller { phase: f.phase, principal: f.principal, access_key: f.access_key };
        let caller = self.callers.entry(&caller, || caller).0;
        self.add(Row { caller, source: f.source, agent, calls: 1, first: e.time });
        let one = |outcome| u64::from(e.outcome == outcome);
        let sums = Sums {
            success: one(Outcome::Success),
            denied: one(Outcome::Denied),
            failed: one(Outcome::Failed),
            bytes_out: e.bytes_out,
            first: e.time,
            last: e.time,
        };
        self.sum((f.phase, agent), sums);
    }

    #[inline]
    fn add(&mut self, row: Row) {
        self.rows.merge(row, |known, row| {
            known.calls = known.calls.saturating_add(row.calls);
            known.first = known.first.min(row.first);
        });
    }

    #[inline]
    fn sum(&mut self, key: (Phase, Sym), sums: Sums) {
        self.sums.entry(key).and_modify(|known| known.add(sums)).or_insert(sums);
    }

    /// Merges another worker's rows; `syms` translates its numbers.
    pub fn merge(&mut self, from: Table, syms: &[Sym]) {
        let s = |sym: Sym| syms[sym as usize];
        let translated = |caller: Caller| Caller {
            principal: s(caller.principal),
            access_key: s(caller.access_key),
            ..caller
        };
        let callers: Vec<u32> = (from.callers.into_items().into_iter())
            .map(translated)
            .map(|caller| self.callers.entry(&caller, || caller).0)
            .collect();
        for row in from.rows.into_items() {
            let caller = callers[row.caller as usize];
            self.add(Row { caller, source: s(row.source), agent: s(row.agent), ..row });
        }
        from.sums.into_iter().for_each(|((phase, agent), v)| self.sum((phase, s(agent)), v));
    }

    fn keyed<'t>(&'t self, row: &'t Row) -> Option<(Key, &'t Row)> {
        let Caller { phase, principal, access_key } = *self.callers.get(row.caller)?;
        Some((Key { phase, principal, access_key, source: row.source, agent: row.agent }, row))
    }

    /// Every row, unordered.
    pub fn iter(&self) -> impl Iterator<Item = (Key, &Row)> {
        self.rows.iter().filter_map(|row| self.keyed(row))
    }

    pub fn keys(&self) -> impl Iterator<Item = Key> {
        self.iter().map(|(key, _)| key)
    }

    /// The sums by user agent.
    pub fn sums(&self) -> &SumsByAgent {
        &self.sums
    }

    /// Sorts the rows by caller and source, so that those of a caller are found without an index. Must be called once,
    /// after the last merge.
    pub fn sort(&mut self) {
        let rows = self.rows.iter().map(|row| (row.caller, row.source)).zip(0u32..);
        let mut order: Vec<_> = rows.map(|((caller, source), n)| (caller, source, n)).collect();
        order.sort_unstable();
        let callers = 0..self.callers.len() as u32;
        let end = |caller| order.partition_point(|(other, ..)| *other <= caller) as u32;
        self.ends = callers.map(end).collect();
        self.rows.arrange(order.into_iter().map(|(.., number)| number).collect());
    }

    /// Every caller, by its number.
    pub fn callers(&self) -> impl Iterator<Item = &Caller> {
        self.callers.iter()
    }

    /// What a caller sent. The rows must be sorted.
    pub fn of_caller(&self, caller: u32) -> OfCaller<'_> {
        let end = |n: u32| self.ends.get(n as usize).copied().unwrap_or(0);
        OfCaller { table: self, rows: caller.checked_sub(1).map_or(0, end)..end(caller) }
    }
}

/// The rows of one caller, sorted by source.
pub struct OfCaller<'t> {
    table: &'t Table,
    rows: Range<u32>,
}

impl<'t> OfCaller<'t> {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn iter(self) -> impl Iterator<Item = (Key, &'t Row)> {
        let table = self.table;
        self.rows.filter_map(|n| table.rows.get(n)).filter_map(|row| table.keyed(row))
    }

    /// Those at one source.
    pub fn at_source(&self, source: Sym) -> OfCaller<'t> {
        let first = |is_before: &dyn Fn(Sym) -> bool| {
            let Range { mut start, mut end } = self.rows;
            while start < end {
                let middle = start.midpoint(end);
                match self.table.rows.get(middle).is_some_and(|row| is_before(row.source)) {
                    true => start = middle + 1,
                    false => end = middle,
                }
            }
            start
        };
        let rows = first(&|other| other < source)..first(&|other| other <= source);
        OfCaller { table: self.table, rows }
    }
}

/// Empty rows, to be filled in.
pub(super) fn blank_caller(phase: Phase) -> Caller {
    Caller { phase, principal: 0, access_key: 0 }
}

pub(super) fn blank_row() -> Row {
    Row { caller: 0, source: 0, agent: 0, calls: 0, first: 0 }
}

pub(super) fn blank_sums(phase: Phase) -> ((Phase, Sym), Sums) {
    ((phase, 0), Sums { success: 0, denied: 0, failed: 0, bytes_out: 0, first: 0, last: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorted_rows_are_found_by_caller_and_source() {
        let mut table = Table::default();
        for principal in 1..=3 {
            let caller = Caller { phase: Phase::Window, principal, access_key: principal + 10 };
            table.callers.entry(&caller, || caller);
        }
        // The second caller sent nothing.
        for (caller, source, agent) in [(2, 7, 1), (0, 9, 2), (2, 5, 3), (0, 4, 4), (0, 9, 5)] {
            table.add(Row { caller, source, agent, calls: 1, first: 0 });
        }
        table.sort();
        let agents = |rows: OfCaller<'_>| {
            let mut agents: Vec<Sym> = rows.iter().map(|(key, _)| key.agent).collect();
            agents.sort_unstable();
            agents
        };
        assert_eq!(agents(table.of_caller(0)), [2, 4, 5]);
        assert!(table.of_caller(1).is_empty() && table.of_caller(3).is_empty());
        assert_eq!(table.of_caller(2).len(), 2);
        let of = |caller: u32, source| agents(table.of_caller(caller).at_source(source));
        assert_eq!((of(0, 9), of(0, 4), of(0, 5)), (vec![2, 5], vec![4], vec![]));
        assert_eq!((of(2, 5), of(2, 7), of(2, 9)), (vec![3], vec![1], vec![]));
        let keys = table.of_caller(2).iter().map(|(key, _)| (key.principal, key.access_key));
        assert!(keys.eq([(3, 13), (3, 13)]));
    }
}
