//! The texts of a rule's finding: id, title, tactics, targets and reasons.

use std::collections::HashSet;

use super::groups::Group;
use crate::clock::length;
use crate::detect::Cx;
use crate::detect::text::list;
use crate::detect::text::short_name;
use crate::finding::tactic;
use crate::rollup::Sym;
use crate::rollup::matches::MOST_TARGETS;
use crate::sigma::{Firing, Rule};
use crate::ui::number::counted;

/// Targets that a title names.
const MOST_IN_TITLE: usize = 2;
/// Targets that a finding lists.
const MOST_LISTED: usize = 20;

/// `persistence/iam_user_created`: the file and, if it contains several rules, the rule's name or line.
pub fn rule_id(rule: &Rule) -> String {
    let file = rule.file.strip_suffix(".yml").or_else(|| rule.file.strip_suffix(".yaml"));
    let file = file.unwrap_or(&rule.file);
    match (&rule.name, rule.line) {
        (_, 0 | 1) => file.to_string(),
        (Some(name), _) => format!("{file}#{name}"),
        (None, line) => match rule.id.is_some() && rule.alone {
            true => file.to_string(),
            false => format!("{file}#{line}"),
        },
    }
}

/// Names of the ATT&CK tactics in the rule's tags, in the order of an attack.
pub fn tactics(rule: &Rule) -> Vec<String> {
    let named = |tag: &String| tactic::of_tag(tag.to_ascii_lowercase().strip_prefix("attack.")?);
    let mut found: Vec<&str> = rule.tags.iter().filter_map(named).collect();
    found.sort_by_key(|name| tactic::place(name));
    found.dedup();
    found.into_iter().map(str::to_string).collect()
}

/// Kind and name of what the calls acted on, without duplicates.
pub fn targets<'a>(cx: &Cx<'a>, group: &Group<'_>) -> Vec<(&'a str, &'a str)> {
    let all = group.rows.iter().flat_map(|(_, row)| row.targets());
    let mut found: Vec<_> = all.filter_map(|sym| cx.text(sym).split_once(' ')).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The targets that the finding lists: all, or of many those with the smallest hashes, which nobody can choose.
pub fn listed<'a>(
    cx: &Cx<'a>,
    group: &Group<'_>,
    all: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    if all.len() <= MOST_LISTED {
        return all.to_vec();
    }
    let mut hashed: Vec<(u64, Sym)> =
        group.rows.iter().flat_map(|(_, row)| row.hashed_targets()).copied().collect();
    hashed.sort_unstable_by_key(|(hash, sym)| (*hash, cx.text(*sym)));
    let mut seen = HashSet::new();
    let fresh = hashed.into_iter().filter(|(_, sym)| seen.insert(*sym));
    let mut listed: Vec<_> =
        fresh.filter_map(|(_, sym)| cx.text(sym).split_once(' ')).take(MOST_LISTED).collect();
    listed.sort_unstable();
    listed
}

/// What [`listed`] leaves out.
pub fn unlisted(group: &Group<'_>, all: &[(&str, &str)]) -> Option<String> {
    let full = group.rows.iter().any(|(_, row)| row.hashed_targets().len() >= MOST_TARGETS);
    let least = if full { "at least " } else { "" };
    (all.len() > MOST_LISTED)
        .then(|| format!("{least}{} targets; {MOST_LISTED} of them are listed", all.len()))
}

pub fn first_bucket<'a>(targets: &[(&'a str, &'a str)]) -> &'a str {
    targets.iter().find(|(kind, _)| *kind == "bucket").map_or("", |(_, name)| name)
}

/// The rule's title, the principal and the first targets.
pub fn title(cx: &Cx<'_>, group: &Group<'_>, rule: &Rule, targets: &[(&str, &str)]) -> String {
    let who = short_name(cx.text(group.principal));
    let own = |(kind, name): &(&str, &str)| *kind != "object" && *name != who;
    let named: Vec<String> = targets
        .iter()
        .filter(|target| own(target))
        .map(|(kind, name)| format!("{} {}", kind.replace('-', " "), short(name)))
        .collect();
    let on = match named.is_empty() {
        true => String::new(),
        false => format!(": {}", list(named.iter().map(String::as_str), MOST_IN_TITLE)),
    };
    format!("{} ({who}){on}", rule.title)
}

/// An ARN by its last part.
fn short(name: &str) -> &str {
    if name.starts_with("arn:") { name.rsplit(['/', ':']).next().unwrap_or(name) } else { name }
}

pub fn reasons(cx: &Cx<'_>, group: &Group<'_>, firings: Option<&[&Firing]>) -> Vec<String> {
    let events: u64 = group.rows.iter().map(|(_, row)| row.events).sum();
    let mut reasons = Vec::new();
    match firings {
        None => {
            let calls = if events == 1 {
                "1 call matches".to_string()
            } else {
                format!("{events} calls match")
            };
            reasons.push(format!("{calls} the rule"));
        }
        Some(firings) => {
            for firing in firings.iter().take(3) {
                let by: Vec<String> =
                    firing.group.iter().map(|(field, value)| format!("{field} {value}")).collect();
                let by =
                    if by.is_empty() { String::new() } else { format!(" for {}", by.join(", ")) };
                reasons.push(format!(
                    "the correlation reached a count of {} within {}{by}",
                    firing.count,
                    length(firing.to - firing.from)
                ));
            }
            if firings.len() > 3 {
                let more = firings.len() as u64 - 3;
                reasons.push(format!("and it fired {}", counted(more, "more time", "more times")));
            }
        }
    }
    let errors: std::collections::BTreeSet<&str> =
        group.rows.iter().map(|(key, _)| cx.text(key.error)).filter(|e| !e.is_empty()).collect();
    if !errors.is_empty() {
        reasons.push(format!("errors: {}", list(errors.into_iter(), 5)));
    }
    reasons
}
