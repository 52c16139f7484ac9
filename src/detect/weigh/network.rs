//! Where the calls came from: a network that is new to the principal, its own, or one of the account's people.

use super::{Act, Move, Shift};
use crate::event::action;
use crate::finding::Severity;

/// Other principals that use a network regularly that make it familiar to the account.
const REGULAR_OTHERS: usize = 3;

/// Up for a network that is new to the principal; down for medium acts, and for questions, from familiar ones.
pub fn shift(act: &Act<'_, '_>) -> Option<Shift> {
    if let Some(network) = act.group.unfamiliar {
        let reason = format!("from {network}, a network that is new to the principal");
        return Some(Shift { by: Move::Up, reason });
    }
    if weighs_less_at_home(act) && is_familiar(act) {
        let reason = "from a network that the principal uses on other days too".to_string();
        return Some(Shift { by: Move::Down, reason });
    }
    (act.level == Severity::Medium && is_shared(act)).then(|| Shift {
        by: Move::Down,
        reason: "from a network that several other principals use on other days too".to_string(),
    })
}

/// True for medium acts, and for low ones that only read something.
fn weighs_less_at_home(act: &Act<'_, '_>) -> bool {
    let reads = |name: &str| {
        let issues = name.contains("Token") || name.contains("Credentials");
        action::is_read_only(name) && !issues
    };
    let only_reads = || act.group.rows.iter().all(|(key, _)| reads(act.cx.text(key.action)));
    act.level == Severity::Medium || (act.level == Severity::Low && only_reads())
}

/// True if every call came from a network that the principal uses regularly.
pub fn is_familiar(act: &Act<'_, '_>) -> bool {
    let cx = act.cx;
    act.group.rows.iter().all(|(key, row)| {
        cx.history.uses_regularly(key.principal, cx.networks.name(key.source), row.first.time)
    })
}

/// True if every call came from a network that several other principals use regularly.
fn is_shared(act: &Act<'_, '_>) -> bool {
    let cx = act.cx;
    act.group.rows.iter().all(|(key, row)| {
        let network = cx.networks.name(key.source);
        cx.history.regular_others(key.principal, network, row.first.time) >= REGULAR_OTHERS
    })
}
