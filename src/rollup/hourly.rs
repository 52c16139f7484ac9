//! Sums over activity rows, as queries want them: by behaviour, and by caller and hour. Rows are many times
//! more than either.

use rustc_hash::FxHashMap;

use super::activity::{Key, Rows};
use super::numbered::{Keyed, Numbered};
use super::{Phase, Sym};
use crate::clock::Millis;
use crate::event::{Log, Outcome};

/// Where both logs are on, each S3 call stands in both: CloudTrail's row has the access key and counts.
pub fn echoes(rows: &Rows) -> Vec<bool> {
    let mut echoes = vec![false; rows.len()];
    let mut calls: FxHashMap<_, bool> = FxHashMap::default();
    for (k, v) in rows.iter().filter(|(k, _)| k.log == Log::S3Access) {
        calls.insert((k.principal, k.source, k.action, v.hour()), false);
    }
    if calls.is_empty() {
        return echoes;
    }
    for (k, v) in rows.iter().filter(|(k, _)| k.log == Log::CloudTrail) {
        if let Some(in_trail) = calls.get_mut(&(k.principal, k.source, k.action, v.hour())) {
            *in_trail = true;
        }
    }
    for (echo, (k, v)) in echoes.iter_mut().zip(rows.iter()) {
        let call = (k.principal, k.source, k.action, v.hour());
        *echo = k.log == Log::S3Access && calls.get(&call).is_some_and(|in_trail| *in_trail);
    }
    echoes
}

/// One behaviour over all hours.
#[derive(Debug, Clone, Copy)]
pub struct Sums {
    pub echo: bool,
    pub events: u64,
    pub bytes_out: u64,
    pub first: Millis,
    pub last: Millis,
}

/// Behaviours in the order of their first rows, those that CloudTrail has too apart.
pub fn by_behaviour(rows: &Rows, echoes: &[bool]) -> Vec<(Key, Sums)> {
    let mut places = vec![[None; 2]; rows.behaviours.len()];
    let mut sums: Vec<(Key, Sums)> = Vec::with_capacity(places.len());
    for ((behaviour, (key, v)), echo) in rows.numbered().zip(echoes.iter().copied()) {
        let place = &mut places[behaviour as usize][usize::from(echo)];
        let at = *place.get_or_insert_with(|| {
            let none = Sums { echo, events: 0, bytes_out: 0, first: v.first.time, last: v.last() };
            sums.push((*key, none));
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
pub fn hours(rows: &Rows, echoes: &[bool]) -> Vec<Hour> {
    let mut hours = Numbered::default();
    let calls = rows.iter().zip(echoes).filter(|((k, _), echo)| !k.by_service && !**echo);
    for ((k, v), _) in calls {
        let caller = Caller {
            phase: k.phase,
            log: k.log,
            outcome: k.outcome,
            hour: v.hour(),
            principal: k.principal,
            source: k.source,
        };
        let none = || Hour { caller, events: 0, first: v.first.time };
        hours.entry(&caller, none).1.events += v.events;
    }
    hours.into_items().into_iter().collect()
}
