//! Finds the records whose event id occurs with more than one content. While events are read, the first of them is not
//! known to be one, so the inputs are read once more. Ordinary logs have none.

use std::thread;

use super::coverage_counter::CoverageCounter;
use super::dedup::Dedup;
use super::local::Job;
use crate::decode::losses::Loss;
use crate::decode::{Bytes, Decoder, Record, Sink, Verdict};
use crate::event::Event;
use crate::source::coverage::Coverage;
use crate::source::local::Opened;
use crate::source::{Buffer, Found, InputQueue, Worker};

/// Inputs with such records, by number in the listing, with a problem for each record. Pipes cannot be read again: they
/// all get one problem, at the first of them.
pub fn find(job: &Job<'_>, dedup: &Dedup) -> Vec<(u32, Coverage)> {
    let (again, gone): (Vec<_>, Vec<_>) =
        job.listing.files.iter().zip(0u32..).partition(|(found, _)| found.is_readable_again());
    let files: Vec<Found> = again.iter().map(|(found, _)| (*found).clone()).collect();
    let queue = InputQueue::new(&files);
    let workers = job.threads.clamp(1, files.len().max(1));
    let queue_workers: Vec<Worker<'_, '_>> = (0..workers).map(|_| queue.worker()).collect();
    let mut found: Vec<(u32, Coverage)> = thread::scope(|scope| {
        for n in 0..queue.prefetch_threads() {
            let queue = &queue;
            scope.spawn(move || queue.prefetch(n));
        }
        let files = &files;
        let work = |worker| scope.spawn(move || search(files, &worker, dedup));
        let handles: Vec<_> = queue_workers.into_iter().map(work).collect();
        let joined = handles.into_iter().map(thread::ScopedJoinHandle::join);
        joined.flat_map(|found| found.unwrap_or_else(|e| std::panic::resume_unwind(e))).collect()
    });
    for (number, _) in &mut found {
        *number = again.get(*number as usize).map_or(u32::MAX, |(_, number)| *number);
    }
    if let Some((pipe, number)) = gone.first() {
        let mut counter = CoverageCounter::default();
        counter.contradicting_somewhere(&pipe.name());
        found.push((*number, counter.finish()));
    }
    found.sort_by_key(|(number, _)| *number);
    found
}

/// One worker's part.
fn search(files: &[Found], worker: &Worker<'_, '_>, dedup: &Dedup) -> Vec<(u32, Coverage)> {
    let (mut decoder, mut buffer) = (Decoder::default(), Buffer::default());
    let mut search =
        Search { dedup, counter: CoverageCounter::default(), file: String::new(), any: false };
    let mut found = Vec::new();
    while let Some(input) = worker.next(&mut buffer) {
        let name = files.get(input.number as usize).map_or_else(String::new, Found::name);
        match input.opened {
            Ok(Opened::Whole(bytes)) => decoder.decode(&name, Bytes::Slice(bytes), &mut search),
            Ok(Opened::Pipe(mut pipe)) => {
                decoder.decode(&name, Bytes::Stream(&mut pipe), &mut search);
            }
            Ok(Opened::Large(file)) => decoder.decode_large(&name, file, &mut search),
            // The first reading counted it.
            Err(_) => {}
        }
        let counter = std::mem::take(&mut search.counter);
        if std::mem::take(&mut search.any) {
            found.push((input.number, counter.finish()));
        }
    }
    found
}

/// Counts nothing but the records whose id occurs with more than one content.
struct Search<'a> {
    dedup: &'a Dedup,
    counter: CoverageCounter,
    file: String,
    any: bool,
}

impl Sink for Search<'_> {
    fn open(&mut self, name: &str) {
        self.file.clear();
        self.file.push_str(name);
    }

    fn event(&mut self, event: &Event<'_>, record: Record<'_>, offset: u64) {
        let fingerprint = self.dedup.key.fingerprint(event, record, |_| 0);
        if self.dedup.contradicts(&fingerprint) {
            self.any = true;
            self.counter.contradicting(&self.file, offset, event);
        }
    }

    fn close(&mut self, _: Verdict) {}
    fn archive(&mut self) {}
    fn not_event(&mut self, _: &'static str) {}
    fn lost(&mut self, _: Loss) {}
    fn damage(&mut self, _: Loss) {}
    fn inflated(&mut self, _: u64) {}
}
