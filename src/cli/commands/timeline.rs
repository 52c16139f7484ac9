//! `incident timeline`: the events that findings rest on, in time order.

use std::path::PathBuf;

use crate::cli::analysis::{Analysis, analyse};
use crate::cli::args::inputs::InputArgs;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::decode::Record;
use crate::detect::rule_id;
use crate::engine::local::{Job, Visitor, scan};
use crate::engine::matcher::matches;
use crate::event::Event;
use crate::finding::{Finding, Scope};
use crate::report::timeline::{TimelineFormat, TimelineRow, TimelineWriter};
use crate::rollup::{Origin, Phase};
use crate::sigma::{RuleIndex, Scanner};
use crate::source::FileNames;
use crate::ui::Progress;

/// Write the events that the findings rest on, in time order
///
/// The columns are Timesketch's (message, datetime, timestamp_desc, ...) and the event's own. CSV cells are
/// safe against spreadsheet formulas.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident timeline ./AWSLogs -o timeline.csv
  incident timeline ./AWSLogs --format jsonl -o timeline.jsonl
  incident timeline ./AWSLogs --finding f-3f1c9a52d0e1 | less")]
pub struct Args {
    #[command(flatten)]
    inputs: InputArgs,
    /// Form of the result
    #[arg(long, short, value_name = "FORMAT", default_value = "csv", help_heading = "Output",
          value_parser = clap::builder::PossibleValuesParser::new(TimelineFormat::ALL.map(|f| f.name())))]
    format: String,
    /// Only the events of this finding (can be repeated)
    #[arg(long, value_name = "ID", help_heading = "Output")]
    finding: Vec<String>,
    /// Write to a new file, readable by its owner alone
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    if args.inputs.logs.has_stdin() {
        return Err(CommandError::usage(
            "a timeline reads the logs twice, and standard input can be read once",
        )
        .hint("save it to a file first"));
    }
    let analysis = analyse(cx, &args.inputs)?;
    let findings = chosen(&analysis.report.findings, &args.finding)?;
    let rows = collect(cx, &analysis, &findings);
    let format = TimelineFormat::ALL
        .into_iter()
        .find(|f| f.name() == args.format)
        .unwrap_or(TimelineFormat::Csv);
    output::write(&cx.ui, args.output.as_deref(), |out| {
        let mut writer = TimelineWriter::new(format, out)?;
        rows.iter().try_for_each(|row| writer.row(row))?;
        writer.finish().map(drop)
    })?;
    cx.ui.status(&format!("{} events of {} findings", rows.len(), findings.len()));
    Ok(if analysis.report.incomplete() { Exit::Incomplete } else { Exit::Done })
}

fn chosen<'f>(all: &'f [Finding], ids: &[String]) -> Result<Vec<&'f Finding>, CommandError> {
    if let Some(unknown) = ids.iter().find(|id| !all.iter().any(|f| f.id == **id)) {
        let known: Vec<&str> = all.iter().map(|f| f.id.as_str()).collect();
        return Err(CommandError::usage(format!("these logs have no finding '{unknown}'"))
            .hint(format!("they have: {}", known.join(", "))));
    }
    Ok(all.iter().filter(|f| ids.is_empty() || ids.contains(&f.id)).collect())
}

/// Reads the logs again and keeps what a finding's scope selects.
pub fn collect(cx: &Cx, analysis: &Analysis, findings: &[&Finding]) -> Vec<TimelineRow> {
    if findings.is_empty() {
        return Vec::new();
    }
    let listing = &analysis.listing;
    let progress = Progress::new(&cx.ui, listing.files.len() as u64, listing.bytes());
    let tick = |files, bytes| progress.tick(files, bytes);
    let job =
        Job { listing, selection: analysis.selection, threads: analysis.threads, progress: &tick };
    let rules: Vec<String> = analysis.rules.rules().iter().map(rule_id).collect();
    let scanned = scan(&job, || Picker {
        findings,
        scanner: analysis.rules.scanner(),
        rules: &rules,
        found: Vec::new(),
        rows: Vec::new(),
    });
    progress.finish();
    let mut names = FileNames::of(listing);
    let listed = listing.files.len() as u32;
    let mut rows = Vec::new();
    for part in scanned.parts {
        let shift = names.add_members(part.members);
        rows.extend(part.visitor.rows.into_iter().map(|(origin, row)| {
            let file = if origin.file < listed { origin.file } else { origin.file + shift };
            (origin, TimelineRow { file: names.name(file).to_string(), ..row })
        }));
    }
    once_each(rows)
}

