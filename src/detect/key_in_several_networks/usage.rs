//! Access keys that several networks use, and when keys and principals use each network.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::GAP;
use crate::clock::Millis;
use crate::detect::Cx;
use crate::detect::rows::Row;
use crate::rollup::Sym;

/// One access key and its calls by network, earliest first.
pub struct Key<'c> {
    pub key: Sym,
    pub principal: Sym,
    pub networks: BTreeMap<&'c str, Vec<Row<'c>>>,
}

/// One key in one network without a long pause.
pub struct Run<'k, 'c> {
    pub network: &'c str,
    pub rows: &'k [Row<'c>],
    pub first: Millis,
    /// First and last hour since 1970.
    pub from: i32,
    pub until: i32,
}

/// Keys that were used from more than one outside network, baseline included.
pub fn keys<'c>(cx: &'c Cx<'_>) -> Vec<Key<'c>> {
    let mut several: HashMap<Sym, (Sym, bool)> = HashMap::new();
    for (used, _) in cx.calls().filter(|(used, _)| used.access_key != 0) {
        let (first, more) = several.entry(used.access_key).or_insert((used.source, false));
        *more |= *first != used.source;
    }
    let mut keys: BTreeMap<Sym, Key<'c>> = BTreeMap::new();
    for row in cx.calls() {
        let used = row.0;
        let in_several = several.get(&used.access_key).is_some_and(|(_, more)| *more);
        if !in_several || !cx.networks.is_outside(used.source) {
            continue;
        }
        let new =
            || Key { key: used.access_key, principal: used.principal, networks: BTreeMap::new() };
        let key = keys.entry(used.access_key).or_insert_with(new);
        key.networks.entry(cx.networks.name(used.source)).or_default().push(row);
    }
    keys.into_values()
        .filter(|key| key.networks.len() > 1 && !cx.is_service(key.principal))
        .collect()
}

/// The runs of a key in one network.
pub fn runs<'k, 'c>(network: &'c str, rows: &'k [Row<'c>]) -> impl Iterator<Item = Run<'k, 'c>> {
    let chunks = rows.chunk_by(|a, b| b.1.hour() - a.1.hour() <= GAP);
    chunks.filter_map(move |rows| {
        let (first, last) = (rows.first()?, rows.last()?);
        Some(Run {
            network,
            rows,
            first: first.1.first.time,
            from: first.1.hour(),
            until: last.1.hour(),
        })
    })
}

/// First and last call by hour.
pub type Spans = BTreeMap<i32, (Millis, Millis)>;

pub fn hourly_spans(rows: &[Row<'_>]) -> Spans {
    let mut spans = Spans::new();
    for (_, value) in rows {
        let span = spans.entry(value.hour()).or_insert((value.first.time, value.last()));
        *span = (span.0.min(value.first.time), span.1.max(value.last()));
    }
    spans
}

/// True if calls of both interleave. If one follows the other, a person moved.
pub fn interleave(a: &(Millis, Millis), b: &(Millis, Millis)) -> bool {
    a.0 < b.1 && b.0 < a.1
}

/// On which days each principal used a network, with any key, and since when.
pub struct NetworkDays<'c>(HashMap<(Sym, &'c str), (Millis, BTreeSet<i32>)>);

impl<'c> NetworkDays<'c> {
    pub fn new(cx: &'c Cx<'_>, keys: &[Key<'_>]) -> NetworkDays<'c> {
        let principals: HashSet<Sym> = keys.iter().map(|key| key.principal).collect();
        let mut found: HashMap<(Sym, &str), (Millis, BTreeSet<i32>)> = HashMap::new();
        for (key, value) in cx.calls().filter(|(key, _)| principals.contains(&key.principal)) {
            let first = value.first.time;
            let (since, days) = found
                .entry((key.principal, cx.networks.name(key.source)))
                .or_insert((first, BTreeSet::new()));
            *since = first.min(*since);
            days.insert(value.hour().div_euclid(24));
        }
        NetworkDays(found)
    }

    pub fn since(&self, principal: Sym, network: &'c str) -> Millis {
        self.0.get(&(principal, network)).map_or(Millis::MAX, |(first, _)| *first)
    }

    /// Days with the network before the day of `hour`.
    pub fn before(&self, principal: Sym, network: &'c str, hour: i32) -> usize {
        self.0
            .get(&(principal, network))
            .map_or(0, |(_, days)| days.range(..hour.div_euclid(24)).count())
    }
}
