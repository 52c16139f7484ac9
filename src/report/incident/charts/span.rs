//! The chart of activity: events in bins, findings as bars, and the response as marks, on one axis.

use serde::Serialize;

use super::fitting;
use super::scale::{Break, Scale, Tick};
use crate::clock::plain;
use crate::report::incident::model::{Bin, Document, FindingDetail, Milestone, Side};
use crate::ui::number::counted;
use crate::ui::sanitize::clip;

const WIDTH: i64 = 960;
const LEFT: i64 = 8;
const RIGHT: i64 = WIDTH - 8;
/// Height of the bins.
const BINS: i64 = 72;
/// A finding: its label and its bar.
const LANE: i64 = 30;
/// The most findings drawn, worst first.
const LANES: usize = 12;
/// Width of a letter in a milestone's bold label.
const LETTER: i64 = 8;
/// Gap between two labels.
const GAP: i64 = 12;

#[derive(Debug, Serialize)]
pub struct Span {
    pub width: i64,
    pub height: i64,
    pub base: i64,
    pub ticks: Vec<Tick>,
    pub breaks: Vec<Break>,
    pub bins: Vec<Column>,
    /// The highest number of events in a bin, for the scale's label.
    pub most: u64,
    pub bins_base: i64,
    pub lanes: Vec<Lane>,
    pub left_out: usize,
    pub marks: Vec<Mark>,
    pub marks_y: i64,
    pub lines: Vec<Line>,
}

#[derive(Debug, Serialize)]
pub struct Column {
    pub x: i64,
    pub width: i64,
    pub done: i64,
    pub refused: i64,
    pub title: String,
}

#[derive(Debug, Serialize)]
pub struct Lane {
    pub x: i64,
    pub width: i64,
    pub y: i64,
    pub label: String,
    pub label_x: i64,
    pub end: bool,
    pub severity: &'static str,
    pub anchor: String,
    pub title: String,
}

#[derive(Debug, Serialize)]
pub struct Mark {
    pub x: i64,
    pub class: &'static str,
    pub title: String,
}

#[derive(Debug, Serialize)]
pub struct Line {
    pub x: i64,
    pub label: String,
    pub end: bool,
}

impl Span {
    /// Without findings and without a response, there is nothing to draw.
    pub fn of(document: &Document) -> Option<Span> {
        let all: Vec<&FindingDetail> =
            document.findings.iter().filter(|f| f.weighty && f.first.is_some()).collect();
        let responded = document.timeline.iter().filter(|m| m.side == Side::Responder);
        let lanes: Vec<&FindingDetail> = all.iter().copied().take(LANES).collect();
        let busy = lanes
            .iter()
            .filter_map(|f| Some((f.first?.0, f.last.or(f.first)?.0)))
            .chain(responded.clone().map(|m| (m.time.0, m.time.0)))
            .chain(document.activity.iter().map(|b| (b.from.0, b.to.0)));
        let scale = Scale::new(busy.collect(), LEFT, RIGHT)?;
        let top = 34;
        let (bins, most) = bins(&document.activity, &scale);
        let bins_base = if bins.is_empty() { top } else { top + BINS };
        let lanes = self::lanes(&lanes, &scale, bins_base + 14);
        let marks_y = bins_base + 14 + LANE * lanes.len() as i64 + 16;
        let marks: Vec<Mark> = responded
            .map(|m| Mark {
                x: scale.x(m.time.0),
                class: class(&m.kind, &m.outcome),
                title: format!("{} UTC: {}", plain(m.time.0), clip(&m.text, 160)),
            })
            .collect();
        let base = if marks.is_empty() { marks_y - 8 } else { marks_y + 22 };
        Some(Span {
            width: WIDTH,
            height: base + 40,
            base,
            ticks: scale.ticks(),
            breaks: scale.breaks(),
            bins,
            most,
            bins_base,
            left_out: all.len() - lanes.len(),
            lanes,
            marks,
            marks_y,
            lines: lines(document, &scale),
        })
    }
}

fn bins(activity: &[Bin], scale: &Scale) -> (Vec<Column>, u64) {
    let most = activity.iter().map(|b| b.done + b.refused).max().unwrap_or(0);
    let height = |n: u64| (n * (BINS as u64 - 12)).div_ceil(most.max(1)) as i64;
    let columns = activity.iter().map(|bin| {
        let (from, to) = (scale.x(bin.from.0), scale.x(bin.to.0));
        let events = counted(bin.done + bin.refused, "event", "events");
        Column {
            x: from,
            width: (to - from - 1).max(2),
            done: height(bin.done),
            refused: height(bin.refused),
            title: format!("from {} UTC: {events}, {} refused", plain(bin.from.0), bin.refused),
        }
    });
    (columns.collect(), most)
}

