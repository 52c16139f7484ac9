//! One caller that makes many read-only calls over several services, most of them for the first time: whoever steals
//! a key first explores what it can reach.
//!
//! Get, List and Describe calls in consecutive hours count (`min_new_actions`, `min_services`, `min_new_share`). Pages
//! of the console count only from an unfamiliar network, and principals without history and the console need three times
//! as many. An unfamiliar network and denied calls raise the severity. False positives: new posture scanners, an
//! administrator's first day.

use std::collections::{BTreeSet, HashMap};

use polars::prelude::PolarsResult;
use rustc_hash::FxHashMap;

use super::build::Build;
use super::rows::Row;
use super::text::{action_name, list, short_name};
use super::{Cx, Detector, Meta, advice};
use crate::clock::{DAY, Millis, length};
use crate::config::{Resolved, Setting};
use crate::event::{Outcome, SourceClass, action};
use crate::finding::{Cause, Finding, Severity};
use crate::rollup::{Phase, Sym, activity};
use crate::ui::number::{counted, grouped};

const MIN_ACTIONS: Setting = Setting {
    name: "min_new_actions",
    default: 10.0,
    unit: "actions",
    help: "Distinct read-only actions in consecutive hours that the principal had not called before",
};
const MIN_SERVICES: Setting = Setting {
    name: "min_services",
    default: 4.0,
    unit: "services",
    help: "Distinct services among those actions",
};
const MIN_SHARE: Setting = Setting {
    name: "min_new_share",
    default: 0.5,
    unit: "of the actions",
    help: "Share of the distinct actions that must be new to the principal",
};

static META: Meta = Meta {
    id: "api.enumeration",
    finds: "One caller that makes many read-only calls over several services, most of them for the first time",
    ordinary: "A new posture scanner, an administrator's first day, someone browsing the AWS console",
    means: "Somebody looks over the account: which users, roles, data and machines there are. It is often the first thing that a stolen credential is used for. A new scanner or an administrator's first day looks the same.",
    attack: &["T1580", "T1526", "T1087.004"],
    settings: &[MIN_ACTIONS, MIN_SERVICES, MIN_SHARE],
};

pub struct ApiEnumeration;

impl Detector for ApiEnumeration {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn detect(&self, cx: &Cx<'_>) -> PolarsResult<Vec<Finding>> {
        let settings = cx.settings(&META);
        let mut by_caller: HashMap<(Sym, Sym, &str), Vec<Row<'_>>> = HashMap::new();
        for row in cx.rows().filter(|(k, _)| is_exploration(cx, k)) {
            let key = &row.0;
            let caller =
                (key.principal, long_term(cx, key.access_key), cx.networks.name(key.source));
            by_caller.entry(caller).or_default().push(row);
        }
        let mut calls = CallDays::default();
        for (k, v) in cx.frames.activity_rows.iter() {
            calls.record((k.principal, k.service, k.action), v.first.time);
        }
        let mut found = Vec::new();
        let mut by_caller: Vec<_> = by_caller.into_iter().collect();
        by_caller.sort_unstable_by_key(|(caller, _)| *caller);
        for ((principal, key, _), rows) in by_caller {
            for burst in consecutive_hours(&rows) {
                found.extend(finding(cx, principal, key, &burst, &calls, &settings));
            }
        }
        Ok(found)
    }
}

/// When each principal first made each call, and on which days it made it.
#[derive(Default)]
struct CallDays(FxHashMap<(Sym, Sym, Sym), (Millis, Vec<i64>)>);

/// Later days with a call of the logs' first day that make it routine.
const ROUTINE_DAYS: usize = 3;

impl CallDays {
    /// Calls must come in the order of time.
    fn record(&mut self, call: (Sym, Sym, Sym), at: Millis) {
        let (_, days) = self.0.entry(call).or_insert((at, Vec::new()));
        let day = at.div_euclid(DAY);
        if days.last() != Some(&day) {
            days.push(day);
        }
    }

    fn is_new(&self, call: (Sym, Sym, Sym), at: Millis) -> bool {
        self.0.get(&call).is_none_or(|(first, _)| *first >= at)
    }

    fn is_routine(&self, call: (Sym, Sym, Sym), at: Millis) -> bool {
        let today = at.div_euclid(DAY);
        self.0.get(&call).is_some_and(|(_, days)| {
            days.iter().filter(|day| **day > today).count() >= ROUTINE_DAYS
        })
    }
}

/// Temporary keys of one principal count as one caller.
fn long_term(cx: &Cx<'_>, key: Sym) -> Sym {
    if cx.is_long_term(key) { key } else { 0 }
}

/// Read-only calls in the window, except reads of data. Those that a service makes for a principal are the principal's.
fn is_exploration(cx: &Cx<'_>, key: &activity::Key<'_>) -> bool {
    let action = cx.text(key.action);
    let data =
        matches!(action, "GetObject" | "HeadObject" | "GetRecords" | "ListObjects" | "HeadBucket");
    key.phase == Phase::Window
        && !cx.is_service(key.principal)
        && (key.by_service || has_place(cx, key.source))
        && !data
        && action::is_read_only(action)
}

