//! The steps of a plan: each with its changes. A step that stands there for several users, roles or buckets has one title.

use std::mem::{Discriminant, discriminant};

use super::call;
use crate::plan::{Form, Kind, PlannedChange, PlannedStep, Reissue, diff};
use crate::step::{self, UndoKind};

/// Adds every step in the plan's order, with an empty line before each title.
pub(super) fn show(steps: &[PlannedStep], out: &mut Vec<String>) {
    let mut rest = steps;
    while !rest.is_empty() {
        let (rounds, later) = rest.split_at(rounds(rest));
        let mut shown: Vec<(&str, Discriminant<Kind>)> = Vec::new();
        for step in rounds {
            let of = |step: &PlannedStep| discriminant(&step.kind);
            let title = (step.step.as_str(), of(step));
            if shown.contains(&title) {
                continue;
            }
            shown.push(title);
            let same = rounds.iter().filter(|s| s.step == step.step && of(s) == of(step));
            out.push(String::new());
            show_one(step, &same.collect::<Vec<_>>(), out);
        }
        rest = later;
    }
}

/// How many steps from the first on are this step, its fallbacks, and the same for others.
fn rounds(steps: &[PlannedStep]) -> usize {
    let mut ids: Vec<&str> = Vec::new();
    for step in steps {
        let belongs = match &step.kind {
            Kind::Settle | Kind::Hold | Kind::Reissue(_) => false,
            Kind::Fallback(_) | Kind::AfterFallback { .. } => true,
            Kind::Changes(_) | Kind::Blocked(_) => {
                ids.is_empty() || ids.contains(&step.step.as_str())
            }
        };
        if !belongs {
            break;
        }
        ids.push(&step.step);
    }
    ids.len().max(1)
}

/// One title, with all steps that share it.
fn show_one(first: &PlannedStep, all: &[&PlannedStep], out: &mut Vec<String>) {
    let id = &first.step;
    let title = step::find(id).map_or("", |s| s.meta().title);
    match &first.kind {
        Kind::Settle => out.push("---  wait until AWS shows the changes above".into()),
        Kind::Hold => out.push("---  hold: read everything again at growing intervals".into()),
        Kind::Reissue(reissue) => show_reissue(reissue, out),
        Kind::Blocked(_) => {
            out.push(format!(" !   BLOCKED: {title}  [{id}]"));
            for step in all {
                let Kind::Blocked(why) = &step.kind else { continue };
                if let Some(name) = subject(step) {
                    out.push(format!("     for      {name}"));
                }
                out.push(format!("     because  {why}"));
            }
        }
        Kind::Changes(_) => {
            let idle = idle(all);
            if idle.len() == all.len() {
                let names = if all.len() > 1 { names(&idle) } else { String::new() };
                out.push(format!(" ·   {title}: nothing to do{names}  [{id}]"));
                return;
            }
            let urgent = if first.urgent { "  urgent" } else { "" };
            out.push(format!(" >   {title}  [{id}]{urgent}"));
            changes(all).for_each(|change| show_change(change, out));
            if !idle.is_empty() {
                out.push(format!("     nothing to do{}", names(&idle)));
            }
        }
        Kind::Fallback(_) => {
            let idle = idle(all);
            let there = if idle.len() == all.len() { ": in force already" } else { "" };
            out.push(format!(" ?   If a quota leaves no room for that: {title}{there}  [{id}]"));
            changes(all).for_each(|change| show_spare(change, out));
            if there.is_empty() && !idle.is_empty() {
                out.push(format!("     in force already{}", names(&idle)));
            }
        }
        Kind::AfterFallback { .. } => {
            out.push(format!(" ?   If AWSDenyAll is put above: {title}  [{id}]"));
            for change in changes(all) {
                show_spare(change, out);
                show_affects(change, out);
            }
        }
    }
}

fn changes<'p>(all: &'p [&PlannedStep]) -> impl Iterator<Item = &'p PlannedChange> {
    all.iter().flat_map(|step| match &step.kind {
        Kind::Changes(changes) | Kind::Fallback(changes) | Kind::AfterFallback { changes, .. } => {
            changes.as_slice()
        }
        _ => &[],
    })
}

/// The steps without a change.
fn idle<'p>(all: &[&'p PlannedStep]) -> Vec<&'p PlannedStep> {
    all.iter().copied().filter(|step| changes(&[step]).next().is_none()).collect()
}

/// ` for alice, app`; empty for steps that stand for themselves.
fn names(steps: &[&PlannedStep]) -> String {
    let names: Vec<&str> = steps.iter().filter_map(|step| subject(step)).collect();
    if names.is_empty() { String::new() } else { format!(" for {}", names.join(", ")) }
}

/// The user, role or bucket that a step is for.
fn subject(step: &PlannedStep) -> Option<&str> {
    let names = ["user", "role", "bucket"].map(|name| step.args.text(name));
    names.into_iter().find(|name| !name.is_empty())
}

/// A change that is made only if another one cannot be.
fn show_spare(change: &PlannedChange, out: &mut Vec<String>) {
    out.push(format!("{:>3}. {}", change.number, change.resource));
    out.push(format!("     call     {}", call(change)));
}

fn show_affects(change: &PlannedChange, out: &mut Vec<String>) {
    out.extend(change.affects.iter().map(|who| format!("     affects  {who}")));
}

