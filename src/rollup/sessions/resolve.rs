//! Matches issued credentials with the keys that were used and with sign-ins, and drops the rest.

use std::cmp::Ordering;

use hashbrown::{HashMap, HashSet};
use rustc_hash::FxBuildHasher;
use xxhash_rust::xxh3::xxh3_64;

use super::super::chunks::Chunks;
use super::super::intern::{Names, Sym};
use super::issued::{
    Caller, CreatedCredential, IssuedCredentials, IssuedKey, UnusedKeys, recipient,
};
use super::seen::{CONTESTED, DIRECT, Seen};
use super::{SignIn, Table, millis, seconds};
use crate::event::SignInKind;

type Map<K, V> = HashMap<K, V, FxBuildHasher>;

/// Longest role session in seconds, after which no sign-in can come from it (IAM User Guide, "Methods to assume a
/// role").
const LONGEST_SESSION: u32 = 12 * 3600;

/// Must be called once, after the last merge. Of several records of one key, those that name the caller's key win over
/// those that do not (another account's copy does not); then the earliest wins.
pub fn resolve(
    table: &mut Table,
    issued: IssuedCredentials,
    names: &Names,
    used: impl Iterator<Item = Sym>,
) {
    let IssuedCredentials { callers, keys, created } = issued;
    let resolver = Resolver { callers: callers.into_items(), names };
    let used: Map<u64, Sym> = used
        .filter(|key| *key != 0)
        .map(|key| (xxh3_64(names.text(key).as_bytes()), key))
        .collect();
    for (sym, record) in resolver.records_of_used(&keys, &used) {
        let flags = if record.contested { DIRECT | CONTESTED } else { DIRECT };
        table.seen.entry(sym).or_default().issue(record.caller, record.at, flags);
    }
    table.sign_ins.sort_by(|a, b| a.order(b, names));
    resolver.match_by_recipient(table, &keys);
    table.unused = resolver.unused(keys, &used);
    table.created = resolver.earliest(created);
    table.callers = resolver.callers.into_iter().collect();
}

/// The record that counts for one key.
struct IssueRecord {
    at: u32,
    caller: u32,
    contested: bool,
}

struct Resolver<'n> {
    callers: Chunks<Caller>,
    names: &'n Names,
}