fn has_place(cx: &Cx<'_>, source: Sym) -> bool {
    let network = cx.networks.get(source);
    network.is_some_and(|p| p.is_outside() || p.class == SourceClass::Own)
}

/// Runs of rows in consecutive hours.
fn consecutive_hours<'r>(rows: &[Row<'r>]) -> Vec<Vec<Row<'r>>> {
    let mut rows = rows.to_vec();
    rows.sort_by_key(|(_, v)| (v.hour(), v.first.time));
    let mut bursts: Vec<Vec<Row<'_>>> = Vec::new();
    for row in rows {
        match bursts.last_mut() {
            Some(burst) if burst.last().is_some_and(|(_, v)| row.1.hour() - v.hour() <= 1) => {
                burst.push(row)
            }
            _ => bursts.push(vec![row]),
        }
    }
    bursts
}

fn finding(
    cx: &Cx<'_>,
    principal: Sym,
    key: Sym,
    burst: &[Row<'_>],
    calls: &CallDays,
    settings: &Resolved,
) -> Option<Finding> {
    let start = burst.iter().map(|(_, v)| v.first.time).min()?;
    let source = burst.first()?.0.source;
    let network = cx.networks.name(source);
    let foreign = cx.is_unfamiliar(principal, source, start);
    // The console calls dozens of APIs for one page: from a familiar network these do not count, and elsewhere only
    // many do.
    let by_console = |(k, _): &Row<'_>| cx.is_console(k);
    let burst: Vec<Row<'_>> =
        burst.iter().filter(|row| foreign || !by_console(row)).copied().collect();
    let actions: BTreeSet<(Sym, Sym)> = burst.iter().map(|(k, _)| (k.service, k.action)).collect();
    // On the first day of the logs everything is new: calls that recur on later days are routine.
    let first_day = cx.history_before(start) < DAY;
    let new = |(service, action): &(Sym, Sym)| {
        let call = (principal, *service, *action);
        calls.is_new(call, start) && !(first_day && calls.is_routine(call, start))
    };
    let fresh: Vec<(Sym, Sym)> = actions.iter().filter(|a| new(a)).copied().collect();
    let services: BTreeSet<Sym> = fresh.iter().map(|(service, _)| *service).collect();
    let share = fresh.len() as f64 / actions.len().max(1) as f64;
    // Everything is new to a principal without history: here too only many calls count.
    let compared = foreign || cx.has_history(principal, start);
    let times = if compared && !burst.iter().all(by_console) { 1.0 } else { 3.0 };
    let enough = fresh.len() as f64 >= times * settings.get(&MIN_ACTIONS)
        && services.len() as f64 >= settings.get(&MIN_SERVICES)
        && share >= settings.get(&MIN_SHARE);
    if !enough {
        return None;
    }
    let mut build = Build::new(cx, &META, Cause::Discovery);
    for (k, v) in &burst {
        build.activity(k, v);
    }
    let mut names: Vec<String> =
        fresh.iter().map(|(s, a)| action_name(cx.text(*s), cx.text(*a))).collect();
    names.sort();
    build.reason(format!(
        "{} over {} in {}; {} new to the principal: {}",
        counted(actions.len() as u64, "read-only action", "different read-only actions"),
        counted(services.len() as u64, "service", "services"),
        length(build.last() - build.first()),
        counted(fresh.len() as u64, "of them is", "of them are"),
        list(names.iter().map(String::as_str), 6),
    ));
    let denied: u64 =
        burst.iter().filter(|(k, _)| k.outcome == Outcome::Denied).map(|(_, v)| v.events()).sum();
    if denied > 0 {
        build.reason(format!(
            "{} of {} denied, as when someone tests permissions",
            grouped(denied),
            counted(build.events(), "call was", "calls were")
        ));
    }
    if foreign {
        build.reason(format!("from {network}, a network the principal had not used before"));
    }
    for setting in META.settings {
        build.setting(settings, setting);
    }
    let mut called: Vec<(String, String)> =
        actions.iter().map(|(s, a)| (cx.text(*s).to_string(), cx.text(*a).to_string())).collect();
    called.sort();
    build.scope().actions = called;
    if key != 0 {
        build.scope().access_keys = vec![cx.text(key).to_string()];
    }
    advice::contain_credential(cx, &mut build, principal, key);
    let severity = match (foreign, denied * 4 >= build.events()) {
        (true, true) => Severity::High,
        (true, false) | (false, true) => Severity::Medium,
        (false, false) => Severity::Low,
    };
    let who = short_name(cx.text(principal)).to_string();
    let title = format!(
        "{who} called {} across {}",
        counted(actions.len() as u64, "read-only API", "read-only APIs"),
        counted(services.len() as u64, "service", "services")
    );
    Some(build.finish(severity, title))
}

#[cfg(test)]
mod tests;
