//! The coverage: what was read and what was not. The sums are written out, so that a reader can check them.

use std::collections::BTreeMap;
use std::io;

use super::matrix;
use super::page::Page;
use super::times::span;
use crate::report::Report;
use crate::source::coverage::{Coverage, EventCounts, FileCounts, Problem};
use crate::ui::WIDTH;
use crate::ui::number::{bytes, counted, grouped};
use crate::ui::sanitize::{clean, clip, clip_start};

const PROBLEMS: usize = 20;

pub(super) fn render(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let coverage = &report.coverage;
    let gaps = report.gaps();
    let verdict = match (gaps.is_empty(), coverage.incomplete()) {
        (false, _) => "DOES NOT ADD UP",
        (true, true) => "INCOMPLETE",
        (true, false) if coverage.files.found == 0 => "no input",
        (true, false) => "complete",
    };
    page.heading("COVERAGE", verdict)?;
    for gap in &gaps {
        let text = format!("{gap}. This is a bug in incident; do not rely on this report.");
        page.item(2, "!! ", &text)?;
    }
    page.fields("Files", files(&coverage.files))?;
    page.fields("Records", records(&coverage.events))?;
    if !coverage.events.not_events.is_empty() {
        page.field("Not events", &named(&coverage.events.not_events))?;
    }
    if !coverage.by_log.is_empty() {
        page.field("By log", &named(&coverage.by_log))?;
    }
    let inflated = match coverage.bytes_inflated {
        n if n == coverage.bytes_read => String::new(),
        n => format!(", {} inflated", bytes(n)),
    };
    page.field("Size", &format!("{} read{inflated}", bytes(coverage.bytes_read)))?;
    if let (Some(oldest), Some(newest)) = (coverage.oldest, coverage.newest) {
        page.field("Times", &span(oldest, newest))?;
    }
    matrix::render(page, &report.matrix)?;
    problems(page, coverage)
}

fn files(files: &FileCounts) -> Vec<String> {
    let mut lines = vec![format!(
        "{} found = {} read + {} skipped",
        grouped(files.found),
        grouped(files.read),
        grouped(files.skipped_total())
    )];
    let skipped: Vec<String> = files
        .skipped
        .iter()
        .filter(|(_, n)| **n > 0)
        .map(|(reason, n)| format!("{} {}", grouped(*n), reason.name()))
        .collect();
    if !skipped.is_empty() {
        lines.push(format!("skipped: {}", skipped.join(", ")));
    }
    if files.damaged > 0 {
        lines.push(format!("damaged: {} of those read", grouped(files.damaged)));
    }
    if files.archives > 0 {
        lines.push(format!("archives opened to find files in them: {}", grouped(files.archives)));
    }
    lines
}

fn records(events: &EventCounts) -> Vec<String> {
    let mut lines = vec![format!(
        "{} found = {} + {} + {} outside the window + {} lost",
        grouped(events.records),
        counted(events.decoded, "event", "events"),
        counted(events.duplicates, "duplicate", "duplicates"),
        grouped(events.outside_window),
        grouped(events.lost)
    )];
    if events.baseline > 0 {
        let baseline = grouped(events.baseline);
        lines.push(format!("outside the window: {baseline} used as the baseline"));
    }
    if !events.lost_by_reason.is_empty() {
        lines.push(format!("lost: {}", named(&events.lost_by_reason)));
    }
    lines
}

/// `12 malformed record, 3 record cut off`.
fn named(counts: &BTreeMap<String, u64>) -> String {
    let one = |(name, n): (&String, &u64)| format!("{} {name}", grouped(*n));
    counts.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn problems(page: &mut Page<'_>, coverage: &Coverage) -> io::Result<()> {
    if coverage.problems_total == 0 {
        return Ok(());
    }
    let shown = coverage.problems.len().min(PROBLEMS);
    let total = grouped(coverage.problems_total);
    let about =
        if shown as u64 == coverage.problems_total { total } else { format!("{shown} of {total}") };
    page.heading("PROBLEMS", &about)?;
    for Problem { file, offset, reason, detail } in &coverage.problems[..shown] {
        let detail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
        page.item(2, "- ", &format!("{reason}{}", clip(&detail, 180)))?;
        let at = offset.map_or_else(String::new, |at| format!(":{at}"));
        page.text(4, &format!("{}{at}", clip_start(&clean(file), WIDTH - 4 - at.len())))?;
    }
    Ok(())
}
