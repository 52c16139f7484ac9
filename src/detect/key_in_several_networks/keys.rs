//! Access keys that several networks use, and when each of those does.

use std::collections::{BTreeMap, HashSet};

use polars::prelude::*;

use super::GAP;
use crate::clock::Millis;
use crate::detect::Cx;
use crate::detect::cx::syms;
use crate::detect::rows::Row;
use crate::rollup::Sym;

/// One access key and where it was used, in the order of the times.
pub struct Key<'c> {
    pub key: Sym,
    pub principal: Sym,
    pub networks: BTreeMap<&'c str, Vec<Row<'c>>>,
}

/// One key in one network, in hours that follow each other.
pub struct Run<'k, 'c> {
    pub network: &'c str,
    pub rows: &'k [Row<'c>],
    pub first: Millis,
    pub from: i32,
    pub until: i32,
}

/// Keys that were used from more than one outside network, baseline included.
pub fn keys<'c>(cx: &'c Cx<'_>) -> PolarsResult<Vec<Key<'c>>> {
    let several = cx
        .calls()
        .filter(col("access_key").neq(lit(0u32)))
        .group_by([col("access_key")])
        .agg([col("source").n_unique().alias("sources")])
        .filter(col("sources").gt(lit(1u32)))
        .collect()?;
    let several: HashSet<Sym> = syms(&several, "access_key")?.into_iter().collect();
    let mut keys: BTreeMap<Sym, Key<'c>> = BTreeMap::new();
    for row in cx.rows() {
        let used = row.0;
        if used.by_service || !several.contains(&used.access_key) || !cx.places.outside(used.source)
        {
            continue;
        }
        let none =
            || Key { key: used.access_key, principal: used.principal, networks: BTreeMap::new() };
        let key = keys.entry(used.access_key).or_insert_with(none);
        key.networks.entry(cx.places.network(used.source)).or_default().push(row);
    }
    Ok(keys
        .into_values()
        .filter(|key| key.networks.len() > 1 && !cx.is_service(key.principal))
        .collect())
}

/// Uses of one network.
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

pub fn hourly(rows: &[Row<'_>]) -> Spans {
    let mut spans = Spans::new();
    for (_, value) in rows {
        let span = spans.entry(value.hour()).or_insert((value.first.time, value.last()));
        *span = (span.0.min(value.first.time), span.1.max(value.last()));
    }
    spans
}

/// True if a call of one lies between calls of the other. One that follows the other is a person who moved.
pub fn cross(a: &(Millis, Millis), b: &(Millis, Millis)) -> bool {
    a.0 < b.1 && b.0 < a.1
}
