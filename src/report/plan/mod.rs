//! A plan as the responder reads it before the approval, and the IAM policy that it needs.

mod glance;

use std::io::{self, Write};

use serde_json::{Map, Value};

use crate::plan::{Form, Kind, Plan, PlannedChange, PlannedStep, Reissue, diff};
use crate::step::{self, UndoKind};
use crate::ui::number::counted;
use crate::ui::sanitize::clean;

pub use glance::{again, glance};

/// Writes the policy as JSON, ready for IAM.
///
/// # Errors
/// Those of `out`.
pub fn write_policy(plan: &Plan, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{:#}", plan.policy)
}

/// Lines without line ends, safe for a terminal.
pub fn lines(plan: &Plan) -> Vec<String> {
    let mut out = vec![format!("PLAN  {}: {}", plan.playbook, plan.title), String::new()];
    let mut field = |name: &str, value: &str| out.push(format!("  {name:<9} {value}"));
    field("account", &plan.account);
    field("you are", &plan.caller.arn);
    for source in &plan.caller.sources {
        field("", &format!("through {} ({})", source.arn, source.through));
    }
    field("region", &plan.region);
    if let Some(url) = &plan.endpoint_url {
        field("endpoint", &format!("{url} (not AWS)"));
    }
    field("case", &plan.case);
    if !plan.expires.is_empty() {
        field("expires", &plan.expires);
    }
    field("evidence", &evidence(plan));
    for step in &plan.steps {
        out.push(String::new());
        show_step(step, &mut out);
    }
    section(&mut out, "NOTES", &plan.notes);
    section(&mut out, "NOT REACHED by this playbook", &plan.not_reached);
    out.push(String::new());
    out.push(summary(plan));
    out.push(format!("digest {}", plan.digest));
    out.iter().map(|line| clean(line).into_owned()).collect()
}

fn evidence(plan: &Plan) -> String {
    let of: Vec<String> =
        plan.collect.iter().map(|s| format!("{} {}", s.kind, s.name).trim().to_string()).collect();
    let when =
        if plan.contain_first { "after the urgent changes" } else { "before the first change" };
    format!("{}: read {when}", of.join(", "))
}

fn section(out: &mut Vec<String>, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    out.extend([String::new(), title.to_string()]);
    out.extend(lines.iter().map(|line| format!("  - {line}")));
}

fn show_step(step: &PlannedStep, out: &mut Vec<String>) {
    match &step.kind {
        Kind::Settle => out.push("---  wait until AWS shows the changes above".into()),
        Kind::Hold => out.push("---  hold: read everything again at growing intervals".into()),
        Kind::Reissue(reissue) => show_reissue(reissue, out),
        Kind::Blocked(why) => {
            let title = step::find(&step.step).map_or("", |s| s.meta().title);
            out.push(format!(" !   BLOCKED: {title}  [{}]", step.step));
            let names = ["user", "role", "bucket"].map(|name| step.args.text(name));
            if let Some(name) = names.into_iter().find(|name| !name.is_empty()) {
                out.push(format!("     for      {name}"));
            }
            out.push(format!("     because  {why}"));
        }
        Kind::Fallback(changes) => {
            let title = step::find(&step.step).map_or("", |s| s.meta().title);
            let there = if changes.is_empty() { ": in force already" } else { "" };
            out.push(format!(
                " ?   If a quota leaves no room for that: {title}{there}  [{}]",
                step.step
            ));
            for change in changes {
                out.push(format!("{:>3}. {}", change.number, change.resource));
                out.push(format!("     call     {}", call(change)));
            }
        }
        Kind::Changes(changes) => {
            let title = step::find(&step.step).map_or("", |s| s.meta().title);
            if changes.is_empty() {
                out.push(format!(" ·   {title}: nothing to do  [{}]", step.step));
                return;
            }
            let urgent = if step.urgent { "  urgent" } else { "" };
            out.push(format!(" >   {title}  [{}]{urgent}", step.step));
            for change in changes {
                show_change(change, out);
            }
        }
    }
}

fn show_change(change: &PlannedChange, out: &mut Vec<String>) {
    out.push(format!("{:>3}. {}", change.number, change.resource));
    out.push(format!("     call     {}", call(change)));
    for (i, line) in diff(&change.before, &change.after).into_iter().enumerate() {
        out.push(format!("     {:<8} {line}", if i == 0 { "change" } else { "" }));
    }
    for who in &change.affects {
        out.push(format!("     affects  {who}"));
    }
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

fn call(change: &PlannedChange) -> String {
    let call = &change.call;
    shown_call(&call.name(), &call.params, call.region.as_deref())
}

/// `iam:UpdateAccessKey UserName=alice Status=Inactive`; long values are in the diff.
pub(in crate::report) fn shown_call(
    name: &str,
    params: &Map<String, Value>,
    region: Option<&str>,
) -> String {
    let mut text = name.to_string();
    for (name, value) in params {
        let value = match value {
            Value::String(s) if s.len() > 64 => "(as below)".to_string(),
            Value::String(s) => s.clone(),
            Value::Object(_) | Value::Array(_) if value.to_string().len() > 64 => {
                "(as below)".into()
            }
            _ => value.to_string(),
        };
        text += &format!(" {name}={value}");
    }
    if let Some(region) = region {
        text += &format!(" in {region}");
    }
    text
}

fn summary(plan: &Plan) -> String {
    let changes: Vec<&PlannedChange> = plan.changes().map(|(_, _, c)| c).collect();
    let lossy = changes.iter().filter(|c| c.undo != UndoKind::Exact).count();
    let reissues = plan.steps.iter().filter(|s| matches!(s.kind, Kind::Reissue(_))).count();
    let mut text = match changes.len() {
        0 => "No changes".to_string(),
        n => counted(n as u64, "change", "changes"),
    };
    let blocked = plan.steps.iter().filter(|s| matches!(s.kind, Kind::Blocked(_))).count();
    if blocked > 0 {
        text += &format!(", {blocked} BLOCKED");
    }
    if lossy > 0 {
        text += &format!(", {lossy} that undo cannot fully revert");
    }
    if reissues > 0 {
        text += ", and a re-issued key";
    }
    text + "."
}
