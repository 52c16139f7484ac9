//! `incident clocks`: which notices are due, to whom, and until when.

use std::io::Write;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::case::Case;
use crate::casework::{Writing, facts_of};
use crate::cli::args::author::AuthorArgs;
use crate::cli::args::facts::pairs;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::sealing::Sealing;
use crate::clock::{self, Millis};
use crate::clocks::{Duty, Facts, KEYS, Regime, State, Zone, duties, rounded_duration};
use crate::journal::{Event, verify};
use crate::ui::sanitize::clean;
use crate::ui::shell;
use crate::ui::{Column, Table};

/// The last line of every list.
const REFERENCE: &str =
    "Reference, not legal advice: the law's outer limits, calculated from the facts that were set.";

/// Show the notification clocks of a case, and set the facts that start them
///
/// Writes nothing without --set. Each fact that you set is a line in the journal, with author and time; case.toml
/// does not change. An empty value removes a fact. Times without an offset are in the case's time zone.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident clocks CASE                                            what is due, and what applies
  incident clocks CASE --set regimes=gdpr,nis2 --set timezone=Europe/Berlin
  incident clocks CASE --set aware=2026-11-20T10:00 --author alice
  incident clocks CASE --set individuals=900 --set residents.CA=501
  incident clocks CASE --set 'law_enforcement_hold=oral 2026-11-21'
  incident clocks CASE --set submitted.gdpr-authority=2026-11-22T09:30
  incident clocks CASE --format json")]
pub struct Args {
    /// The case folder
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// Fact to set (can be repeated)
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    format: String,
    #[command(flatten)]
    author: AuthorArgs,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let pairs = pairs(&args.set)?;
    let (case, facts) = if pairs.is_empty() {
        let case = Case::read(&args.case)?;
        let entries = verify(&case.journal())?.entries;
        let facts = facts_of(&case, &entries)?;
        (case, facts)
    } else {
        set(cx, args, &pairs)?
    };
    let now = cx.clock.now();
    let list = duties(&facts, now);
    let mut out = cx.ui.out();
    if args.format == "json" {
        let document = document(&case, &facts, &list, now);
        writeln!(out, "{document:#}")?;
    } else if list.is_empty() {
        for line in how_to_begin(&shell::path(&args.case)) {
            writeln!(out, "{}", clean(&line))?;
        }
    } else {
        for line in text(&case, &facts, list, now) {
            writeln!(out, "{line}")?;
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

/// Sets all facts or none. Each becomes a line of the journal.
fn set(cx: &Cx, args: &Args, pairs: &[(String, String)]) -> Result<(Case, Facts), CommandError> {
    let author = args.author.name()?;
    let sealing = Sealing::new(cx)?;
    let Writing { case, mut journal } = Writing::open(&args.case, cx.clock)?;
    let mut facts = facts_of(&case, journal.entries())?;
    for (key, value) in facts.set(pairs)? {
        journal.append(Event::ClockFact { author: author.clone(), key, value })?;
    }
    sealing.finish(cx, &mut journal)?;
    Ok((case, facts))
}

/// The regimes and facts to choose from, while no regime is set.
fn how_to_begin(case: &str) -> Vec<String> {
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

/// Sorts open duties first, the next due first; then duties that have not started; then the rest.
fn rank(duty: &Duty) -> (u8, Millis) {
    match (duty.state, duty.due) {
        (State::Runs, None) => (0, 0),
        (State::Runs | State::Held { .. }, due) => (1, due.unwrap_or(Millis::MAX)),
        (State::NotStarted, _) => (2, 0),
        (State::Submitted { .. }, due) => (3, due.unwrap_or(Millis::MAX)),
        (State::NotApplicable, _) => (4, 0),
    }
}

/// The open clocks, the next due first.
pub fn open_duties(facts: &Facts, now: Millis) -> Vec<Duty> {
    let mut list: Vec<Duty> = duties(facts, now).into_iter().filter(Duty::is_open).collect();
    list.sort_by_key(rank);
    list
}

/// A clock as one line.
pub fn line(facts: &Facts, duty: &Duty, now: Millis) -> String {
    let zone = facts.zone();
    let due = duty.due.map_or_else(|| "at once".to_string(), |due| zone.show(due));
    format!("{due:<16}  {:<19} {}", duty.id, status(duty, zone, now))
}

fn text(case: &Case, facts: &Facts, mut list: Vec<Duty>, now: Millis) -> Vec<String> {
    list.sort_by_key(rank);
    let zone = facts.zone();
    let utc = Zone::default();
    let mut lines = vec![format!(
        "CLOCKS  {}; now {} in {} ({} UTC)",
        clean(&case.file().id),
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
    for duty in &list {
        let shown = |zone: &Zone| match (duty.state, duty.due) {
            (State::NotStarted | State::NotApplicable, _) => String::new(),
            (_, Some(due)) => zone.show(due),
            (_, None) => "at once".into(),
        };
        table.row([duty.id, &shown(zone), &shown(&utc), &status(duty, zone, now)]);
    }
    lines.extend(table.lines());
    for duty in &list {
        lines.push(String::new());
        lines.push(format!("{}  {}", duty.id, duty.what));
        lines.push(format!("  {}", duty.law));
        lines.push(format!("  {}", clean(&duty.why)));
        if let Some((key, when)) = duty.start {
            lines.push(format!("  starts at {key}, {}", when.show(zone)));
        }
        lines.extend(duty.notes.iter().map(|note| format!("  {}", clean(note))));
        if !duty.missing.is_empty() {
            lines.push(format!("  not set: {}", duty.missing.join(", ")));
        }
    }
    lines.push(String::new());
    lines.push(REFERENCE.to_string());
    lines
}

fn document(case: &Case, facts: &Facts, list: &[Duty], now: Millis) -> Value {
    json!({
        "schema": "incident.clocks/1",
        "case": case.file().id,
        "now": time(facts, now),
        "timezone": facts.zone().name(),
        "regimes": facts.regimes().into_iter().map(Regime::name).collect::<Vec<_>>(),
        "clocks": list.iter().map(|duty| entry(facts, duty, now)).collect::<Vec<_>>(),
        "reference": REFERENCE,
    })
}

fn time(facts: &Facts, at: Millis) -> Value {
    json!({"local": facts.zone().rfc3339(at), "utc": clock::rfc3339(at)})
}

/// A clock as JSON.
pub fn entry(facts: &Facts, duty: &Duty, now: Millis) -> Value {
    let (state, at) = match duty.state {
        State::Runs if duty.overdue(now) => ("overdue", None),
        State::Runs => ("runs", None),
        State::Held { until } => ("held", Some(until)),
        State::NotStarted => ("not-started", None),
        State::NotApplicable => ("not-applicable", None),
        State::Submitted { at } => ("submitted", Some(at)),
    };
    let start = duty.start.map(|(key, when)| (key, when.canonical(facts.zone())));
    json!({
        "id": duty.id,
        "regime": duty.regime.name(),
        "duty": duty.what,
        "law": duty.law,
        "state": state,
        "state_time": at.map(|at| time(facts, at)),
        "starts": start.map(|(key, value)| json!({"fact": key, "value": value})),
        "due": duty.due.map(|due| time(facts, due)),
        "at_once": duty.at_once,
        "seconds_left": duty.due.filter(|_| duty.is_open()).map(|due| (due - now) / clock::SECOND),
        "why": duty.why,
        "notes": duty.notes,
        "missing": duty.missing,
    })
}
