//! Temporary credentials: who got them, where, and the session they belong to.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;
use xxhash_rust::xxh3::xxh3_64;

use super::Folded;
use super::chunks::Chunks;
use super::intern::{Names, Sym};
use super::numbered::{Keyed, Numbered};
use crate::clock::Millis;

/// One temporary access key. Zero and `0` stand for what no record told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Session {
    /// Role session name.
    pub name: Sym,
    /// From the record that handed the key out: whose call it was, with which key, from where, when.
    pub parent: Sym,
    pub parent_key: Sym,
    pub issued_to: Sym,
    pub issued_at: Millis,
}

/// By access key: sessions whose calls are in the logs.
pub type Table = HashMap<Sym, Session, FxBuildHasher>;

/// Who asked for keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Caller {
    principal: Sym,
    access_key: Sym,
    source: Sym,
}

impl Keyed for Caller {
    type Key = Caller;

    #[inline]
    fn key(&self) -> Caller {
        *self
    }
}

/// A key that was handed out, by the hash of its id: most of them never appear again, so their texts are not
/// kept.
#[derive(Debug)]
struct HandedOut {
    key: u64,
    at: Millis,
    /// Number of the caller.
    to: u32,
}

/// Keys that were handed out, as they came.
#[derive(Debug, Default)]
pub struct Issued {
    callers: Numbered<Caller>,
    keys: Chunks<HandedOut>,
}

impl Issued {
    fn caller(&mut self, caller: Caller) -> u32 {
        self.callers.entry(&caller, || caller).0
    }

    pub fn merge(&mut self, from: Issued, syms: &[Sym]) {
        let s = |sym: Sym| syms[sym as usize];
        let callers: Vec<u32> = (from.callers.into_items().into_iter())
            .map(|c| {
                let (principal, access_key) = (s(c.principal), s(c.access_key));
                self.caller(Caller { principal, access_key, source: s(c.source) })
            })
            .collect();
        for key in from.keys {
            self.keys.push(HandedOut { to: callers[key.to as usize], ..key });
        }
    }
}

#[inline]
pub fn fold(table: &mut Table, issued: &mut Issued, names: &mut Names, f: &Folded<'_, '_>) {
    let e = f.event;
    if f.access_key != 0 && !e.actor.session.is_empty() && !table.contains_key(&f.access_key) {
        let name = names.sym(e.actor.session);
        table.insert(f.access_key, Session { name, ..Session::default() });
    }
    if let Some(key) = e.issued {
        let (principal, access_key, source) = (f.principal, f.access_key, f.source);
        let to = issued.caller(Caller { principal, access_key, source });
        let key = xxh3_64(key.access_key.as_bytes());
        issued.keys.push(HandedOut { key, at: e.time, to });
    }
}

/// Joins what is known from handing out to the keys that were used, and forgets the others. Of several
/// records of one key the earliest counts.
pub fn settle(table: &mut Table, issued: Issued, names: &Names, used: impl Iterator<Item = Sym>) {
    let used: HashMap<u64, Sym, FxBuildHasher> = used
        .filter(|key| *key != 0)
        .map(|key| (xxh3_64(names.text(key).as_bytes()), key))
        .collect();
    let mut earliest: HashMap<Sym, (Millis, Caller), FxBuildHasher> = HashMap::default();
    let callers = issued.callers.into_items();
    for key in issued.keys {
        if let (Some(sym), Some(to)) = (used.get(&key.key), callers.get(key.to as usize)) {
            let known = earliest.entry(*sym).or_insert((key.at, *to));
            if key.at < known.0 {
                *known = (key.at, *to);
            }
        }
    }
    for (sym, (issued_at, to)) in earliest {
        let row = table.entry(sym).or_default();
        *row = Session {
            name: row.name,
            parent: to.principal,
            parent_key: to.access_key,
            issued_to: to.source,
            issued_at,
        };
    }
}

pub fn merge(into: &mut Table, from: Table, syms: &[Sym]) {
    for (key, v) in from {
        into.entry(syms[key as usize]).or_insert(Session { name: syms[v.name as usize], ..v });
    }
}
