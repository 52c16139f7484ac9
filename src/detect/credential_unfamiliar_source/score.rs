//! Circumstances that raise the score of a new network, each with its points and its reason.

use std::collections::BTreeSet;

use super::earlier::Earlier;
use super::lowering::lasts;
use super::novelty::{Compared, Novelty};
use super::{DENIED_SHARE, MIN_SCORE, Use};
use crate::config::Resolved;
use crate::detect::Cx;
use crate::detect::text::{action_name, list};
use crate::event::{Outcome, SourceClass, action};
use crate::rollup::activity;
use crate::ui::number::{counted, grouped};

/// Credentials that come to one new network within a week, from which on they are one attacker's or one office's.
const TOGETHER: usize = 3;

/// Adds the points and reasons of every circumstance.
pub fn score(
    cx: &Cx<'_>,
    using: &Use<'_>,
    compared: &Compared<'_>,
    earlier: &Earlier<'_>,
    settings: &Resolved,
    n: &mut Novelty,
) {
    sign_in(cx, using, compared, earlier, settings, n);
    let before = &compared.before;
    let (to_account, roams) = (n.to_account, n.roams);
    let mut add = |points: i32, reason: String| {
        n.points += points;
        n.reasons.push(reason);
    };
    let rows = &using.rows;
    let events: u64 = rows.iter().map(|(_, v)| v.events()).sum();
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
            && cx.history.country_since(&network.country)? >= using.origin;
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
    let arrived = cx.history.arrived_together(using.network, using.origin);
    if compared.with_history
        && to_account
        && !roams
        && !cx.history.is_young(using.origin)
        && arrived >= TOGETHER
    {
        add(1, format!("{arrived} principals came to this new network within a week"));
    }
    if let Some(tool) = earlier.tool(using) {
        add(2, format!("its user agent names {tool}"));
    }
    if before.own_events > 0 {
        let days = cx.history.earlier_days(using.principal, using.origin);
        // When logs begin much is new of what roams, lasts or came before the window: that adds no point.
        let ongoing = roams || using.is_in_baseline() || lasts(cx, using).is_some();
        let mute = ongoing && cx.history.is_young(using.origin);
        let mut counted = false;
        for reason in new_behaviour(cx, using, before.own_events, earlier) {
            // After only a few days much is new, so all of it together adds one point.
            let first = !std::mem::replace(&mut counted, true);
            add(i32::from(!mute && (days >= COMPARED_DAYS || first)), reason);
        }
    }
    let denied: u64 =
        rows.iter().filter(|(k, _)| k.outcome == Outcome::Denied).map(|(_, v)| v.events()).sum();
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
}

/// A console sign-in from a new network is a finding, whatever browser and pages follow, and weighs more with a
/// password alone.
fn sign_in(
    cx: &Cx<'_>,
    using: &Use<'_>,
    compared: &Compared<'_>,
    earlier: &Earlier<'_>,
    settings: &Resolved,
    n: &mut Novelty,
) {
    // When logs begin, people come to the office for the first time too.
    let elsewhere = compared.known.networks > 0 && !cx.history.is_young(using.origin);
    let new = n.to_account || elsewhere;
    let Some(password_alone) = earlier.signed_in(using).filter(|_| compared.with_history && new)
    else {
        return;
    };
    n.signed_in = true;
    n.points = n.points.max(settings.get(&MIN_SCORE) as i32);
    n.reasons.push(format!(
        "a console sign-in from a network that is new to {}",
        match n.to_account {
            true => "the account",
            false => using.credential(),
        }
    ));
    if password_alone {
        n.points += 1;
        n.reasons.push("a password alone signed in, without a second factor".to_string());
    }
}

/// With this many days of earlier calls, each new user agent, region and set of actions adds a point.
const COMPARED_DAYS: usize = 2;

/// What else is new compared with the principal's earlier calls, a reason each.
fn new_behaviour(
    cx: &Cx<'_>,
    using: &Use<'_>,
    own_events: u64,
    earlier: &Earlier<'_>,
) -> Vec<String> {
    let mut agents = BTreeSet::new();
    let (mut actions, mut regions) = (BTreeSet::new(), BTreeSet::new());
    for (k, _) in &using.rows {
        if earlier.is_new_agent(using, k.agent) {
            agents.insert(cx.text(k.agent));
        }
        if !is_console_page(cx, k) && earlier.is_new_action(using, k.service, k.action) {
            actions.insert(action_name(cx.text(k.service), cx.text(k.action)));
        }
        if !cx.text(k.region).is_empty() && earlier.is_new_region(using, k.region) {
            regions.insert(cx.text(k.region));
        }
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
            counted(own_events, "earlier call", "earlier calls"),
            list(actions.iter().map(String::as_str), 5),
        ));
    }
    new
}

/// True for read-only calls that the console makes to fill a page.
fn is_console_page(cx: &Cx<'_>, key: &activity::Key<'_>) -> bool {
    cx.is_console(key) && action::is_read_only(cx.text(key.action))
}

/// A device that is not yet anybody's: [`identity_changes`] counts the call that enables it.
const GIVES_NOTHING: &str = "CreateVirtualMFADevice";

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
        .filter(|action| *action != GIVES_NOTHING)
        .filter(|action| changes.iter().any(|c| action.starts_with(c)))
        .map(str::to_string)
        .collect()
}
