//! Rule matches grouped by finding, and the days on which they recur.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::OnceLock;

use crate::clock::{DAY, HOUR, Millis};
use crate::detect::Cx;
use crate::detect::first_acts::{Changes, Kinds};
use crate::detect::history::FIRST_DAYS;
use crate::detect::weigh::is_new_place;
use crate::event::effect::Effect;
use crate::rollup::activity::{Behaviour, Key};
use crate::rollup::matches::{Row, marked};
use crate::rollup::{EventLocation, Phase, Sym};
use crate::sigma::{Firing, RuleIndex};

/// What the rows of one finding have in common: rule, account, principal, unfamiliar network.
type GroupKey<'a> = (u32, &'a str, Sym, Option<&'a str>);

/// The rows of one finding.
pub struct Group<'a> {
    /// The number of a rule or, if `correlated`, of a correlation.
    pub rule: RuleIndex,
    pub correlated: bool,
    pub principal: Sym,
    /// The network, if it is unfamiliar to the principal.
    pub unfamiliar: Option<&'a str>,
    pub rows: Vec<(Key<'a>, &'a Row)>,
}

pub struct MatchGroups<'a> {
    pub groups: Vec<Group<'a>>,
    /// Days since 1970 on which a principal's calls from familiar networks matched a rule.
    days: HashMap<(u32, Sym), BTreeSet<i64>>,
    /// The first event of a behaviour's activity row, by hour.
    hours: HashMap<(Key<'a>, i64), &'a EventLocation>,
    /// Who changed what since when; made when it is asked for.
    kinds: OnceLock<Kinds>,
    /// The highest count of a correlation for a principal in familiar networks, by day.
    daily_counts: HashMap<(u32, Sym), BTreeMap<i64, u64>>,
}

/// The rows of a correlation's finding, and its firings in the window.
pub type CorrelatedGroup<'a> = (Group<'a>, Vec<&'a Firing>);

