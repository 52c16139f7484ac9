//! Finds the inputs, reads them once, and makes the tables that detectors and reports query.

use std::path::Path;
use std::sync::Arc;

use super::incremental::{self, rules_digest};
use super::inputs::{self, ResolvedInputs};
use super::rule_files::{RuleFile, compile};
use super::{Error, LogRequest, Observer, notes};
use crate::cloud::Client;
use crate::config::{Config, Geo};
use crate::decode::Record;
use crate::detect::{self, SourceNetworks};
use crate::engine::ScanResult;
use crate::engine::incremental::{EarlierRuns, LoadQuery};
use crate::engine::local::{self, Job, Scan, Visitor};
use crate::event::Event;
use crate::report::Window;
use crate::rollup::{Frames, Origin, Phase, Selection, Times};
use crate::sigma::RuleSet;
use crate::source::{Found, Listing};
use crate::state::{Reserved, StateError};

/// Logs that were read: their tables, and what is needed to read them again. Large: freeing it takes a while.
pub struct ScannedLogs {
    pub listing: Listing,
    pub selection: Selection,
    /// No window was requested: every event counts.
    pub whole_archive: bool,
    pub threads: usize,
    pub config: Arc<Config>,
    pub rules: RuleSet,
    pub rules_digest: String,
    /// Describes the logs at AWS, independent of the window; empty for local logs.
    pub source: String,
    /// Credentials of the accounts whose own logs were read; none for paths and buckets.
    pub clients: Vec<Arc<Client>>,
    /// Notes for the report on the inputs and the state.
    pub notes: Vec<String>,
    pub frames: Frames,
    /// Without the activity and the objects, which are in the frames.
    pub result: ScanResult,
    geo: Option<Geo>,
}

/// Reads the logs with the rules, continuing from the state folder where one is given.
///
/// # Errors
/// When the logs, AWS or the state folder cannot be used.
pub fn scan(
    request: &LogRequest,
    rule_files: &[RuleFile],
    state: Option<&Path>,
    observer: &dyn Observer,
) -> Result<ScannedLogs, Error> {
    let config = Arc::clone(&request.config);
    let geo = config.geoip().map(Geo::open).transpose()?;
    let threads = request.threads();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;

    let known = config.known();
    let (rules, connected) =
        in_parallel(|| compile(rule_files).with_known(known.clone()), || inputs::connect(request));
    let connected = connected?;
    let (rules_digest, source) = (rules_digest(rule_files, &known), connected.source.clone());
    let reserved =
        incremental::reserve(state, connected.selection, &rules_digest, &source, observer)?;
    let reserved = reserved.zip(connected.selection);
    let load = |(reserved, selection): (Reserved, Selection)| {
        let wanted = LoadQuery { selection, threads, rules: &rules };
        Ok::<_, StateError>(EarlierRuns::read(reserved.open()?, wanted))
    };
    let (earlier, inputs) = in_parallel(
        || pool.install(|| reserved.map(load).transpose()),
        || connected.list(observer),
    );
    let (inputs, earlier) = (inputs?, earlier?);
    let ResolvedInputs { listing, mut notes, clients, selection } = inputs;
    let selection = match selection {
        Some(selection) => selection,
        None => {
            let (selection, strays) = local_selection(request, &listing, threads, observer)?;
            notes.extend(strays);
            selection
        }
    };

    let freed = || observer.memory_freed();
    let (mut result, used) = {
        let progress = observer.scan(listing.files.len() as u64, listing.bytes());
        let job =
            Job { progress: &*progress, memory_freed: &freed, ..job(&listing, selection, threads) };
        pool.install(|| incremental::scan(&job, &rules, earlier, request.clock.now()))?
    };
    observer.memory_freed();
    if let Some((used, root)) = used.zip(state) {
        notes.extend(incremental::report_used(&used, root, observer));
    }
    let frames = Frames::take(&mut result.rollups, &freed).map_err(Error::query)?;
    Ok(ScannedLogs {
        whole_archive: request.window.is_whole(),
        listing,
        selection,
        threads,
        config,
        rules,
        rules_digest,
        source,
        clients,
        notes,
        frames,
        result,
        geo,
    })
}

