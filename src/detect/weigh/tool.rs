//! Tools that change accounts from code. A name is believed only where the principal used that tool before.

use super::{Act, Move, Shift};
use crate::clock::Millis;
use crate::detect::Cx;
use crate::detect::history::ANYWHERE;
use crate::finding::Severity;
use crate::rollup::activity::Key;

/// Down for a deploy tool that the principal used from the same place on an earlier day. Acts of high and critical
/// rules stay as they are: anyone can send a tool's name.
pub fn shift(act: &Act<'_, '_>) -> Option<Shift> {
    if act.level >= Severity::High || act.group.unfamiliar.is_some() {
        return None;
    }
    let rows = act.group.rows.iter().map(|(key, row)| (*key, row.first.time));
    let tool = used_before(act.cx, rows)?;
    Some(Shift { by: Move::Down, reason: reason(tool) })
}

/// The tool by which all these calls were made, if their principal used it from the same networks on earlier days.
pub fn used_before<'c>(
    cx: &'c Cx<'_>,
    calls: impl Iterator<Item = (Key<'c>, Millis)>,
) -> Option<&'c str> {
    let mut tool = None;
    for (key, at) in calls {
        // What runs on rented machines has no place of its own.
        let roams = cx.roams(key.principal, key.source, at);
        let network = if roams { ANYWHERE } else { cx.networks.name(key.source) };
        let same = *tool.get_or_insert(key.agent) == key.agent;
        if !same || !cx.history.used_tool(key.principal, key.agent, network, at) {
            return None;
        }
    }
    tool.map(|agent| cx.text(agent))
}

/// Why a call with such a tool weighs less.
pub fn reason(tool: &str) -> String {
    format!(
        "by {tool}, which the principal used from here on earlier days: compare with the deployments of that time"
    )
}
