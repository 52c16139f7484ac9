//! The changes since the last run (new and gone), and the counts compared with earlier weeks.

use std::io;

use super::page::Page;
use crate::clock::{DAY, plain};
use crate::finding::change::{Change, Count, Gone, Last, Moved, Moves, State, window_words};
use crate::finding::seen::SeenName;
use crate::report::Report;
use crate::ui::number::{bytes, counted, grouped};
use crate::ui::sanitize::{clean, clip, clip_middle};
use crate::ui::{Column, Table, WIDTH};

/// The most names of one kind, and the most findings, that are shown.
const NAMED: usize = 5;
/// Width for a name next to its label and its numbers.
const NAME: usize = 60;

pub(super) fn render(page: &mut Page<'_>, report: &Report) -> io::Result<()> {
    let Some(change) = &report.change else { return Ok(()) };
    match &change.last {
        Last::First => {
            page.heading("SINCE THE LAST RUN", "first run: nothing to compare with")?;
        }
        Last::Unreadable(why) => {
            page.heading("SINCE THE LAST RUN", "nothing to compare with")?;
            page.text(
                4,
                &format!("The record of the last run cannot be read: {}", clip(why, 300)),
            )?;
        }
        Last::Run(last) => {
            page.heading("SINCE THE LAST RUN", &format!("on {} UTC", plain(last.run)))?;
            page.marked("Findings", findings(report, change))?;
            page.marked("Principals", names(&change.principals))?;
            page.marked("Sources", names(&change.sources))?;
            page.marked("Agents", names(&change.user_agents))?;
        }
    }
    for remark in &change.remarks {
        page.item(4, "Note: ", remark)?;
    }
    counts(page, change)
}

type Line = (String, String);

fn findings(report: &Report, change: &Change) -> Vec<Line> {
    let of = |state| change.findings.iter().filter(move |f| f.state == state);
    let number = |state| grouped(change.count(state));
    let mut lines = vec![(
        String::new(),
        format!(
            "{} new, {} recurred, {} unchanged, {} gone",
            number(State::New),
            number(State::Again),
            number(State::Still),
            grouped(change.gone.len() as u64)
        ),
    )];
    let is_listed = |moved: &&Moved| moved.state != State::Still || moved.was.is_some();
    let listed: Vec<&Moved> = [State::New, State::Again, State::Still]
        .into_iter()
        .flat_map(of)
        .filter(is_listed)
        .collect();
    for moved in listed.iter().take(NAMED) {
        let at = report.findings.iter().position(|f| f.id == moved.finding.id);
        let mark = match moved.state {
            State::New => "+ ",
            State::Again | State::Still => "* ",
        };
        let was = moved.was.map_or_else(String::new, |was| format!(", was {was}"));
        let number = at.map_or_else(String::new, |at| format!("[{}] ", at + 1));
        let title = clean(&moved.finding.title);
        let text = format!(
            "{number}{} ({}{was}): {}",
            moved.state.name(),
            moved.finding.severity,
            clip(&title, 120)
        );
        lines.push((mark.to_string(), text));
    }
    lines.extend(more(listed.len()));
    for gone in change.gone.iter().take(NAMED) {
        lines.push(("- ".to_string(), gone_text(gone)));
    }
    lines.extend(more(change.gone.len()));
    lines
}

fn gone_text(gone: &Gone) -> String {
    let why = if gone.in_window { "no longer found" } else { "now before the window" };
    let title = clean(&gone.finding.title);
    format!("gone, {why} ({}): {}", gone.finding.severity, clip(&title, 120))
}

fn more(all: usize) -> Option<Line> {
    let more = all.saturating_sub(NAMED);
    (more > 0).then(|| (String::new(), format!("and {} more", grouped(more as u64))))
}

