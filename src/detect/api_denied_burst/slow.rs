//! Slow probing: a few denials a day, each of something new.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{MIN_DENIED, SLOW_ACTIONS};
use crate::clock::{DAY, Millis};
use crate::config::Resolved;
use crate::detect::Cx;
use crate::detect::rows::{Row, count};
use crate::event::Outcome;
use crate::rollup::{Phase, Sym};

/// How long a probe may last.
const LONGEST: Millis = 30 * DAY;

/// Days with denials of something new. A job that lost permissions has one, and its next version another.
const DAYS: usize = 4;

/// A principal, a service and an action of it.
type Act = (Sym, Sym, Sym);

/// What principals with denials had success with.
pub fn succeeded(cx: &Cx<'_>, denied: &BTreeMap<Sym, Vec<Row<'_>>>) -> HashSet<Act> {
    let success = cx.rows().filter(|(k, _)| k.outcome == Outcome::Success);
    let of_them = success.filter(|(k, _)| denied.contains_key(&k.principal));
    of_them.map(|(k, _)| (k.principal, k.service, k.action)).collect()
}

pub struct Probe<'c> {
    pub rows: Vec<Row<'c>>,
    /// Days with denials of something new.
    pub days: usize,
}

/// The probe among a principal's denials, the earliest first; `None` if there is none or it ended before the window.
pub fn probe<'c>(
    denied: &[Row<'c>],
    succeeded: &HashSet<Act>,
    settings: &Resolved,
) -> Option<Probe<'c>> {
    let act = |row: &Row<'_>| (row.0.principal, row.0.service, row.0.action);
    let rows: Vec<Row<'c>> =
        denied.iter().filter(|row| !succeeded.contains(&act(row))).copied().collect();
    let mut known = HashSet::new();
    // When each action was first denied.
    let firsts: Vec<Millis> =
        rows.iter().filter(|row| known.insert(act(row))).map(|row| row.1.first.time).collect();
    let (mut from, mut probe): (usize, Option<(Millis, Millis)>) = (0, None);
    for (until, last) in firsts.iter().enumerate() {
        while firsts.get(from).is_some_and(|first| *first < last - LONGEST) {
            from += 1;
        }
        if ((until + 1 - from) as f64) < settings.get(&SLOW_ACTIONS) {
            continue;
        }
        let begin = firsts.get(from).copied().unwrap_or(*last);
        // A probe that goes on is one.
        probe = Some(match probe {
            Some((earlier, end)) if begin <= end => (earlier, *last),
            _ => (begin, *last),
        });
    }
    let (begin, end) = probe?;
    let inside = |at: Millis| (begin..=end + DAY).contains(&at);
    let rows: Vec<Row<'c>> = rows.into_iter().filter(|row| inside(row.1.first.time)).collect();
    let days: BTreeSet<i64> =
        firsts.iter().filter(|at| inside(**at)).map(|at| at.div_euclid(DAY)).collect();
    let goes_on = rows.iter().any(|row| row.0.phase == Phase::Window);
    let enough = count(&rows) as f64 >= settings.get(&MIN_DENIED) && days.len() >= DAYS;
    (enough && goes_on).then_some(Probe { rows, days: days.len() })
}
