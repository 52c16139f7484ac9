//! Decides which errors end a run and which only leave a change: what does not depend on it is still made. Says who can
//! help.

use super::error::{ExecuteError, Stop};
use super::progress::Progress;
use super::session::Session;
use crate::cloud::{ApiError, ErrorKind};
use crate::journal::{Cause, Event, Left};
use crate::rotate::RotateError;
use crate::step;

/// The part of the plan that is left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    /// The step's place in the plan.
    pub(super) at: usize,
    /// One change of the step, by number and resource.
    pub(super) change: Option<(usize, &'a str)>,
}

/// Leaves this part of the plan because of the error, and lets the run go on.
///
/// # Errors
/// The error itself when it ends the run: no credentials, a refusal before the first change, or a case that cannot be
/// written.
pub(super) fn leave(
    session: &mut Session<'_>,
    progress: &mut Progress,
    part: Part<'_>,
    error: ExecuteError,
) -> Result<(), ExecuteError> {
    let stop = match error {
        ExecuteError::Stopped(stop) if !is_fatal(&stop) => stop,
        fatal => return Err(fatal),
    };
    let (mut cause, mut why, mut ask) = explain(&stop, session.client.caller().arn.as_str());
    if let Some(advice) = advice(session, part, &stop) {
        ask = if ask.is_empty() { advice } else { format!("{ask}; {advice}") };
    }
    if let Some((number, resource)) = part.change {
        let mut earlier = session.plan.changes().map(|(_, _, c)| c);
        let left = |n: &usize| *n < number && progress.open.contains(n);
        if let Some(first) = earlier.find(|c| c.resource == resource && left(&c.number)) {
            cause = Cause::Depends;
            why = format!("{why} (it builds on change {}, which was left)", first.number);
        }
    }
    let left = Left {
        change: part.change.map(|(number, _)| number),
        step: session.plan.steps[part.at].step.clone(),
        resource: match part.change {
            Some((_, resource)) => resource.to_string(),
            None => subject(session, part.at),
        },
        cause,
        why,
        ask,
    };
    note(session, progress, left)
}

/// What the step says about a change that AWS refused.
fn advice(session: &Session<'_>, part: Part<'_>, stop: &Stop) -> Option<String> {
    let Stop::Change { number, error, .. } = stop else { return None };
    let planned = session.plan.steps.get(part.at)?;
    let before = &session.history().changes.get(number)?.before;
    let made = session.resources();
    let cx = session.plan.context(&planned.args, &made);
    step::find(&planned.step)?.if_refused(&cx, before, error)
}

/// The user, role or bucket of a step that the plan has several times; empty for one that stands for itself.
pub(super) fn subject(session: &Session<'_>, at: usize) -> String {
    let steps = &session.plan.steps;
    let Some(step) = steps.get(at) else { return String::new() };
    if steps.iter().filter(|other| other.step == step.step).count() < 2 {
        return String::new();
    }
    let names = ["user", "role", "bucket"].map(|name| step.args.text(name));
    names.into_iter().find(|name| !name.is_empty()).unwrap_or_default().to_string()
}

/// Writes what is left to the journal and shows it. A repetition says nothing new.
pub(super) fn note(
    session: &mut Session<'_>,
    progress: &mut Progress,
    left: Left,
) -> Result<(), ExecuteError> {
    let same = |l: &Left| {
        let whole = left.change.is_none()
            && l.cause == left.cause
            && (left.resource.is_empty() || l.resource == left.resource);
        l.step == left.step && (whole || (l.change, &l.resource) == (left.change, &left.resource))
    };
    if progress.left.iter().any(same) {
        return Ok(());
    }
    session.ui.warning(&format!("LEFT, and the run goes on: {left}"));
    session.journal.append(Event::Left(left.clone()))?;
    progress.left.push(left);
    Ok(())
}

/// Without credentials no call can succeed. Undo does not leave changes this way.
fn is_fatal(stop: &Stop) -> bool {
    match stop {
        Stop::Api(e) | Stop::Change { error: e, .. } | Stop::Reissue(RotateError::Api(e)) => {
            e.kind == ErrorKind::Credentials
        }
        Stop::Reissue(RotateError::Journal(_) | RotateError::Case(_)) => true,
        Stop::Undo { .. } | Stop::UndoNoAnswer { .. } => true,
        Stop::Step(_)
        | Stop::Drift(_)
        | Stop::Interfered { .. }
        | Stop::NoAnswer { .. }
        | Stop::Reissue(RotateError::Stopped(_)) => false,
    }
}