impl<'a> MatchGroups<'a> {
    pub fn new(cx: &'a Cx<'_>) -> MatchGroups<'a> {
        let matches = &cx.rollups.matches;
        let mut days: HashMap<_, BTreeSet<i64>> = HashMap::new();
        let mut groups: BTreeMap<GroupKey<'_>, Vec<(Key<'_>, &Row)>> = BTreeMap::new();
        let mut in_window: HashSet<(Key<'_>, i64)> = HashSet::new();
        for (key, row) in matches.iter() {
            let unfamiliar = unfamiliar(cx, &key, row.first.time);
            if unfamiliar.is_none() {
                let days = days.entry((row.rule, key.principal)).or_default();
                days.insert(row.first.time.div_euclid(DAY));
            }
            if key.phase == Phase::Window {
                in_window.insert((key, hour(row.first.time)));
                let account = cx.text(key.account);
                groups
                    .entry((row.rule, account, key.principal, unfamiliar))
                    .or_default()
                    .push((key, row));
            }
        }
        let mut hours = HashMap::new();
        let wanted: HashSet<Behaviour> = in_window.iter().map(|(key, _)| **key).collect();
        let rows = &cx.frames.activity_rows;
        let of_key: Vec<bool> = rows.behaviours.iter().map(|b| wanted.contains(b)).collect();
        for (behaviour, (key, value)) in rows.numbered() {
            let name = (key, hour(value.first.time));
            if of_key[behaviour as usize] && in_window.contains(&name) {
                hours.insert(name, &value.first);
            }
        }
        let groups = groups.into_iter().map(|((rule, _, principal, unfamiliar), rows)| Group {
            rule: RuleIndex(rule),
            correlated: false,
            principal,
            unfamiliar,
            rows: in_order(rows),
        });
        let (kinds, daily_counts) = (OnceLock::new(), HashMap::new());
        MatchGroups { groups: groups.collect(), days, hours, kinds, daily_counts }
    }

    /// Correlations that fired in the window, by principal, with the rows of their events.
    pub fn correlated(&mut self, cx: &'a Cx<'_>) -> Vec<CorrelatedGroup<'a>> {
        type Parts<'a> = (BTreeMap<u32, (Key<'a>, &'a Row)>, Vec<&'a Firing>);
        let mut groups: BTreeMap<(usize, Sym, Option<&str>), Parts<'a>> = BTreeMap::new();
        for firing in &cx.correlated.firings {
            let numbers: BTreeSet<u32> = firing.events.iter().map(|mark| marked(*mark).1).collect();
            let rows = numbers.iter().filter_map(|row| Some((*row, cx.rollups.matches.get(*row)?)));
            let mut rows: Vec<_> = rows.collect();
            // The numbers depend on which worker read what.
            rows.sort_by(|(_, (_, a)), (_, (_, b))| earlier(a, b));
            // A correlation over several principals belongs to the one with most rows.
            let mut counts: BTreeMap<Sym, usize> = BTreeMap::new();
            rows.iter().for_each(|(_, (key, _))| *counts.entry(key.principal).or_default() += 1);
            let most = counts.iter().max_by_key(|(p, n)| (**n, std::cmp::Reverse(cx.text(**p))));
            let Some((principal, _)) = most else { continue };
            let unfamiliar = rows
                .iter()
                .filter(|(_, (key, _))| key.principal == *principal)
                .find_map(|(_, (key, row))| unfamiliar(cx, key, row.first.time));
            if unfamiliar.is_none() {
                let who = (firing.correlation as u32, *principal);
                let days = self.daily_counts.entry(who).or_default();
                let most = days.entry(firing.from.div_euclid(DAY)).or_default();
                *most = firing.count.max(*most);
            }
            rows.retain(|(_, (key, _))| key.phase == Phase::Window);
            if !rows.is_empty() {
                let group = groups.entry((firing.correlation, *principal, unfamiliar)).or_default();
                group.0.extend(rows);
                group.1.push(firing);
            }
        }
        let group = |((correlation, principal, unfamiliar), (rows, firings)): (_, Parts<'a>)| {
            let rows = in_order(rows.into_values().collect());
            let rule = RuleIndex(correlation as u32);
            (Group { rule, correlated: true, principal, unfamiliar, rows }, firings)
        };
        groups.into_iter().map(group).collect()
    }

    /// Days on which the principal's calls from familiar networks matched the rule, for a match at `at`.
    pub fn routine_days(&self, cx: &Cx<'_>, rule: u32, principal: Sym, at: Millis) -> usize {
        let Some(days) = self.days.get(&(rule, principal)) else { return 0 };
        counting(cx, at, days.iter())
    }

    /// The same for a correlation; 0 if its highest count is at least twice the median, which is no routine.
    pub fn routine_days_correlated(
        &self,
        cx: &Cx<'_>,
        correlation: u32,
        principal: Sym,
        at: Millis,
    ) -> usize {
        let Some(days) = self.daily_counts.get(&(correlation, principal)) else { return 0 };
        let mut counts: Vec<u64> = days.values().copied().collect();
        counts.sort_unstable();
        let usual = counts.get(counts.len() / 2).copied().unwrap_or(0);
        let most = counts.last().copied().unwrap_or(0);
        if most >= 2 * usual { 0 } else { counting(cx, at, days.keys()) }
    }

    /// What the calls change, if their principals changed things of that kind, with success, on days before.
    pub fn known_kind(&self, cx: &Cx<'_>, rows: &[(Key<'_>, &Row)]) -> Option<Effect> {
        let known = self.kinds.get_or_init(|| Changes::new(cx).kinds);
        let of_row = |(key, row): &(Key<'_>, &Row)| {
            let effect = Effect::of(cx.text(key.service), cx.text(key.action))?;
            known.is_known(key.principal, effect, row.first.time).then_some(effect)
        };
        let kinds: Option<Vec<Effect>> = rows.iter().map(of_row).collect();
        kinds?.into_iter().min()
    }

    /// The first event of the activity row that counts the match too.
    pub fn counted_in<'r>(&self, key: &Key<'_>, row: &'r Row) -> &'r EventLocation
    where
        'a: 'r,
    {
        self.hours.get(&(*key, hour(row.first.time))).copied().unwrap_or(&row.first)
    }
}

/// How many of the days make a routine of what happened at `at`: those before. Later days count only where the logs
/// begin with the act, since nobody knows what came before.
fn counting<'d>(cx: &Cx<'_>, at: Millis, days: impl Iterator<Item = &'d i64>) -> usize {
    let today = at.div_euclid(DAY);
    let young = cx.history_before(at) < FIRST_DAYS;
    days.filter(|day| **day < today || (young && **day > today)).count()
}

fn hour(at: Millis) -> i64 {
    at.div_euclid(HOUR)
}

fn unfamiliar<'a>(cx: &'a Cx<'_>, key: &Key<'_>, at: Millis) -> Option<&'a str> {
    is_new_place(cx, key, at).then(|| cx.networks.name(key.source))
}

fn in_order<'a>(mut rows: Vec<(Key<'a>, &'a Row)>) -> Vec<(Key<'a>, &'a Row)> {
    rows.sort_by(|(_, a), (_, b)| earlier(a, b));
    rows
}

/// By first event; one record may match several rules.
fn earlier(a: &Row, b: &Row) -> Ordering {
    a.first.order(&b.first).then_with(|| a.rule.cmp(&b.rule))
}
