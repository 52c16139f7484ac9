//! Sums over activity rows for queries: by behaviour, and by caller and hour. There are far fewer sums than rows.

use rustc_hash::FxHashMap;

use super::activity::{Key, Rows};
use super::numbered::{Keyed, Numbered};
use super::{Phase, Sym};
use crate::clock::Millis;
use crate::event::{Log, Outcome};

/// Marks access-log rows whose calls CloudTrail has, too. Only CloudTrail's rows count, because they have the access
/// key.
pub fn also_in_cloudtrail(rows: &Rows) -> Vec<bool> {
    let mut marks = vec![false; rows.len()];
    let mut calls: FxHashMap<_, bool> = FxHashMap::default();
    for (k, v) in rows.iter().filter(|(k, _)| k.log == Log::S3Access) {
        calls.insert((k.principal, k.source, k.action, v.hour()), false);
    }
    if calls.is_empty() {
        return marks;
    }
    for (k, v) in rows.iter().filter(|(k, _)| k.log == Log::CloudTrail) {
        if let Some(in_trail) = calls.get_mut(&(k.principal, k.source, k.action, v.hour())) {
            *in_trail = true;
        }
    }
    for (mark, (k, v)) in marks.iter_mut().zip(rows.iter()) {
        let call = (k.principal, k.source, k.action, v.hour());
        *mark = k.log == Log::S3Access && calls.get(&call).is_some_and(|in_trail| *in_trail);
    }
    marks
}

/// One behaviour over all hours.
#[derive(Debug, Clone, Copy)]
pub struct Sums {
    pub also_in_cloudtrail: bool,
    pub events: u64,
    pub bytes_out: u64,
    pub first: Millis,
    pub last: Millis,
}

/// Behaviours in the order of their first rows; rows that CloudTrail has too are summed separately.
pub fn by_behaviour(rows: &Rows, also_in_cloudtrail: &[bool]) -> Vec<(Key, Sums)> {
    let mut positions = vec![[None; 2]; rows.behaviours.len()];
    let mut sums: Vec<(Key, Sums)> = Vec::with_capacity(positions.len());
    for ((behaviour, (key, v)), also_in_cloudtrail) in
        rows.numbered().zip(also_in_cloudtrail.iter().copied())
    {
        let position = &mut positions[behaviour as usize][usize::from(also_in_cloudtrail)];
        let at = *position.get_or_insert_with(|| {
            let new = Sums {
                also_in_cloudtrail,
                events: 0,
                bytes_out: 0,
                first: v.first.time,
                last: v.last(),
            };
            sums.push((*key, new));
            sums.len() - 1
        });
        let sum = &mut sums[at].1;
        sum.events += v.events;
        sum.bytes_out += v.bytes_out;
        sum.last = sum.last.max(v.last());
    }
    sums
}

/// Who called in an hour, from where, and with what outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Caller {
    pub phase: Phase,
    pub log: Log,
    pub outcome: Outcome,
    pub hour: i32,
    pub principal: Sym,
    pub source: Sym,
}

#[derive(Debug, Clone, Copy)]
pub struct Hour {
    pub caller: Caller,
    pub events: u64,
    pub first: Millis,
}

impl Keyed for Hour {
    type Key = Caller;

    #[inline]
    fn key(&self) -> Caller {
        self.caller
    }
}

/// Calls by people and programs, each once.
pub fn hours(rows: &Rows, also_in_cloudtrail: &[bool]) -> Vec<Hour> {
    let mut hours = Numbered::default();
    let calls = rows
        .iter()
        .zip(also_in_cloudtrail)
        .filter(|((k, _), also_in_cloudtrail)| !k.by_service && !**also_in_cloudtrail);
    for ((k, v), _) in calls {
        let caller = Caller {
            phase: k.phase,
            log: k.log,
            outcome: k.outcome,
            hour: v.hour(),
            principal: k.principal,
            source: k.source,
        };
        let new = || Hour { caller, events: 0, first: v.first.time };
        hours.entry(&caller, new).1.events += v.events;
    }
    hours.into_items().into_iter().collect()
}
