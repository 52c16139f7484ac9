//! The stories: what one actor did, step by step, before any finding in detail.

use std::collections::BTreeMap;
use std::io;

use super::command::{contain_command, contain_story};
use super::page::{FIELD_WIDTH, Page};
use super::times::span;
use crate::clock::{date, plain};
use crate::finding::story::{Step, Touched};
use crate::finding::{Finding, Severity, Story};
use crate::report::Report;
use crate::ui::number::{bytes, counted};
use crate::ui::sanitize::clip;

/// The most stories shown in full, and the most items in each.
const STORIES: usize = 5;
const STEPS: usize = 25;
const ADDRESSES: usize = 6;
const GAINED: usize = 8;
const KINDS: usize = 8;
const NAMES: usize = 4;
const PLAYBOOKS: usize = 4;
/// Width of the tactic.
const TACTIC: usize = 22;

pub(super) fn render(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let Report { stories, findings, .. } = report;
    let count = stories.len();
    for (i, story) in stories.iter().take(STORIES).enumerate() {
        let of = if count > 1 { format!(" {} of {count}", i + 1) } else { String::new() };
        page.heading(&format!("STORY{of}"), &span(story.first_seen, story.last_seen))?;
        page.severity("", story.severity, &clip(&story.headline, 500))?;
        steps(page, story, findings)?;
        page.fields("Sources", listed(&story.actor.addresses, ADDRESSES))?;
        page.marked("Gained", marked(listed(&story.gained, GAINED)))?;
        page.marked("Touched", marked(touched(&story.touched)))?;
        // One plan for all of it comes first.
        let mut commands: Vec<String> = contain_story(report, story).into_iter().collect();
        let shown = commands.len() + story.playbooks.len().min(PLAYBOOKS);
        commands.extend(story.playbooks.iter().map(contain_command));
        page.commands("Contain", &commands[..shown])?;
        if commands.len() > shown {
            page.field("", &format!("and {} more in the JSON report", commands.len() - shown))?;
        }
        page.dim_field("Story", &story.id)?;
    }
    match count.saturating_sub(STORIES) {
        0 => Ok(()),
        more => page.text(
            0,
            &format!(
                "and {} in the JSON report",
                counted(more as u64, "more story", "more stories")
            ),
        ),
    }
}

fn steps(page: &mut Page<'_>, story: &Story, findings: &[Finding]) -> io::Result<()> {
    let counts = |s: &&Step| s.severity > Severity::Info;
    let shown: Vec<&Step> = story.steps.iter().filter(counts).collect();
    let one_day = date(story.first_seen) == date(story.last_seen);
    for step in shown.iter().take(STEPS) {
        let at = plain(step.time);
        let at = if one_day { at.get(11..).unwrap_or(&at).to_string() } else { at };
        let number = findings.iter().position(|f| f.id == step.finding);
        let number = number.map_or(String::new(), |n| format!(" [{}]", n + 1));
        let tried = if step.tried { "tried: " } else { "" };
        let mark = format!("{at}  {:<TACTIC$}", step.tactic);
        page.item(4, &mark, &format!("{tried}{}{number}", clip(&step.text, 200)))?;
    }
    match story.steps.len() - shown.len().min(STEPS) {
        0 => Ok(()),
        more => page.text(
            4,
            &format!("and {}", counted(more as u64, "less severe step", "less severe steps")),
        ),
    }
}

/// The first few items, and how many more there are.
fn listed(items: &[String], most: usize) -> Vec<String> {
    let mut lines: Vec<String> =
        items.iter().take(most).map(|item| clip(item, 300).into()).collect();
    if items.len() > most {
        lines.push(format!("and {} more in the JSON report", items.len() - most));
    }
    lines
}

fn marked(lines: Vec<String>) -> impl Iterator<Item = (String, String)> {
    lines.into_iter().map(|line| ("- ".to_string(), line))
}

/// One line per bucket with bytes, then one per kind of resource.
fn touched(all: &[Touched]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for t in all {
        if t.bytes > 0 || t.target.kind == "bucket" && t.events > 0 && t.bytes == 0 {
            let sent =
                if t.bytes > 0 { format!(", {} sent", bytes(t.bytes)) } else { String::new() };
            let requests = counted(t.events, "request", "requests");
            lines.push(format!("bucket {}: {requests}{sent}", clip(&t.target.name, 100)));
        } else {
            kinds.entry(&t.target.kind).or_default().push(&t.target.name);
        }
    }
    lines.truncate(KINDS);
    for (kind, names) in kinds.into_iter().take(KINDS) {
        let shown: Vec<String> =
            names.iter().take(NAMES).map(|n| clip(n, FIELD_WIDTH).into()).collect();
        let more = names.len().saturating_sub(NAMES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        lines.push(format!("{}: {}{more}", kind.replace('-', " "), shown.join(", ")));
    }
    lines
}
