//! Decodes a listing in parallel. Each file is decoded by one worker, and each worker has its own visitor.

use std::collections::HashMap;
use std::thread;

use super::contradictions;
use super::coverage_counter::{CoverageCounter, MAX_PROBLEMS, MAX_SKIPPED};
use super::dedup::Dedup;
use super::fingerprint::Fingerprint;
use crate::clock::Millis;
use crate::decode::losses::Loss;
use crate::decode::{Bytes, Decoder, Record, Sink, Verdict};
use crate::event::Event;
use crate::rollup::{Origin, Phase, Selection};
use crate::source::coverage::{Coverage, Problem};
use crate::source::local::{Opened, Refusal};
use crate::source::{Buffer, InputQueue, Listing, Worker};

/// Receives every event of the window and the baseline. Duplicates are marked in the origin.
pub trait Visitor: Send {
    /// True to receive each input's coverage in [`Visitor::input`]; otherwise a worker counts all of its inputs together.
    const COVERAGE_PER_INPUT: bool = false;

    /// File numbers of archive members are the worker's own, see [`Part::members`].
    fn event(&mut self, event: &Event<'_>, record: Record<'_>, phase: Phase, origin: &Origin);

    /// The fingerprint of the next event, unless it is a duplicate.
    fn first(&mut self, _time: Millis, _fingerprint: &Fingerprint) {}

    /// An input of the listing was read, as far as possible.
    fn input(&mut self, _number: u32, _coverage: Coverage) {}
}

/// The job of a scan: what to read, and how.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    pub listing: &'a Listing,
    pub selection: Selection,
    pub threads: usize,
    /// Called with the number of files and bytes done.
    pub progress: &'a (dyn Fn(u64, u64) + Sync),
    /// Called when large tables were freed and others are about to be made.
    pub memory_freed: &'a (dyn Fn() + Sync),
}

/// One worker's result.
pub struct Part<V> {
    pub visitor: V,
    /// Names of the archive members that the worker numbered, from `listing.files.len()` on.
    pub members: Vec<String>,
}

pub struct Scan<V> {
    pub parts: Vec<Part<V>>,
    /// Where event ids are that occur with more than one content, as coverage of these inputs.
    pub contradictions: Vec<(u32, Coverage)>,
    pub coverage: Coverage,
}

/// Decodes the whole listing. Each worker gets its own visitor.
pub fn scan<V: Visitor>(job: &Job<'_>, visitor: impl Fn() -> V + Sync) -> Scan<V> {
    let mut scan = scan_after(job, &Dedup::default(), visitor);
    if !scan.contradictions.is_empty() {
        std::mem::take(&mut scan.contradictions)
            .into_iter()
            .for_each(|(_, c)| scan.coverage.add(c));
        scan.coverage = in_report_order(scan.coverage);
    }
    scan
}

/// Like [`scan`], but events that `dedup` has seen are duplicates.
pub fn scan_after<V: Visitor>(
    job: &Job<'_>,
    dedup: &Dedup,
    visitor: impl Fn() -> V + Sync,
) -> Scan<V> {
    let contradictions = dedup.contradictions();
    let queue = InputQueue::new(&job.listing.files);
    let workers = job.threads.clamp(1, job.listing.files.len().max(1));
    let queue_workers: Vec<Worker<'_, '_>> = (0..workers).map(|_| queue.worker()).collect();
    let results: Vec<(Part<V>, CoverageCounter)> = thread::scope(|scope| {
        for n in 0..queue.prefetch_threads() {
            let queue = &queue;
            scope.spawn(move || queue.prefetch(n));
        }
        let visitor = &visitor;
        let work = |queue_worker| {
            scope.spawn(move || run_worker(job, &queue_worker, Run::new(visitor(), dedup, job)))
        };
        let handles: Vec<_> = queue_workers.into_iter().map(work).collect();
        handles
            .into_iter()
            .filter_map(|h| h.join().map_err(std::panic::resume_unwind).ok())
            .collect()
    });
    let mut coverage = Coverage::default();
    let mut parts = Vec::with_capacity(results.len());
    for (part, counter) in results {
        coverage.add(counter.finish());
        parts.push(part);
    }
    add_refused(job.listing, &mut coverage);
    let contradictions = match dedup.contradictions() > contradictions {
        true => contradictions::find(job, dedup),
        false => Vec::new(),
    };
    Scan { parts, contradictions, coverage: in_report_order(coverage) }
}

/// Sorts the lists and cuts them to the length that a report shows.
pub fn in_report_order(mut coverage: Coverage) -> Coverage {
    coverage.sort_lists();
    coverage.problems.truncate(MAX_PROBLEMS);
    coverage.files.skipped_names.truncate(MAX_SKIPPED);
    coverage
}

/// Adds inputs that could not be listed to the coverage.
pub fn add_refused(listing: &Listing, coverage: &mut Coverage) {
    for (path, reason, detail) in &listing.refused {
        let file = path.to_string_lossy().into_owned();
        coverage.files.found += 1;
        *coverage.files.skipped.entry(*reason).or_default() += 1;
        coverage.files.skipped_names.push((file.clone(), *reason));
        coverage.problems_total += 1;
        let reason = reason.name().to_string();
        coverage.problems.push(Problem { file, offset: None, reason, detail: detail.clone() });
    }
}

