//! What happened when: events in bins, findings as bars, the response as marks, on one axis.

use serde::Serialize;

use super::fitting;
use super::scale::{Break, Scale, Tick};
use crate::clock::plain;
use crate::report::incident::model::{Bin, Document, Finding, Side};
use crate::ui::number::counted;
use crate::ui::sanitize::clip;

const WIDTH: i64 = 960;
const LEFT: i64 = 8;
const RIGHT: i64 = WIDTH - 8;
/// Height of the bins' part.
const BINS: i64 = 72;
/// A finding: its label and its bar.
const LANE: i64 = 30;
/// Findings drawn at most, worst first.
const LANES: usize = 12;
/// Milestones nearer than this share one label.
const NEAR: i64 = 96;

#[derive(Debug, Serialize)]
pub struct Span {
    pub width: i64,
    pub height: i64,
    pub base: i64,
    pub ticks: Vec<Tick>,
    pub breaks: Vec<Break>,
    pub bins: Vec<Column>,
    /// The most events of a bin, for the scale's label.
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
    /// Nothing to draw without a finding and without a response.
    pub fn of(document: &Document) -> Option<Span> {
        let all: Vec<&Finding> =
            document.findings.iter().filter(|f| f.weighty && f.first.is_some()).collect();
        let responded = document.timeline.iter().filter(|m| m.side == Side::Responder);
        let lanes: Vec<&Finding> = all.iter().copied().take(LANES).collect();
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

fn lanes(findings: &[&Finding], scale: &Scale, top: i64) -> Vec<Lane> {
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

/// Milestones from left to right; those too near to each other share a line's label.
fn lines(document: &Document, scale: &Scale) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut milestones: Vec<_> = document.milestones.iter().collect();
    milestones.sort_by_key(|m| m.time);
    let mut last = i64::MIN / 2;
    for m in milestones {
        let x = scale.x(m.time.0);
        let end = x > WIDTH * 70 / 100;
        match lines.iter_mut().rfind(|l| !l.label.is_empty()) {
            Some(line) if x - last < NEAR => {
                line.label = format!("{} · {}", line.label, m.name);
                if line.x != x {
                    lines.push(Line { x, label: String::new(), end });
                }
            }
            _ => {
                last = x;
                lines.push(Line { x, label: m.name.to_string(), end });
            }
        }
    }
    lines
}
