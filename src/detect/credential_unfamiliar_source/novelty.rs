//! How a network is new to a credential: compared with earlier logs or with the account's other principals.

use std::collections::BTreeSet;

use super::{MIN_HISTORY, Use, WARM_UP};
use crate::clock::{DAY, HOUR, Millis, date, length};
use crate::config::Resolved;
use crate::detect::Cx;
use crate::detect::history::Seen;
use crate::detect::text::list;
use crate::event::Outcome;
use crate::rollup::{Sym, activity};
use crate::ui::number::counted;

/// How a network is new, with the points that this adds up to.
pub struct Novelty {
    pub points: i32,
    pub reasons: Vec<String>,
    /// Nobody in the account used the network before.
    pub to_account: bool,
    /// The principal uses new networks regularly.
    pub roams: bool,
    /// It is still in use days later, or others use it too: more than a visit.
    pub stays: bool,
}

/// What a use was compared with.
pub struct Compared<'a> {
    /// Earlier networks of the same credential.
    pub known: Vec<(&'a str, Seen)>,
    /// Other principals that use the network.
    pub others: Vec<(Sym, Seen)>,
    pub before: Before,
}

/// How a use is new and what it was compared with; `None` if it is not new.
pub fn novelty<'a>(
    cx: &'a Cx<'_>,
    using: &Use<'_>,
    settings: &Resolved,
) -> Option<(Novelty, Compared<'a>)> {
    let h = &cx.history;
    let at = using.first;
    if using.rows.iter().all(|(k, _)| k.outcome != Outcome::Success) && using.rows.len() < 3 {
        return None;
    }
    let known: Vec<_> = if using.key != 0 {
        h.networks_of_key(using.key).filter(|(n, s)| *n != using.network && s.first < at).collect()
    } else {
        h.networks_of(using.principal)
            .filter(|(n, s)| *n != using.network && s.first < at)
            .collect()
    };
    let others: Vec<_> =
        h.principals_in(using.network).filter(|(p, _)| *p != using.principal).collect();
    // Use by somebody else within the last day does not make a network older.
    let to_account = h.network_first(using.network).is_none_or(|first| first >= at - DAY);
    let own_before = match using.key {
        0 => h.has_worked_from(using.principal, using.network, at),
        key => h.networks_of_key(key).any(|(n, s)| n == using.network && s.first_success < at),
    };
    if own_before {
        return None;
    }
    let before = Before::new(cx, using, at);
    let long_enough = cx.history_before(at) >= (settings.get(&WARM_UP) * HOUR as f64) as Millis
        && before.account_events >= settings.get(&MIN_HISTORY) as u64;
    let roams = using.rows.iter().all(|(k, _)| cx.roams(using.principal, k.source, at));
    let mut n = Novelty { points: 0, reasons: Vec::new(), to_account, roams, stays: false };
    if long_enough {
        compare_with_history(cx, using, &known, &before, &mut n);
    } else {
        compare_with_account(cx, using, &known, &others, &mut n);
    }
    (n.points > 0).then_some((n, Compared { known, others, before }))
}

/// The calls before a use, of the account and of the principal.
pub struct Before {
    pub account_events: u64,
    pub own_events: u64,
    pub own_actions: BTreeSet<(Sym, Sym)>,
    pub own_agents: BTreeSet<Sym>,
    pub own_regions: BTreeSet<Sym>,
}

impl Before {
    fn new(cx: &Cx<'_>, using: &Use<'_>, at: Millis) -> Before {
        let mut b = Before {
            account_events: 0,
            own_events: 0,
            own_actions: BTreeSet::new(),
            own_agents: BTreeSet::new(),
            own_regions: BTreeSet::new(),
        };
        let earlier = |v: &activity::Value| v.first.time < at;
        for (k, v) in cx
            .frames
            .activity_rows
            .iter()
            .take_while(|(_, v)| earlier(v))
            .filter(|(k, _)| !k.by_service)
        {
            b.account_events += v.events;
            if k.principal == using.principal {
                b.own_events += v.events;
                b.own_actions.insert((k.service, k.action));
                b.own_agents.insert(k.agent);
                b.own_regions.insert(k.region);
            }
        }
        b
    }
}

/// Compares with the logs before the first call from the network.
fn compare_with_history(
    cx: &Cx<'_>,
    using: &Use<'_>,
    known: &[(&str, Seen)],
    before: &Before,
    n: &mut Novelty,
) {
    let span = length(cx.history_before(using.first));
    if n.to_account {
        n.points += 3;
        let networks =
            cx.history.networks_before(using.first).iter().filter(|n| **n != using.network).count()
                as u64;
        n.reasons.push(format!(
            "network {} is new to the account: not among the {} of {} in the {span} before",
            using.network,
            counted(networks, "network", "networks"),
            counted(before.account_events, "call", "calls"),
        ));
        let others = cx
            .history
            .principals_in(using.network)
            .filter(|(p, s)| *p != using.principal && s.first < using.first);
        if let Some((other, seen)) = others.min_by_key(|(_, s)| s.first) {
            let ago = length(using.first - seen.first);
            n.reasons.push(format!("{} used it too, first {ago} before", cx.text(other)));
        }
    } else {
        n.points += 1;
        n.reasons.push(format!(
            "network {} is known to the account but new to {} in the {span} before",
            using.network,
            if using.key != 0 { "this key" } else { "this principal" },
        ));
    }
    if before.own_events > 0 && !known.is_empty() {
        let usual: u64 = known.iter().map(|(_, s)| s.events).sum();
        n.reasons.push(format!(
            "usual for {}: {} ({} since {})",
            if using.key != 0 { "this key" } else { "this principal" },
            list(known.iter().map(|(name, _)| *name), 3),
            counted(usual, "call", "calls"),
            date(known.iter().map(|(_, s)| s.first).min().unwrap_or(using.first)),
        ));
    }
}

/// Compares with the rest of the account, for lack of earlier logs, and says so.
fn compare_with_account(
    cx: &Cx<'_>,
    using: &Use<'_>,
    known: &[(&str, Seen)],
    others: &[(Sym, Seen)],
    n: &mut Novelty,
) {
    if !others.is_empty() {
        return;
    }
    let h = &cx.history;
    let (before, mine, all) =
        (cx.history_before(using.first), h.days_in(using.network), h.days_covered());
    // Use on most days is routine.
    if all >= 3 && mine * 2 > all {
        return;
    }
    let elsewhere = if all >= 3 {
        h.networks_on_more_days(mine)
    } else {
        let earlier = h.networks_before(using.first).into_iter();
        earlier.filter(|n| *n != using.network && before >= HOUR).collect()
    };
    let second_network = !known.is_empty();
    if !second_network && !(1..=3).contains(&elsewhere.len()) {
        return;
    }
    n.points += 2;
    n.reasons.push(format!(
        "only {} uses network {}, on {mine} of {}; the account's other calls come from {}",
        if using.key != 0 { "this key" } else { "this principal" },
        using.network,
        counted(all as u64, "day", "days"),
        if elsewhere.is_empty() {
            "no network used on more days".to_string()
        } else {
            list(elsewhere.into_iter(), 3)
        },
    ));
    n.reasons.push(format!(
        "warm-up: the logs begin only {} before, so the network is compared with the account's other principals",
        length(before)
    ));
    if second_network {
        n.points += 1;
        n.reasons.push(format!(
            "the same credential was in use from {} before",
            list(known.iter().map(|(k, _)| *k), 3)
        ));
    }
}
