//! A plan in at most ten lines, to stand right above the question: who is denied what, what breaks, for how long, what
//! undo brings back, and the first call.

use crate::plan::{Kind, Plan, PlannedChange};
use crate::step::{self, ChangeKind, UndoKind};
use crate::ui::WIDTH;
use crate::ui::number::counted;
use crate::ui::sanitize::{clean, clip};

/// The most lines on who is denied what.
const DENIES: usize = 4;
/// Names in one line, and the characters of each.
const NAMES: usize = 3;
const NAME: usize = 20;

/// Lines without line ends, safe for a terminal and at most [`WIDTH`] wide.
pub fn glance(plan: &Plan) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut field = |name: &str, text: String| {
        let line = format!("  {name:<9} {text}");
        lines.push(clip(&clean(&line), WIDTH).into_owned());
    };
    let denies = denies(plan);
    let whole = if denies.len() > DENIES { DENIES - 1 } else { DENIES };
    let more = denies.len().saturating_sub(whole);
    let more = (more > 0).then(|| format!("and {more} more of the steps above"));
    for (at, line) in denies.iter().take(whole).chain(&more).enumerate() {
        field(if at == 0 { "DENIES" } else { "" }, line.clone());
    }
    if let Some(line) = breaks(plan) {
        field("BREAKS", line);
    }
    if !denies.is_empty() {
        field("LASTS", "until `incident undo`: nothing of it ends by itself".to_string());
    }
    field("UNDO", undo(plan));
    if let Some(line) = not_done(plan) {
        field("NOT DONE", line);
    }
    if let Some(first) = first(plan) {
        field("FIRST", short_call(first));
    }
    lines
}

/// Each step that denies, with everything that it denies.
fn denies(plan: &Plan) -> Vec<String> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for (_, step, change) in plan.changes() {
        let Some(step) = step::find(&step.step).filter(|s| s.kind() == ChangeKind::Deny) else {
            continue;
        };
        let (title, name) = (step.meta().title, short(&change.resource));
        match found.iter_mut().find(|(known, _)| *known == title) {
            Some((_, names)) if names.contains(&name) => {}
            Some((_, names)) => names.push(name),
            None => found.push((title, vec![name])),
        }
    }
    found.into_iter().map(|(title, names)| format!("{}: {title}", few(&names))).collect()
}

