//! Circumstances that raise or lower the score of a new network, each with its points and its reason.

use std::collections::BTreeSet;

use super::novelty::{Before, Compared, Novelty};
use super::{DENIED_SHARE, ROAMING, Use};
use crate::clock::{DAY, date};
use crate::config::Resolved;
use crate::detect::Cx;
use crate::detect::history::FIRST_DAYS;
use crate::detect::text::{action_name, list};
use crate::event::{Outcome, SourceClass, action, agent};
use crate::rollup::{Sym, activity};
use crate::ui::number::{counted, grouped};

/// Adds the points and reasons of every circumstance.
pub fn score(
    cx: &Cx<'_>,
    using: &Use<'_>,
    compared: &Compared<'_>,
    settings: &Resolved,
    n: &mut Novelty,
) {
    let Compared { known, others, before } = compared;
    let roams = n.roams;
    let mut stays = false;
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
    if let Some((country, network)) = rows.iter().find_map(|(k, _)| {
        let network = cx.networks.get(k.source)?;
        let new = !network.country.is_empty()
            && cx.history.country_first(&network.country)? >= using.first;
        new.then_some((network.country.clone(), network))
    }) {
        add(2, format!("country {country} ({}) is new to the account", network.asn));
    }
    if rows
        .iter()
        .any(|(k, _)| cx.networks.get(k.source).is_some_and(|p| p.class == SourceClass::Cloud))
    {
        add(1, "the address belongs to a hosting provider".to_string());
    }
    if let Some(tool) = notable_agent(cx, using) {
        add(2, format!("its user agent names {tool}"));
    }
    if before.own_events > 0 {
        let earlier = cx.history.earlier_days(using.principal, using.first);
        for (points, reason) in compare_behaviour(cx, using, before, earlier) {
            add(points, reason);
        }
    }
    let denied: u64 =
        rows.iter().filter(|(k, _)| k.outcome == Outcome::Denied).map(|(_, v)| v.events).sum();
    if denied >= 5 && denied as f64 >= settings.get(&DENIED_SHARE) * events as f64 {
        add(1, format!("{} of its {} calls were denied", grouped(denied), grouped(events)));
    }
    let changes = identity_changes(cx, using);
    if !changes.is_empty() {
        add(
            2,
            format!("it changed who has access: {}", list(changes.iter().map(String::as_str), 6)),
        );
    }
    if roams {
        add(-3, "roaming: it uses a new network on most of its days".to_string());
    } else if known.len() >= settings.get(&ROAMING) as usize {
        add(
            -2,
            format!(
                "roaming: {} before this one",
                counted(known.len() as u64, "network", "networks")
            ),
        );
    }
    if others.len() >= 3 {
        stays = true;
        add(-2, format!("shared: {} other principals use the network too", others.len()));
    }
    let days: BTreeSet<i64> = rows.iter().map(|(_, v)| i64::from(v.hour()) / 24).collect();
    // In the first days of the logs every network is new. People return to the networks they sign in from.
    let enough = if using.key == 0 && cx.history_before(using.first) < FIRST_DAYS { 3 } else { 5 };
    if days.len() >= enough && using.last - using.first >= 7 * DAY {
        stays = true;
        add(-2, format!("lasting: in use on {} days, until {}", days.len(), date(using.last)));
    }
    if rows
        .iter()
        .all(|(k, _)| cx.networks.get(k.source).is_some_and(|p| p.class == SourceClass::Private))
    {
        add(-1, "a private address: a VPC endpoint, or logs that were anonymised".to_string());
    }
    n.stays = stays;
}

/// With this many days of earlier calls, each new user agent, region and set of actions adds a point.
const COMPARED_DAYS: usize = 2;

/// What else is new compared with the principal's earlier calls. After only a few days much is new, so all of it
/// together adds one point.
fn compare_behaviour(
    cx: &Cx<'_>,
    using: &Use<'_>,
    before: &Before,
    earlier_days: usize,
) -> Vec<(i32, String)> {
    let mut agents = BTreeSet::new();
    let (mut actions, mut pages) = (BTreeSet::new(), BTreeSet::new());
    let mut regions = BTreeSet::new();
    for (k, _) in &using.rows {
        if !before.own_agents.contains(&k.agent) {
            agents.insert(cx.text(k.agent));
        }
        if !before.own_actions.contains(&(k.service, k.action)) {
            let list = if is_console_page(cx, k) { &mut pages } else { &mut actions };
            list.insert(action_name(cx.text(k.service), cx.text(k.action)));
        }
        if !before.own_regions.contains(&k.region) && !cx.text(k.region).is_empty() {
            regions.insert(cx.text(k.region));
        }
    }
    if agents.is_empty() && regions.is_empty() && actions.is_empty() && pages.is_empty() {
        let known = format!(
            "nothing else is new: user agents, regions and actions as in {} earlier calls",
            grouped(before.own_events)
        );
        return if before.own_events >= 50 { vec![(-1, known)] } else { Vec::new() };
    }
    let mut new = Vec::new();
    if !agents.is_empty() {
        new.push(format!("user agents new to this principal: {}", list(agents.into_iter(), 3)));
    }
    if !regions.is_empty() {
        new.push(format!("regions new to this principal: {}", list(regions.into_iter(), 4)));
    }
    if actions.len() >= 3 {
        new.push(format!(
            "{} actions this principal had not called in {}: {}",
            actions.len(),
            counted(before.own_events, "earlier call", "earlier calls"),
            list(actions.iter().map(String::as_str), 5),
        ));
    }
    let weight = |n: usize| if earlier_days >= COMPARED_DAYS || n == 0 { 1 } else { 0 };
    new.into_iter().enumerate().map(|(n, reason)| (weight(n), reason)).collect()
}

/// True for read-only calls that the console makes to fill a page.
fn is_console_page(cx: &Cx<'_>, key: &activity::Key) -> bool {
    agent::is_console(cx.text(key.agent)) && action::is_read_only(cx.text(key.action))
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
