//! Temporary credentials: who got them, where, and the session they belong to.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;
use xxhash_rust::xxh3::xxh3_64;

use super::Folded;
use super::intern::{Names, Sym};
use crate::clock::Millis;

/// One temporary access key. Zero and `0` stand for what no record told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Session {
    /// Role session name.
    pub name: Sym,
    pub created: Millis,
    /// From the record that handed the key out: whose call it was, with which key, from where, when.
    pub parent: Sym,
    pub parent_key: Sym,
    pub issued_to: Sym,
    pub issued_at: Millis,
    pub expires: Millis,
}

/// By access key: sessions whose calls are in the logs.
pub type Table = HashMap<Sym, Session, FxBuildHasher>;

/// Keys that were handed out, by the hash of their ids: most of them never appear again, so their texts are
/// not kept.
pub type Issued = HashMap<u64, Session, FxBuildHasher>;

#[inline]
pub fn fold(table: &mut Table, issued: &mut Issued, names: &mut Names, f: &Folded<'_, '_>) {
    let e = f.event;
    if f.access_key != 0 && !e.actor.session.is_empty() && !table.contains_key(&f.access_key) {
        let name = names.sym(e.actor.session);
        let seen = Session { name, created: e.actor.session_created, ..Session::default() };
        table.insert(f.access_key, seen);
    }
    if let Some(key) = e.issued {
        let handed_out = Session {
            name: 0,
            created: e.time,
            parent: f.principal,
            parent_key: f.access_key,
            issued_to: f.source,
            issued_at: e.time,
            expires: key.expires,
        };
        earliest(issued, xxh3_64(key.access_key.as_bytes()), handed_out);
    }
}

fn earliest(issued: &mut Issued, key: u64, new: Session) {
    let row = issued.entry(key).or_insert(new);
    if new.issued_at < row.issued_at {
        *row = new;
    }
}

/// Joins what is known from handing out to the keys that were used, and forgets the others.
pub fn settle(
    table: &mut Table,
    issued: &mut Issued,
    names: &Names,
    used: impl Iterator<Item = Sym>,
) {
    for key in used.filter(|key| *key != 0) {
        if let Some(handed_out) = issued.get(&xxh3_64(names.text(key).as_bytes())) {
            let row = table.entry(key).or_default();
            *row = Session { name: row.name, ..*handed_out };
        }
    }
    *issued = Issued::default();
}

pub fn merge(into: &mut Table, from: Table, syms: &[Sym]) {
    for (key, v) in from {
        into.entry(syms[key as usize]).or_insert(Session { name: syms[v.name as usize], ..v });
    }
}

pub fn merge_issued(into: &mut Issued, from: Issued, syms: &[Sym]) {
    let s = |sym: Sym| syms[sym as usize];
    for (key, v) in from {
        let v = Session {
            parent: s(v.parent),
            parent_key: s(v.parent_key),
            issued_to: s(v.issued_to),
            ..v
        };
        earliest(into, key, v);
    }
}
