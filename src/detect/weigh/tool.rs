//! Tools that change accounts from code. A name is believed only where the principal used that tool before.

use super::{Act, Move, Shift};
use crate::finding::Severity;

/// Down for a deploy tool that the principal used from the same place on an earlier day. Acts of high and critical
/// rules stay as they are: anyone can send a tool's name.
pub fn shift(act: &Act<'_, '_>) -> Option<Shift> {
    if act.level >= Severity::High || act.group.unfamiliar.is_some() {
        return None;
    }
    let cx = act.cx;
    let tool = act.group.rows.first()?.0.agent;
    let known = act.group.rows.iter().all(|(key, row)| {
        let network = cx.networks.name(key.source);
        key.agent == tool && cx.history.used_tool(key.principal, tool, network, row.first.time)
    });
    known.then(|| Shift {
        by: Move::Down,
        reason: format!(
            "by {}, which the principal used from here on earlier days: compare with the deployments of that time",
            cx.text(tool)
        ),
    })
}