/// In time order; of the copies of one event, the one in the first input.
fn once_each(mut rows: Vec<(Origin, TimelineRow)>) -> Vec<TimelineRow> {
    fn event(row: &TimelineRow) -> (i64, &str, &str, &str, &str) {
        (row.time, &row.event_id, row.log.name(), &row.action, &row.resource)
    }
    rows.sort_by(|(a, x), (b, y)| {
        (event(x), a.input, a.offset).cmp(&(event(y), b.input, b.offset))
    });
    let mut kept = Vec::with_capacity(rows.len());
    for copies in rows.chunk_by(|(_, x), (_, y)| event(x) == event(y)) {
        let events = copies.iter().filter(|(origin, _)| !origin.duplicate).count();
        kept.extend(copies.iter().take(events).map(|(_, row)| row.clone()));
    }
    kept
}

struct Picker<'f> {
    findings: &'f [&'f Finding],
    scanner: Scanner<'f>,
    /// Ids of the rules, by number.
    rules: &'f [String],
    found: Vec<RuleIndex>,
    rows: Vec<(Origin, TimelineRow)>,
}

impl Picker<'_> {
    /// The ids of the findings that rest on the event, and their rules.
    fn hits(&mut self, event: &Event<'_>, record: Record<'_>) -> (Vec<String>, Vec<String>) {
        let scopes = |f: &Finding| f.scopes.iter().any(|s| s.matches(event));
        if !self.findings.iter().any(|f| scopes(f)) {
            return (Vec::new(), Vec::new());
        }
        self.found.clear();
        matches(&mut self.scanner, event, record, &mut self.found);
        let (rules, found) = (self.rules, &self.found);
        let matched = |scope: &Scope| {
            let ids = || found.iter().filter_map(|rule| rules.get(rule.0 as usize));
            scope.rules.is_empty() || ids().any(|id| scope.rules.contains(id))
        };
        let hit = |f: &&Finding| f.scopes.iter().any(|s| s.matches(event) && matched(s));
        let hits: Vec<&Finding> = self.findings.iter().copied().filter(hit).collect();
        let mut rules: Vec<String> = hits.iter().flat_map(|f| f.rules.iter().cloned()).collect();
        rules.sort();
        rules.dedup();
        (hits.iter().map(|f| f.id.clone()).collect(), rules)
    }
}

impl Visitor for Picker<'_> {
    fn event(&mut self, event: &Event<'_>, record: Record<'_>, phase: Phase, origin: &Origin) {
        if phase == Phase::Baseline {
            return;
        }
        let (ids, rules) = self.hits(event, record);
        if ids.is_empty() {
            return;
        }
        self.rows.push((*origin, row(event, origin.offset, ids, rules)));
    }
}

fn row(event: &Event<'_>, offset: u64, findings: Vec<String>, rules: Vec<String>) -> TimelineRow {
    TimelineRow {
        time: event.time,
        log: event.log,
        event_id: event.id.to_string(),
        account: event.account.to_string(),
        region: event.region.to_string(),
        principal: event.actor.principal.to_string(),
        access_key: event.actor.access_key.to_string(),
        source: event.source.to_string(),
        user_agent: event.user_agent.to_string(),
        service: event.service.to_string(),
        action: event.action.to_string(),
        outcome: event.outcome,
        error: event.error.to_string(),
        resource: event.object.map_or(String::new(), |o| match o.key {
            "" => format!("s3://{}", o.bucket),
            key => format!("s3://{}/{key}", o.bucket),
        }),
        version: event.object.map_or("", |o| o.version).to_string(),
        bytes_out: event.bytes_out,
        file: String::new(),
        offset,
        findings,
        rules,
    }
}
