//! The findings: the first ones in full, one line for each of the others.

use std::io;

use super::command::contain_command;
use super::guardduty;
use super::page::{FIELD_WIDTH, Page, SEVERITY};
use super::times::{days, span};
use crate::clock::plain;
use crate::finding::guardduty::GuardDutyMatch;
use crate::finding::{ActionSeen, Evidence, Finding, Severity, SourceSeen, Who};
use crate::report::Report;
use crate::ui::WIDTH;
use crate::ui::number::{counted, decimal, grouped};
use crate::ui::sanitize::{clean, clip, clip_middle, clip_start};

const SOURCES: usize = 5;
const AGENTS: usize = 3;
const ACTIONS: usize = 8;
const RESOURCES: usize = 5;
const EVIDENCE: usize = 3;
/// The most one-line findings shown: the text is a mail, not an archive.
const LINES: usize = 100;

pub(super) fn render(page: &mut Page<'_>, report: &Report, top: usize) -> io::Result<()> {
    let findings = &report.findings;
    if findings.is_empty() {
        return Ok(());
    }
    page.heading("FINDINGS", "")?;
    let numbered = findings.iter().enumerate().map(|(i, f)| (i + 1, f));
    let in_full = |f: &Finding| f.severity > Severity::Info;
    let shown: Vec<(usize, &Finding)> =
        numbered.clone().filter(|(_, f)| in_full(f)).take(top).collect();
    for (i, (number, finding)) in shown.iter().enumerate() {
        if i > 0 {
            page.blank()?;
        }
        in_detail(page, *number, finding, &report.guardduty)?;
    }
    let last_shown = shown.last().map_or(0, |(number, _)| *number);
    let others: Vec<(usize, &Finding)> =
        numbered.filter(|(number, f)| !in_full(f) || *number > last_shown).collect();
    if !shown.is_empty() && !others.is_empty() {
        page.heading("MORE FINDINGS", &format!("{}, one line each", others.len()))?;
    }
    for (number, finding) in others.iter().take(LINES) {
        one_line(page, *number, finding)?;
    }
    match others.len().saturating_sub(LINES) {
        0 => Ok(()),
        more => page.text(0, &format!("... and {} more in the JSON report", grouped(more as u64))),
    }
}

fn one_line(page: &mut Page<'_>, number: usize, f: &Finding) -> io::Result<()> {
    let number = format!("[{number}] ");
    let events = counted(f.events, "event", "events");
    let after = format!("  ({}, {events})", days(f.first_seen, f.last_seen));
    let before = number.chars().count() + SEVERITY;
    let room = WIDTH.saturating_sub(before + after.chars().count());
    let text = format!("{}  {}", clean(&f.rule), clean(&f.title));
    page.severity(&number, f.severity, &format!("{}{after}", clip(&text, room)))
}

pub(super) fn in_detail(
    page: &mut Page<'_>,
    number: usize,
    f: &Finding,
    guardduty_findings: &[GuardDutyMatch],
) -> io::Result<()> {
    let title = format!("{}  {}", f.rule, clip(&f.title, 240));
    page.severity(&format!("[{number}] "), f.severity, &title)?;
    page.fields("Who", who(&f.who))?;
    page.fields("From", sources(&f.sources))?;
    page.fields("Agent", capped(&f.user_agents, AGENTS, |agent| clip(agent, 160).into()))?;
    let events = counted(f.events, "event", "events");
    page.field("When", &format!("{}, {events}", span(f.first_seen, f.last_seen)))?;
    page.fields("What", packed(capped(&f.actions, ACTIONS, action)))?;
    let resource = |r: &String| clip_middle(&clean(r), FIELD_WIDTH).into_owned();
    page.fields("On", capped(&f.resources, RESOURCES, resource))?;
    page.field_if("Means", &clip(&f.description, 500))?;
    page.marked("Why", reasons(f))?;
    page.fields("GuardDuty", guardduty::matching(guardduty_findings, f))?;
    settings(page, f)?;
    evidence(page, f)?;
    page.steps("Next", f.next.iter().enumerate().map(|(i, step)| (format!("{}. ", i + 1), step)))?;
    if let Some(proposal) = &f.playbook {
        page.commands("Playbook", &[contain_command(proposal)])?;
    }
    let attack = if f.attack.is_empty() {
        String::new()
    } else {
        format!(", ATT&CK {}", f.attack.join(" "))
    };
    page.dim_field("Finding", &format!("{}{attack}", f.id))
}

