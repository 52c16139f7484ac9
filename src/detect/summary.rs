//! The summary tables of the window, as polars group-bys.

use polars::prelude::*;

use super::Cx;
use super::columns::{counts, syms, times};
use super::text::action_name;
use crate::event::{Log, Outcome};
use crate::finding::{Row, Summary};
use crate::rollup::Sym;

/// # Errors
/// Only when polars refuses a query, which would be a defect.
pub fn summary(cx: &Cx<'_>) -> PolarsResult<Summary> {
    let name = |sym: &[Sym]| cx.text(sym[0]).to_string();
    let or_none = |sym: &[Sym]| match cx.text(sym[0]) {
        "" => "(none)".to_string(),
        text => text.to_string(),
    };
    let nothing = |_: &[Sym]| String::new();
    Ok(Summary {
        principals: table(activity(cx), &["principal", "kind"], &or_none, &|s| {
            cx.text(s[1]).to_string()
        })?,
        access_keys: table(
            activity(cx).filter(col("access_key").neq(lit(0u32))),
            &["access_key", "principal"],
            &name,
            &|s| cx.text(s[1]).to_string(),
        )?,
        sources: table(activity(cx), &["source"], &or_none, &|s| source(cx, s[0]))?,
        user_agents: table(agents(cx), &["agent"], &or_none, &nothing)?,
        actions: table(
            activity(cx),
            &["service", "action"],
            &|s| action_name(cx.text(s[0]), cx.text(s[1])),
            &nothing,
        )?,
        regions: table(activity(cx), &["region"], &or_none, &nothing)?,
        error_codes: table(
            activity(cx).filter(col("error").neq(lit(0u32))),
            &["error"],
            &name,
            &nothing,
        )?,
        buckets: table(buckets(cx), &["bucket", "log"], &name, &|s| {
            if s[1] == Log::S3Access as u32 { Log::S3Access.name() } else { Log::CloudTrail.name() }
                .to_string()
        })?,
    })
}

fn source(cx: &Cx<'_>, sym: Sym) -> String {
    let Some(network) = cx.networks.get(sym) else { return String::new() };
    let parts = [network.class.name(), &network.country, &network.asn];
    parts.iter().filter(|p| !p.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

/// The window's activity with a column for each outcome.
fn activity(cx: &Cx<'_>) -> LazyFrame {
    let column = |outcome: Outcome, name: &str| {
        when(col("outcome").eq(lit(outcome as u32)))
            .then(col("events"))
            .otherwise(lit(0u64))
            .alias(name)
    };
    cx.frames.activity.clone().lazy().filter(col("window")).with_columns([
        column(Outcome::Success, "success"),
        column(Outcome::Denied, "denied"),
        column(Outcome::Failed, "failed"),
    ])
}

fn agents(cx: &Cx<'_>) -> LazyFrame {
    cx.frames.agents.clone().lazy().filter(col("window"))
}

fn buckets(cx: &Cx<'_>) -> LazyFrame {
    cx.frames.buckets.clone().lazy().filter(col("window"))
}

fn table(
    frame: LazyFrame,
    keys: &[&str],
    value: &dyn Fn(&[Sym]) -> String,
    detail: &dyn Fn(&[Sym]) -> String,
) -> PolarsResult<Vec<Row>> {
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
    let [success, denied, failed, bytes] = [
        counts(&frame, "success")?,
        counts(&frame, "denied")?,
        counts(&frame, "failed")?,
        counts(&frame, "bytes_out")?,
    ];
    let (first, last) = (times(&frame, "first")?, times(&frame, "last")?);
    let mut rows: Vec<Row> = (0..frame.height())
        .map(|n| {
            let key: Vec<Sym> = keys.iter().map(|k| k[n]).collect();
            Row {
                value: value(&key),
                detail: detail(&key),
                events: success[n] + denied[n] + failed[n],
                first: first[n],
                last: last[n],
                success: success[n],
                denied: denied[n],
                failed: failed[n],
                bytes_out: bytes[n],
            }
        })
        .collect();
    rows.sort_by(|a, b| {
        b.events.cmp(&a.events).then_with(|| (&a.value, &a.detail).cmp(&(&b.value, &b.detail)))
    });
    Ok(rows)
}
