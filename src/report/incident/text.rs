//! The `text` format: for a terminal, a mail, a ticket. Lines below the subject have at most 100 columns.

mod detail;

use std::io::{self, Write};

use super::model::{At, Document, Side, TaskState};
use crate::clock::{length, plain};
use crate::report::text::page::Page;
use crate::report::{Format, RenderOptions};
use crate::ui::number::{bytes, counted, grouped};
use crate::ui::sanitize::{clip, clip_middle};
use crate::ui::{Column, Table};

/// The most characters of log text in a line.
const LINE: usize = 240;

/// The `text` format.
pub struct Text;

impl Format<Document> for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn render(&self, d: &Document, out: &mut dyn Write, options: &RenderOptions) -> io::Result<()> {
        let page = &mut Page::new(out, options.color);
        head(page, d)?;
        measures(page, d)?;
        timeline(page, d)?;
        actors(page, d)?;
        sources(page, d)?;
        touched(page, d)?;
        detail::containment(page, d)?;
        gaps(page, d)?;
        indicators(page, d)?;
        next(page, d)?;
        detail::clocks(page, d)?;
        detail::impact(page, d)?;
        detail::notes(page, d)?;
        detail::evidence(page, d)?;
        detail::findings(page, d, options.top)
    }
}

fn when(at: Option<At>) -> String {
    at.map_or_else(|| "-".into(), |at| plain(at.0))
}

/// ` [E1] [E2]`.
fn refs(numbers: &[usize]) -> String {
    numbers.iter().take(6).map(|n| format!(" [E{n}]")).collect()
}

fn head(page: &mut Page<'_>, d: &Document) -> io::Result<()> {
    let case = d.case.as_ref().map_or_else(String::new, |c| format!("case {}: ", c.id));
    let severity = d.status.severity.to_uppercase();
    let title = clip(&d.title, LINE);
    page.subject(&format!("INCIDENT REPORT  {case}{title} - {severity}, {}", d.status.name))?;
    page.blank()?;
    page.text(0, &d.status.text)?;
    page.heading("SUMMARY", "")?;
    for (i, s) in d.summary.iter().enumerate() {
        page.item(0, &format!("{}. ", i + 1), &format!("{}{}", s.text, refs(&s.evidence)))?;
    }
    page.heading("STATUS", "")?;
    page.field("Severity", d.status.severity)?;
    page.field("Status", d.status.name)?;
    if let Some(case) = &d.case {
        page.field("Case", &format!("{}, opened {} UTC", case.id, when(case.opened)))?;
        page.field_if("Account", &case.account)?;
        page.field_if("Playbook", &case.playbook)?;
        if let Some(caller) = &case.caller {
            page.field("Responder", caller)?;
        }
    }
    if let Some(logs) = &d.logs {
        let incomplete = if logs.complete { "" } else { "; INCOMPLETE" };
        let events = counted(logs.events, "event", "events");
        let files = counted(logs.files, "file", "files");
        let (from, to) = (when(logs.oldest), when(logs.newest));
        page.field("Logs", &format!("{events} in {files}, {from} to {to} UTC{incomplete}"))?;
    }
    page.field("Report", &format!("made {} UTC by {}", plain(d.generated.0), d.program))
}

fn measures(page: &mut Page<'_>, d: &Document) -> io::Result<()> {
    if d.measures.is_empty() {
        return Ok(());
    }
    page.heading("HOW LONG", "")?;
    for m in &d.measures {
        let text = format!("{} ({}){}", length(m.length), m.about, refs(&m.evidence));
        page.item(4, &format!("{:<21}", m.name), &text)?;
    }
    Ok(())
}

fn timeline(page: &mut Page<'_>, d: &Document) -> io::Result<()> {
    page.heading("TIMELINE", "UTC; > attacker, < responder")?;
    let mut day = String::new();
    for m in &d.timeline {
        let time = plain(m.time.0);
        let (date, clock) = time.split_once(' ').unwrap_or((&time, ""));
        if date != day {
            page.text(0, date)?;
            day = date.to_string();
        }
        let side = if m.side == Side::Attacker { '>' } else { '<' };
        let severity = m.severity.map_or_else(String::new, |s| format!("{} ", s.to_uppercase()));
        let kind = if m.kind.is_empty() { String::new() } else { format!("{}: ", m.kind) };
        let outcome = match m.outcome.as_str() {
            "" | "done" => String::new(),
            outcome => format!(" ({outcome})"),
        };
        let until = m.last.map_or_else(String::new, |at| format!(", until {}", plain(at.0)));
        let text = clip(&m.text, LINE);
        let text = format!("{severity}{kind}{text}{outcome}{until}{}", refs(&m.evidence));
        page.item(2, &format!("{clock} {side} "), &text)?;
    }
    Ok(())
}

