//! On which days a principal used a network.

use std::collections::{BTreeSet, HashMap, HashSet};

use polars::prelude::*;

use super::keys::Key;
use crate::clock::Millis;
use crate::detect::Cx;
use crate::detect::cx::{hours, syms, times};
use crate::rollup::Sym;

/// On which days a principal used a network, with whichever key, and since when.
pub struct Days<'c>(HashMap<(Sym, &'c str), (Millis, BTreeSet<i32>)>);

impl<'c> Days<'c> {
    pub fn new(cx: &'c Cx<'_>, keys: &[Key<'_>]) -> PolarsResult<Days<'c>> {
        let principals: HashSet<Sym> = keys.iter().map(|key| key.principal).collect();
        let by = [col("principal"), col("source"), col("hour")];
        let frame = cx.hourly().group_by(by).agg([col("first").min()]).collect()?;
        let uses = syms(&frame, "principal")?.into_iter().zip(syms(&frame, "source")?);
        let when = hours(&frame, "hour")?.into_iter().zip(times(&frame, "first")?);
        let mut days: HashMap<(Sym, &str), (Millis, BTreeSet<i32>)> = HashMap::new();
        for ((principal, source), (hour, first)) in
            uses.zip(when).filter(|((p, _), _)| principals.contains(p))
        {
            let use_ = days
                .entry((principal, cx.places.network(source)))
                .or_insert((first, BTreeSet::new()));
            use_.0 = use_.0.min(first);
            use_.1.insert(hour.div_euclid(24));
        }
        Ok(Days(days))
    }

    pub fn since(&self, principal: Sym, network: &'c str) -> Millis {
        self.0.get(&(principal, network)).map_or(Millis::MAX, |(first, _)| *first)
    }

    /// Days before the one that holds `hour`.
    pub fn before(&self, principal: Sym, network: &'c str, hour: i32) -> usize {
        self.0
            .get(&(principal, network))
            .map_or(0, |(_, days)| days.range(..hour.div_euclid(24)).count())
    }
}
