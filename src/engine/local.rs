//! This machine: files are decoded in parallel, each by one worker, and each worker sees its own events.

use std::collections::HashMap;
use std::thread;

use super::account::{Account, MOST_PROBLEMS, MOST_SKIPPED};
use super::dedup::Dedup;
use crate::decode::losses::Loss;
use crate::decode::{Bytes, Decoder, Record, Sink, Verdict};
use crate::event::Event;
use crate::rollup::{Origin, Phase, Selection};
use crate::source::coverage::{Coverage, Problem};
use crate::source::local::{Opened, Refusal};
use crate::source::{Buffer, InputQueue, Listing, Worker};

/// Sees every event of the window and the baseline; copies of an event are marked as such.
pub trait Visitor: Send {
    /// Whether [`Visitor::input`] wants each input's account; else a worker has one for all of its inputs.
    const APART: bool = false;

    /// Archive members have the worker's own numbers, see [`Part::members`].
    fn event(&mut self, event: &Event<'_>, record: Record<'_>, phase: Phase, origin: &Origin);

    /// An input of the listing was read, as far as it could be.
    fn input(&mut self, _number: u32, _account: Coverage) {}
}

/// What is read, and how.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    pub listing: &'a Listing,
    pub selection: Selection,
    pub threads: usize,
    /// Told of files and bytes done.
    pub progress: &'a (dyn Fn(u64, u64) + Sync),
}

/// What a worker brought back.
pub struct Part<V> {
    pub visitor: V,
    /// Names of the archive members that the worker numbered, from `listing.files.len()` on.
    pub members: Vec<String>,
}

pub struct Scan<V> {
    pub parts: Vec<Part<V>>,
    pub coverage: Coverage,
}

/// Decodes the whole listing; each worker gets its own visitor.
pub fn scan<V: Visitor>(job: &Job<'_>, visitor: impl Fn() -> V + Sync) -> Scan<V> {
    scan_after(job, &Dedup::default(), visitor)
}

/// As [`scan`]; events that `dedup` knows are copies.
pub fn scan_after<V: Visitor>(
    job: &Job<'_>,
    dedup: &Dedup,
    visitor: impl Fn() -> V + Sync,
) -> Scan<V> {
    let queue = InputQueue::new(&job.listing.files);
    let workers = job.threads.clamp(1, job.listing.files.len().max(1));
    let seats: Vec<Worker<'_, '_>> = (0..workers).map(|_| queue.worker()).collect();
    let ended: Vec<(Part<V>, Account)> = thread::scope(|scope| {
        for n in 0..queue.prefetch_threads() {
            let queue = &queue;
            scope.spawn(move || queue.prefetch(n));
        }
        let visitor = &visitor;
        let work = |seat| scope.spawn(move || worker(job, &seat, Run::new(visitor(), dedup, job)));
        let handles: Vec<_> = seats.into_iter().map(work).collect();
        handles
            .into_iter()
            .filter_map(|h| h.join().map_err(std::panic::resume_unwind).ok())
            .collect()
    });
    let mut coverage = Coverage::default();
    let mut parts = Vec::with_capacity(ended.len());
    for (part, account) in ended {
        coverage.add(account.finish());
        parts.push(part);
    }
    refused(job.listing, &mut coverage);
    Scan { parts, coverage: sorted(coverage) }
}

/// The lists in order, and no longer than a report wants them.
pub fn sorted(mut coverage: Coverage) -> Coverage {
    coverage.sort_lists();
    coverage.problems.truncate(MOST_PROBLEMS);
    coverage.files.skipped_names.truncate(MOST_SKIPPED);
    coverage
}

/// Counts what could not be listed.
pub fn refused(listing: &Listing, coverage: &mut Coverage) {
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

fn worker<V: Visitor>(
    job: &Job<'_>,
    seat: &Worker<'_, '_>,
    mut run: Run<'_, V>,
) -> (Part<V>, Account) {
    let mut decoder = Decoder::default();
    let mut buffer = Buffer::default();
    while let Some(input) = seat.next(&mut buffer) {
        let found = &job.listing.files[input.number as usize];
        run.begin(input.number, found.name());
        one(input.opened, &mut decoder, &mut run);
        run.account.read(found.size);
        if V::APART {
            let account = std::mem::take(&mut run.account);
            run.visitor.input(input.number, account.finish());
        }
        (job.progress)(1, found.size);
    }
    (Part { visitor: run.visitor, members: run.members }, run.account)
}

fn one<V: Visitor>(
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
            run.account.found();
            run.account.skip(&name, reason);
            run.account.refuse(&name, reason, detail);
        }
    }
}

/// One worker's sink: counts, drops duplicates, and shows the rest to the visitor.
struct Run<'a, V> {
    visitor: V,
    account: Account,
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
}

impl<'a, V> Run<'a, V> {
    fn new(visitor: V, dedup: &'a Dedup, job: &Job<'_>) -> Run<'a, V> {
        Run {
            visitor,
            account: Account::default(),
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
        }
    }

    fn begin(&mut self, number: u32, name: String) {
        self.input = name;
        self.input_number = number;
    }

    /// Archive members get a number when their first event comes.
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
        self.account.found();
        self.file.clear();
        self.file.push_str(name);
        self.numbered = false;
    }

    fn close(&mut self, verdict: Verdict) {
        self.account.closed(&self.file, verdict);
    }

    fn archive(&mut self) {
        self.account.archive();
    }

    fn event(&mut self, event: &Event<'_>, record: Record<'_>, offset: u64) {
        self.account.event(event.time);
        let duplicate = !self.dedup.first(event);
        let phase = self.selection.phase(event.time);
        match phase {
            None => self.account.outside(false),
            _ if duplicate => self.account.duplicate(),
            Some(Phase::Baseline) => self.account.outside(true),
            Some(Phase::Window) => self.account.inside(event.log),
        }
        if let Some(phase) = phase {
            let origin =
                Origin { file: self.number(), input: self.input_number, offset, duplicate };
            self.visitor.event(event, record, phase, &origin);
        }
    }

    fn not_event(&mut self, kind: &'static str) {
        self.account.not_event(kind);
    }

    fn lost(&mut self, loss: Loss) {
        self.account.lost(&self.file, loss);
    }

    fn damage(&mut self, loss: Loss) {
        self.account.problem(&self.file, loss);
    }

    fn inflated(&mut self, bytes: u64) {
        self.account.inflated(bytes);
    }
}
