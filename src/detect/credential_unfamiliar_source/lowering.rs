//! Circumstances that lower a new network: by one level in all, whatever their number, since a caller can bring about
//! most of them. None hides a finding.

use std::collections::BTreeSet;

use super::earlier::Earlier;
use super::novelty::{Compared, Novelty};
use super::{MIN_SCORE, ROAMING, Use};
use crate::clock::{DAY, Millis, date};
use crate::config::Resolved;
use crate::detect::Cx;
use crate::event::{Outcome, SourceClass};
use crate::ui::number::{counted, grouped};

/// Others that use a network in the first days of the logs that make it less of a surprise.
const SHARED: usize = 3;

/// Days of use that last, and in the first days of the logs, where people return to the networks they sign in from.
const LASTING_DAYS: usize = 5;
const YOUNG_DAYS: usize = 3;

/// What a network that is new to the account is worth alone, and what of it falls away if the account knows it.
pub const NEW: i32 = 3;
const KNOWN: i32 = 2;

/// In so much time from the start of the logs everybody has come once.
const RETURN: Millis = 10 * DAY;

/// Earlier calls with which a use can be compared.
const COMPARED_CALLS: u64 = 50;

/// Adds what lowers the severity, and whether low is the least.
pub fn lower(
    cx: &Cx<'_>,
    using: &Use<'_>,
    compared: &Compared<'_>,
    earlier: &Earlier<'_>,
    settings: &Resolved,
    n: &mut Novelty,
) {
    let (h, rows) = (&cx.history, &using.rows);
    let young = h.is_young(using.origin);
    let mut down = Vec::new();
    if n.roams {
        down.push("roaming: it uses a new network on most of its days".to_string());
    } else if compared.known.networks >= settings.get(&ROAMING) as usize {
        down.push(format!("roaming: {} networks before this one", compared.known.networks));
    }
    // A console sign-in weighs the same, whoever else works there.
    let known_to_account = compared.with_history && !n.to_account && !n.is_own && !n.signed_in;
    if known_to_account {
        down.push(
            "known to the account: others used the network on the first day of the logs"
                .to_string(),
        );
    }
    let owners = h.owners(using.principal, using.network, using.origin);
    let others = match n.to_account && young && owners == 0 {
        true => h.arrived_together(using.network, using.origin).saturating_sub(1),
        false => 0,
    };
    let shared = owners >= if n.to_account { 1 } else { SHARED };
    if shared {
        let others = counted(owners as u64, "known principal", "known principals");
        down.push(format!("shared: {others} used the network on earlier days"));
    } else if others >= SHARED {
        down.push(format!("shared: {others} other principals use the network too"));
    }
    let lasting = lasts(cx, using);
    if let Some(days) = lasting {
        down.push(format!("lasting: in use on {days} days, until {}", date(using.last)));
    }
    if known_to_account {
        let min = settings.get(&MIN_SCORE) as i32;
        let alone = NEW + i32::from(using.key != 0);
        n.points = at_the_office(n.points, alone, lasting.is_some(), min);
    }
    let class = |source| cx.networks.get(source).map(|network| network.class);
    if rows.iter().all(|(k, _)| class(k.source) == Some(SourceClass::Private)) {
        down.push("a private address: a VPC endpoint, or logs that were anonymised".to_string());
    }
    if compared.before.own_events >= COMPARED_CALLS && nothing_new(cx, using, earlier) {
        down.push(format!(
            "nothing else is new: user agents, regions and actions as in {} earlier calls",
            grouped(compared.before.own_events)
        ));
    }
    if using.is_in_baseline() {
        let since = date(using.origin);
        down.push(format!("in use before the window, since {since}, where it was as new"));
    }
    let console = n.signed_in || (n.to_account && is_of_console(cx, using));
    // When logs begin every network is new, and people return to theirs, some of them only after the first week.
    let returns = using.origin - h.start < RETURN && lasting.is_some();
    let known = using.is_in_baseline();
    n.at_least_low = !known && (using.key != 0 || (console && !returns));
    n.stays = lasting.is_some() || shared || others >= SHARED;
    n.lowered = down;
}

/// The points of a network that the account knows. Somebody's first day at the office is no finding if nothing else
/// speaks against it (`alone`: what the network and the kind of credential are worth), and people return there; a visit
/// with anything else to it keeps its points.
fn at_the_office(points: i32, alone: i32, lasting: bool, min: i32) -> i32 {
    match points {
        _ if points <= alone => points - KNOWN,
        _ if lasting => (points - KNOWN).max(min.min(points)),
        _ => points,
    }
}

/// The days of use, if they last: several, over a week or more.
pub fn lasts(cx: &Cx<'_>, using: &Use<'_>) -> Option<usize> {
    let young = using.key == 0 && cx.history.is_young(using.origin);
    let rows = using.rows.iter().filter(|(key, _)| key.outcome == Outcome::Success);
    let days: BTreeSet<i64> = rows.clone().map(|(_, v)| i64::from(v.hour()) / 24).collect();
    let last = rows.map(|(_, v)| v.last()).max().unwrap_or(using.first);
    let enough = if young { YOUNG_DAYS } else { LASTING_DAYS };
    let lasting = days.len() >= enough && last - using.first >= 7 * DAY;
    lasting.then_some(days.len())
}

fn nothing_new(cx: &Cx<'_>, using: &Use<'_>, earlier: &Earlier<'_>) -> bool {
    !using.rows.iter().any(|(k, _)| {
        earlier.is_new_agent(using, k.agent)
            || earlier.is_new_action(using, k.service, k.action)
            || (!cx.text(k.region).is_empty() && earlier.is_new_region(using, k.region))
    })
}

/// True if a session of the use was signed with the credentials of a console session.
fn is_of_console(cx: &Cx<'_>, using: &Use<'_>) -> bool {
    let keys: BTreeSet<_> = using.rows.iter().map(|(k, _)| k.access_key).collect();
    let session = |key| cx.rollups.sessions.get(key);
    keys.iter().filter_map(session).any(|session| session.from_console)
}