fn run_worker<V: Visitor>(
    job: &Job<'_>,
    queue_worker: &Worker<'_, '_>,
    mut run: Run<'_, V>,
) -> (Part<V>, CoverageCounter) {
    let mut decoder = Decoder::default();
    let mut buffer = Buffer::default();
    while let Some(input) = queue_worker.next(&mut buffer) {
        let found = &job.listing.files[input.number as usize];
        run.begin(input.number, found.name());
        decode_input(input.opened, &mut decoder, &mut run);
        run.counter.read(found.size);
        if V::COVERAGE_PER_INPUT {
            let counter = std::mem::take(&mut run.counter);
            run.visitor.input(input.number, counter.finish());
        }
        (job.progress)(1, found.size);
    }
    (Part { visitor: run.visitor, members: run.members }, run.counter)
}

fn decode_input<V: Visitor>(
    opened: Result<Opened<'_>, Refusal>,
    decoder: &mut Decoder,
    run: &mut Run<'_, V>,
) {
    let name = run.input.clone();
    match opened {
        Ok(Opened::Whole(bytes)) => decoder.decode(&name, Bytes::Slice(bytes), run),
        Ok(Opened::Pipe(mut pipe)) => decoder.decode(&name, Bytes::Stream(&mut pipe), run),
        Ok(Opened::Large(file)) => decoder.decode_large(&name, file, run),
        Err((reason, detail)) => {
            run.counter.found();
            run.counter.skip(&name, reason);
            run.counter.unread(&name, reason, detail);
        }
    }
}

/// The rows without an id in one file. Equal ones are events of their own; those of another file are their copies.
#[derive(Default)]
struct EqualRows(HashMap<u64, u64>);

impl EqualRows {
    /// Clearing a large table costs as much as filling it did: the small files behind a large one get a new one.
    fn clear(&mut self) {
        self.0 = HashMap::new();
    }

    /// How many rows equal to this one came before it.
    fn before(&mut self, row: u64) -> u64 {
        let count = self.0.entry(row).or_default();
        *count += 1;
        *count - 1
    }
}

/// One worker's sink: counts, marks duplicates, and passes events to the visitor.
struct Run<'a, V> {
    visitor: V,
    counter: CoverageCounter,
    dedup: &'a Dedup,
    selection: Selection,
    first_member: u32,
    members: Vec<String>,
    member_numbers: HashMap<String, u32>,
    /// The listed input, and the file inside it that is being decoded.
    input: String,
    input_number: u32,
    file: String,
    file_number: u32,
    numbered: bool,
    equal_rows: EqualRows,
}

impl<'a, V> Run<'a, V> {
    fn new(visitor: V, dedup: &'a Dedup, job: &Job<'_>) -> Run<'a, V> {
        Run {
            visitor,
            counter: CoverageCounter::default(),
            dedup,
            selection: job.selection,
            first_member: job.listing.files.len() as u32,
            members: Vec::new(),
            member_numbers: HashMap::new(),
            input: String::new(),
            input_number: 0,
            file: String::new(),
            file_number: 0,
            numbered: false,
            equal_rows: EqualRows::default(),
        }
    }

    fn begin(&mut self, number: u32, name: String) {
        self.input = name;
        self.input_number = number;
    }

    /// The current file's number. Archive members get one with their first event.
    fn number(&mut self) -> u32 {
        if !self.numbered {
            self.numbered = true;
            self.file_number = if self.file == self.input {
                self.input_number
            } else {
                let next = self.first_member + self.members.len() as u32;
                let number = *self.member_numbers.entry(self.file.clone()).or_insert(next);
                if number == next {
                    self.members.push(self.file.clone());
                }
                number
            };
        }
        self.file_number
    }
}

impl<V: Visitor> Sink for Run<'_, V> {
    fn open(&mut self, name: &str) {
        self.counter.found();
        self.file.clear();
        self.file.push_str(name);
        self.numbered = false;
        self.equal_rows.clear();
    }

    fn close(&mut self, verdict: Verdict) {
        self.counter.closed(&self.file, verdict);
    }

    fn archive(&mut self) {
        self.counter.archive();
    }

    fn event(&mut self, event: &Event<'_>, record: Record<'_>, offset: u64) {
        self.counter.event(event.time);
        let rows = &mut self.equal_rows;
        let fingerprint = self.dedup.key.fingerprint(event, record, |row| rows.before(row));
        let duplicate = !self.dedup.first(event.time, &fingerprint);
        let phase = self.selection.phase(event.time);
        match phase {
            None => self.counter.outside(false),
            _ if duplicate => self.counter.duplicate(),
            Some(Phase::Baseline) => self.counter.outside(true),
            Some(Phase::Window) => self.counter.inside(event.log),
        }
        if let Some(phase) = phase {
            if !duplicate {
                self.visitor.first(event.time, &fingerprint);
            }
            let origin =
                Origin { file: self.number(), input: self.input_number, offset, duplicate };
            self.visitor.event(event, record, phase, &origin);
        }
    }

    fn not_event(&mut self, kind: &'static str) {
        self.counter.not_event(kind);
    }

    fn lost(&mut self, loss: Loss) {
        self.counter.lost(&self.file, loss);
    }

    fn damage(&mut self, loss: Loss) {
        self.counter.problem(&self.file, loss);
    }

    fn inflated(&mut self, bytes: u64) {
        self.counter.inflated(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_ids_costs_the_next_files_nothing() {
        let mut rows = EqualRows::default();
        (0..100_000).for_each(|row| assert_eq!(rows.before(row), 0));
        assert_eq!(rows.before(7), 1);
        rows.clear();
        assert_eq!((rows.before(7), rows.0.capacity() < 100), (0, true));
    }
}
