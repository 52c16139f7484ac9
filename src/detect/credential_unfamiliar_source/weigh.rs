//! What makes a new place more or less of a worry, each with its points and its reason.

use std::collections::BTreeSet;

use super::novelty::{Before, Novelty};
use super::{DENIED_SHARE, ROAMING, Use};
use crate::clock::{DAY, date};
use crate::config::Resolved;
use crate::detect::Cx;
use crate::detect::build::{action_name, list};
use crate::detect::history::Seen;
use crate::event::{Outcome, SourceClass, agent};
use crate::rollup::Sym;
use crate::ui::number::grouped;

/// What makes a new place more or less of a worry.
pub fn weigh(
    cx: &Cx<'_>,
    using: &Use<'_>,
    known: &[(&str, Seen)],
    others: &[(Sym, Seen)],
    before: &Before,
    settings: &Resolved,
    n: &mut Novelty,
) {
    let mut add = |points: i32, reason: String| {
        n.points += points;
        n.reasons.push(reason);
    };
    let rows = &using.rows;
    let events: u64 = rows.iter().map(|(_, v)| v.events).sum();
    if using.key != 0 {
        add(
            1,
            "a long-term access key: it works from anywhere until it is deactivated".to_string(),
        );
    }
    if rows.iter().any(|(k, _)| cx.text(k.kind) == "Root") {
        add(2, "the root user".to_string());
    }
    if let Some((country, place)) = rows.iter().find_map(|(k, _)| {
        let place = cx.places.get(k.source)?;
        let new =
            !place.country.is_empty() && cx.history.country_first(&place.country)? >= using.first;
        new.then_some((place.country.clone(), place))
    }) {
        add(2, format!("country {country} ({}) is new to the account", place.asn));
    }
    if rows
        .iter()
        .any(|(k, _)| cx.places.get(k.source).is_some_and(|p| p.class == SourceClass::Cloud))
    {
        add(1, "the address belongs to a hosting provider".to_string());
    }
    if let Some(tool) = notable_agent(cx, using) {
        add(2, format!("its user agent names {tool}"));
    }
    if before.own_events > 0 {
        compare_behaviour(cx, using, before, &mut add);
    }
    let denied: u64 =
        rows.iter().filter(|(k, _)| k.outcome == Outcome::Denied).map(|(_, v)| v.events).sum();
    if denied >= 5 && denied as f64 >= settings.get(&DENIED_SHARE) * events as f64 {
        add(1, format!("{} of its {} calls were refused", grouped(denied), grouped(events)));
    }
    let changes = identity_changes(cx, using);
    if !changes.is_empty() {
        add(
            2,
            format!("it changed who has access: {}", list(changes.iter().map(String::as_str), 6)),
        );
    }
    if known.len() >= settings.get(&ROAMING) as usize {
        add(-2, format!("on the move: {} networks before this one", known.len()));
    }
    if others.len() >= 3 {
        add(-2, format!("shared: {} other principals use the network too", others.len()));
    }
    let days: BTreeSet<i64> = rows.iter().map(|(_, v)| i64::from(v.hour()) / 24).collect();
    if days.len() >= 5 && using.last - using.first >= 7 * DAY {
        add(
            -2,
            format!("lasting: in use on {} days since, until {}", days.len(), date(using.last)),
        );
    }
    if rows
        .iter()
        .all(|(k, _)| cx.places.get(k.source).is_some_and(|p| p.class == SourceClass::Private))
    {
        add(-1, "a private address: a VPC endpoint, or logs that were anonymised".to_string());
    }
}

fn compare_behaviour(
    cx: &Cx<'_>,
    using: &Use<'_>,
    before: &Before,
    add: &mut dyn FnMut(i32, String),
) {
    let mut agents = BTreeSet::new();
    let mut actions = BTreeSet::new();
    let mut regions = BTreeSet::new();
    for (k, _) in &using.rows {
        if !before.own_agents.contains(&k.agent) {
            agents.insert(cx.text(k.agent));
        }
        if !before.own_actions.contains(&(k.service, k.action)) {
            actions.insert(action_name(cx.text(k.service), cx.text(k.action)));
        }
        if !before.own_regions.contains(&k.region) && !cx.text(k.region).is_empty() {
            regions.insert(cx.text(k.region));
        }
    }
    if agents.is_empty() && regions.is_empty() && actions.is_empty() && before.own_events >= 50 {
        add(
            -1,
            format!(
                "nothing else is new: user agents, regions and actions as in {} earlier calls",
                grouped(before.own_events)
            ),
        );
    }
    if !agents.is_empty() {
        add(1, format!("new to this principal, user agent: {}", list(agents.into_iter(), 3)));
    }
    if !regions.is_empty() {
        add(1, format!("new to this principal, region: {}", list(regions.into_iter(), 4)));
    }
    if actions.len() >= 3 {
        add(
            1,
            format!(
                "{} actions this principal had not called in {} earlier calls: {}",
                actions.len(),
                grouped(before.own_events),
                list(actions.iter().map(String::as_str), 5),
            ),
        );
    }
}

fn notable_agent(cx: &Cx<'_>, using: &Use<'_>) -> Option<&'static str> {
    let sources: BTreeSet<Sym> = using.rows.iter().map(|(k, _)| k.source).collect();
    let agents: BTreeSet<Sym> = cx
        .rollups
        .agents
        .keys()
        .filter(|k| k.principal == using.principal && sources.contains(&k.source))
        .map(|k| k.agent)
        .collect();
    let mut notable: Vec<_> =
        agents.into_iter().filter_map(|a| agent::notable(cx.text(a))).collect();
    notable.sort_unstable();
    notable.first().copied()
}

/// Successful IAM calls that give or take access.
fn identity_changes(cx: &Cx<'_>, using: &Use<'_>) -> BTreeSet<String> {
    let changes = [
        "Create",
        "Attach",
        "Put",
        "Update",
        "Add",
        "Delete",
        "Detach",
        "Remove",
        "Deactivate",
        "SetDefault",
    ];
    let rows = using.rows.iter().filter(|(k, _)| k.outcome == Outcome::Success);
    rows.filter(|(k, _)| cx.text(k.service) == "iam.amazonaws.com")
        .map(|(k, _)| cx.text(k.action))
        .filter(|action| changes.iter().any(|c| action.starts_with(c)))
        .map(str::to_string)
        .collect()
}
