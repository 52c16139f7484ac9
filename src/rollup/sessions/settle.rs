//! Joins what is known from handing out to the keys that were used and to the sign-ins, and forgets the rest.

use std::cmp::Ordering;

use hashbrown::{HashMap, HashSet};
use rustc_hash::FxBuildHasher;
use xxhash_rust::xxh3::xxh3_64;

use super::super::chunks::Chunks;
use super::super::intern::{Names, Sym};
use super::handed_out::{Caller, HandedOut, Issued, Made, Unused, recipient};
use super::seen::{CONTESTED, DIRECT, Seen};
use super::{SignIn, Table, millis, seconds};
use crate::event::SignInKind;

type Map<K, V> = HashMap<K, V, FxBuildHasher>;

/// Seconds for which a role session can last at most, and after which no sign-in follows from it (IAM User
/// Guide, "Methods to assume a role").
const LONGEST: u32 = 12 * 3600;

/// To be called once, after the last merge. Of several records of one key those that name the caller's key
/// count before those that do not, as the other account's copy does not; of these the earliest.
pub fn settle(table: &mut Table, issued: Issued, names: &Names, used: impl Iterator<Item = Sym>) {
    let Issued { callers, keys, made } = issued;
    let settling = Settling { callers: callers.into_items(), names };
    let used: Map<u64, Sym> = used
        .filter(|key| *key != 0)
        .map(|key| (xxh3_64(names.text(key).as_bytes()), key))
        .collect();
    for (sym, best) in settling.best(&keys, &used) {
        let flags = if best.contested { DIRECT | CONTESTED } else { DIRECT };
        table.seen.entry(sym).or_default().issue(best.to, best.at, flags);
    }
    table.sign_ins.sort_by(|a, b| a.order(b, names));
    settling.by_recipient(table, &keys);
    table.unused = settling.unused(keys, &used);
    table.made = settling.made(made);
    table.callers = settling.callers.into_iter().collect();
}

/// The record that counts for one key.
struct Best {
    at: u32,
    to: u32,
    contested: bool,
}

struct Settling<'n> {
    callers: Chunks<Caller>,
    names: &'n Names,
}