impl Resolver<'_> {
    fn caller(&self, number: u32) -> Caller {
        self.callers.get(number as usize).copied().unwrap_or_default()
    }

    /// The record of each key that was used.
    fn records_of_used(
        &self,
        keys: &Chunks<IssuedKey>,
        used: &Map<u64, Sym>,
    ) -> Map<Sym, IssueRecord> {
        let mut found: Map<Sym, IssueRecord> = Map::default();
        for key in keys.iter() {
            let Some(sym) = used.get(&key.key) else { continue };
            let new = IssueRecord { at: key.at, caller: key.caller, contested: false };
            let Some(known) = found.get_mut(sym) else {
                found.insert(*sym, new);
                continue;
            };
            let contested = known.contested || self.disagree(known.caller, key.caller);
            if self.order((key.at, key.caller), (known.at, known.caller)) == Ordering::Less {
                *known = new;
            }
            known.contested = contested;
        }
        found
    }

    fn order(&self, a: (u32, u32), b: (u32, u32)) -> Ordering {
        let rank = |(at, caller): (u32, u32)| (self.caller(caller).access_key == 0, at);
        let texts = |(_, caller): (u32, u32)| self.caller(caller).texts(self.names);
        rank(a).cmp(&rank(b)).then_with(|| texts(a).cmp(&texts(b)))
    }

    /// True if the records cannot be two accounts' copies of one call.
    fn disagree(&self, a: u32, b: u32) -> bool {
        let (a, b) = (self.caller(a), self.caller(b));
        a.access_key != 0 && b.access_key != 0 && a.access_key != b.access_key
    }

    /// Matches sessions whose key no record names, and sign-ins, by role, session name and second.
    fn match_by_recipient(&self, table: &mut Table, keys: &Chunks<IssuedKey>) {
        let text = |sym| self.names.text(sym);
        let hash = |principal, name| recipient(text(principal), text(name));
        let is_session =
            |principal, name| name != 0 || text(principal).contains(":federated-user/");
        let orphan = |seen: &Seen| {
            seen.caller().is_none() && seen.created != 0 && is_session(seen.principal, seen.name)
        };
        let signs_in = |s: &SignIn| is_session(s.principal, s.name);
        let mut records: Map<u64, Vec<(u32, u32)>> = Map::default();
        for seen in table.seen.values().filter(|seen| orphan(seen)) {
            records.entry(hash(seen.principal, seen.name)).or_default();
        }
        for s in table.sign_ins.iter().filter(|s| signs_in(s)) {
            records.entry(hash(s.principal, s.name)).or_default();
        }
        if records.is_empty() {
            return;
        }
        for key in keys.iter().filter(|key| key.recipient != 0) {
            if let Some(found) = records.get_mut(&key.recipient) {
                found.push((key.at, key.caller));
            }
        }
        for found in records.values_mut() {
            found.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| self.order(*a, *b)));
        }
        for seen in table.seen.values_mut().filter(|seen| orphan(seen)) {
            let found =
                records.get(&hash(seen.principal, seen.name)).map_or(&[][..], Vec::as_slice);
            if let Some((at, caller)) = self.same_second(found, seen.created) {
                seen.issue(caller, at, 0);
            }
        }
        for s in table.sign_ins.iter_mut().filter(|s| signs_in(s)) {
            let found = records.get(&hash(s.principal, s.name)).map_or(&[][..], Vec::as_slice);
            let same = self.same_second(found, seconds(s.created));
            let switched = s.kind == SignInKind::SwitchRole;
            s.caller = match same {
                None if !switched => self.only_caller(found, seconds(s.created)),
                same => same.map(|(_, caller)| caller),
            };
        }
    }

    /// The record of that second or, as the call may end in it, of the next one. `None` if callers differ.
    fn same_second(&self, found: &[(u32, u32)], created: u32) -> Option<(u32, u32)> {
        [created, created.saturating_add(1)].into_iter().find_map(|at| {
            let begin = found.partition_point(|(t, _)| *t < at);
            let end = found.partition_point(|(t, _)| *t <= at);
            self.agreed(&found[begin..end])
        })
    }

    /// The caller of all records from which a session that signs in now can come; `None` if callers differ.
    fn only_caller(&self, found: &[(u32, u32)], at: u32) -> Option<u32> {
        let begin = found.partition_point(|(t, _)| *t < at.saturating_sub(LONGEST_SESSION));
        let end = found.partition_point(|(t, _)| *t <= at);
        self.agreed(&found[begin..end]).map(|(_, caller)| caller)
    }

    /// The best of the records, if no two disagree about the caller.
    fn agreed(&self, found: &[(u32, u32)]) -> Option<(u32, u32)> {
        let best = *found.iter().min_by(|a, b| self.order(**a, **b))?;
        found.iter().all(|(_, caller)| !self.disagree(best.1, *caller)).then_some(best)
    }

    /// Counts unused keys by caller. If both accounts' records of a call are in the logs, the copy does not count.
    fn unused(&self, keys: Chunks<IssuedKey>, used: &Map<u64, Sym>) -> Vec<UnusedKeys> {
        let is_copy = |caller: u32| self.names.text(self.caller(caller).kind) == "AWSAccount";
        let is_unused = |key: &&IssuedKey| !used.contains_key(&key.key);
        let mut copies: HashSet<u64, FxBuildHasher> =
            keys.iter().filter(is_unused).filter(|k| is_copy(k.caller)).map(|k| k.key).collect();
        if !copies.is_empty() {
            for key in keys.iter().filter(|k| !is_copy(k.caller)) {
                copies.remove(&key.key);
            }
        }
        let mut found: Map<u32, UnusedKeys> = Map::default();
        for key in keys.iter().filter(is_unused) {
            if is_copy(key.caller) && !copies.remove(&key.key) {
                continue;
            }
            let at = millis(key.at);
            let new = UnusedKeys { caller: key.caller, keys: 0, first: at, last: at };
            let row = found.entry(key.caller).or_insert(new);
            row.keys += 1;
            row.first = row.first.min(at);
            row.last = row.last.max(at);
        }
        let mut found: Vec<UnusedKeys> = found.into_values().collect();
        found.sort_by(|a, b| {
            let texts = |u: &UnusedKeys| self.caller(u.caller).texts(self.names);
            a.first.cmp(&b.first).then_with(|| texts(a).cmp(&texts(b)))
        });
        found
    }

    /// Sorted by time, with only the earliest of several records of one key.
    fn earliest(&self, mut created: Vec<CreatedCredential>) -> Vec<CreatedCredential> {
        let texts = |m: &CreatedCredential| {
            let key = self.names.text(m.access_key);
            (key, self.names.text(m.user), self.caller(m.caller).texts(self.names))
        };
        created.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| texts(a).cmp(&texts(b))));
        let mut known: HashSet<Sym, FxBuildHasher> = HashSet::default();
        created.retain(|m| m.access_key == 0 || known.insert(m.access_key));
        created
    }
}
