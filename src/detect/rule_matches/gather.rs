//! The rows of each finding-to-be, and what is known of all matches together.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::clock::{DAY, HOUR, Millis};
use crate::detect::Cx;
use crate::rollup::activity::Key;
use crate::rollup::matches::{Row, marked};
use crate::rollup::{EventLocation, Phase, Sym};
use crate::sigma::{Firing, RuleIndex};

/// What rows have in common that are one finding: rule, account, principal, foreign network.
type Cause<'a> = (u32, &'a str, Sym, Option<&'a str>);

/// The rows of one finding.
pub struct Group<'a> {
    /// Of a rule, or of a correlation among its own.
    pub rule: RuleIndex,
    pub correlated: bool,
    pub principal: Sym,
    /// The network, where it is foreign to the principal.
    pub foreign: Option<&'a str>,
    pub rows: Vec<(&'a Key, &'a Row)>,
}

pub struct Gathered<'a> {
    pub groups: Vec<Group<'a>>,
    /// Days since 1970 on which a principal's calls matched a rule, from places that are its own.
    days: HashMap<(u32, Sym), BTreeSet<i64>>,
    /// First event of an hour of a behaviour, as the activity's rollup names it.
    hours: HashMap<(Key, i64), &'a EventLocation>,
    /// What correlations counted of a principal in places that are its own, by day: the most.
    counted: HashMap<(u32, Sym), BTreeMap<i64, u64>>,
}

/// A correlation's finding, and the times that it held in the window.
pub type Held<'a> = (Group<'a>, Vec<&'a Firing>);

impl<'a> Gathered<'a> {
    pub fn new(cx: &'a Cx<'_>) -> Gathered<'a> {
        let matches = &cx.rollups.matches;
        let mut days: HashMap<_, BTreeSet<i64>> = HashMap::new();
        let mut groups: BTreeMap<Cause<'_>, Vec<(&Key, &Row)>> = BTreeMap::new();
        let mut wanted: HashSet<(Key, i64)> = HashSet::new();
        for (key, row) in matches.iter() {
            let foreign = foreign(cx, key, row.first.time);
            if foreign.is_none() {
                let days = days.entry((row.rule, key.principal)).or_default();
                days.insert(row.first.time.div_euclid(DAY));
            }
            if key.phase == Phase::Window {
                wanted.insert((*key, hour(row.first.time)));
                let account = cx.text(key.account);
                groups
                    .entry((row.rule, account, key.principal, foreign))
                    .or_default()
                    .push((key, row));
            }
        }
        let mut hours = HashMap::new();
        let keys: HashSet<Key> = wanted.iter().map(|(key, _)| *key).collect();
        let rows = &cx.frames.activity_rows;
        let of_key: Vec<bool> = rows.behaviours.iter().map(|key| keys.contains(key)).collect();
        for (behaviour, (key, value)) in rows.numbered() {
            let name = (*key, hour(value.first.time));
            if of_key[behaviour as usize] && wanted.contains(&name) {
                hours.insert(name, &value.first);
            }
        }
        let groups = groups.into_iter().map(|((rule, _, principal, foreign), rows)| Group {
            rule: RuleIndex(rule),
            correlated: false,
            principal,
            foreign,
            rows: in_order(rows),
        });
        Gathered { groups: groups.collect(), days, hours, counted: HashMap::new() }
    }

    /// Correlations that held in the window, by principal, with the rows of the events that they rest on.
    pub fn correlated(&mut self, cx: &'a Cx<'_>) -> Vec<Held<'a>> {
        type Parts<'a> = (BTreeMap<u32, (&'a Key, &'a Row)>, Vec<&'a Firing>);
        let mut groups: BTreeMap<(usize, Sym, Option<&str>), Parts<'a>> = BTreeMap::new();
        for firing in &cx.correlated.firings {
            let numbers: BTreeSet<u32> = firing.events.iter().map(|mark| marked(*mark).1).collect();
            let rows = numbers.iter().filter_map(|row| Some((*row, cx.rollups.matches.get(*row)?)));
            let rows: Vec<_> = rows.collect();
            // Where a correlation spans principals, it is told of the one with most of the rows.
            let mut counts: BTreeMap<Sym, usize> = BTreeMap::new();
            rows.iter().for_each(|(_, (key, _))| *counts.entry(key.principal).or_default() += 1);
            let most = counts.iter().max_by_key(|(p, n)| (**n, std::cmp::Reverse(cx.text(**p))));
            let Some((principal, _)) = most else { continue };
            let foreign = rows
                .iter()
                .filter(|(_, (key, _))| key.principal == *principal)
                .find_map(|(_, (key, row))| foreign(cx, key, row.first.time));
            if foreign.is_none() {
                let who = (firing.correlation as u32, *principal);
                let days = self.counted.entry(who).or_default();
                let most = days.entry(firing.from.div_euclid(DAY)).or_default();
                *most = firing.count.max(*most);
            }
            let mut rows = rows;
            rows.retain(|(_, (key, _))| key.phase == Phase::Window);
            if !rows.is_empty() {
                let group = groups.entry((firing.correlation, *principal, foreign)).or_default();
                group.0.extend(rows);
                group.1.push(firing);
            }
        }
        let group = |((correlation, principal, foreign), (rows, firings)): (_, Parts<'a>)| {
            let rows = in_order(rows.into_values().collect());
            let rule = RuleIndex(correlation as u32);
            (Group { rule, correlated: true, principal, foreign, rows }, firings)
        };
        groups.into_iter().map(group).collect()
    }

    /// On how many days, without that of `at`, the principal did what the rule looks for, from places of its
    /// own.
    pub fn other_days(&self, rule: u32, principal: Sym, at: Millis) -> usize {
        let today = at.div_euclid(DAY);
        let days = self.days.get(&(rule, principal));
        days.map_or(0, |days| days.iter().filter(|day| **day != today).count())
    }

    /// On how many days but the one of `at` the correlation held for the principal, in places of its own; 0 if
    /// it ever counted twice what it counts on most of its days, which is no habit any more.
    pub fn other_days_held(&self, correlation: u32, principal: Sym, at: Millis) -> usize {
        let Some(days) = self.counted.get(&(correlation, principal)) else { return 0 };
        let mut counts: Vec<u64> = days.values().copied().collect();
        counts.sort_unstable();
        let usual = counts.get(counts.len() / 2).copied().unwrap_or(0);
        let most = counts.last().copied().unwrap_or(0);
        let today = at.div_euclid(DAY);
        if most >= 2 * usual { 0 } else { days.keys().filter(|day| **day != today).count() }
    }

    /// The name of the activity row that a match was counted in too.
    pub fn counted_in<'r>(&self, key: &Key, row: &'r Row) -> &'r EventLocation
    where
        'a: 'r,
    {
        self.hours.get(&(*key, hour(row.first.time))).copied().unwrap_or(&row.first)
    }
}

fn hour(at: Millis) -> i64 {
    at.div_euclid(HOUR)
}

fn foreign<'a>(cx: &'a Cx<'_>, key: &Key, at: Millis) -> Option<&'a str> {
    cx.foreign(key.principal, key.source, at).then(|| cx.places.network(key.source))
}

fn in_order<'a>(mut rows: Vec<(&'a Key, &'a Row)>) -> Vec<(&'a Key, &'a Row)> {
    rows.sort_by(|(_, a), (_, b)| a.first.order(&b.first));
    rows
}
