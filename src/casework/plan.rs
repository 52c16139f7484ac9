//! The plan of a case: reads it, compares it with the approved one, and records an approval.

use std::fs;
use std::path::Path;

use super::error::{CaseworkError, Refusal};
use crate::case::{Artifact, Case, write_new};
use crate::clock::Clock;
use crate::journal::{Event, History, Journal};
use crate::plan::Plan;
use crate::report::incident::PROGRAM;

/// Reads a plan and checks that nobody changed it.
///
/// # Errors
/// When the file is not a plan, or was changed.
pub fn read_plan(path: &Path) -> Result<Plan, CaseworkError> {
    let bad = |why: String| CaseworkError::Plan { path: path.to_path_buf(), why };
    let text = fs::read_to_string(path).map_err(|e| bad(e.to_string()))?;
    let plan: Plan = serde_json::from_str(&text).map_err(|e| bad(format!("not a plan: {e}")))?;
    match plan.is_unchanged()? {
        true => Ok(plan),
        false => Err(Refusal::PlanChanged(path.to_path_buf()).into()),
    }
}

/// The approved plan of a case; `None` when no plan was approved.
pub(super) fn plan_of(case: &Case, history: &History) -> Result<Option<Plan>, CaseworkError> {
    let Some(name) = &history.plan else { return Ok(None) };
    // A name in the journal must not lead out of the folder.
    if name.contains(['/', '\\']) {
        return Err(CaseworkError::PlanOutside(name.clone()));
    }
    let plan = read_plan(&case.root().join(name))?;
    if history.digest.as_ref() != Some(&plan.digest) {
        return Err(Refusal::OtherPlan(name.clone()).into());
    }
    Ok(Some(plan))
}

/// Saves the plan in the case, and its approval in the journal. `how` says how it was approved.
///
/// # Errors
/// When the case has an approved plan already, or the disk refuses.
pub fn approve(
    case: &Case,
    plan: &Plan,
    how: String,
    clock: Clock,
) -> Result<Journal, CaseworkError> {
    let name = Artifact::plan_name(&plan.digest);
    write_new(&case.root().join(&name), &serde_json::to_vec_pretty(plan)?)?;
    let mut journal = Journal::open(&case.journal(), clock)?;
    journal.append(Event::Opened {
        program: PROGRAM.into(),
        playbook: plan.playbook.clone(),
        account: plan.account.clone(),
        caller: plan.caller.arn.clone(),
    })?;
    journal.append(Event::Approved { digest: plan.digest.clone(), plan: name, how })?;
    Ok(journal)
}
