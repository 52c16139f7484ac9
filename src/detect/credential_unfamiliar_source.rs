//! A credential used from a network that is new to the key, to the principal or to the account: the most common
//! sign of stolen credentials.
//!
//! A network is new compared with the baseline and the earlier logs. Where the logs are too short for that
//! (`warm_up_hours`, `min_history_events`), it is compared with the account's other principals: one credential uses
//! it and nobody else does. The reasons say which comparison was made, with its numbers.
//!
//! Points add up to the severity (`min_score`). A new country, a hosting provider, an attack tool, new actions,
//! denied calls (`denied_share`), changes to access, several credentials that arrive together and a sign-in with a
//! password alone raise it. Roaming principals (`roaming_networks`), networks that known principals use, lasting use
//! and the like lower it by one level in all. False positives: travel, a new office or VPN exit.

mod earlier;
mod lowering;
mod novelty;
mod score;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use polars::prelude::PolarsResult;

use super::build::Build;
use super::rows::Row;
use super::text::{list, short_name};
use super::{Cx, Detector, Meta, advice, weigh};
use crate::clock::{DAY, HOUR, Millis};
use crate::config::{Resolved, Setting};
use crate::event::Outcome;
use crate::finding::{Cause, Finding, Severity};
use crate::rollup::{Phase, Sym};
use crate::ui::number::counted;
use earlier::Earlier;
use lowering::lower;
use novelty::{Novelty, novelty};
use score::score;

const WARM_UP: Setting = Setting {
    name: "warm_up_hours",
    default: 24.0,
    unit: "hours",
    help: "Hours of logs needed before the first use of a new network; with fewer, the finding says so and scores less",
};
const MIN_HISTORY: Setting = Setting {
    name: "min_history_events",
    default: 50.0,
    unit: "events",
    help: "Earlier calls of the account needed before a network counts as new",
};
const ROAMING: Setting = Setting {
    name: "roaming_networks",
    default: 5.0,
    unit: "networks",
    help: "With this many earlier networks, the principal counts as roaming, which scores less",
};
const MIN_SCORE: Setting = Setting {
    name: "min_score",
    default: 3.0,
    unit: "points",
    help: "Points that make it a finding (low); one more makes it medium, four more high, six more critical",
};
const DENIED_SHARE: Setting = Setting {
    name: "denied_share",
    default: 0.2,
    unit: "of the calls",
    help: "Share of denied calls from the new network that adds to the score",
};

static META: Meta = Meta {
    id: "credential.unfamiliar-source",
    finds: "A credential used from a network that is new for the key, the principal or the account",
    ordinary: "A colleague who travels, a new office or VPN exit, a provider that changed its addresses",
    means: "Somebody else may hold the credential: its owner never worked from this network before. A journey, a new office or a new VPN exit looks the same, so ask the owner.",
    attack: &["T1078.004"],
    settings: &[WARM_UP, MIN_HISTORY, ROAMING, MIN_SCORE, DENIED_SHARE],
};

/// Networks of one credential that are scored.
const MOST_NETWORKS: usize = 200;

pub struct CredentialUnfamiliarSource;

impl Detector for CredentialUnfamiliarSource {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn detect(&self, cx: &Cx<'_>) -> PolarsResult<Vec<Finding>> {
        let settings = cx.settings(&META);
        let mut found: BTreeMap<(Sym, Sym), Vec<Use<'_>>> = BTreeMap::new();
        let uses = busiest(uses(cx));
        let earlier = Earlier::new(cx, &uses);
        let scored = uses.into_iter().filter_map(|using| {
            let (mut new, compared) = novelty(cx, &using, &earlier, &settings)?;
            score(cx, &using, &compared, &earlier, &settings, &mut new);
            lower(cx, &using, &compared, &earlier, &settings, &mut new);
            Some(Use { new: Some(new), ..using })
        });
        for using in without_sign_ins(cx, scored.collect()) {
            found.entry((using.principal, using.key)).or_default().push(using);
        }
        let found = found.into_values().flat_map(|uses| campaigns(cx, uses, &settings));
        let mut found: Vec<Finding> = found.collect();
        found.sort_by(|a, b| (a.first_seen, &a.id).cmp(&(b.first_seen, &b.id)));
        Ok(found)
    }
}

/// Time within which a session follows its sign-in.
const SIGN_IN: Millis = HOUR;