/// The cause, the reason, and whom to ask.
fn explain(stop: &Stop, caller: &str) -> (Cause, String, String) {
    let none = String::new;
    match stop {
        Stop::Change { error, .. } | Stop::Reissue(RotateError::Api(error)) => {
            let cause = match error.kind {
                ErrorKind::Denied => Cause::Denied,
                ErrorKind::Limit => Cause::Limit,
                ErrorKind::Unknown => Cause::NoAnswer,
                _ => Cause::Refused,
            };
            (cause, error.to_string(), ask(error, caller))
        }
        Stop::Api(error) => (Cause::Unread, error.to_string(), ask(error, caller)),
        Stop::NoAnswer { .. } => (Cause::NoAnswer, "AWS does not answer".into(), none()),
        Stop::Interfered { .. } => (
            Cause::Interfered,
            "it is neither as it was nor as planned: somebody else is changing it".into(),
            none(),
        ),
        Stop::Drift(what) => (
            Cause::Drift,
            format!(
                "the account changed since the plan was made (- planned, + now): {}",
                what.join("; ")
            ),
            "plan again to approve what is there now".into(),
        ),
        other => (Cause::Refused, other.to_string(), none()),
    }
}

/// What is needed, and who can give it.
///
/// AWS's message names the kind of policy that decided (IAM User Guide, "Troubleshoot access denied error messages"):
/// `… is not authorized to perform: ACTION on resource: R with an explicit deny in a service control policy`.
fn ask(error: &ApiError, caller: &str) -> String {
    match error.kind {
        ErrorKind::Denied => {
            let action = action(error);
            let kinds = [
                (
                    "service control policy",
                    "ask the owner of the service control policy: the organization's management account",
                ),
                (
                    "resource control policy",
                    "ask the owner of the resource control policy: the organization's management account",
                ),
                ("permissions boundary", "ask who set the permissions boundary of your identity"),
                ("session policy", "use a session without its session policy"),
                (
                    "VPC endpoint policy",
                    "ask the owner of the VPC endpoint, or call from elsewhere",
                ),
                ("resource-based policy", "ask the owner of the resource's policy"),
            ];
            let found = kinds.iter().find(|(kind, _)| error.message.contains(kind));
            match found {
                Some((_, whom)) => format!("needs {action}; {whom}"),
                None => format!("needs {action} for {caller}; ask an administrator of the account"),
            }
        }
        ErrorKind::Limit => {
            "a quota is reached: make room, or ask AWS to raise it (Service Quotas)".into()
        }
        _ => String::new(),
    }
}

/// The IAM action that is missing: as AWS names it, else the call.
fn action(error: &ApiError) -> &str {
    let (_, rest) = error.message.split_once("not authorized to perform: ").unwrap_or_default();
    let named = rest.split_whitespace().next().filter(|action| action.contains(':'));
    named.unwrap_or(&error.call)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denied(message: &str) -> String {
        let error =
            ApiError::new("s3:PutPublicAccessBlock", ErrorKind::Denied, "AccessDenied", message);
        ask(&error, "arn:me")
    }

    #[test]
    fn whom_to_ask_is_what_the_message_of_aws_says() {
        let of = |why: &str| {
            denied(&format!(
                "User: arn:me is not authorized to perform: s3:PutBucketPublicAccessBlock on resource: \"r\" {why}"
            ))
        };
        let action = "needs s3:PutBucketPublicAccessBlock";
        for (why, whom) in [
            ("with an explicit deny in a service control policy: arn:p", "management account"),
            ("because no service control policy allows the action", "management account"),
            ("with an explicit deny in a permissions boundary", "the permissions boundary"),
            ("because no session policy allows the action", "session policy"),
            (
                "because no identity-based policy allows the action",
                "for arn:me; ask an administrator",
            ),
        ] {
            let asked = of(why);
            assert!(asked.starts_with(action) && asked.contains(whom), "{why}: {asked}");
        }
        assert!(denied("Access Denied").starts_with("needs s3:PutPublicAccessBlock for arn:me"));
        let full = ApiError::new("iam:PutUserPolicy", ErrorKind::Limit, "LimitExceeded", "");
        assert!(ask(&full, "arn:me").contains("quota"));
    }

    #[test]
    fn only_what_makes_every_call_fail_ends_a_run() {
        let api = |kind| Stop::Api(ApiError::new("iam:GetUser", kind, "x", ""));
        assert!(is_fatal(&api(ErrorKind::Credentials)));
        assert!(!is_fatal(&api(ErrorKind::Denied)) && !is_fatal(&api(ErrorKind::Unknown)));
        assert!(!is_fatal(&Stop::NoAnswer { resource: "r".into() }));
        assert!(!is_fatal(&Stop::Drift(Vec::new())));
    }
}
