//! Asks IAM itself, after the hold, whether the policies in force deny what the contained identity would do next.
//!
//! iam:SimulatePrincipalPolicy evaluates every policy of the identity together with its permissions boundary (IAM API
//! Reference, SimulatePrincipalPolicy). It says nothing of credentials: an inactive key has no policy.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::error::ExecuteError;
use super::leave::note;
use super::progress::Progress;
use super::session::Session;
use super::wait;
use crate::clock::{SECOND, rfc3339};
use crate::cloud::{Api, ApiError, Call};
use crate::event::time;
use crate::journal::{Cause, Left};
use crate::plan::{PlannedStep, Proof, Verdict};

/// What an attacker does next: reads data, makes a way back, changes into another identity.
const ACTIONS: [&str; 3] = ["s3:GetObject", "iam:CreateAccessKey", "sts:AssumeRole"];

/// Asks for each identity that a step of the plan denies everything. What IAM still allows is left, and said.
///
/// # Errors
/// When the journal cannot be written.
pub(super) fn prove(
    session: &mut Session<'_>,
    progress: &mut Progress,
) -> Result<Vec<Proof>, ExecuteError> {
    let plan = session.plan;
    let mut proofs: Vec<Proof> = Vec::new();
    for (at, step) in plan.steps.iter().enumerate() {
        let made = plan.changes_of(at).into_iter().flatten();
        let in_force = made.clone().any(|change| {
            progress.statuses.contains_key(&change.number)
                && !progress.open.contains(&change.number)
        });
        let Some((kind, sessions)) = denied(step).filter(|_| in_force) else { continue };
        let cutoff = made.filter_map(|change| {
            let written = session.history().changes.get(&change.number)?;
            let at = "/Statement/0/Condition/DateLessThan/aws:TokenIssueTime";
            written.after.pointer(at)?.as_str().and_then(time::parse)
        });
        // A session from just before the cutoff.
        let issued = cutoff.max().filter(|_| sessions).map(|cutoff| rfc3339(cutoff - SECOND));
        let proof = ask(session, kind, step.args.text(kind), sessions, issued.as_deref());
        if let Verdict::Allowed(actions) = &proof.verdict {
            let why = format!(
                "IAM still allows {} to {}: iam:SimulatePrincipalPolicy finds no deny in force",
                actions.join(", "),
                proof.identity
            );
            let (step, resource, ask) = (step.step.clone(), proof.identity.clone(), String::new());
            let left = Left { change: None, step, resource, cause: Cause::Unproven, why, ask };
            note(session, progress, left)?;
        }
        if !proofs.contains(&proof) {
            proofs.push(proof);
        }
    }
    Ok(proofs)
}

/// Whom a step denies everything, by its argument, and whether only earlier sessions.
fn denied(step: &PlannedStep) -> Option<(&'static str, bool)> {
    match step.step.as_str() {
        "iam.deny-user" | "iam.deny-user-attached" | "iam.deny-user-boundary" => {
            Some(("user", false))
        }
        "iam.deny-role" | "iam.deny-role-attached" | "iam.deny-role-boundary" => {
            Some(("role", false))
        }
        "iam.revoke-user-sessions" => Some(("user", true)),
        "iam.revoke-role-sessions" => Some(("role", true)),
        _ => None,
    }
}

/// Asks until IAM denies every action, or until the time that a change may take to show is over.
fn ask(
    session: &Session<'_>,
    kind: &'static str,
    name: &str,
    sessions: bool,
    issued: Option<&str>,
) -> Proof {
    let settle = session.timing.settle;
    let until = Instant::now() + settle;
    let mut identity = name.to_string();
    loop {
        let verdict = whole_arn(session.client, kind, name).and_then(|arn| {
            let asked = simulate(session.client, &arn, issued);
            identity = arn;
            asked
        });
        let verdict = match verdict {
            Ok(allowed) if allowed.is_empty() => {
                Verdict::Denied(ACTIONS.map(str::to_string).to_vec())
            }
            Ok(_) if Instant::now() < until => {
                wait(Duration::from_secs(1).min(settle));
                continue;
            }
            Ok(allowed) => Verdict::Allowed(allowed),
            Err(e) => Verdict::Unknown(e.to_string()),
        };
        return Proof { identity, sessions, verdict };
    }
}

/// The ARN with its path, which the simulation needs.
fn whole_arn(api: &dyn Api, kind: &'static str, name: &str) -> Result<String, ApiError> {
    let (operation, parameter) = match kind {
        "user" => ("GetUser", "UserName"),
        _ => ("GetRole", "RoleName"),
    };
    let found = api.call(&Call::new("iam", operation, [(parameter, name.into())]))?;
    Ok(found["Arn"].as_str().unwrap_or(name).to_string())
}

/// The actions that no policy denies explicitly. Whether something else allows them now does not count: an attacker may
/// change that.
fn simulate(api: &dyn Api, arn: &str, issued: Option<&str>) -> Result<Vec<String>, ApiError> {
    let mut call = Call::new(
        "iam",
        "SimulatePrincipalPolicy",
        [("PolicySourceArn", arn.into()), ("ActionNames", json!(ACTIONS))],
    );
    if let Some(issued) = issued {
        call.params.insert("TokenIssueTime".into(), issued.into());
    }
    let results = api.call(&call)?;
    let denied = |action: &str| {
        let of = |result: &&Value| result["EvalActionName"] == action;
        let result = results.as_array().into_iter().flatten().find(of);
        result.is_some_and(|result| result["EvalDecision"] == "explicitDeny")
    };
    Ok(ACTIONS.iter().filter(|action| !denied(action)).map(|a| (*a).to_string()).collect())
}
