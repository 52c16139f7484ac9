//! A change of access, protection, data or compute that was refused, and that its principal never tried before.
//!
//! Whoever holds a stolen credential finds out by trying what it may do. `several` different ones in a day, or a
//! network that is new to the principal, raise the severity. False positives: a developer who meets a missing
//! permission, a deployment that needs one more.

use polars::prelude::PolarsResult;

use super::build::Build;
use super::first_acts::{Changes, DEPLOYS, FirstActs, first_acts};
use super::text::{list, short_name};
use super::{Cx, Detector, Meta, advice, weigh};
use crate::clock::{DAY, length};
use crate::config::{Resolved, Setting};
use crate::event::Outcome;
use crate::finding::{Cause, Finding, Severity};
use crate::rollup::{Phase, Sym};
use crate::ui::number::counted;

const HISTORY: Setting = Setting {
    name: "min_history",
    default: 2.0,
    unit: "days",
    help: "Days of logs before the call; with fewer, everything is new",
};
const SEVERAL: Setting = Setting {
    name: "several",
    default: 3.0,
    unit: "actions",
    help: "Different new actions of one day from which on the severity is medium",
};

static META: Meta = Meta {
    id: "change.refused-first-time",
    finds: "A refused change of access, protection, data or compute that its principal never tried before",
    ordinary: "A developer who meets a missing permission, a deployment that needs one more",
    means: "Somebody tried a change that this principal never made, and AWS refused it: whoever holds a stolen credential finds out what it can do in this way. A developer who lacks a permission looks the same.",
    attack: &["T1580", "T1098"],
    settings: &[HISTORY, SEVERAL],
};

pub struct ChangeRefusedFirstTime;

impl Detector for ChangeRefusedFirstTime {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn detect(&self, cx: &Cx<'_>) -> PolarsResult<Vec<Finding>> {
        let settings = cx.settings(&META);
        let changes = Changes::new(cx);
        let least = (settings.get(&HISTORY) * DAY as f64) as i64;
        let first = first_acts(
            &changes,
            |(key, _)| key.phase == Phase::Window && key.outcome == Outcome::Denied,
            |_, row| changes.is_first(row) && cx.history_before(row.1.first.time) >= least,
        );
        Ok(first.iter().map(|(who, acts)| finding(cx, &changes, *who, acts, &settings)).collect())
    }
}

fn finding(
    cx: &Cx<'_>,
    changes: &Changes<'_>,
    principal: Sym,
    first: &FirstActs<'_>,
    settings: &Resolved,
) -> Finding {
    let mut build = Build::new(cx, &META, Cause::Act);
    build.describe("", vec!["Discovery".to_string()], true);
    for (key, value) in &first.rows {
        build.activity(key, value);
    }
    let names = first.names(cx);
    build.reason(format!(
        "refused: {}, which the principal never called in the {} before",
        list(names.iter().map(String::as_str), 6),
        length(cx.history_before(build.first())),
    ));
    let several = first.most_in_a_day as f64 >= settings.get(&SEVERAL);
    if several {
        build.reason(format!(
            "{} new to it in one day",
            counted(first.most_in_a_day as u64, "action", "actions")
        ));
    }
    let unfamiliar = first.unfamiliar(cx);
    if let Some(network) = unfamiliar {
        build.reason(format!("from {network}, a network that is new to the principal"));
    }
    for setting in META.settings {
        build.setting(settings, setting);
    }
    build.scope().outcomes = vec![Outcome::Denied];
    build.scope().actions = first.actions(cx);
    let severity = match several || unfamiliar.is_some() {
        true => Severity::Medium,
        false => Severity::Low,
    };
    let severity = match first.rows.first().is_some_and(|row| changes.is_deployer(row)) {
        true => {
            build.reason(DEPLOYS);
            weigh::lower(severity, 1)
        }
        false => severity,
    };
    if severity >= Severity::Medium {
        advice::ask_owner(&mut build);
        let keys = first.rows.iter().map(|(key, _)| key.access_key);
        advice::contain_credential(cx, &mut build, principal, keys.max().unwrap_or(0));
    }
    let title = format!(
        "{} of {} refused that it never tried before",
        counted(first.acts.len() as u64, "change", "changes"),
        short_name(cx.text(principal)),
    );
    build.finish(severity, title)
}

#[cfg(test)]
mod tests;