fn show_change(change: &PlannedChange, out: &mut Vec<String>) {
    show_spare(change, out);
    for (i, line) in diff(&change.before, &change.after).into_iter().enumerate() {
        out.push(format!("     {:<8} {line}", if i == 0 { "change" } else { "" }));
    }
    show_affects(change, out);
    let undo = match change.undo {
        UndoKind::Exact => "exact".to_string(),
        UndoKind::Loss => format!("with loss: {}", change.loss),
        UndoKind::None => "NONE: irreversible".to_string(),
    };
    let risk = format!("{:?}", change.risk).to_lowercase();
    out.push(format!("     undo     {undo}; risk {risk}"));
}

fn show_reissue(r: &Reissue, out: &mut Vec<String>) {
    let form = match r.form {
        Form::StopNow => "Stop now: a new access key at once after the old one died",
        Form::Seamless => "Seamless: a new access key first; the old one dies only when it works",
    };
    out.push(format!(" >   {form}, for {}  [reissue-access-key]", r.user));
    let mut line = |text: String| out.push(format!("     {text}"));
    line(match r.form {
        Form::StopNow => "consumers fail from the death of the old key until they read the new one; sessions that the \
                          new key makes in its first 30 s are denied with the attacker's"
            .into(),
        Form::Seamless => {
            format!("the old key works until the new one is delivered and tested, and {} s longer (--grace)", r.grace)
        }
    });
    if let Some(key) = &r.delete {
        line(format!("iam:DeleteAccessKey {key}: IRREVERSIBLE, frees one of the two key slots"));
    }
    line(format!("{}. iam:CreateAccessKey UserName={}", r.number, r.user));
    match (&r.secret, &r.file) {
        (Some(secret), _) => {
            line(format!(
                "secretsmanager:PutSecretValue SecretId={secret} VersionStages=AWSPENDING"
            ));
            line(format!("test the new key: its identity, then {}", probe(r)));
            line(format!(
                "secretsmanager:UpdateSecretVersionStage AWSCURRENT from {}",
                r.current.as_deref().unwrap_or("(none)")
            ));
            line(
                "AWSPREVIOUS then contains the compromised key: inactive, stays as evidence".into(),
            );
            line("undo: possible until AWSCURRENT moves, and not after that".into());
        }
        (None, Some(file)) => {
            line(format!("test the new key: its identity, then {}", probe(r)));
            line(format!("write it once to {file} (0600)"));
        }
        (None, None) => line("no destination for the new key".into()),
    }
}

fn probe(r: &Reissue) -> &str {
    r.probe.as_deref().unwrap_or("nothing else (--probe s3:BUCKET also checks access)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;
    use crate::step::Args;

    /// The fixture's step with a change, for this user; without changes if `idle`.
    fn planned(id: &str, user: &str, idle: bool) -> PlannedStep {
        let text = include_str!("../../../tests/fixtures/report-case/plan-c0e62a36f0d0.json");
        let plan: Plan = serde_json::from_str(text).unwrap();
        let has = |step: &PlannedStep| matches!(&step.kind, Kind::Changes(c) if !c.is_empty());
        let mut step = plan.steps.into_iter().find(has).unwrap();
        let Kind::Changes(changes) = &mut step.kind else { panic!("no changes") };
        changes.truncate(if idle { 0 } else { 1 });
        changes.iter_mut().for_each(|c| c.resource = format!("arn:aws:iam::1:user/{user}#x"));
        let args: Args = [("user", user)].into();
        PlannedStep { step: id.into(), args, ..step }
    }

    fn fallback(id: &str, user: &str) -> PlannedStep {
        let step = planned(id, user, false);
        let Kind::Changes(changes) = step.kind else { panic!("no changes") };
        PlannedStep { kind: Kind::Fallback(changes), ..step }
    }

    #[test]
    fn a_title_stands_once_above_all_whom_its_step_is_for() {
        let (deny, attach, keys) =
            ("iam.deny-user", "iam.deny-user-attached", "iam.deactivate-ssh-keys");
        let steps = [
            planned(deny, "alice", false),
            fallback(attach, "alice"),
            planned(deny, "bob", false),
            fallback(attach, "bob"),
            planned(keys, "alice", true),
            planned(keys, "bob", false),
            planned("iam.deactivate-signing-certificates", "alice", true),
            planned("iam.deactivate-signing-certificates", "bob", true),
            planned(deny, "carol", false),
        ];
        let mut out = Vec::new();
        show(&steps, &mut out);
        let text = out.join("\n");
        for (id, times) in [(deny, 2), (attach, 1), (keys, 1)] {
            assert_eq!(text.matches(&format!("[{id}]")).count(), times, "{id}: {text}");
        }
        let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("no {what}: {text}"));
        assert!(
            at("user/alice#x") < at("user/bob#x") && at("user/bob#x") < at("[iam.deny-user-att")
        );
        assert!(text.contains("     nothing to do for alice\n"), "{text}");
        assert!(text.contains(": nothing to do for alice, bob  [iam.deactivate-sign"), "{text}");
        for user in ["alice", "bob", "carol"] {
            let calls = if user == "carol" { 1 } else { 2 + usize::from(user == "bob") };
            assert_eq!(text.matches(&format!("user/{user}#x")).count(), calls, "{user}: {text}");
        }
    }
}
