//! Many denied calls in a short time, or new ones day after day: someone tests what a credential may do.
//!
//! - A burst: the principal's denials of a day, without a long pause, must reach `min_denied` calls over `min_actions`
//!   actions and lie far above its earlier bursts (`ratio`): a broken job fails the same way every time.
//! - A slow probe: within a month, the principal was denied `min_denied` calls over `slow_actions` actions that it never
//!   had success with, and met new ones on several days. A broken job meets all of its denials on the first.
//!
//! A network new to the principal raises the severity. False positives: deployments with too few permissions, jobs
//! whose permissions were reduced.

mod bursts;
mod slow;

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::PolarsResult;

use super::build::Build;
use super::rows::Row;
use super::text::{action_name, list, short_name};
use super::{Cx, Detector, Meta, advice};
use crate::clock::length;
use crate::config::{Resolved, Setting};
use crate::event::Outcome;
use crate::finding::{Cause, Finding, Severity};
use crate::rollup::{Phase, Sym};
use crate::ui::number::{counted, grouped};
use bursts::{Earlier, bursts};

const MIN_DENIED: Setting = Setting {
    name: "min_denied",
    default: 10.0,
    unit: "denied calls",
    help: "Denied calls in one burst, or in a month of slow probing",
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
    help: "Multiple of the principal's earlier bursts (a broken job fails the same way every time)",
};
const SLOW_ACTIONS: Setting = Setting {
    name: "slow_actions",
    default: 10.0,
    unit: "actions",
    help: "Denied actions without any success that a slow probe must reach within a month, new ones on several days",
};

static META: Meta = Meta {
    id: "api.denied-burst",
    finds: "Many calls of one principal denied in a short time, or new ones day after day, over several actions",
    ordinary: "A deployment with too narrow a policy, a job whose permissions were reduced",
    means: "Somebody tries what a credential can do, and AWS refuses most of it. A deployment with too narrow a policy fails as often, but with the same few calls each time.",
    attack: &["T1580", "T1069.003"],
    settings: &[MIN_DENIED, MIN_ACTIONS, RATIO, SLOW_ACTIONS],
};

pub struct ApiDeniedBurst;

impl Detector for ApiDeniedBurst {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn detect(&self, cx: &Cx<'_>) -> PolarsResult<Vec<Finding>> {
        let settings = cx.settings(&META);
        let mut by_principal: BTreeMap<Sym, Vec<Row<'_>>> = BTreeMap::new();
        let denied = cx.rows().filter(|(k, _)| k.outcome == Outcome::Denied && !k.by_service);
        for row in denied.filter(|(k, _)| !cx.is_service(k.principal)) {
            by_principal.entry(row.0.principal).or_default().push(row);
        }
        let succeeded = slow::succeeded(cx, &by_principal);
        let mut found: Vec<Finding> = Vec::new();
        for (principal, rows) in by_principal {
            let (mut earlier, mut left) = (Earlier::default(), Vec::new());
            for burst in bursts(&rows) {
                let fired = earlier
                    .is_unusual(burst, &settings)
                    .then(|| burst_finding(cx, principal, burst, &earlier, &settings))
                    .flatten();
                if fired.is_none() {
                    left.extend_from_slice(burst);
                }
                found.extend(fired);
                earlier.add(burst);
            }
            if let Some(probe) = slow::probe(&left, &succeeded, &settings) {
                found.extend(probe_finding(cx, principal, &probe, &settings));
            }
        }
        found.sort_by(|a, b| (a.first_seen, &a.id).cmp(&(b.first_seen, &b.id)));
        Ok(found)
    }
}

/// A finding of denied calls, with what both kinds have in common.
struct Denied<'a, 'c> {
    build: Build<'a, 'c>,
    actions: BTreeSet<String>,
    errors: BTreeSet<&'a str>,
    /// A network that is not the principal's own.
    foreign: Option<&'a str>,
}

