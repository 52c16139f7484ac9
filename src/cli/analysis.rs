//! The analysis that several commands share: list, decode, fold, detect, report.

use std::sync::Arc;

use super::context::Cx;
use super::error::CommandError;
use super::gather::{ResolvedInputs, connect};
use super::incremental;
use super::previous_run::PreviousRun;
use crate::cli::args::inputs::{InputArgs, LogArgs};
use crate::cli::args::rule_files::compile;
use crate::clock::{DAY, Millis, date, length, plain};
use crate::cloud::Client;
use crate::config::{Config, Geo};
use crate::decode::Record;
use crate::detect::{self, SourceNetworks};
use crate::engine::ScanResult;
use crate::engine::incremental::{EarlierRuns, LoadQuery};
use crate::engine::local::{Job, Visitor, scan};
use crate::event::Event;
use crate::report::model::{Report, RulesApplied, SkippedRule, Window};
use crate::rollup::{Frames, Origin, Phase, Selection, memory};
use crate::sigma::RuleSet;
use crate::source::Listing;
use crate::source::coverage::Coverage;
use crate::state::{Reserved, StateError};
use crate::ui::Progress;

/// A finished analysis, and what is needed to read the logs again.
pub struct Analysis {
    pub report: Report,
    pub listing: Listing,
    pub selection: Selection,
    pub threads: usize,
    pub rules: RuleSet,
    /// Credentials of the accounts whose own logs were read; none for paths and buckets.
    pub clients: Vec<Arc<Client>>,
    /// What the next run is to know of this one.
    pub memory: Option<PreviousRun>,
}

pub fn analyse(cx: &Cx, args: &InputArgs) -> Result<Analysis, CommandError> {
    let config = cx.config(args.logs.flags())?;
    let geo = config.geoip().map(Geo::open).transpose()?;
    let threads = config
        .threads()
        .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    // Refused when there is one already, which serves as well.
    _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    let rule_files = args.rules.files()?;
    let rules_digest = incremental::digest(&rule_files);
    let (rules, asked) =
        beside(|| compile(&rule_files), || connect(cx, &args.logs, config.baseline_days()));
    let asked = asked?;
    let logs = asked.logs.clone();
    let state = incremental::reserve(cx, &args.state, asked.selection, &rules_digest, &logs)?;
    let state = state.zip(asked.selection);
    let read = |(state, selection): (Reserved, Selection)| {
        let query = LoadQuery { selection, threads, rules: &rules };
        Ok::<_, StateError>(EarlierRuns::read(state.open()?, query))
    };
    let (earlier, gathered) = beside(|| state.map(read).transpose(), || asked.list(cx));
    let ResolvedInputs { listing, notes: said, clients, selection } = gathered?;
    let earlier = earlier?;
    let selection = match selection {
        Some(selection) => selection,
        None => selection_of(cx, &args.logs, &listing, threads, config.baseline_days())?,
    };

    let progress = Progress::new(&cx.ui, listing.files.len() as u64, listing.bytes());
    let job = Job {
        listing: &listing,
        selection,
        threads,
        progress: &|files, bytes| progress.tick(files, bytes),
    };
    let (mut yielded, kept) = incremental::read(cx, &args.state, &job, &rules, earlier)?;
    progress.finish();

    let frames = Frames::take(&mut yielded.rollups)?;
    let sources = frames.activity_rows.iter().map(|(k, _)| k.source);
    let places = SourceNetworks::new(sources, &yielded.rollups.names, &config, geo.as_ref());
    let detecting = detect::Cx::new(
        &frames,
        &yielded.rollups,
        &yielded.files,
        &config,
        selection,
        places,
        (&rules, &yielded.correlated),
    );
    let detected = detect::run(&detecting)?;
    let coverage = std::mem::take(&mut yielded.coverage);
    let mut report = report(cx, &config, args, selection, coverage, detected);
    report.matrix = detect::coverage::matrix(&detecting, &listing, cx.clock.now());
    memory::give_back();
    report.sessions = detect::sessions::of_findings(&detecting, &report.findings);
    let memory = PreviousRun::compare(cx, &args.state, logs, rules_digest, &detecting, &mut report);
    report.rules = applied(&rules);
    report.notes.extend(detect::coverage::notes(&report.matrix));
    report.notes.extend(rule_notes(&rules, &yielded));
    report.notes.splice(0..0, said.into_iter().chain(kept));
    // The process ends soon; giving back some hundred thousand rows one by one would delay it.
    std::mem::forget((yielded, frames));
    Ok(Analysis { report, listing, selection, threads, rules, clients, memory })
}

fn applied(rules: &RuleSet) -> RulesApplied {
    let skipped = rules.skipped().iter().map(|skipped| SkippedRule {
        rule: skipped.title.clone(),
        file: skipped.file.clone(),
        line: skipped.line,
        reason: skipped.reason.clone(),
    });
    let applied = (rules.rules().len() + rules.correlations().len()) as u64;
    RulesApplied { applied, skipped: skipped.collect() }
}

