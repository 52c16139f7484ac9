//! The days on which each principal made each call that changes something: which of them are new to it.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::Cx;
use super::rows::Row;
use super::text::action_name;
use super::weigh::{is_new_place, is_service_linked};
use crate::clock::{DAY, Millis};
use crate::event::Outcome;
use crate::event::effect::Effect;
use crate::rollup::Sym;

/// Kinds of change from which on changing things is a principal's work.
const DEPLOYER_KINDS: usize = 2;

/// What lowers a new act of such a principal by one level.
pub const DEPLOYS: &str = "it changed things of several kinds on earlier days: that one more is new is less of a surprise";

/// Service and action.
pub type Act = (Sym, Sym);

/// The calls of all principals that change access, protection, data or compute. Calls that AWS makes by itself are
/// left out; those that a service makes for a principal are the principal's.
pub struct Changes<'c> {
    pub rows: Vec<(Effect, Row<'c>)>,
    /// The first day on which a principal made a call, whatever came of it.
    first_days: FxHashMap<(Sym, Act), i64>,
    /// The first day on which it made the call with success.
    first_successes: FxHashMap<(Sym, Act), i64>,
    pub kinds: Kinds,
    days: FxHashMap<Sym, BTreeSet<i64>>,
}

/// The first day on which a principal changed something of a kind, with success.
#[derive(Default)]
pub struct Kinds(FxHashMap<(Sym, Effect), i64>);

impl Kinds {
    /// True if the principal changed something of the kind on a day before that of `at`.
    pub fn is_known(&self, principal: Sym, effect: Effect, at: Millis) -> bool {
        self.0.get(&(principal, effect)).is_some_and(|first| *first < at.div_euclid(DAY))
    }
}

/// The new acts of one principal.
#[derive(Default)]
pub struct FirstActs<'c> {
    /// Every call of the acts in the window, the first first.
    pub rows: Vec<Row<'c>>,
    pub acts: BTreeMap<Act, Effect>,
    /// The most acts that were new on one day.
    pub most_in_a_day: usize,
    /// The most kinds of change that were new on one day.
    pub kinds_in_a_day: usize,
}

impl FirstActs<'_> {
    /// `s3:PutBucketPolicy (access)`, each once.
    pub fn names(&self, cx: &Cx<'_>) -> BTreeSet<String> {
        let name = |((service, action), effect): (&Act, &Effect)| {
            let call = action_name(cx.text(*service), cx.text(*action));
            format!("{call} ({})", effect.name())
        };
        self.acts.iter().map(name).collect()
    }

    /// Services and actions in the order of their names, for the scope of a finding.
    pub fn actions(&self, cx: &Cx<'_>) -> Vec<(String, String)> {
        let text = |sym: Sym| cx.text(sym).to_string();
        let mut all: Vec<_> =
            self.acts.keys().map(|(service, action)| (text(*service), text(*action))).collect();
        all.sort();
        all
    }

    /// The network of the first call that came from one which is new to the principal.
    pub fn unfamiliar<'a>(&self, cx: &'a Cx<'_>) -> Option<&'a str> {
        let mut rows = self.rows.iter();
        let row = rows.find(|(k, v)| is_new_place(cx, k, v.first.time))?;
        Some(cx.networks.name(row.0.source))
    }
}

