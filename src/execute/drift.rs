//! Compares the account with what the plan saw: before the first change, and before each.

use std::collections::BTreeSet;

use serde_json::Value;

use super::error::{ExecuteError, Refusal};
use super::session::Session;
use crate::plan::{CaseResources, Kind, Plan, PlannedChange, PlannedStep, diff};
use crate::step::{Change, Item};

/// Reads everything again, and refuses to run if it differs from the plan.
///
/// What whoever is contained can bring about is no reason to refuse, since it would stop every run: what the identity
/// makes or deletes of its own credentials, and, where a plan contains somebody, what its other steps are about. Such a
/// change is left when its turn comes.
pub(super) fn refuse(session: &Session<'_>, made: &CaseResources) -> Result<(), ExecuteError> {
    let mut found = Vec::new();
    // A resource that an earlier change will make does not exist yet.
    let mut changed = BTreeSet::new();
    let contains = session.plan.steps.iter().any(PlannedStep::contains);
    for (at, planned) in session.plan.steps.iter().enumerate() {
        let Kind::Changes(changes) = &planned.kind else { continue };
        if contains && !planned.urgent {
            continue;
        }
        let (step, cx, items) = session.observe(at, made)?;
        for item in &items {
            let known = changes.iter().find(|c| c.resource == item.resource);
            if changed.contains(&item.resource) {
                continue;
            }
            match (known, step.change(&cx, item)?) {
                (_, None) => {}
                // The approved call is still the one to make, or the run contains what is new as well.
                (Some(known), Some(now)) if step.widens() && known.call == now.call => {}
                (None, Some(_)) if step.widens() => {}
                (Some(known), Some(now)) => found.extend(differs(known, item, &now)),
                (None, Some(_)) => found.push(drifted(&item.resource, &Value::Null, &item.state)),
            }
        }
        for gone in changes.iter().filter(|c| !items.iter().any(|i| i.resource == c.resource)) {
            // A credential that is gone needs nothing.
            if !step.widens() && !changed.contains(&gone.resource) {
                found.push(drifted(&gone.resource, &gone.before, &Value::Null));
            }
        }
        changed.extend(changes.iter().map(|c| c.resource.clone()));
    }
    if found.is_empty() { Ok(()) } else { Err(Refusal::Drift(found).into()) }
}

/// Whether an earlier change of the plan touches the same resource.
pub(super) fn chained(plan: &Plan, change: &PlannedChange) -> bool {
    plan.changes().any(|(_, _, c)| c.number < change.number && c.resource == change.resource)
}

/// The differences between the planned change and the one that would be made now.
pub(super) fn differs(planned: &PlannedChange, item: &Item, now: &Change) -> Option<String> {
    let same =
        planned.before == item.state && planned.call == now.call && planned.after == now.after;
    (!same).then(|| drifted(&item.resource, &planned.before, &item.state))
}

fn drifted(resource: &str, planned: &Value, now: &Value) -> String {
    let mut text = format!("  {resource}");
    for line in diff(planned, now) {
        text += &format!("\n    {line}");
    }
    text
}