impl<'a, 'c> Denied<'a, 'c> {
    /// `None` if too few calls or actions lie in the window.
    fn new(
        cx: &'a Cx<'c>,
        principal: Sym,
        rows: &[Row<'_>],
        settings: &Resolved,
    ) -> Option<Denied<'a, 'c>> {
        let mut build = Build::new(cx, &META, Cause::Discovery);
        let (mut actions, mut errors) = (BTreeSet::new(), BTreeSet::new());
        let (mut foreign, mut key) = (None, 0);
        for (k, v) in rows.iter().filter(|(k, _)| k.phase == Phase::Window) {
            build.activity(k, v);
            actions.insert(action_name(cx.text(k.service), cx.text(k.action)));
            errors.insert(cx.text(k.error));
            if cx.is_long_term(k.access_key) {
                key = k.access_key;
            }
            if cx.is_unfamiliar(principal, k.source, v.first.time) {
                foreign = Some(cx.networks.name(k.source));
            }
        }
        if actions.is_empty() {
            return None;
        }
        for setting in META.settings {
            build.setting(settings, setting);
        }
        build.scope().outcomes = vec![Outcome::Denied];
        advice::contain_credential(cx, &mut build, principal, key);
        Some(Denied { build, actions, errors, foreign })
    }

    fn summed(&self) -> String {
        format!(
            "{} in {} over {}: {}",
            counted(self.build.events(), "denied call", "denied calls"),
            length(self.build.last() - self.build.first()),
            counted(self.actions.len() as u64, "action", "actions"),
            list(self.actions.iter().map(String::as_str), 6),
        )
    }

    fn finish(mut self, cx: &Cx<'_>, principal: Sym, severity: Severity, slow: &str) -> Finding {
        self.build.reason(format!("errors: {}", list(self.errors.iter().copied(), 5)));
        if let Some(network) = self.foreign {
            let from = format!("from {network}, a network the principal had not used before");
            self.build.reason(from);
        }
        let title = format!(
            "{} of {} denied over {}{slow}",
            counted(self.build.events(), "call", "calls"),
            short_name(cx.text(principal)),
            counted(self.actions.len() as u64, "action", "actions"),
        );
        self.build.finish(severity, title)
    }
}

fn burst_finding(
    cx: &Cx<'_>,
    principal: Sym,
    rows: &[Row<'_>],
    earlier: &Earlier,
    settings: &Resolved,
) -> Option<Finding> {
    let mut denied = Denied::new(cx, principal, rows, settings)?;
    let few = (denied.actions.len() as f64) < settings.get(&MIN_ACTIONS)
        || (denied.build.events() as f64) < settings.get(&MIN_DENIED);
    if few {
        return None;
    }
    let summed = denied.summed();
    denied.build.reason(summed);
    let begin = denied.build.first();
    denied.build.reason(match earlier.worst_hour {
        0 => format!(
            "none of its calls was denied in the {} before",
            length(cx.history_before(begin))
        ),
        n => format!("its worst earlier hour had {} denied", grouped(n)),
    });
    let many = denied.build.events() as f64 >= 5.0 * settings.get(&MIN_DENIED);
    let severity = match (denied.foreign.is_some(), many) {
        (true, _) => Severity::High,
        (false, true) => Severity::Medium,
        (false, false) => Severity::Low,
    };
    Some(denied.finish(cx, principal, severity, ""))
}

fn probe_finding(
    cx: &Cx<'_>,
    principal: Sym,
    probe: &slow::Probe<'_>,
    settings: &Resolved,
) -> Option<Finding> {
    let mut denied = Denied::new(cx, principal, &probe.rows, settings)?;
    let summed = denied.summed();
    denied.build.reason(summed);
    let actions: BTreeSet<(&str, &str)> =
        probe.rows.iter().map(|(k, _)| (cx.text(k.service), cx.text(k.action))).collect();
    denied.build.scope().actions =
        actions.into_iter().map(|(service, name)| (service.into(), name.into())).collect();
    denied.build.reason(format!(
        "it never had success with these actions, and met new ones on {} days: a broken job meets all of them on the first",
        probe.days
    ));
    let severity = if denied.foreign.is_some() { Severity::Medium } else { Severity::Low };
    Some(denied.finish(cx, principal, severity, ", a few a day"))
}

#[cfg(test)]
mod tests;