fn lanes(findings: &[&FindingDetail], scale: &Scale, top: i64) -> Vec<Lane> {
    let placed = findings.iter().enumerate().filter_map(|(i, f)| {
        let first = f.first?;
        let last = f.last.unwrap_or(first);
        let x = scale.x(first.0);
        // In the right half, the label ends where the bar does.
        let end = x > WIDTH * 55 / 100;
        let right = scale.x(last.0).max(x + 6);
        let room = if end { right - LEFT } else { RIGHT - x };
        let when = format!("{} to {} UTC", plain(first.0), plain(last.0));
        Some(Lane {
            x,
            width: right - x,
            y: top + LANE * i as i64,
            label: clip(&f.title, fitting(room)).into_owned(),
            label_x: if end { right } else { x },
            end,
            severity: f.severity,
            anchor: f.anchor.clone(),
            title: format!("{}: {} ({when})", f.severity, clip(&f.title, 240)),
        })
    });
    placed.collect()
}

fn class(kind: &str, outcome: &str) -> &'static str {
    match (kind, outcome) {
        (_, "failed") => "failed",
        ("Containment", _) => "containment",
        ("Visibility" | "Recovery", _) => "recovery",
        ("Undo", _) => "undo",
        _ => "other",
    }
}

/// Milestones from left to right. A label without room joins the label before it.
fn lines(document: &Document, scale: &Scale) -> Vec<Line> {
    let mut milestones: Vec<_> = document.milestones.iter().collect();
    milestones.sort_by_key(|m| m.time);
    let new = |m: &&Milestone| Line::new(scale.x(m.time.0), m.name.to_string());
    let mut lines: Vec<Line> = milestones.iter().map(new).collect();
    // The joined label is longer, so it may reach the one before it, too.
    loop {
        let shown: Vec<usize> = (0..lines.len()).filter(|n| !lines[*n].label.is_empty()).collect();
        let over = |pair: &&[usize]| lines[pair[1]].extent().0 < lines[pair[0]].extent().1;
        let Some(&[before, after]) = shown.windows(2).rfind(over) else { return lines };
        let label = std::mem::take(&mut lines[after].label);
        lines[before].label = format!("{} · {label}", lines[before].label);
    }
}

impl Line {
    fn new(x: i64, label: String) -> Line {
        Line { x, label, end: x > WIDTH * 60 / 100 }
    }

    /// Start and end of the label, with a gap after it.
    fn extent(&self) -> (i64, i64) {
        let width = LETTER * self.label.chars().count() as i64;
        if self.end { (self.x - width, self.x + GAP) } else { (self.x, self.x + width + GAP) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::incident::model::At;
    use crate::report::incident::sample::rich;

    #[test]
    fn labels_of_milestones_do_not_lie_over_each_other() {
        let mut document = crate::report::incident::build(&rich());
        for step in [1, 30, 90, 400, 900, 4_000] {
            let at = |i: i64| At(1_794_233_000_000 + i * step * 1_000);
            let names = ["noticed", "opened", "first block", "contained", "held"];
            document.milestones =
                (0..).zip(names).map(|(i, name)| Milestone { time: at(i), name }).collect();
            let span = Span::of(&document).expect("drawn");
            let shown: Vec<&Line> = span.lines.iter().filter(|l| !l.label.is_empty()).collect();
            for pair in shown.windows(2) {
                assert!(pair[0].extent().1 <= pair[1].extent().0, "{shown:?}");
            }
            let said: String = shown.iter().map(|l| l.label.as_str()).collect();
            assert!(names.iter().all(|name| said.contains(name)), "{said}");
            assert_eq!(span.lines.len(), 5);
        }
    }

    #[test]
    fn a_label_that_grows_to_the_left_takes_the_one_before_it_along() {
        let mut document = crate::report::incident::build(&rich());
        for gap in [30_000, 60_000, 100_000, 160_000, 250_000] {
            let at = |i: i64| At(1_794_233_000_000 + (gap * i.min(1) + i) * 1_000);
            let names = ["noticed", "opened", "first block", "contained", "held"];
            document.milestones =
                (0..).zip(names).map(|(i, name)| Milestone { time: at(i), name }).collect();
            let span = Span::of(&document).expect("drawn");
            let shown: Vec<&Line> = span.lines.iter().filter(|l| !l.label.is_empty()).collect();
            for pair in shown.windows(2) {
                assert!(pair[0].extent().1 <= pair[1].extent().0, "{gap}: {shown:?}");
            }
        }
    }
}
