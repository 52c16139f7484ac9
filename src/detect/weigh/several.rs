//! A count that several programs of one role reach together.

use std::collections::BTreeMap;

use super::issued::{Program, issued_to};
use super::{Act, Move, Shift};
use crate::rollup::Sym;
use crate::ui::number::counted;

/// Informational where a service of AWS issued every session, and no session made as many calls as the correlation
/// counts: tasks of one role that start together, each with its own few settings.
///
/// Sessions that somebody requests count together, since one caller can have any number of them.
pub fn shift(act: &Act<'_, '_>) -> Option<Shift> {
    if !act.group.correlated || act.group.unfamiliar.is_some() {
        return None;
    }
    let least = act.cx.rules.correlations().get(act.group.rule.0 as usize)?.least()?;
    // One call may name many things: then calls say nothing about what was counted.
    let listed = act.firings.iter().any(|firing| firing.count > firing.events.len() as u64);
    let mut calls: BTreeMap<Sym, u64> = BTreeMap::new();
    for (key, row) in &act.group.rows {
        *calls.entry(key.access_key).or_default() += row.events;
    }
    if listed || calls.len() < 2 || calls.values().any(|calls| *calls >= least) {
        return None;
    }
    let of_service = |key: &Sym| issued_to(act.cx, *key) == Some(Program::OfService);
    calls.keys().all(of_service).then(|| Shift {
        by: Move::Routine(LEVELS),
        reason: format!(
            "by {} that AWS services got for programs, none of which made {least} calls",
            counted(calls.len() as u64, "session", "sessions")
        ),
    })
}

/// From high to informational.
const LEVELS: usize = 3;
