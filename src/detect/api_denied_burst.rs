//! Many denied calls in a short time: someone tests what a credential may do.
//!
//! The principal's consecutive hours with denials must reach `min_denied` calls over `min_actions` actions and lie far
//! above its worst earlier hour (`ratio`): a broken job fails the same way every hour. A network new to the principal
//! raises the severity. False positives: deployments with too few permissions, jobs whose permissions were reduced.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::*;

use super::build::Build;
use super::columns::{counts, hours, syms};
use super::rows::Row;
use super::text::{action_name, list, short_name};
use super::{Cx, Detector, Meta, advice};
use crate::clock::length;
use crate::config::{Resolved, Setting};
use crate::event::Outcome;
use crate::finding::{Cause, Finding, Severity};
use crate::rollup::{Phase, Sym};
use crate::ui::number::{counted, grouped};

const MIN_DENIED: Setting = Setting {
    name: "min_denied",
    default: 10.0,
    unit: "denied calls",
    help: "Denied calls in consecutive hours",
};
const MIN_ACTIONS: Setting = Setting {
    name: "min_actions",
    default: 3.0,
    unit: "actions",
    help: "Distinct actions among them",
};
const RATIO: Setting = Setting {
    name: "ratio",
    default: 5.0,
    unit: "times",
    help: "Multiple of the principal's worst earlier hour (a broken job fails the same way every hour)",
};

static META: Meta = Meta {
    id: "api.denied-burst",
    finds: "Many calls of one principal denied in a short time, over several actions",
    ordinary: "A deployment with too narrow a policy, a job whose permissions were reduced",
    attack: &["T1580", "T1069.003"],
    settings: &[MIN_DENIED, MIN_ACTIONS, RATIO],
};

pub struct ApiDeniedBurst;

impl Detector for ApiDeniedBurst {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn detect(&self, cx: &Cx<'_>) -> PolarsResult<Vec<Finding>> {
        let settings = cx.settings(&META);
        let frame = cx
            .hourly()
            .filter(col("outcome").eq(lit(Outcome::Denied as u32)))
            .group_by([col("principal"), col("hour")])
            .agg([col("events").sum(), col("window").any(true)])
            .sort(["principal", "hour"], SortMultipleOptions::default())
            .collect()?;
        let principals = syms(&frame, "principal")?;
        let at = hours(&frame, "hour")?;
        let denied = counts(&frame, "events")?;
        let mut by_principal: BTreeMap<Sym, Vec<(i32, u64)>> = BTreeMap::new();
        for ((principal, hour), n) in principals.into_iter().zip(at).zip(denied) {
            by_principal.entry(principal).or_default().push((hour, n));
        }
        let denied: Vec<Row<'_>> = (cx.rows())
            .filter(|(k, _)| k.outcome == Outcome::Denied)
            .filter(|(k, _)| k.phase == Phase::Window && !k.by_service)
            .collect();
        let mut found = Vec::new();
        for (principal, hours) in by_principal.into_iter().filter(|(p, _)| !cx.is_service(*p)) {
            let mut worst = 0;
            for burst in bursts(&hours) {
                let most = burst.iter().map(|(_, n)| *n).max().unwrap_or(0);
                let total: u64 = burst.iter().map(|(_, n)| *n).sum();
                let unusual = most as f64 >= settings.get(&RATIO) * worst as f64;
                if total as f64 >= settings.get(&MIN_DENIED) && unusual {
                    found.extend(finding(cx, &denied, principal, &burst, worst, &settings));
                }
                worst = worst.max(most);
            }
        }
        Ok(found)
    }
}

/// Runs of consecutive hours.
fn bursts(hours: &[(i32, u64)]) -> Vec<Vec<(i32, u64)>> {
    hours.chunk_by(|a, b| b.0 - a.0 <= 1).map(<[_]>::to_vec).collect()
}

fn finding(
    cx: &Cx<'_>,
    denied: &[Row<'_>],
    principal: Sym,
    burst: &[(i32, u64)],
    worst: u64,
    settings: &Resolved,
) -> Option<Finding> {
    let (from, until) = (burst.first()?.0, burst.last()?.0);
    let mut build = Build::new(cx, &META, Cause::Discovery);
    let (mut actions, mut errors) = (BTreeSet::new(), BTreeSet::new());
    let (mut foreign, mut keys) = (None, BTreeSet::new());
    let in_burst =
        |row: &&Row<'_>| row.0.principal == principal && (from..=until).contains(&row.1.hour());
    for (k, v) in denied.iter().filter(in_burst) {
        build.activity(k, v);
        actions.insert(action_name(cx.text(k.service), cx.text(k.action)));
        errors.insert(cx.text(k.error));
        keys.insert(k.access_key);
        if cx.is_unfamiliar(principal, k.source, v.first.time) {
            foreign = Some(cx.networks.name(k.source));
        }
    }
    if (actions.len() as f64) < settings.get(&MIN_ACTIONS)
        || (build.events() as f64) < settings.get(&MIN_DENIED)
    {
        return None;
    }
    build.reason(format!(
        "{} in {} over {}: {}",
        counted(build.events(), "denied call", "denied calls"),
        length(build.last() - build.first()),
        counted(actions.len() as u64, "action", "actions"),
        list(actions.iter().map(String::as_str), 6),
    ));
    build.reason(match worst {
        0 => format!(
            "none of its calls was denied in the {} before",
            length(cx.history_before(build.first()))
        ),
        n => format!("its worst earlier hour had {} denied", grouped(n)),
    });
    build.reason(format!("errors: {}", list(errors.into_iter(), 5)));
    if let Some(network) = foreign {
        build.reason(format!("from {network}, a network the principal had not used before"));
    }
    for setting in META.settings {
        build.setting(settings, setting);
    }
    build.scope().outcomes = vec![Outcome::Denied];
    let key = keys.iter().copied().find(|k| cx.is_long_term(*k)).unwrap_or(0);
    advice::contain_credential(cx, &mut build, principal, key);
    let many = build.events() as f64 >= 5.0 * settings.get(&MIN_DENIED);
    let severity = match (foreign.is_some(), many) {
        (true, _) => Severity::High,
        (false, true) => Severity::Medium,
        (false, false) => Severity::Low,
    };
    let title = format!(
        "{} of {} denied over {}",
        counted(build.events(), "call", "calls"),
        short_name(cx.text(principal)),
        counted(actions.len() as u64, "action", "actions"),
    );
    Some(build.finish(severity, title))
}
