//! A plan as the responder reads it before the approval, and the IAM policy that it needs.

mod glance;
mod steps;

use std::io::{self, Write};

use serde_json::{Map, Value};

use crate::plan::{Kind, Plan, PlannedChange};
use crate::step::UndoKind;
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
    steps::show(&plan.steps, &mut out);
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
