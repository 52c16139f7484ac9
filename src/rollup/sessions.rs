//! Temporary credentials: who got them, where, and the session they belong to.

use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

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

/// By access key.
pub type Table = HashMap<Sym, Session, FxBuildHasher>;

#[inline]
pub fn fold(table: &mut Table, names: &mut Names, f: &Folded<'_, '_>) {
    let e = f.event;
    if f.access_key != 0 && !e.actor.session.is_empty() && !table.contains_key(&f.access_key) {
        let name = names.sym(e.actor.session);
        let seen = Session { name, created: e.actor.session_created, ..Session::default() };
        table.insert(f.access_key, seen);
    }
    if let Some(issued) = e.issued {
        let child = names.sym(issued.access_key);
        let handed_out = Session {
            name: names.sym(issued.session),
            created: e.time,
            parent: f.principal,
            parent_key: f.access_key,
            issued_to: f.source,
            issued_at: e.time,
            expires: issued.expires,
        };
        add(table, child, handed_out);
    }
}

/// The earliest record that handed the key out wins; the rest fills gaps.
fn add(table: &mut Table, key: Sym, new: Session) {
    let row = table.entry(key).or_insert(new);
    if row.issued_at == 0 || (new.issued_at != 0 && new.issued_at < row.issued_at) {
        let (name, created) = (row.name, row.created);
        *row = Session {
            name: if new.name == 0 { name } else { new.name },
            created: if new.created == 0 { created } else { new.created },
            ..new
        };
    }
}

pub fn merge(into: &mut Table, from: Table, syms: &[Sym]) {
    let s = |sym: Sym| syms[sym as usize];
    for (key, v) in from {
        let v = Session {
            name: s(v.name),
            parent: s(v.parent),
            parent_key: s(v.parent_key),
            issued_to: s(v.issued_to),
            ..v
        };
        add(into, s(key), v);
    }
}