impl ScannedLogs {
    /// The context that every detector gets. Making it takes a pass over the tables.
    pub fn context(&self) -> detect::Cx<'_> {
        let rollups = &self.result.rollups;
        let sources = self.frames.activity_rows.iter().map(|(k, _)| k.source);
        let networks =
            SourceNetworks::new(sources, &rollups.names, &self.config, self.geo.as_ref());
        detect::Cx::new(
            &self.frames,
            rollups,
            (&self.result.files, &self.result.coverage),
            &self.config,
            self.selection,
            networks,
            (&self.rules, &self.result.correlated),
        )
    }

    /// Refuses standard input for `what`, which reads the logs again.
    pub(super) fn readable_again(&self, what: &'static str) -> Result<(), Error> {
        match self.listing.files.iter().any(Found::is_stdin) {
            true => Err(Error::StdinTwice { what }),
            false => Ok(()),
        }
    }

    /// The window as reports show it: the requested one, or else the time that the logs span, without strays.
    pub fn window(&self, times: &Times) -> Window {
        let (selection, coverage) = (self.selection, &self.result.coverage);
        let (oldest, newest) = times.main().unzip();
        Window {
            since: selection.since.or(oldest).or(coverage.oldest),
            until: selection.until.or(newest.or(coverage.newest).map(|at| at + 1)),
            whole_archive: self.whole_archive,
            baseline_since: selection.baseline_since.filter(|_| coverage.events.baseline > 0),
        }
    }

    /// Reads the same logs once more with other visitors.
    pub(super) fn read_again<V: Visitor>(
        &self,
        observer: &dyn Observer,
        visitor: impl Fn() -> V + Sync,
    ) -> Scan<V> {
        let progress = observer.scan(self.listing.files.len() as u64, self.listing.bytes());
        let job = job(&self.listing, self.selection, self.threads);
        local::scan(&Job { progress: &*progress, ..job }, visitor)
    }
}

fn job(listing: &Listing, selection: Selection, threads: usize) -> Job<'_> {
    Job { listing, selection, threads, progress: &|_, _| {}, memory_freed: &|| {} }
}

/// The window in local logs, and a note on records that were left out of account. `--until latest` first reads the logs
/// an extra time, to find the newest event.
fn local_selection(
    request: &LogRequest,
    listing: &Listing,
    threads: usize,
    observer: &dyn Observer,
) -> Result<(Selection, Option<String>), Error> {
    let times = match request.window.until_latest() {
        true if request.has_stdin() => return Err(Error::LatestOfStdin),
        true => times(listing, threads, observer),
        false => Times::default(),
    };
    let newest = times.main().map(|(_, newest)| newest);
    let (now, baseline) = (request.clock.now(), request.config.baseline_days());
    Ok((request.window.selection(now, newest, baseline)?, notes::of_strays(&times)))
}

fn times(listing: &Listing, threads: usize, observer: &dyn Observer) -> Times {
    struct Dates(Times);
    impl Visitor for Dates {
        fn event(&mut self, event: &Event<'_>, _: Record<'_>, _: Phase, _: &Origin) {
            self.0.add(event.time, event.time, 1);
        }
    }
    let progress = observer.scan(listing.files.len() as u64, listing.bytes());
    let job = job(listing, Selection::default(), threads);
    let scan = local::scan(&Job { progress: &*progress, ..job }, || Dates(Times::default()));
    scan.parts.into_iter().fold(Times::default(), |mut all, part| {
        all.merge(part.visitor.0);
        all
    })
}

/// Runs both at the same time. The second runs on this thread and may wait for the network.
fn in_parallel<A: Send, B>(first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B) -> (A, B) {
    std::thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second();
        (first.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), second)
    })
}
