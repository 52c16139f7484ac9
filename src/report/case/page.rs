//! A case on one page, or as the document `incident.case/1`: state, counts, running clocks, notes.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::Standing;
use crate::case::CaseFile;
use crate::clock::Millis;
use crate::clocks::Facts;
use crate::journal::{Entry, Event, Verified};
use crate::report::clocks::{entry, line, open_duties};
use crate::report::escape::write_json;
use crate::report::{Format, Formats, RenderOptions};
use crate::ui::number::{bytes, counted, grouped};
use crate::ui::sanitize::clean;

/// Every format of a case.
pub fn formats<'a>() -> Formats<'a, Page<'a>> {
    Formats(&[&Text, &Json])
}

/// What a case folder contains.
pub struct Page<'a> {
    pub file: &'a CaseFile,
    pub journal: &'a Verified,
    /// Approved plans.
    pub plans: Count,
    /// Files of evidence.
    pub evidence: Count,
    pub facts: &'a Facts,
    pub now: Millis,
}

/// Files of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    pub files: u64,
    pub bytes: u64,
}

struct Text;

impl<'a> Format<Page<'a>> for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn render(&self, page: &Page<'a>, out: &mut dyn Write, _: &RenderOptions) -> io::Result<()> {
        let file = page.file;
        let none = |text: String| if text.is_empty() { "none".to_string() } else { text };
        let entries = &page.journal.entries;
        let lines = counted(entries.len() as u64, "line", "lines");
        let files = counted(page.evidence.files, "file", "files");
        for (name, value) in [
            ("CASE", format!("{}: {}", file.id, file.title)),
            ("account", none(file.account.clone())),
            ("opened", file.opened.clone()),
            ("state", Standing::of(&page.journal.history).words()),
            ("playbooks", none(playbooks(entries).join(", "))),
            ("journal", format!("{lines}, head {}", page.journal.head)),
            ("plans", grouped(page.plans.files)),
            ("evidence", format!("{files}, {}", bytes(page.evidence.bytes))),
        ] {
            writeln!(out, "{name:<10} {}", clean(&value))?;
        }
        let duties = open_duties(page.facts, page.now);
        let clocks = duties.iter().map(|duty| line(page.facts, duty, page.now));
        section(out, "CLOCKS", clocks.collect())?;
        let notes = notes(entries);
        let note = |n: Note<'_>| format!("{}  {}, {}: {}", n.time, n.author, n.kind, n.text);
        section(out, "NOTES", notes.map(note).collect())
    }
}

fn section(out: &mut dyn Write, name: &str, lines: Vec<String>) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{name}")?;
    lines.iter().try_for_each(|line| writeln!(out, "  {}", clean(line)))
}

struct Json;

impl<'a> Format<Page<'a>> for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn render(&self, page: &Page<'a>, out: &mut dyn Write, _: &RenderOptions) -> io::Result<()> {
        write_json(&document(page), out)
    }
}

fn document(page: &Page<'_>) -> Value {
    let (file, journal) = (page.file, page.journal);
    let duties = open_duties(page.facts, page.now);
    let clocks = duties.iter().map(|duty| entry(page.facts, duty, page.now));
    let notes = notes(&journal.entries)
        .map(|n| json!({"time": n.time, "author": n.author, "kind": n.kind, "text": n.text}));
    json!({
        "schema": "incident.case/1",
        "case": file.id,
        "title": file.title,
        "account": (!file.account.is_empty()).then_some(&file.account),
        "opened": file.opened,
        "state": Standing::of(&journal.history).words(),
        "playbooks": playbooks(&journal.entries),
        "journal": {"lines": journal.entries.len(), "head": journal.head},
        "plans": page.plans.files,
        "evidence": {"files": page.evidence.files, "bytes": page.evidence.bytes},
        "clocks": clocks.collect::<Vec<_>>(),
        "notes": notes.collect::<Vec<_>>(),
    })
}

fn playbooks(entries: &[Entry]) -> Vec<&str> {
    let opened = entries.iter().filter_map(|entry| match &entry.event {
        Event::Opened { playbook, .. } => Some(playbook.as_str()),
        _ => None,
    });
    opened.collect()
}

/// A note or decision.
struct Note<'a> {
    time: &'a str,
    author: &'a str,
    kind: &'static str,
    text: &'a str,
}

fn notes(entries: &[Entry]) -> impl Iterator<Item = Note<'_>> {
    entries.iter().filter_map(|entry| {
        let (author, kind, text) = match &entry.event {
            Event::Note { author, text, decision: true } => (author, "decision", text.as_str()),
            Event::Note { author, text, decision: false } => (author, "note", text.as_str()),
            Event::Closed { author, reason } => (author, "closed", reason.as_deref().unwrap_or("")),
            Event::Reopened { author, reason } => {
                (author, "reopened", reason.as_deref().unwrap_or(""))
            }
            _ => return None,
        };
        Some(Note { time: &entry.time, author, kind, text })
    })
}