impl Settling<'_> {
    fn caller(&self, number: u32) -> Caller {
        self.callers.get(number as usize).copied().unwrap_or_default()
    }

    fn best(&self, keys: &Chunks<HandedOut>, used: &Map<u64, Sym>) -> Map<Sym, Best> {
        let mut found: Map<Sym, Best> = Map::default();
        for key in keys.iter() {
            let Some(sym) = used.get(&key.key) else { continue };
            let new = Best { at: key.at, to: key.to, contested: false };
            let Some(known) = found.get_mut(sym) else {
                found.insert(*sym, new);
                continue;
            };
            let contested = known.contested || self.disagree(known.to, key.to);
            if self.order((key.at, key.to), (known.at, known.to)) == Ordering::Less {
                *known = new;
            }
            known.contested = contested;
        }
        found
    }

    fn order(&self, a: (u32, u32), b: (u32, u32)) -> Ordering {
        let rank = |(at, to): (u32, u32)| (self.caller(to).access_key == 0, at);
        let texts = |(_, to): (u32, u32)| self.caller(to).texts(self.names);
        rank(a).cmp(&rank(b)).then_with(|| texts(a).cmp(&texts(b)))
    }

    /// True if the records cannot be two accounts' copies of one call.
    fn disagree(&self, a: u32, b: u32) -> bool {
        let (a, b) = (self.caller(a), self.caller(b));
        a.access_key != 0 && b.access_key != 0 && a.access_key != b.access_key
    }

    /// Sessions whose own key was not handed out by any record, and sign-ins: by role, session name and second.
    fn by_recipient(&self, table: &mut Table, keys: &Chunks<HandedOut>) {
        let text = |sym| self.names.text(sym);
        let hash = |principal, name| recipient(text(principal), text(name));
        let is_session =
            |principal, name| name != 0 || text(principal).contains(":federated-user/");
        let orphan = |seen: &Seen| {
            seen.caller().is_none() && seen.created != 0 && is_session(seen.principal, seen.name)
        };
        let signs_in = |s: &SignIn| is_session(s.principal, s.name);
        let mut wanted: Map<u64, Vec<(u32, u32)>> = Map::default();
        for seen in table.seen.values().filter(|seen| orphan(seen)) {
            wanted.entry(hash(seen.principal, seen.name)).or_default();
        }
        for s in table.sign_ins.iter().filter(|s| signs_in(s)) {
            wanted.entry(hash(s.principal, s.name)).or_default();
        }
        if wanted.is_empty() {
            return;
        }
        for key in keys.iter().filter(|key| key.recipient != 0) {
            if let Some(found) = wanted.get_mut(&key.recipient) {
                found.push((key.at, key.to));
            }
        }
        for found in wanted.values_mut() {
            found.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| self.order(*a, *b)));
        }
        for seen in table.seen.values_mut().filter(|seen| orphan(seen)) {
            let found = wanted.get(&hash(seen.principal, seen.name)).map_or(&[][..], Vec::as_slice);
            if let Some((at, to)) = self.same_second(found, seen.created) {
                seen.issue(to, at, 0);
            }
        }
        for s in table.sign_ins.iter_mut().filter(|s| signs_in(s)) {
            let found = wanted.get(&hash(s.principal, s.name)).map_or(&[][..], Vec::as_slice);
            let same = self.same_second(found, seconds(s.created));
            let switched = s.kind == SignInKind::SwitchRole;
            s.caller = match same {
                None if !switched => self.only(found, seconds(s.created)),
                same => same.map(|(_, to)| to),
            };
        }
    }

    /// The record of that second, or of the one after, in which the call ended. None where callers differ.
    fn same_second(&self, found: &[(u32, u32)], created: u32) -> Option<(u32, u32)> {
        [created, created.saturating_add(1)].into_iter().find_map(|at| {
            let begin = found.partition_point(|(t, _)| *t < at);
            let end = found.partition_point(|(t, _)| *t <= at);
            self.agreed(&found[begin..end])
        })
    }

    /// The records of the time before in which a session that signs in now must have begun, if one caller
    /// made them all.
    fn only(&self, found: &[(u32, u32)], at: u32) -> Option<u32> {
        let begin = found.partition_point(|(t, _)| *t < at.saturating_sub(LONGEST));
        let end = found.partition_point(|(t, _)| *t <= at);
        self.agreed(&found[begin..end]).map(|(_, to)| to)
    }

    fn agreed(&self, found: &[(u32, u32)]) -> Option<(u32, u32)> {
        let best = *found.iter().min_by(|a, b| self.order(**a, **b))?;
        found.iter().all(|(_, to)| !self.disagree(best.1, *to)).then_some(best)
    }

    /// Counts the keys that nobody used, by caller. Where both accounts of a call are in the logs, the other
    /// account's copy counts nothing.
    fn unused(&self, keys: Chunks<HandedOut>, used: &Map<u64, Sym>) -> Vec<Unused> {
        let foreign = |to: u32| self.names.text(self.caller(to).kind) == "AWSAccount";
        let nobody = |key: &&HandedOut| !used.contains_key(&key.key);
        let mut copies: HashSet<u64, FxBuildHasher> =
            keys.iter().filter(nobody).filter(|k| foreign(k.to)).map(|k| k.key).collect();
        if !copies.is_empty() {
            for key in keys.iter().filter(|k| !foreign(k.to)) {
                copies.remove(&key.key);
            }
        }
        let mut found: Map<u32, Unused> = Map::default();
        for key in keys.iter().filter(nobody) {
            if foreign(key.to) && !copies.remove(&key.key) {
                continue;
            }
            let at = millis(key.at);
            let none = Unused { caller: key.to, keys: 0, first: at, last: at };
            let row = found.entry(key.to).or_insert(none);
            row.keys += 1;
            row.first = row.first.min(at);
            row.last = row.last.max(at);
        }
        let mut found: Vec<Unused> = found.into_values().collect();
        found.sort_by(|a, b| {
            let texts = |u: &Unused| self.caller(u.caller).texts(self.names);
            a.first.cmp(&b.first).then_with(|| texts(a).cmp(&texts(b)))
        });
        found
    }

    /// Of several records of one key the earliest counts.
    fn made(&self, mut made: Vec<Made>) -> Vec<Made> {
        let texts = |m: &Made| {
            let key = self.names.text(m.access_key);
            (key, self.names.text(m.user), self.caller(m.caller).texts(self.names))
        };
        made.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| texts(a).cmp(&texts(b))));
        let mut known: HashSet<Sym, FxBuildHasher> = HashSet::default();
        made.retain(|m| m.access_key == 0 || known.insert(m.access_key));
        made
    }
}