/// Drops sign-ins that a session from the same network follows: the session's finding covers both.
fn without_sign_ins<'a>(cx: &Cx<'_>, uses: Vec<Use<'a>>) -> Vec<Use<'a>> {
    let signs_in = |using: &Use<'_>| {
        matches!(
            cx.identity_type(using.principal),
            "IdentityCenterUser" | "SAMLUser" | "WebIdentityUser"
        )
    };
    let mut sessions: HashMap<&str, BTreeSet<Millis>> = HashMap::new();
    for using in uses.iter().filter(|u| !signs_in(u)) {
        sessions.entry(using.network).or_default().insert(using.first);
    }
    let follows = |using: &Use<'_>| {
        let near = using.first..=using.first + SIGN_IN;
        sessions.get(using.network).is_some_and(|times| times.range(near).next().is_some())
    };
    uses.into_iter().filter(|using| !signs_in(using) || !follows(using)).collect()
}

/// One credential in one network, inside the window.
struct Use<'a> {
    principal: Sym,
    /// The long-term key; 0 for all temporary keys of the principal.
    key: Sym,
    network: &'a str,
    rows: Vec<Row<'a>>,
    /// First success in the window, or first call if none succeeded: a refused call makes nothing older.
    first: Millis,
    last: Millis,
    /// First success of the credential from the network before the window, else the first call in the window.
    origin: Millis,
    new: Option<Novelty>,
}

impl Use<'_> {
    fn credential(&self) -> &'static str {
        if self.key != 0 { "this key" } else { "this principal" }
    }

    /// True if the credential had success from the network before the window.
    fn is_in_baseline(&self) -> bool {
        self.origin < self.first
    }
}

/// The busiest networks of each credential. A role that a website's visitors assume uses thousands.
fn busiest(uses: Vec<Use<'_>>) -> Vec<Use<'_>> {
    let mut by_credential: BTreeMap<(Sym, Sym), Vec<Use<'_>>> = BTreeMap::new();
    for using in uses {
        by_credential.entry((using.principal, using.key)).or_default().push(using);
    }
    let calls = |u: &Use<'_>| u.rows.iter().map(|(_, v)| v.events()).sum::<u64>();
    for list in by_credential.values_mut() {
        list.sort_by_cached_key(|u| (std::cmp::Reverse(calls(u)), u.network));
        list.truncate(MOST_NETWORKS);
    }
    by_credential.into_values().flatten().collect()
}

fn uses<'a>(cx: &'a Cx<'_>) -> Vec<Use<'a>> {
    let mut uses: BTreeMap<(Sym, Sym, &str), Use<'a>> = BTreeMap::new();
    for row in cx.rows() {
        let (key, value) = row;
        let counted =
            key.phase == Phase::Window && !key.by_service && cx.networks.is_outside(key.source);
        // A failed sign-in used no credential; sign_in_failures covers guessing.
        let guess =
            cx.text(key.service) == "signin.amazonaws.com" && key.outcome != Outcome::Success;
        if !counted || guess || !is_of_account(cx.text(key.kind)) {
            continue;
        }
        let credential = if cx.is_long_term(key.access_key) { key.access_key } else { 0 };
        let network = cx.networks.name(key.source);
        let using = uses.entry((key.principal, credential, network)).or_insert_with(|| Use {
            principal: key.principal,
            key: credential,
            network,
            rows: Vec::new(),
            first: Millis::MAX,
            last: value.last(),
            origin: 0,
            new: None,
        });
        using.rows.push(row);
        using.last = using.last.max(value.last());
    }
    for using in uses.values_mut() {
        let first = |succeeded: bool| {
            let rows = using.rows.iter();
            let rows = rows.filter(|(key, _)| !succeeded || key.outcome == Outcome::Success);
            rows.map(|(_, value)| value.first.time).min()
        };
        using.first = first(true).or_else(|| first(false)).unwrap_or_default();
    }
    let since = |using: &Use<'_>| {
        let seen = match using.key {
            0 => cx.history.principal_in(using.principal, using.network),
            key => cx.history.key_in(key, using.network),
        };
        match seen {
            Some(seen) if seen.first_success < using.first => seen.first_success,
            // A stray record is no beginning.
            Some(seen) if using.first < cx.history.start => seen.first,
            _ => using.first,
        }
    };
    uses.into_values().map(|using| Use { origin: since(&using), ..using }).collect()
}

/// Identities with credentials of this account. Callers of other accounts and the public have no usual network.
fn is_of_account(identity_type: &str) -> bool {
    matches!(
        identity_type,
        "IAMUser"
            | "AssumedRole"
            | "Root"
            | "FederatedUser"
            | "Role"
            | "IdentityCenterUser"
            | "SAMLUser"
            | "WebIdentityUser"
    )
}

