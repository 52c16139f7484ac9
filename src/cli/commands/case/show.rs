//! `incident case show`: a case on one page.

use std::io::Write;
use std::path::PathBuf;

use serde_json::json;

use super::state::state;
use crate::case::{Artifact, Case};
use crate::casework::facts_of;
use crate::cli::commands::clocks::{entry, line, open_duties};
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::clocks::Facts;
use crate::journal::{Entry, Event, verify};
use crate::ui::number;
use crate::ui::sanitize::clean;

/// Show a case: state, counts, running clocks, notes
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident case show case-2026-11-21-leaked-access-key
  incident case show case-2026-11-21-leaked-access-key --format json")]
pub struct Args {
    /// The case folder
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    format: String,
}

/// The number of files of one kind in the folder.
#[derive(Default)]
struct Count {
    files: u64,
    bytes: u64,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let case = Case::read(&args.case)?;
    let journal = verify(&case.journal())?;
    let (plans, evidence) = count(&case)?;
    let now = cx.clock.now();
    let facts = facts_of(&case, &journal.entries).unwrap_or_else(|e| {
        cx.ui.warning(&format!("the clocks are not shown: {e}"));
        Facts::default()
    });
    let open = open_duties(&facts, now);
    let file = case.file();
    let state = state(&journal.history);
    let mut out = cx.ui.out();
    if args.format == "json" {
        let notes: Vec<_> = notes(&journal.entries)
            .map(|n| json!({"time": n.time, "author": n.author, "kind": n.kind, "text": n.text}))
            .collect();
        let document = json!({
            "schema": "incident.case/1",
            "case": file.id,
            "title": file.title,
            "account": (!file.account.is_empty()).then_some(&file.account),
            "opened": file.opened,
            "state": state,
            "playbooks": playbooks(&journal.entries),
            "journal": {"lines": journal.entries.len(), "head": journal.head},
            "plans": plans.files,
            "evidence": {"files": evidence.files, "bytes": evidence.bytes},
            "clocks": open.iter().map(|duty| entry(&facts, duty, now)).collect::<Vec<_>>(),
            "notes": notes,
        });
        writeln!(out, "{document:#}")?;
        out.flush()?;
        return Ok(Exit::Done);
    }
    let none = |text: String| if text.is_empty() { "none".to_string() } else { text };
    let lines = journal.entries.len() as u64;
    for (name, value) in [
        ("CASE", format!("{}: {}", file.id, file.title)),
        ("account", none(file.account.clone())),
        ("opened", file.opened.clone()),
        ("state", state),
        ("playbooks", none(playbooks(&journal.entries).join(", "))),
        ("journal", format!("{}, head {}", number::counted(lines, "line", "lines"), journal.head)),
        ("plans", number::grouped(plans.files)),
        (
            "evidence",
            format!(
                "{}, {}",
                number::counted(evidence.files, "file", "files"),
                number::bytes(evidence.bytes)
            ),
        ),
    ] {
        writeln!(out, "{name:<10} {}", clean(&value))?;
    }
    let notes: Vec<String> = notes(&journal.entries)
        .map(|n| format!("{}  {}, {}: {}", n.time, n.author, n.kind, n.text))
        .collect();
    let clocks: Vec<String> = open.iter().map(|duty| line(&facts, duty, now)).collect();
    section(&mut out, "CLOCKS", &clocks)?;
    section(&mut out, "NOTES", &notes)?;
    out.flush()?;
    Ok(Exit::Done)
}

fn section(out: &mut impl Write, name: &str, lines: &[String]) -> std::io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{name}")?;
    lines.iter().try_for_each(|line| writeln!(out, "  {}", clean(line)))
}

/// Counts plans, and files of evidence.
fn count(case: &Case) -> Result<(Count, Count), CommandError> {
    let (mut plans, mut evidence) = (Count::default(), Count::default());
    for entry in walkdir::WalkDir::new(case.root()).follow_links(false) {
        let entry = entry.map_err(|e| CommandError::failed(e.to_string()))?;
        let inside = entry.path().strip_prefix(case.root()).unwrap_or(entry.path());
        let name = inside.to_string_lossy();
        let count = match () {
            () if !entry.file_type().is_file() => continue,
            () if inside.starts_with("evidence") => &mut evidence,
            () if Artifact::of(&name) == Some(Artifact::Plan) => &mut plans,
            () => continue,
        };
        count.files += 1;
        let size = entry.metadata().map_err(|e| CommandError::failed(e.to_string()))?.len();
        count.bytes += size;
    }
    Ok((plans, evidence))
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
