//! The clocks as a table with the reasons below it; without a regime, what there is to choose from.

use std::io::{self, Write};

use super::{Clocks, REFERENCE, rank};
use crate::clock::Millis;
use crate::clocks::{Duty, Facts, KEYS, Regime, State, Zone, rounded_duration};
use crate::report::{Format, RenderOptions};
use crate::ui::sanitize::clean;
use crate::ui::shell;
use crate::ui::{Column, Table};

/// The `text` format.
pub struct Text;

impl<'a> Format<Clocks<'a>> for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn render(&self, c: &Clocks<'a>, out: &mut dyn Write, _: &RenderOptions) -> io::Result<()> {
        let lines = if c.duties.is_empty() { how_to_begin(c) } else { lines(c) };
        lines.iter().try_for_each(|line| writeln!(out, "{}", clean(line)))
    }
}

/// The regimes and facts to choose from, while no regime is set.
fn how_to_begin(clocks: &Clocks<'_>) -> Vec<String> {
    let case = shell::path(clocks.folder);
    let mut lines =
        vec!["No regime is set, so no clock runs. Which of these apply to you?".to_string()];
    lines.push(String::new());
    for regime in Regime::ALL {
        let (name, help) = (regime.name(), regime.help());
        lines.push(format!("  {name:<16} {help}; starts at `{}`", regime.starts_at()));
    }
    lines.push(String::new());
    lines.push(format!(
        "  incident clocks {case} --set regimes=gdpr,nis2 --set timezone=Europe/Berlin"
    ));
    lines.push(format!("  incident clocks {case} --set aware=2026-11-20T10:00"));
    lines.push(String::new());
    lines.push("Facts that can be set:".to_string());
    lines.extend(KEYS.iter().map(|key| format!("  {:<24} {}", key.name, key.help)));
    lines.push(String::new());
    lines.push(REFERENCE.to_string());
    lines
}

fn lines(clocks: &Clocks<'_>) -> Vec<String> {
    let (facts, now) = (clocks.facts, clocks.now);
    let mut duties: Vec<&Duty> = clocks.duties.iter().collect();
    duties.sort_by_key(|duty| rank(duty));
    let zone = facts.zone();
    let utc = Zone::default();
    let mut lines = vec![format!(
        "CLOCKS  {}; now {} in {} ({} UTC)",
        clocks.case,
        zone.show(now),
        zone.name(),
        utc.show(now)
    )];
    if !facts.has_zone() {
        lines.push("No time zone is set: days and times are in UTC (--set timezone=…).".into());
    }
    lines.push(String::new());
    let mut table = Table::new([
        Column::text("clock"),
        Column::number("due"),
        Column::number("UTC"),
        Column::text("status"),
    ]);
    for duty in &duties {
        let shown = |zone: &Zone| match (duty.state, duty.due) {
            (State::NotStarted | State::NotApplicable, _) => String::new(),
            (_, Some(due)) => zone.show(due),
            (_, None) => "at once".into(),
        };
        table.row([duty.id, &shown(zone), &shown(&utc), &status(duty, zone, now)]);
    }
    lines.extend(table.lines());
    for duty in duties {
        lines.push(String::new());
        lines.push(format!("{}  {}", duty.id, duty.what));
        lines.push(format!("  {}", duty.law));
        lines.push(format!("  {}", duty.why));
        if let Some((key, when)) = duty.start {
            lines.push(format!("  starts at {key}, {}", when.show(zone)));
        }
        lines.extend(duty.notes.iter().map(|note| format!("  {note}")));
        if !duty.missing.is_empty() {
            lines.push(format!("  not set: {}", duty.missing.join(", ")));
        }
    }
    lines.push(String::new());
    lines.push(REFERENCE.to_string());
    lines
}

/// The status of a duty, in a word or two.
fn status(duty: &Duty, zone: &Zone, now: Millis) -> String {
    let start = duty.start.map(|(_, when)| when.first(zone));
    match duty.state {
        State::NotApplicable => "does not apply".into(),
        State::NotStarted => "not started".into(),
        State::Submitted { at } => format!("done {}", zone.show(at)),
        State::Held { until } => format!("on hold, {}", rounded_duration(until - now)),
        State::Runs => match duty.due {
            Some(due) if due < now => format!("OVERDUE {}", rounded_duration(now - due)),
            Some(due) => format!("{} left", rounded_duration(due - now)),
            None => match start.filter(|at| *at <= now) {
                Some(at) => format!("DUE NOW, for {}", rounded_duration(now - at)),
                None => "at once".into(),
            },
        },
    }
}

/// A clock as one line.
pub fn line(facts: &Facts, duty: &Duty, now: Millis) -> String {
    let zone = facts.zone();
    let due = duty.due.map_or_else(|| "at once".to_string(), |due| zone.show(due));
    format!("{due:<16}  {:<19} {}", duty.id, status(duty, zone, now))
}
