//! The summary tables of the window.

use polars::prelude::*;
use rustc_hash::FxHashMap;

use super::Cx;
use super::columns::{counts, syms, times};
use super::text::action_name;
use crate::clock::Millis;
use crate::event::{Log, Outcome};
use crate::finding::{Row, Summary};
use crate::rollup::activity::{self, Behaviour};
use crate::rollup::{Phase, Sym};

/// # Errors
/// Only when polars refuses a query, which would be a defect.
pub fn summary(cx: &Cx<'_>) -> PolarsResult<Summary> {
    let name = |sym: &[Sym]| cx.text(sym[0]).to_string();
    let or_none = |sym: &[Sym]| match cx.text(sym[0]) {
        "" => "(none)".to_string(),
        text => text.to_string(),
    };
    let nothing = |_: &[Sym]| String::new();
    let (behaviours, sources) = sums(cx);
    Ok(Summary {
        principals: rows(by(&behaviours, |b| [b.principal, b.kind]), &or_none, &|s| {
            cx.text(s[1]).to_string()
        }),
        access_keys: rows(
            by(behaviours.iter().filter(|(b, _)| b.access_key != 0), |b| {
                [b.access_key, b.principal]
            }),
            &name,
            &|s| cx.text(s[1]).to_string(),
        ),
        sources: rows(sources, &or_none, &|s| source(cx, s[0])),
        user_agents: rows(grouped(agents(cx), &["agent"])?, &or_none, &nothing),
        actions: rows(
            by(&behaviours, |b| [b.service, b.action]),
            &|s| action_name(cx.text(s[0]), cx.text(s[1])),
            &nothing,
        ),
        regions: rows(by(&behaviours, |b| [b.region]), &or_none, &nothing),
        error_codes: rows(
            by(behaviours.iter().filter(|(b, _)| b.error != 0), |b| [b.error]),
            &name,
            &nothing,
        ),
        buckets: rows(grouped(buckets(cx), &["bucket", "log"])?, &name, &|s| {
            if s[1] == Log::S3Access as u32 { Log::S3Access.name() } else { Log::CloudTrail.name() }
                .to_string()
        }),
    })
}

/// Calls with something in common.
#[derive(Debug, Clone, Copy)]
struct Sums {
    success: u64,
    denied: u64,
    failed: u64,
    bytes_out: u64,
    first: Millis,
    last: Millis,
}

impl Sums {
    const NONE: Sums = Sums {
        success: 0,
        denied: 0,
        failed: 0,
        bytes_out: 0,
        first: Millis::MAX,
        last: Millis::MIN,
    };

    fn row(&mut self, outcome: Outcome, v: &activity::Value) {
        match outcome {
            Outcome::Success => self.success += v.events(),
            Outcome::Denied => self.denied += v.events(),
            Outcome::Failed => self.failed += v.events(),
        }
        self.bytes_out += v.bytes_out;
        self.first = self.first.min(v.first.time);
        self.last = self.last.max(v.last());
    }

    fn add(&mut self, other: &Sums) {
        self.success += other.success;
        self.denied += other.denied;
        self.failed += other.failed;
        self.bytes_out += other.bytes_out;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

/// Sums by one or two texts.
type Table<const N: usize> = FxHashMap<[Sym; N], Sums>;

/// The window's calls by behaviour and by source, in one pass over the rows: there are far fewer behaviours.
fn sums<'c>(cx: &'c Cx<'_>) -> (Vec<(&'c Behaviour, Sums)>, Table<1>) {
    let all = &cx.frames.activity_rows;
    let mut behaviours: Vec<_> = all.behaviours.iter().map(|b| (b, Sums::NONE)).collect();
    let mut sources: Table<1> = FxHashMap::default();
    for (behaviour, (key, value)) in all.numbered().filter(|(_, (k, _))| k.phase == Phase::Window) {
        if let Some((_, sums)) = behaviours.get_mut(behaviour as usize) {
            sums.row(key.outcome, value);
        }
        sources.entry([key.source]).or_insert(Sums::NONE).row(key.outcome, value);
    }
    behaviours.retain(|(_, sums)| sums.first != Millis::MAX);
    (behaviours, sources)
}

fn by<'b, const N: usize>(
    behaviours: impl IntoIterator<Item = &'b (&'b Behaviour, Sums)>,
    key: impl Fn(&Behaviour) -> [Sym; N],
) -> Table<N> {
    let mut table: Table<N> = FxHashMap::default();
    for (behaviour, sums) in behaviours {
        table.entry(key(behaviour)).or_insert(Sums::NONE).add(sums);
    }
    table
}

fn source(cx: &Cx<'_>, sym: Sym) -> String {
    let Some(network) = cx.networks.get(sym) else { return String::new() };
    let parts = [network.class.name(), &network.country, &network.asn];
    parts.iter().filter(|p| !p.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

fn agents(cx: &Cx<'_>) -> LazyFrame {
    cx.frames.agents.clone().lazy().filter(col("window"))
}

fn buckets(cx: &Cx<'_>) -> LazyFrame {
    cx.frames.buckets.clone().lazy().filter(col("window"))
}

fn grouped<const N: usize>(frame: LazyFrame, keys: &[&str; N]) -> PolarsResult<Table<N>> {
    let by: Vec<Expr> = keys.iter().map(|k| col(*k)).collect();
    let frame = frame
        .group_by(by)
        .agg([
            col("success").sum(),
            col("denied").sum(),
            col("failed").sum(),
            col("bytes_out").sum(),
            col("first").min(),
            col("last").max(),
        ])
        .collect()?;
    let keys = keys.iter().map(|k| syms(&frame, k)).collect::<PolarsResult<Vec<_>>>()?;
    let [success, denied, failed, bytes_out] = [
        counts(&frame, "success")?,
        counts(&frame, "denied")?,
        counts(&frame, "failed")?,
        counts(&frame, "bytes_out")?,
    ];
    let (first, last) = (times(&frame, "first")?, times(&frame, "last")?);
    let row = |n: usize| {
        let sums = Sums {
            success: success[n],
            denied: denied[n],
            failed: failed[n],
            bytes_out: bytes_out[n],
            first: first[n],
            last: last[n],
        };
        (std::array::from_fn(|key| keys[key][n]), sums)
    };
    Ok((0..frame.height()).map(row).collect())
}

/// The most calls first.
fn rows<const N: usize>(
    table: Table<N>,
    value: &dyn Fn(&[Sym]) -> String,
    detail: &dyn Fn(&[Sym]) -> String,
) -> Vec<Row> {
    let row = |(key, sums): ([Sym; N], Sums)| Row {
        value: value(&key),
        detail: detail(&key),
        events: sums.success + sums.denied + sums.failed,
        first: sums.first,
        last: sums.last,
        success: sums.success,
        denied: sums.denied,
        failed: sums.failed,
        bytes_out: sums.bytes_out,
    };
    let mut rows: Vec<Row> = table.into_iter().map(row).collect();
    rows.sort_by(|a, b| {
        b.events.cmp(&a.events).then_with(|| (&a.value, &a.detail).cmp(&(&b.value, &b.detail)))
    });
    rows
}