/// Groups uses of one credential that follow each other within a day. A network where it stays is a finding of
/// its own. What roams is one finding, and so is what is informational.
fn campaigns(cx: &Cx<'_>, mut uses: Vec<Use<'_>>, settings: &Resolved) -> Vec<Finding> {
    uses.sort_by_key(|u| (u.first, u.network));
    let mut groups: Vec<Vec<Use<'_>>> = Vec::new();
    let stays = |u: &Use<'_>| u.new.as_ref().is_some_and(|new| new.stays);
    let roams = |u: &Use<'_>| u.new.as_ref().is_some_and(|new| new.roams);
    let (staying, visits): (Vec<_>, Vec<_>) = uses.into_iter().partition(stays);
    for using in visits {
        match groups.last_mut() {
            Some(group) if group.iter().any(|u| using.first <= u.last + DAY) => group.push(using),
            _ => groups.push(vec![using]),
        }
    }
    groups.extend(staying.into_iter().map(|using| vec![using]));
    let (roaming, mut groups): (Vec<_>, Vec<_>) =
        groups.into_iter().partition(|group| group.iter().all(roams));
    groups.extend(
        Some(roaming.into_iter().flatten().collect::<Vec<_>>()).filter(|group| !group.is_empty()),
    );
    let min = settings.get(&MIN_SCORE) as i32;
    let weighed = groups.into_iter().filter_map(|group| Some((weigh_all(&group, min)?, group)));
    let (light, heavy): (Vec<_>, Vec<_>) =
        weighed.partition(|(severity, _)| *severity == Severity::Info);
    let light: Vec<Use<'_>> = light.into_iter().flat_map(|(_, group)| group).collect();
    let heavy = heavy.into_iter().chain([(Severity::Info, light)]);
    heavy.filter_map(|(severity, group)| finding(cx, severity, group, settings)).collect()
}

/// The severity of points: low from `min` on, medium with one more, high with four, critical with six. What lowers it
/// does so by one level in all, and hides nothing.
fn severity(points: i32, min: i32, new: &Novelty) -> Option<Severity> {
    let severity = match points - min {
        ..0 => return None,
        0 => Severity::Low,
        1..4 => Severity::Medium,
        4..6 => Severity::High,
        _ => Severity::Critical,
    };
    let lowered = if new.lowered.is_empty() { severity } else { weigh::lower(severity, 1) };
    Some(if new.at_least_low { lowered.max(Severity::Low) } else { lowered })
}

/// The severity of uses that follow each other: that of the gravest, with two points more from three networks on.
fn weigh_all(group: &[Use<'_>], min: i32) -> Option<Severity> {
    let several = |new: &Novelty| if group.len() >= 3 && !new.roams { 2 } else { 0 };
    let new = group.iter().filter_map(|using| using.new.as_ref());
    new.filter_map(|new| severity(new.points + several(new), min, new)).max()
}

fn finding(
    cx: &Cx<'_>,
    severity: Severity,
    mut group: Vec<Use<'_>>,
    settings: &Resolved,
) -> Option<Finding> {
    let min = settings.get(&MIN_SCORE) as i32;
    let weight = |new: &Novelty| (self::severity(new.points, min, new), new.points);
    group.sort_by_key(|u| std::cmp::Reverse(u.new.as_ref().map(weight)));
    let main = group.first()?;
    let new = main.new.as_ref()?;
    let mut build = Build::new(cx, &META, Cause::ForeignUse);
    for (key, value) in group.iter().flat_map(|u| &u.rows) {
        build.activity(key, value);
    }
    for reason in new.reasons.iter().chain(&new.lowered) {
        build.reason(reason.clone());
    }
    if !new.lowered.is_empty() {
        let least = if new.at_least_low { ", to low at least" } else { "" };
        build.reason(format!("the last {} lower it by one level in all{least}", new.lowered.len()));
    }
    if group.len() > 1 {
        let rest = list(group.iter().skip(1).map(|u| u.network), 5);
        build.reason(format!(
            "the same credential came from {}: {rest}",
            counted(group.len() as u64 - 1, "more new network", "more new networks")
        ));
    }
    for setting in META.settings {
        build.setting(settings, setting);
    }
    if main.key != 0 {
        build.scope().access_keys = vec![cx.text(main.key).to_string()];
    }
    if severity > Severity::Info {
        advice::contain_credential(cx, &mut build, main.principal, main.key);
    }
    advice::ask_owner(&mut build);
    let what = match main.key {
        0 => short_name(cx.text(main.principal)).to_string(),
        key => format!("Access key {}", cx.text(key)),
    };
    let source = main
        .rows
        .iter()
        .max_by_key(|(_, v)| v.events())
        .map_or(main.network, |(k, _)| cx.text(k.source));
    let new_to = match (new.to_account, main.key) {
        (true, _) => "the account",
        (false, 0) => "this principal",
        (false, _) => "this key",
    };
    Some(build.finish(severity, format!("{what} used from {source}, new to {new_to}")))
}

#[cfg(test)]
mod tests;
