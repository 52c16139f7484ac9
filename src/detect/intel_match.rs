//! Callers whose address, access key, ARN or user agent is on a threat list.
//!
//! A list says that somebody saw the indicator do harm elsewhere, so the severity depends on what the calls achieved
//! here: high if any succeeded, medium if none did, low for public data that needs no credentials. AWS services and own
//! ranges never match. False positives: reassigned addresses and outdated lists. `most_callers` limits the findings per
//! principal.

mod callers;
mod reasons;

use std::collections::BTreeMap;

use polars::prelude::PolarsResult;

use super::build::Build;
use super::rows::Row;
use super::{Cx, Detector, Meta, advice};
use crate::config::{Resolved, Setting};
use crate::event::Outcome;
use crate::finding::{Cause, Finding, Severity};
use callers::{ListedCaller, listed_callers};

const MOST_CALLERS: Setting = Setting {
    name: "most_callers",
    default: 5.0,
    unit: "callers",
    help: "Up to this many keys and sources of one principal get a finding each; more share one finding",
};

static META: Meta = Meta {
    id: "intel.match",
    finds: "A caller whose address, access key, ARN or user agent is on a threat list (--intel)",
    ordinary: "An address that a VPN, a hosting provider or an anonymity network has reassigned; an outdated list",
    means: "The caller is on a list of known attackers or tools. Addresses change hands: look at the age of the entry and at what else the caller did.",
    attack: &["T1078.004"],
    settings: &[MOST_CALLERS],
};

pub struct IntelMatch;

impl Detector for IntelMatch {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn detect(&self, cx: &Cx<'_>) -> PolarsResult<Vec<Finding>> {
        if cx.config.intel().is_empty() {
            return Ok(Vec::new());
        }
        let settings = cx.settings(&META);
        let most = settings.get(&MOST_CALLERS) as usize;
        let mut by_principal: BTreeMap<_, Vec<ListedCaller<'_>>> = BTreeMap::new();
        for caller in listed_callers(cx) {
            by_principal.entry(caller.principal).or_default().push(caller);
        }
        let groups = by_principal.into_values().flat_map(|mut all| {
            all.sort_by_key(|n| (cx.text(n.source), cx.text(n.key)));
            if all.len() > most {
                vec![all]
            } else {
                all.into_iter().map(|one| vec![one]).collect()
            }
        });
        let mut found: Vec<Finding> = groups.map(|group| finding(cx, &group, &settings)).collect();
        found.sort_by(|a, b| (a.first_seen, &a.id).cmp(&(b.first_seen, &b.id)));
        Ok(found)
    }
}

fn finding(cx: &Cx<'_>, group: &[ListedCaller<'_>], settings: &Resolved) -> Finding {
    let rows = || group.iter().flat_map(|caller| &caller.rows);
    // A failed sign-in used no credential.
    let guess = |row: &Row<'_>| {
        cx.text(row.0.service) == "signin.amazonaws.com" && row.0.outcome != Outcome::Success
    };
    let cause = if rows().all(guess) { Cause::SignIn } else { Cause::ForeignUse };
    let mut build = Build::new(cx, &META, cause);
    for (key, value) in rows() {
        build.activity(key, value);
    }
    for reason in reasons::reasons(cx, group) {
        build.reason(reason);
    }
    for setting in META.settings {
        build.setting(settings, setting);
    }
    if group.iter().all(|caller| !caller.keys.is_empty()) {
        let mut keys: Vec<String> =
            group.iter().flat_map(|n| &n.keys).map(|key| cx.text(*key).to_string()).collect();
        keys.sort();
        keys.dedup();
        build.scope().access_keys = keys;
    }
    let public = group.iter().all(|caller| cx.text(caller.principal) == "anonymous");
    let succeeded = rows().any(|(key, _)| key.outcome == Outcome::Success);
    let severity = match (public, succeeded) {
        (true, _) => Severity::Low,
        (false, true) => Severity::High,
        (false, false) => Severity::Medium,
    };
    if public {
        build.reason("these calls need no credentials: anyone who knows the name of the bucket can make them");
        build.next("Check that the buckets are meant to be public");
    } else if cause == Cause::SignIn {
        build.next(
            "Check that these users have MFA, in the column mfa_active: aws iam get-credential-report",
        );
    } else if let Some(main) =
        group.iter().max_by_key(|n| (n.key != 0, super::rows::count(&n.rows)))
    {
        advice::contain_credential(cx, &mut build, main.principal, main.key);
        advice::ask_owner(&mut build);
    }
    let title = reasons::title(cx, group);
    build.finish(severity, title)
}

#[cfg(test)]
mod tests;