impl<'c> Changes<'c> {
    pub fn new(cx: &'c Cx<'_>) -> Changes<'c> {
        let mut changes = Changes {
            rows: Vec::new(),
            first_days: FxHashMap::default(),
            first_successes: FxHashMap::default(),
            kinds: Kinds::default(),
            days: FxHashMap::default(),
        };
        let mut effects: FxHashMap<Act, Option<Effect>> = FxHashMap::default();
        for row in cx.rows() {
            let (key, day) = (row.0, day(&row));
            changes.days.entry(key.principal).or_default().insert(day);
            let act = (key.service, key.action);
            let effect = effects
                .entry(act)
                .or_insert_with(|| Effect::of(cx.text(key.service), cx.text(key.action)));
            let Some(effect) = *effect else { continue };
            let by_aws = cx.is_service(key.principal)
                || is_service_linked(cx.text(key.principal), cx.text(key.account));
            if by_aws {
                continue;
            }
            earliest(&mut changes.first_days, (key.principal, act), day);
            if key.outcome == Outcome::Success {
                earliest(&mut changes.first_successes, (key.principal, act), day);
                earliest(&mut changes.kinds.0, (key.principal, effect), day);
            }
            changes.rows.push((effect, row));
        }
        changes
    }

    /// True if the principal made the call on no day before that of the row, with success or without.
    pub fn is_first(&self, row: &Row<'_>) -> bool {
        let act = (row.0.principal, (row.0.service, row.0.action));
        self.first_days.get(&act).is_none_or(|first| *first >= day(row))
    }

    /// True if the principal made the call with success on no day before that of the row.
    pub fn is_first_success(&self, row: &Row<'_>) -> bool {
        let act = (row.0.principal, (row.0.service, row.0.action));
        self.first_successes.get(&act).is_none_or(|first| *first >= day(row))
    }

    /// True if the principal changed something of the kind, with success, on no day before that of the row.
    pub fn is_first_of_kind(&self, effect: Effect, row: &Row<'_>) -> bool {
        !self.kinds.is_known(row.0.principal, effect, row.1.first.time)
    }

    /// True if the principal changed things of several kinds, with success, on days before that of the row: to change
    /// things is its work.
    pub fn is_deployer(&self, row: &Row<'_>) -> bool {
        let kinds = [Effect::Access, Effect::Protection, Effect::Data, Effect::Compute];
        let made = kinds.into_iter().filter(|kind| !self.is_first_of_kind(*kind, row));
        made.count() >= DEPLOYER_KINDS
    }

    /// Days before that of the row on which the principal did anything.
    pub fn earlier_days(&self, row: &Row<'_>) -> usize {
        self.days.get(&row.0.principal).map_or(0, |days| days.range(..day(row)).count())
    }
}

/// For each principal, the rows that `is_new` takes, and the later rows of the same acts that `counts` takes.
pub fn first_acts<'c>(
    changes: &Changes<'c>,
    counts: impl Fn(&Row<'c>) -> bool,
    is_new: impl Fn(Effect, &Row<'c>) -> bool,
) -> BTreeMap<Sym, FirstActs<'c>> {
    let mut found: BTreeMap<Sym, FirstActs<'c>> = BTreeMap::new();
    let mut by_day: BTreeMap<(Sym, i64), BTreeMap<Act, Effect>> = BTreeMap::new();
    for (effect, row) in changes.rows.iter().filter(|(_, row)| counts(row)) {
        let act = (row.0.service, row.0.action);
        let new = is_new(*effect, row);
        if new {
            let acts = by_day.entry((row.0.principal, day(row))).or_default();
            acts.insert(act, *effect);
            let kinds: BTreeSet<Effect> = acts.values().copied().collect();
            let first = found.entry(row.0.principal).or_default();
            first.acts.insert(act, *effect);
            first.most_in_a_day = first.most_in_a_day.max(acts.len());
            first.kinds_in_a_day = first.kinds_in_a_day.max(kinds.len());
        }
        if let Some(first) = found.get_mut(&row.0.principal).filter(|f| f.acts.contains_key(&act)) {
            first.rows.push(*row);
        }
    }
    found
}

fn earliest<K: std::hash::Hash + Eq>(days: &mut FxHashMap<K, i64>, key: K, day: i64) {
    let known = days.entry(key).or_insert(day);
    *known = day.min(*known);
}

fn day(row: &Row<'_>) -> i64 {
    row.1.first.time.div_euclid(DAY)
}