fn names(moves: &Moves) -> Vec<Line> {
    let (new, gone) = (moves.new.len(), moves.gone.len());
    let count = |n: usize| grouped(n as u64);
    let total =
        format!("{} new, {} gone, {} unchanged", count(new), count(gone), grouped(moves.same));
    let mut lines = vec![(String::new(), total)];
    let line = |mark: &str, name: &SeenName| (mark.to_string(), name_text(name));
    lines.extend(moves.new.iter().take(NAMED).map(|name| line("+ ", name)));
    lines.extend(more(new));
    lines.extend(moves.gone.iter().take(NAMED).map(|name| line("- ", name)));
    lines.extend(more(gone));
    lines
}

fn name_text(name: &SeenName) -> String {
    let cleaned = clean(&name.name);
    let detail = clean(&name.detail);
    let detail = if detail.is_empty() { detail } else { format!("{}, ", clip(&detail, 40)).into() };
    let known = if name.in_baseline { ", in the baseline" } else { "" };
    let events = counted(name.events, "event", "events");
    format!("{} ({detail}{events}{known})", clip_middle(&cleaned, NAME))
}

fn counts(page: &mut Page<'_>, change: &Change) -> io::Result<()> {
    let periods = change.periods;
    let length = change.since.map(|since| change.until - since);
    let about = match (length, periods.number) {
        (None, _) | (_, 0) => "no earlier weeks to compare with".to_string(),
        (Some(_), number) if periods.step == 7 * DAY => {
            format!("compared with {}", counted(number, "earlier week", "earlier weeks"))
        }
        (Some(_), number) => format!(
            "compared with {} of {}",
            counted(number, "earlier period", "earlier periods"),
            window_words(periods.step)
        ),
    };
    page.heading("COUNTS", &about)?;
    if change.counts.iter().all(|count| count.before.is_none()) {
        // Leave findings out: the top of the section counts them.
        let counts = change.counts.iter().filter(|c| !c.what.starts_with("findings."));
        let all: Vec<String> = counts.map(without_comparison).collect();
        return page.text(4, &all.join(", "));
    }
    let columns = ["now", "mean", "min", "max"].map(Column::number);
    let mut table = Table::new([Column::text("")].into_iter().chain(columns)).with_width(WIDTH - 2);
    for count in change.counts.iter().filter(|c| shown(c)) {
        let written = |n: u64| if count.what == "s3-bytes-out" { bytes(n) } else { grouped(n) };
        let mut cells = vec![label(count), written(count.now)];
        if let Some(before) = count.before {
            cells.extend([mean(before.mean, count), written(before.min), written(before.max)]);
        }
        table.row(cells);
    }
    page.table(2, &table)
}

/// Severities that never occurred take no line.
fn shown(count: &Count) -> bool {
    let ever = count.now > 0 || count.before.is_some_and(|b| b.max > 0);
    ever || !count.what.starts_with("findings.")
}

fn label(count: &Count) -> String {
    let runs = |count: &Count| match count.before {
        Some(before) => format!(" ({})", counted(before.of, "earlier run", "earlier runs")),
        None => String::new(),
    };
    match (count.what.as_str(), count.what.strip_prefix("findings.")) {
        (_, Some(severity)) => format!("findings, {severity}{}", runs(count)),
        ("refused", _) => "refused calls".to_string(),
        ("s3-bytes-out", _) => "bytes out of S3".to_string(),
        (other, _) => other.to_string(),
    }
}

fn without_comparison(count: &Count) -> String {
    match count.what.as_str() {
        "s3-bytes-out" => format!("{} out of S3", bytes(count.now)),
        _ => format!("{} {}", grouped(count.now), label(count)),
    }
}

/// Small numbers have one decimal.
fn mean(mean: f64, count: &Count) -> String {
    match count.what.as_str() {
        "s3-bytes-out" => bytes(mean.round() as u64),
        _ if mean < 100.0 && mean.fract() != 0.0 => format!("{mean:.1}"),
        _ => grouped(mean.round() as u64),
    }
}
