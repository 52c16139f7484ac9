//! How a network is new to a credential: compared with earlier logs or with the account's other principals.

use super::earlier::{Before, Earlier, Known, NAMED};
use super::lowering::NEW;
use super::{MIN_HISTORY, Use, WARM_UP};
use crate::clock::{HOUR, Millis, date, length};
use crate::config::Resolved;
use crate::detect::Cx;
use crate::detect::text::list;
use crate::event::Outcome;
use crate::ui::number::counted;

/// How a network is new, with the points that this adds up to.
pub struct Novelty {
    pub points: i32,
    pub reasons: Vec<String>,
    /// What lowers the severity: by one level in all, however many there are.
    pub lowered: Vec<String>,
    /// Somebody signed in to the console from there, where they had not before.
    pub signed_in: bool,
    /// It never falls below low.
    pub at_least_low: bool,
    /// Nobody in the account used the network on the first day of the logs.
    pub to_account: bool,
    /// The principal had the network for its own, with another credential.
    pub is_own: bool,
    /// The principal uses new networks regularly.
    pub roams: bool,
    /// It is still in use days later, or others use it too: more than a visit.
    pub stays: bool,
}

/// What a use was compared with.
pub struct Compared<'a> {
    /// Earlier networks of the same credential.
    pub known: Known<'a>,
    pub before: Before,
    /// The logs before were long enough to tell what is new.
    pub with_history: bool,
}

/// How a use is new and what it was compared with; `None` if it is not new.
pub fn novelty<'a>(
    cx: &'a Cx<'_>,
    using: &Use<'_>,
    earlier: &Earlier<'a>,
    settings: &Resolved,
) -> Option<(Novelty, Compared<'a>)> {
    let at = using.origin;
    if using.rows.iter().all(|(k, _)| k.outcome != Outcome::Success) && using.rows.len() < 3 {
        return None;
    }
    let (known, before) = (earlier.known(using), earlier.before(using));
    let with_history = cx.history_before(at) >= (settings.get(&WARM_UP) * HOUR as f64) as Millis
        && before.account_events >= settings.get(&MIN_HISTORY) as u64;
    // It was in use before the window, and nobody can tell since when.
    if !with_history && at < using.first {
        return None;
    }
    let mut n = Novelty {
        points: 0,
        reasons: Vec::new(),
        lowered: Vec::new(),
        signed_in: false,
        at_least_low: false,
        to_account: !cx.history.is_of_the_first_day(using.network),
        is_own: cx.history.is_own(using.principal, using.network, at),
        roams: using.rows.iter().all(|(k, _)| cx.roams(using.principal, k.source, at)),
        stays: false,
    };
    let compared = Compared { known, before, with_history };
    match with_history {
        true => compare_with_history(cx, using, &compared, &mut n),
        false => compare_with_account(cx, using, &known, &mut n),
    }
    (n.points > 0).then_some((n, compared))
}

/// Compares with the logs before the first call from the network.
fn compare_with_history(cx: &Cx<'_>, using: &Use<'_>, compared: &Compared<'_>, n: &mut Novelty) {
    let Compared { known, before, .. } = compared;
    let h = &cx.history;
    let span = length(cx.history_before(using.origin));
    let other = h.first_other(using.network, using.principal, using.origin);
    // What others did from there is their success: it lowers the use, and takes no point from it.
    n.points += if n.is_own { 1 } else { NEW };
    if n.to_account {
        let networks = h.networks_before(using.origin);
        let earlier = h.network_first(using.network).is_some_and(|first| first < using.origin);
        n.reasons.push(format!(
            "network {} is new to the account: not among the {} of {} in the {span} before",
            using.network,
            counted((networks.len() - usize::from(earlier)) as u64, "network", "networks"),
            counted(before.account_events, "call", "calls"),
        ));
        if let Some((other, first)) = other {
            let ago = length(using.origin - first);
            n.reasons.push(format!("{} used it too, first {ago} before", cx.text(other)));
        }
    } else {
        n.reasons.push(format!(
            "network {} is known to the account but new to {} in the {span} before",
            using.network,
            using.credential(),
        ));
    }
    if before.own_events > 0 && known.networks > 0 {
        n.reasons.push(format!(
            "usual for {}: {} ({} since {})",
            using.credential(),
            named(known),
            counted(known.events, "call", "calls"),
            date(known.since),
        ));
    }
}

/// The first few networks, and how many more there are.
fn named(known: &Known<'_>) -> String {
    let shown = list(known.names(), NAMED);
    match known.networks.saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Compares with the rest of the account, for lack of earlier logs, and says so.
fn compare_with_account(cx: &Cx<'_>, using: &Use<'_>, known: &Known<'_>, n: &mut Novelty) {
    let h = &cx.history;
    // Somebody else lives here. Others that came from elsewhere make a network no older.
    if h.is_home_of_others(using.network, using.principal, using.origin) {
        return;
    }
    let (before, mine, all) =
        (cx.history_before(using.origin), h.days_in(using.network), h.days_covered());
    // Use on most days is routine.
    if all >= 3 && mine * 2 > all {
        return;
    }
    // More than a reason names or a comparison needs are of no use.
    let elsewhere: Vec<&str> = if all >= 3 {
        h.networks_on_more_days(mine).take(2 * NAMED).collect()
    } else {
        let earlier = h.networks_before(using.origin).iter().map(|(_, name)| name.as_str());
        earlier.filter(|n| *n != using.network && before >= HOUR).take(2 * NAMED).collect()
    };
    let second_network = known.networks > 0;
    if !second_network && !(1..=NAMED).contains(&elsewhere.len()) {
        return;
    }
    n.points += 2;
    n.reasons.push(format!(
        "{} uses network {}, on {mine} of {}; the account's other calls come from {}",
        match h.arrived_together(using.network, using.origin) {
            0 | 1 => format!("only {}", using.credential()),
            _ => format!("{}, which came from elsewhere,", using.credential()),
        },
        using.network,
        counted(all as u64, "day", "days"),
        if elsewhere.is_empty() {
            "no network used on more days".to_string()
        } else {
            list(elsewhere.into_iter(), NAMED)
        },
    ));
    n.reasons.push(format!(
        "warm-up: the logs begin only {} before, so the network is compared with the account's other principals",
        length(before)
    ));
    if second_network {
        n.points += 1;
        n.reasons.push(format!("the same credential was in use from {} before", named(known)));
    }
}
