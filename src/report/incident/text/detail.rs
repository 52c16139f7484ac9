//! The later sections of the text: changes, clocks, notes, evidence, and the findings in full.

use std::io;

use super::{LINE, refs, when};
use crate::finding::Severity;
use crate::report::incident::model::{Document, FindingDetail};
use crate::report::text::page::Page;
use crate::ui::number::{counted, grouped};
use crate::ui::sanitize::{clip, clip_middle};

/// The most reasons shown for a finding.
const REASONS: usize = 8;

pub fn containment(page: &mut Page<'_>, d: &Document) -> io::Result<()> {
    page.heading("HOW IT WAS CONTAINED", "")?;
    if d.steps.is_empty() {
        return page.text(4, "No containment is on record.");
    }
    for s in &d.steps {
        let number = s.number.map_or_else(|| "-".into(), |n| n.to_string());
        let mark = format!("{number:>3}. ");
        page.item(0, &mark, &format!("{}: {}{}", s.title, s.state, refs(&s.evidence)))?;
        for text in [&s.resource, &s.text, &s.undo] {
            if !text.is_empty() {
                page.text(5, &clip(text, LINE))?;
            }
        }
        if let (Some(entry), Some(hash)) = (s.entry, &s.hash) {
            page.text(5, &format!("{} UTC, journal line {entry}, {hash}", when(s.time)))?;
        }
    }
    Ok(())
}

pub fn clocks(page: &mut Page<'_>, d: &Document) -> io::Result<()> {
    if d.clocks.is_empty() {
        return Ok(());
    }
    page.heading("NOTIFICATION CLOCKS", "for reference, not legal advice")?;
    for k in &d.clocks {
        page.item(
            4,
            &format!("{:<9} ", k.state),
            &format!("{} {}: {}", k.regime, k.article, k.duty),
        )?;
        let known = [("starts", &k.starts), ("due", &k.due), ("left", &k.left)]
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| format!("{name}: {text}"));
        page.text(14, &known.collect::<Vec<_>>().join("; "))?;
    }
    Ok(())
}

pub fn impact(page: &mut Page<'_>, d: &Document) -> io::Result<()> {
    let Some(impact) = &d.impact else { return Ok(()) };
    page.heading("IMPACT", "")?;
    page.text(4, &impact.statement)?;
    if let Some(people) = impact.people {
        page.field("People", &grouped(people))?;
    }
    for j in &impact.jurisdictions {
        page.field(&j.name, &format!("{} ({})", grouped(j.people), j.basis))?;
    }
    for limit in &impact.limits {
        page.item(4, "- ", limit)?;
    }
    Ok(())
}

pub fn notes(page: &mut Page<'_>, d: &Document) -> io::Result<()> {
    if d.notes.is_empty() {
        return Ok(());
    }
    page.heading("NOTES AND DECISIONS", "")?;
    for n in &d.notes {
        let by = if n.by.is_empty() { String::new() } else { format!(" by {}", n.by) };
        page.text(4, &format!("{} UTC, {}{by}{}", when(n.time), n.kind, refs(&n.evidence)))?;
        page.text(6, &clip(&n.text, 2_000))?;
    }
    Ok(())
}

pub fn evidence(page: &mut Page<'_>, d: &Document) -> io::Result<()> {
    page.heading("EVIDENCE", "")?;
    for e in &d.evidence {
        let mark = format!("{:<6}", format!("[E{}]", e.number));
        let time = e.time.map_or_else(String::new, |_| format!("{} UTC, ", when(e.time)));
        let hash = e.hash.as_ref().map_or_else(String::new, |h| format!("; SHA-256 {h}"));
        let text = format!("{}: {time}{}{hash}", clip(&e.name, 80), clip(&e.text, LINE));
        page.item(0, &mark, &text)?;
    }
    let Some(custody) = &d.custody else { return Ok(()) };
    page.blank()?;
    let lines = counted(custody.entries as u64, "line", "lines");
    page.field("Journal", &format!("{lines}, chained by SHA-256; head {}", custody.head))?;
    if let (Some(plan), Some(digest)) = (&custody.plan, &custody.plan_digest) {
        page.field("Plan", &format!("{plan}, digest {digest}"))?;
    }
    match &custody.written {
        Some(written) => {
            let files = counted(custody.files.len() as u64, "file", "files");
            let state =
                if custody.problems.is_empty() { "every file matches" } else { "MISMATCHES" };
            page.field("Manifest", &format!("{files}, written {written}; {state}"))?;
        }
        None => page.field("Manifest", "none yet")?,
    }
    page.fields("", custody.problems.iter().map(|p| clip(p, LINE)))?;
    for file in &custody.files {
        let text =
            format!("{} ({}) {}", file.name, counted(file.bytes, "byte", "bytes"), file.origin);
        page.item(4, "- ", &text)?;
        page.text(6, &file.sha256)?;
    }
    Ok(())
}

pub fn findings(page: &mut Page<'_>, d: &Document, top: usize) -> io::Result<()> {
    page.heading("APPENDIX: FINDINGS", "")?;
    for (i, f) in d.findings.iter().enumerate() {
        if i > 0 && i < top {
            page.blank()?;
        }
        let severity = f.severity.parse().unwrap_or(Severity::Info);
        page.severity(&format!("[{}] ", i + 1), severity, &clip(&f.title, LINE))?;
        if i < top {
            finding(page, f)?;
        }
    }
    Ok(())
}

fn finding(page: &mut Page<'_>, f: &FindingDetail) -> io::Result<()> {
    let key =
        if f.access_key.is_empty() { String::new() } else { format!(", key {}", f.access_key) };
    page.field("Who", &format!("{}{key}", clip_middle(&f.principal, LINE)))?;
    let events = counted(f.events, "event", "events");
    page.field("When", &format!("{} to {} UTC, {events}", when(f.first), when(f.last)))?;
    if !f.sources.is_empty() {
        page.field("From", &clip(&f.sources.join(", "), LINE))?;
    }
    let reasons = f.reasons.iter().take(REASONS).map(|r| ("- ".to_string(), clip(r, 400)));
    page.marked("Why", reasons)?;
    if f.reasons.len() > REASONS {
        page.field("", &format!("and {} more in the JSON report", f.reasons.len() - REASONS))?;
    }
    if !f.attack.is_empty() {
        let named: Vec<String> = f.attack.iter().map(|t| format!("{} {}", t.id, t.name)).collect();
        page.field("ATT&CK", &named.join(", "))?;
    }
    if !f.playbook.is_empty() {
        page.commands("Playbook", std::slice::from_ref(&f.playbook))?;
    }
    page.dim_field("Finding", &format!("{}{}", f.id, refs(&f.evidence)))
}