fn actors(page: &mut Page<'_>, d: &Document) -> io::Result<()> {
    page.heading("ACTORS AND ACCESS", "")?;
    if d.actors.is_empty() {
        return page.text(4, "No finding names an identity.");
    }
    for a in &d.actors {
        let indent = 4 + 2 * a.depth.min(8);
        let name = super::build::short(&a.principal);
        let key =
            if a.access_key.is_empty() { String::new() } else { format!("  {}", a.access_key) };
        page.item(indent, "", &format!("{}{key}{}", clip_middle(name, 120), refs(&a.evidence)))?;
        let how = if a.how.is_empty() { String::new() } else { format!("; {}", clip(&a.how, 120)) };
        let events = counted(a.events, "event", "events");
        let sent = a.bytes_out.map_or_else(String::new, |b| format!(", {} out", bytes(b)));
        let seen = format!("{} to {}, {events}{sent}{how}", when(a.first), when(a.last));
        page.text(indent + 2, &seen)?;
        let contained = if a.contained.is_empty() { "none in this case" } else { &a.contained };
        page.text(indent + 2, &format!("containment: {contained}"))?;
    }
    Ok(())
}

fn sources(page: &mut Page<'_>, d: &Document) -> io::Result<()> {
    page.heading("SOURCES", "")?;
    if d.sources.is_empty() {
        return page.text(4, "No finding names a source address.");
    }
    let columns = [
        Column::text("address"),
        Column::text("class"),
        Column::text("network, country, owner"),
        Column::text("first (UTC)"),
        Column::text("last (UTC)"),
        Column::number("events"),
    ];
    let mut table = Table::new(columns).with_width(96);
    for s in &d.sources {
        let parts = [&s.network, &s.country, &s.asn];
        let network: Vec<&str> =
            parts.iter().map(|p| p.as_str()).filter(|p| !p.is_empty()).collect();
        let (first, last) = (when(s.first), when(s.last));
        table.row([&s.address, &s.class, &network.join(", "), &first, &last, &grouped(s.events)]);
    }
    page.table(4, &table)?;
    for a in d.agents.iter().take(8) {
        page.field("Agent", &format!("{}{}", clip(&a.text, 160), refs(&a.evidence)))?;
    }
    Ok(())
}

fn touched(page: &mut Page<'_>, d: &Document) -> io::Result<()> {
    page.heading("WHAT WAS TOUCHED", "")?;
    let t = &d.touched;
    let count = |n: Option<u64>| n.map_or_else(|| "-".into(), grouped);
    for b in &t.buckets {
        let sent = b.bytes.map_or_else(|| "-".into(), bytes);
        let counts = [count(b.read), count(b.written), count(b.deleted)];
        page.field("Bucket", &format!("{}{}", b.name, refs(&b.evidence)))?;
        let [read, written, deleted] = counts;
        page.field("", &format!("{read} read, {written} written, {deleted} deleted; {sent} out"))?;
        page.fields("", Some(&b.now).filter(|now| !now.is_empty()))?;
    }
    for (label, things) in [("Secret", &t.secrets), ("Resource", &t.resources)] {
        for x in things {
            let now = if x.now.is_empty() { "not checked in this case" } else { &x.now };
            let name = clip(&x.name, 120);
            let text = format!("{name} ({}): {}; {now}{}", x.kind, x.what, refs(&x.evidence));
            page.field(label, &text)?;
        }
    }
    if let Some(file) = &t.objects_file {
        page.field("Objects", &format!("{} in {file}", grouped(t.objects_total)))?;
    }
    if t.buckets.is_empty() && t.secrets.is_empty() && t.resources.is_empty() {
        page.text(4, "Nothing is recorded.")?;
    }
    Ok(())
}

fn gaps(page: &mut Page<'_>, d: &Document) -> io::Result<()> {
    page.heading("WHAT WAS NOT COVERED", "")?;
    for g in &d.gaps {
        let mark = if g.weighty { "! " } else { "- " };
        page.item(4, mark, &format!("{}: {}", g.kind, clip(&g.text, 400)))?;
    }
    Ok(())
}

fn indicators(page: &mut Page<'_>, d: &Document) -> io::Result<()> {
    page.heading("INDICATORS", "")?;
    for i in &d.indicators {
        let text = format!("{} ({}){}", clip(&i.value, LINE), i.side, refs(&i.evidence));
        page.item(4, &format!("{:<11} ", i.kind), &text)?;
    }
    Ok(())
}

fn next(page: &mut Page<'_>, d: &Document) -> io::Result<()> {
    page.heading("NEXT STEPS", "ticked from the journal")?;
    for list in &d.checklists {
        page.text(4, &format!("{} ({})", list.title, list.because))?;
        for (name, tasks) in [("eradication", &list.eradication), ("recovery", &list.recovery)] {
            page.text(4, name)?;
            for task in tasks {
                let mark = match task.state {
                    TaskState::Done => "[x] ",
                    TaskState::Partly => "[~] ",
                    TaskState::Open => "[ ] ",
                };
                let note = match task.note.as_str() {
                    "" => String::new(),
                    note => format!(" ({note})"),
                };
                page.item(6, mark, &format!("{}{note}{}", task.text, refs(&task.evidence)))?;
            }
        }
    }
    Ok(())
}