fn rule_notes(rules: &RuleSet, yielded: &ScanResult) -> Vec<String> {
    let mut notes = Vec::new();
    if !rules.skipped().is_empty() {
        notes.push(format!(
            "{} rules are not applied: 'incident rule check' says why.",
            rules.skipped().len()
        ));
    }
    if yielded.unparsed_records > 0 {
        notes.push(format!(
            "{} records could not be read for the rules; they are counted all the same.",
            yielded.unparsed_records
        ));
    }
    if yielded.correlated.overflow > 0 {
        notes.push(format!(
            "{} matches were left out of correlations, which had too many to hold.",
            yielded.correlated.overflow
        ));
    }
    notes
}

/// Two things at once, of which the second may wait for the network.
fn beside<A: Send, B>(first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B) -> (A, B) {
    std::thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second();
        (first.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), second)
    })
}

/// The window in logs of this machine.
pub(super) fn selection_of(
    cx: &Cx,
    args: &LogArgs,
    listing: &Listing,
    threads: usize,
    baseline_days: f64,
) -> Result<Selection, CommandError> {
    let newest = newest(cx, args, listing, threads)?;
    args.selection(cx.clock.now(), newest, baseline_days)
}

/// `--until latest` reads the logs once more, before all else, for the newest event's time.
fn newest(
    cx: &Cx,
    args: &LogArgs,
    listing: &Listing,
    threads: usize,
) -> Result<Option<Millis>, CommandError> {
    if !args.window.wants_latest() {
        return Ok(None);
    }
    if args.has_stdin() {
        return Err(CommandError::usage(
            "'--until latest' reads the logs twice, and standard input can be read once",
        )
        .hint("save it to a file first, or give --until a time"));
    }
    struct Nothing;
    impl Visitor for Nothing {
        fn event(&mut self, _: &Event<'_>, _: Record<'_>, _: Phase, _: &Origin) {}
    }
    let progress = Progress::new(&cx.ui, listing.files.len() as u64, listing.bytes());
    let tick = |files, bytes| progress.tick(files, bytes);
    let job = Job { listing, selection: Selection::default(), threads, progress: &tick };
    Ok(scan(&job, || Nothing).coverage.newest)
}

fn report(
    cx: &Cx,
    config: &Config,
    args: &InputArgs,
    selection: Selection,
    coverage: Coverage,
    detected: detect::Detected,
) -> Report {
    let whole_archive = args.logs.window.is_whole();
    let notes = notes(config, selection, &coverage, whole_archive);
    Report {
        generated: cx.clock.now(),
        window: Window {
            since: selection.since.or(coverage.oldest),
            until: selection.until.or(coverage.newest.map(|at| at + 1)),
            whole_archive,
            baseline_since: selection.baseline_since.filter(|_| coverage.events.baseline > 0),
        },
        coverage,
        stories: detected.stories,
        findings: detected.findings,
        suppressed: detected.suppressed,
        summary: detected.summary,
        notes,
        ..Report::default()
    }
}

/// Plain statements that qualify the result.
fn notes(config: &Config, selection: Selection, c: &Coverage, whole: bool) -> Vec<String> {
    let mut notes = Vec::new();
    let range = c.oldest.zip(c.newest);
    if let (0, Some((oldest, newest))) = (c.events.decoded, range) {
        notes.push(format!(
            "No event lies in the window. The logs cover {} to {} UTC; '--until latest' counts back from their end.",
            plain(oldest),
            plain(newest)
        ));
    } else if c.events.decoded == 0 {
        notes.push("No event was found in the input.".to_string());
    }
    match (whole, range) {
        (true, Some((oldest, newest))) if newest - oldest < 2 * DAY => notes.push(format!(
            "The logs span only {}: with so little before it, a source is judged beside the others more than by its history.",
            length(newest - oldest)
        )),
        (true, Some((oldest, _))) => notes.push(format!(
            "The whole archive is the window: each source is compared with what came before it. The first day, to {}, is warm-up.",
            plain(oldest + DAY)
        )),
        _ => {}
    }
    if let (false, Some(since), Some((oldest, _))) = (whole, selection.since, range) {
        match selection.baseline_since {
            _ if c.events.decoded == 0 => {}
            None => notes.push("No baseline was asked for: the window is compared with itself as it goes.".to_string()),
            Some(_) if c.events.baseline == 0 => notes.push(
                "The logs hold nothing before the window: there is no baseline, and the window is compared with itself as it goes."
                    .to_string(),
            ),
            Some(from) if oldest > from + DAY => notes.push(format!(
                "The baseline is shorter than asked for: the logs begin on {}, {} before the window.",
                date(oldest),
                length(since - oldest)
            )),
            Some(_) => {}
        }
    }
    if config.geoip().is_none() {
        notes.push("Countries and networks' owners are not known: no GeoIP files were given (--geoip DIR).".to_string());
    }
    notes.extend(config.intel().notes());
    notes.extend(config.expired().iter().map(|entry| format!("Expired and not applied: {entry}")));
    notes
        .extend(config.files().iter().map(|f| format!("Settings were read from {}.", f.display())));
    notes
}