/// The first names, and how many more there are.
fn few(names: &[&str]) -> String {
    let shown: Vec<_> = names.iter().take(NAMES).map(|name| clip(name, NAME)).collect();
    match names.len().saturating_sub(NAMES) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// `alice` of `arn:aws:iam::123456789012:user/staff/alice#inline-policy/x`.
fn short(resource: &str) -> &str {
    let arn = resource.split_once('#').map_or(resource, |(arn, _)| arn);
    arn.rsplit([':', '/']).next().unwrap_or(arn)
}

fn breaks(plan: &Plan) -> Option<String> {
    let mut all: Vec<&str> = Vec::new();
    for (_, _, change) in plan.changes() {
        for who in &change.affects {
            if !all.contains(&who.as_str()) {
                all.push(who);
            }
        }
    }
    let first = all.first()?;
    Some(match all.len() {
        1 => (*first).to_string(),
        n => format!("{} more, and: {first}", n - 1),
    })
}

fn undo(plan: &Plan) -> String {
    let count = |wanted: ChangeKind| {
        let is = |id: &str| step::find(id).is_some_and(|step| step.kind() == wanted);
        plan.changes().filter(|(_, step, _)| is(&step.step)).count() as u64
    };
    let of = |kind: ChangeKind, one: &str, many: &str| counted(count(kind), one, many);
    let mut parts = match count(ChangeKind::Deny) {
        0 => vec!["lifts nothing".to_string()],
        _ => vec![format!("lifts {}", of(ChangeKind::Deny, "deny", "denies"))],
    };
    let lossy = plan.changes().filter(|(_, _, c)| c.undo != UndoKind::Exact).count();
    let deleted = |kind: &Kind| matches!(kind, Kind::Reissue(r) if r.delete.is_some());
    let lost = lossy + plan.steps.iter().filter(|step| deleted(&step.kind)).count();
    if lost > 0 {
        parts.push(format!("{lost} NOT in full"));
    }
    if count(ChangeKind::Credential) > 0 {
        let those = of(ChangeKind::Credential, "credential stays", "credentials stay");
        parts.push(format!("{those} inactive"));
    }
    if count(ChangeKind::Hardening) > 0 {
        parts.push(of(ChangeKind::Hardening, "protection stays", "protections stay"));
    }
    parts.join("; ")
}

fn not_done(plan: &Plan) -> Option<String> {
    let blocked = plan.steps.iter().filter(|s| matches!(s.kind, Kind::Blocked(_))).count() as u64;
    (blocked > 0).then(|| {
        let steps = counted(blocked, "step is", "steps are");
        format!("{steps} BLOCKED, named above; NOT REACHED says what else is out of reach")
    })
}

/// The change that a run makes first.
fn first(plan: &Plan) -> Option<&PlannedChange> {
    let urgent = plan.changes().find(|(_, step, _)| step.urgent && plan.contain_first);
    urgent.or_else(|| plan.changes().next()).map(|(_, _, change)| change)
}

/// `iam:PutUserPolicy PolicyName=… UserName=alice`, without documents.
fn short_call(change: &PlannedChange) -> String {
    let call = &change.call;
    let texts = call.params.iter().filter_map(|(name, value)| Some((name, value.as_str()?)));
    let texts = texts.filter(|(_, value)| value.len() <= 64);
    texts.fold(call.name(), |text, (name, value)| format!("{text} {name}={value}"))
}

/// The command that makes the plan anew; `None` for a playbook of one's own.
pub fn again(plan: &Plan) -> Option<String> {
    let playbook = crate::playbook::find(&plan.playbook)?.ok()?;
    let start = crate::ui::shell::CommandLine::new("incident contain").then(&plan.playbook);
    let line = plan.args.iter().fold(start, |line, (name, values)| {
        let parameter = playbook.parameters.get(name);
        let default = parameter.and_then(|p| p.default.as_deref());
        let flag = parameter.is_some_and(|p| p.kind == crate::playbook::Kind::Flag);
        values.iter().filter(|value| default != Some(value)).fold(line, |line, value| match flag {
            true => line.then(&format!("--{name}")),
            false => line.option(&format!("--{name}"), value),
        })
    });
    line.text().map(str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;

    /// The most lines.
    const MOST: usize = 10;

    fn plan() -> Plan {
        let text = include_str!("../../../tests/fixtures/report-case/plan-c0e62a36f0d0.json");
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn ten_lines_say_who_what_how_long_and_the_first_call() {
        let lines = glance(&plan());
        assert!(lines.len() <= MOST, "{lines:#?}");
        let text = lines.join("\n");
        for says in ["DENIES", "dana", "BREAKS", "LASTS", "UNDO", "FIRST     iam:"] {
            assert!(text.contains(says), "no {says}: {text}");
        }
    }

    #[test]
    fn any_plan_stays_within_ten_lines_of_the_width() {
        let mut plan = plan();
        for step in &mut plan.steps {
            if let Kind::Changes(changes) = &mut step.kind {
                for change in changes {
                    change.affects = vec!["\x1b[2J東".repeat(300), "b".repeat(300)];
                    change.resource = format!("arn:aws:iam::1:user/{}", "x\n".repeat(200));
                    change.undo = UndoKind::None;
                }
            }
        }
        let denies = [
            "iam.deny-user",
            "iam.deny-role",
            "iam.revoke-role-sessions",
            "iam.revoke-user-sessions",
            "s3.deny-principals",
            "s3.deny-addresses",
        ];
        let changes = plan.steps.iter().find_map(|step| match &step.kind {
            Kind::Changes(changes) if !changes.is_empty() => Some(step.clone()),
            _ => None,
        });
        let one = changes.expect("a step with a change");
        plan.steps
            .extend(denies.map(|id| crate::plan::PlannedStep { step: id.into(), ..one.clone() }));
        let blocked = crate::plan::PlannedStep { kind: Kind::Blocked("x".into()), ..one };
        plan.steps.push(blocked);
        let lines = glance(&plan);
        assert!(lines.len() <= MOST, "{lines:#?}");
        for line in &lines {
            assert!(line.chars().count() <= WIDTH, "{line}");
            assert!(!line.contains(crate::ui::sanitize::hostile), "{line:?}");
        }
        let text = lines.join("\n");
        assert!(text.contains("and 3 more of the steps above"), "{text}");
        assert!(text.contains("BLOCKED") && text.contains("11 NOT in full"), "{text}");
    }

    #[test]
    fn the_plan_can_be_made_anew_with_one_command() {
        let command = again(&plan()).unwrap();
        assert!(
            command.starts_with("incident contain leaked-access-key --access-key AKIA"),
            "{command}"
        );
        assert!(!command.contains("--mode"), "defaults are left out: {command}");
        assert_eq!(again(&Plan { playbook: "mine".into(), ..plan() }), None);
    }
}
