//! A role that changed access, protection, data or compute in a way that it never did before.
//!
//! Programs do the same every day: a role of an instance, a function or a pipeline that begins to change the account
//! is in other hands, or has a new release. A role that made such changes on earlier days (a deployment) is left out,
//! and so are people, who share roles and do new things. Access, several kinds in a day, or a network that is new
//! to the role raise the severity; a deploy tool that the role used before lowers it. False positives: the first
//! release with a new step.

use polars::prelude::PolarsResult;

use super::build::Build;
use super::first_acts::{Changes, DEPLOYS, FirstActs, first_acts};
use super::rows::Row;
use super::text::{list, short_name};
use super::weigh::{tool_reason, tool_used_before};
use super::{Cx, Detector, Meta, advice};
use crate::config::{Resolved, Setting};
use crate::event::Outcome;
use crate::event::effect::Effect;
use crate::finding::{Cause, Finding, Severity};
use crate::rollup::{Phase, Sym};
use crate::ui::number::counted;

const DAYS: Setting = Setting {
    name: "min_days",
    default: 2.0,
    unit: "days",
    help: "Earlier days on which the role was active; with fewer, everything is new to it",
};
const SEVERAL: Setting = Setting {
    name: "several",
    default: 2.0,
    unit: "kinds",
    help: "Kinds of change that are new on one day from which on the severity is medium",
};

static META: Meta = Meta {
    id: "change.new-to-role",
    finds: "A role of a program that changed access, protection, data or compute as it never did before",
    ordinary: "The first release with a new step, a pipeline that takes over another one's work",
    means: "A program does the same every day, so a role that suddenly changes access, protection, data or compute may be in other hands. The first release with a new step looks the same.",
    attack: &["T1078.004", "T1098"],
    settings: &[DAYS, SEVERAL],
};

pub struct ChangeNewToRole;

impl Detector for ChangeNewToRole {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn detect(&self, cx: &Cx<'_>) -> PolarsResult<Vec<Finding>> {
        let settings = cx.settings(&META);
        let changes = Changes::new(cx);
        let first = first_acts(
            &changes,
            |row| is_success_of_role(cx, row),
            |effect, row| {
                changes.is_first_success(row)
                    && changes.is_first_of_kind(effect, row)
                    && changes.earlier_days(row) as f64 >= settings.get(&DAYS)
            },
        );
        Ok(first.iter().map(|(who, acts)| finding(cx, &changes, *who, acts, &settings)).collect())
    }
}

/// True for a call in the window by a role that is no person's. A session of a person is a principal of its own.
fn is_success_of_role(cx: &Cx<'_>, (key, _): &Row<'_>) -> bool {
    key.phase == Phase::Window
        && key.outcome == Outcome::Success
        && cx.identity_type(key.principal) == "AssumedRole"
        && cx.text(key.principal).contains(":role/")
}

fn finding(
    cx: &Cx<'_>,
    changes: &Changes<'_>,
    principal: Sym,
    first: &FirstActs<'_>,
    settings: &Resolved,
) -> Finding {
    let mut build = Build::new(cx, &META, Cause::Act);
    for (key, value) in &first.rows {
        build.activity(key, value);
    }
    let names = first.names(cx);
    let days = first.rows.first().map_or(0, |row| changes.earlier_days(row));
    build.reason(format!(
        "{}: new to the role, which changed nothing of the kind on its {} before",
        list(names.iter().map(String::as_str), 6),
        counted(days as u64, "active day", "active days"),
    ));
    let several = first.kinds_in_a_day as f64 >= settings.get(&SEVERAL);
    if several {
        build.reason(format!(
            "{} new to it in one day",
            counted(first.kinds_in_a_day as u64, "kind of change", "kinds of change")
        ));
    }
    let unfamiliar = first.unfamiliar(cx);
    if let Some(network) = unfamiliar {
        build.reason(format!("from {network}, a network that is new to the role"));
    }
    for setting in META.settings {
        build.setting(settings, setting);
    }
    build.scope().outcomes = vec![Outcome::Success];
    build.scope().actions = first.actions(cx);
    let access = first.acts.values().any(|effect| *effect == Effect::Access);
    let tool = tool_used_before(cx, first.rows.iter().map(|(key, row)| (*key, row.first.time)));
    let tool = tool.filter(|_| unfamiliar.is_none());
    if let Some(tool) = tool {
        build.reason(tool_reason(tool));
    }
    let deploys = first.rows.first().is_some_and(|row| changes.is_deployer(row));
    if deploys {
        build.reason(DEPLOYS);
    }
    let severity = match (access || several || unfamiliar.is_some(), tool.is_some() || deploys) {
        (true, false) => Severity::Medium,
        (true, true) | (false, false) => Severity::Low,
        (false, true) => Severity::Info,
    };
    if severity >= Severity::Medium {
        advice::ask_owner(&mut build);
        let keys = first.rows.iter().map(|(key, _)| key.access_key);
        advice::contain_credential(cx, &mut build, principal, keys.max().unwrap_or(0));
    }
    let title = format!(
        "{} of the role {} that it never made before",
        counted(first.acts.len() as u64, "change", "changes"),
        short_name(cx.text(principal)),
    );
    build.finish(severity, title)
}

#[cfg(test)]
mod tests;
