//! The work of programs: what pipelines and functions do every day, and a thief with somebody's credentials at once.

use std::collections::BTreeSet;

use super::issued::{Program, issued_to};
use super::{Act, Move, Shift};
use crate::rollup::Sym;

/// Down for rules with the tag [`WORK_OF_PROGRAMS`](super::WORK_OF_PROGRAMS) where every call came from a program, or
/// where a role did the same, or changed things of the kind, on an earlier day.
///
/// A machine is no program in this sense: whoever is on it has its credentials.
pub fn shift(act: &Act<'_, '_>) -> Option<Shift> {
    if !act.work_of_programs || act.group.unfamiliar.is_some() {
        return None;
    }
    let down = |reason: String| Some(Shift { by: Move::Down, reason });
    if let Some(program) = program(act) {
        return down(format!("by {program}: compare with its releases"));
    }
    if !act.cx.text(act.group.principal).contains(":role/") {
        return None;
    }
    if act.earlier_days() > 0 {
        return down("the same on an earlier day".to_string());
    }
    let kind = act.matches.known_kind(act.cx, &act.group.rows)?;
    down(format!("the role changed {} on earlier days too", kind.name()))
}

fn program(act: &Act<'_, '_>) -> Option<&'static str> {
    let keys: BTreeSet<Sym> = act.group.rows.iter().map(|(key, _)| key.access_key).collect();
    let programs: Option<BTreeSet<Program>> =
        keys.into_iter().map(|key| issued_to(act.cx, key)).collect();
    Some(match programs?.last()? {
        Program::OfService => "a session that an AWS service got for a program",
        Program::OfProvider => {
            "a session that an OpenID Connect provider vouched for, as pipelines have"
        }
    })
}
