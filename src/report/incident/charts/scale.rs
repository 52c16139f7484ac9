//! Maps time to x: linear, but long spans without activity are shortened and marked.

use crate::clock::{DAY, HOUR, MINUTE, Millis, SECOND, length, plain};
use serde::Serialize;

/// Width of a shortened span.
const BREAK: i64 = 44;
/// A span without activity is shortened if it is longer than this percentage of the whole.
const SHARE: i64 = 35;
/// Width of a tick's label.
const LABEL: i64 = 76;

/// A piece of time, and its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    from: Millis,
    to: Millis,
    left: i64,
    right: i64,
}

/// A break of the axis, and how much time it stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Break {
    pub x: i64,
    pub label: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tick {
    pub x: i64,
    pub time: String,
    /// The day, at its first tick.
    pub day: String,
}

#[derive(Debug)]
pub struct Scale {
    pieces: Vec<Piece>,
}

impl Scale {
    /// The scale of these spans of activity; `None` without spans.
    pub fn new(mut busy: Vec<(Millis, Millis)>, left: i64, right: i64) -> Option<Scale> {
        busy.sort_unstable();
        let (start, end) = (busy.first()?.0, busy.iter().map(|b| b.1).max()?);
        let whole = (end - start).max(MINUTE);
        let mut pieces: Vec<(Millis, Millis)> = Vec::new();
        for (from, to) in busy {
            match pieces.last_mut() {
                Some(last) if (from - last.1) * 100 <= whole * SHARE => last.1 = last.1.max(to),
                _ => pieces.push((from, to)),
            }
        }
        // A piece without duration still needs width.
        let longest = pieces.iter().map(|p| p.1 - p.0).max().unwrap_or(0).max(MINUTE);
        let margin = (longest / 30).max(SECOND);
        for piece in &mut pieces {
            *piece = (piece.0 - margin, piece.1 + margin);
        }
        let breaks = BREAK * (pieces.len() as i64 - 1);
        // Short pieces next to long ones get at least a fifth, so that they stay readable.
        let least = longest / 5;
        let weight = |p: &(Millis, Millis)| (p.1 - p.0).max(least);
        let total: Millis = pieces.iter().map(weight).sum::<Millis>().max(1);
        let room = right - left - breaks;
        let mut x = left;
        let placed = pieces.iter().map(|p| {
            let width = room * weight(p) / total;
            let piece = Piece { from: p.0, to: p.1, left: x, right: x + width };
            x += width + BREAK;
            piece
        });
        Some(Scale { pieces: placed.collect() })
    }

    pub fn x(&self, at: Millis) -> i64 {
        let Some(first) = self.pieces.first() else { return 0 };
        let mut x = first.left;
        for piece in &self.pieces {
            if at < piece.from {
                return x;
            }
            let inside = at.min(piece.to) - piece.from;
            let share = (inside as f64) / ((piece.to - piece.from).max(1) as f64);
            x = piece.left + ((piece.right - piece.left) as f64 * share).round() as i64;
            if at <= piece.to {
                return x;
            }
        }
        x
    }

    pub fn breaks(&self) -> Vec<Break> {
        let gaps = self.pieces.windows(2);
        let to_break = |pair: &[Piece]| Break {
            x: (pair[0].right + pair[1].left) / 2,
            label: length(pair[1].from - pair[0].to),
        };
        gaps.map(to_break).collect()
    }

    /// Ticks at round times, as many as have room for a label.
    pub fn ticks(&self) -> Vec<Tick> {
        let mut ticks: Vec<Tick> = Vec::new();
        let mut day = String::new();
        for piece in &self.pieces {
            let step = step(piece);
            let mut at = piece.from - piece.from.rem_euclid(step) + step;
            while at <= piece.to && ticks.len() < 60 {
                let text = plain(at);
                let (date, time) = text.split_once(' ').unwrap_or((&text, ""));
                let new = date != day;
                day = date.to_string();
                let time = if step % MINUTE == 0 { time.get(..5).unwrap_or(time) } else { time };
                ticks.push(Tick {
                    x: self.x(at),
                    time: if step >= DAY { String::new() } else { time.to_string() },
                    day: if new { date.to_string() } else { String::new() },
                });
                at += step;
            }
        }
        ticks
    }
}

fn step(piece: &Piece) -> Millis {
    let steps = [
        SECOND,
        5 * SECOND,
        10 * SECOND,
        30 * SECOND,
        MINUTE,
        2 * MINUTE,
        5 * MINUTE,
        10 * MINUTE,
        15 * MINUTE,
        30 * MINUTE,
        HOUR,
        2 * HOUR,
        3 * HOUR,
        6 * HOUR,
        12 * HOUR,
        DAY,
        2 * DAY,
        7 * DAY,
        14 * DAY,
        30 * DAY,
        90 * DAY,
        365 * DAY,
    ];
    let most = ((piece.right - piece.left) / LABEL).max(1);
    let fits = |step: &Millis| (piece.to - piece.from) / step <= most;
    steps.into_iter().find(fits).unwrap_or(3_650 * DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_grow_with_time_and_stay_inside() {
        let busy = vec![(0, 2 * HOUR), (20 * DAY, 20 * DAY + MINUTE), (HOUR, 3 * HOUR)];
        let scale = Scale::new(busy, 10, 900).unwrap();
        let times = [-DAY, 0, HOUR, 3 * HOUR, DAY, 20 * DAY, 20 * DAY + MINUTE, 30 * DAY];
        let places: Vec<i64> = times.iter().map(|t| scale.x(*t)).collect();
        assert!(places.windows(2).all(|p| p[0] <= p[1]), "{places:?}");
        assert!(places.iter().all(|x| (10..=900).contains(x)), "{places:?}");
        assert_eq!(scale.breaks().len(), 1);
        assert!(scale.breaks()[0].label.starts_with("19 d"));
        assert!(!scale.ticks().is_empty());
    }

    #[test]
    fn one_moment_has_a_place() {
        let scale = Scale::new(vec![(5 * DAY, 5 * DAY)], 0, 100).unwrap();
        assert!((20..=80).contains(&scale.x(5 * DAY)));
        assert!(Scale::new(Vec::new(), 0, 100).is_none());
    }
}