fn who(who: &Who) -> Vec<String> {
    let mut lines = Vec::new();
    let kind = if who.kind.is_empty() { String::new() } else { format!(" ({})", who.kind) };
    if !who.principal.is_empty() || !kind.is_empty() {
        let name = if who.principal.is_empty() { "unnamed" } else { &who.principal };
        lines.push(format!("{}{kind}", clip_middle(name, 240)));
    }
    let parts: Vec<String> =
        [("account", &who.account), ("access key", &who.access_key), ("session", &who.session)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name} {}", clip(value, 100)))
            .collect();
    if !parts.is_empty() {
        lines.push(parts.join(", "));
    }
    if !who.origin.is_empty() {
        lines.push(format!("credentials: {}", clip(&who.origin, 240)));
    }
    lines
}

fn sources(sources: &[SourceSeen]) -> Vec<String> {
    capped(sources, SOURCES, |source| {
        let facts: Vec<&str> =
            [class_in_words(&source.class), &source.network, &source.country, &source.asn]
                .into_iter()
                .filter(|fact| !fact.is_empty() && *fact != source.address)
                .collect();
        let facts =
            if facts.is_empty() { String::new() } else { format!(": {}", facts.join(", ")) };
        let events = counted(source.events, "event", "events");
        format!("{}  {events}{facts}", clip(&source.address, 100))
    })
}

fn class_in_words(class: &str) -> &str {
    match class {
        "service" => "AWS service",
        "aws-internal" => "AWS-internal",
        "private" => "private address",
        "own" => "own range",
        "cloud" => "hosting provider",
        "other" => "internet",
        other => other,
    }
}

/// `s3:GetObject 1,240 (12 denied, 3 failed)`.
fn action(seen: &ActionSeen) -> String {
    let parts: Vec<String> = [(seen.denied, "denied"), (seen.failed, "failed")]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| match n {
            n if n == seen.events => format!("all {word}"),
            n => format!("{} {word}", grouped(n)),
        })
        .collect();
    let counts = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) };
    format!("{} {}{counts}", clip(&seen.action, 80), grouped(seen.events))
}

/// Each reason names its detector, if that is not the one in the heading.
fn reasons(f: &Finding) -> impl Iterator<Item = (String, String)> {
    f.reasons.iter().map(|reason| {
        let by = match reason.rule == f.rule || reason.rule.is_empty() {
            true => String::new(),
            false => format!(" [{}]", reason.rule),
        };
        ("- ".to_string(), format!("{}{by}", clip(&reason.text, 400)))
    })
}

fn settings(page: &mut Page<'_>, f: &Finding) -> io::Result<()> {
    if f.settings.is_empty() {
        return Ok(());
    }
    let own = format!("{}.", f.rule);
    let settings: Vec<String> = f
        .settings
        .iter()
        .map(|s| {
            let name = s.name.strip_prefix(&own).unwrap_or(&s.name);
            format!("{name}={} {}", decimal(s.value), s.unit).trim_end().to_string()
        })
        .collect();
    page.dim_field("Settings", &settings.join(", "))
}

fn evidence(page: &mut Page<'_>, f: &Finding) -> io::Result<()> {
    let shown = f.evidence.len().min(EVIDENCE);
    let mut label = "Evidence";
    for Evidence { time, event_id, action, file, offset, .. } in &f.evidence[..shown] {
        let event = format!("{} {} {}", plain(*time), clip(action, 60), clip(event_id, 60));
        page.field(label, event.trim_end())?;
        let at = format!(":{offset}");
        let file = clean(file);
        page.field("", &format!("  {}{at}", clip_start(&file, FIELD_WIDTH - 2 - at.len())))?;
        label = "";
    }
    let more = f.events.saturating_sub(shown as u64);
    if shown == 0 || more == 0 {
        return Ok(());
    }
    page.field("", &format!("and {}", counted(more, "more event", "more events")))
}

/// Joins items with `; `. No item that fits on one line is broken over two.
fn packed(items: Vec<String>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let chars = |text: &str| clean(text).chars().count();
    for item in items {
        match lines.last_mut() {
            Some(line) if chars(line) + 3 + chars(&item) <= FIELD_WIDTH => {
                line.push_str("; ");
                line.push_str(&item);
            }
            Some(line) => {
                line.push(';');
                lines.push(item);
            }
            None => lines.push(item),
        }
    }
    lines
}

/// The first `most` items, and how many more there are.
fn capped<T>(items: &[T], most: usize, words: impl Fn(&T) -> String) -> Vec<String> {
    let mut lines: Vec<String> = items.iter().take(most).map(words).collect();
    if items.len() > most {
        lines.push(format!("and {} more in the JSON report", items.len() - most));
    }
    lines
}
