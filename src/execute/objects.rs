//! Saves S3 objects in a case with several threads: each is written as it arrives, and each failure is named.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::case::{CaseError, ObjectHead, Objects, PutError};
use crate::clock;
use crate::source::local::Opened;
use crate::source::{Buffer, Found, Input, InputQueue, Object, Worker};

/// Threads that write. They wait for the disk most of the time.
const WRITERS: usize = 8;

/// What was saved and what was not.
#[derive(Debug, Default)]
pub struct Saved {
    pub written: u64,
    pub bytes: u64,
    /// Objects that did not arrive, with the reason.
    pub failed: Vec<(String, String)>,
    /// Why the case could not be written, if writing stopped.
    pub stopped: Option<String>,
}

struct Run<'a> {
    objects: &'a Objects,
    files: &'a [Found],
    progress: &'a (dyn Fn(u64, u64) + Sync),
    written: AtomicU64,
    bytes: AtomicU64,
    stop: AtomicBool,
    failed: Mutex<Vec<(String, String)>>,
    stopped: Mutex<Option<String>>,
}

/// Fetches the objects and writes them to the case. `progress` gets the number of files and bytes done.
pub fn save(objects: &Objects, files: &[Found], progress: &(dyn Fn(u64, u64) + Sync)) -> Saved {
    let run = Run {
        objects,
        files,
        progress,
        written: AtomicU64::new(0),
        bytes: AtomicU64::new(0),
        stop: AtomicBool::new(false),
        failed: Mutex::default(),
        stopped: Mutex::default(),
    };
    let queue = InputQueue::new(files);
    let seats: Vec<Worker<'_, '_>> = (0..WRITERS).map(|_| queue.worker()).collect();
    thread::scope(|scope| {
        for n in 0..queue.prefetch_threads() {
            let queue = &queue;
            scope.spawn(move || queue.prefetch(n));
        }
        for seat in seats {
            let run = &run;
            scope.spawn(move || run.write(&seat));
        }
    });
    let mut failed = run.failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    failed.sort();
    Saved {
        written: run.written.into_inner(),
        bytes: run.bytes.into_inner(),
        failed,
        stopped: run.stopped.into_inner().unwrap_or_else(PoisonError::into_inner),
    }
}

impl Run<'_> {
    fn write(&self, seat: &Worker<'_, '_>) {
        let mut buffer = Buffer::default();
        while !self.stop.load(Ordering::Relaxed) {
            let Some(Input { number, opened, head }) = seat.next(&mut buffer) else { return };
            let found = &self.files[number as usize];
            let Some(object) = found.object() else { continue };
            let mut body: Box<dyn Read + '_> = match opened {
                Ok(Opened::Whole(bytes)) => Box::new(bytes),
                Ok(Opened::Pipe(pipe)) => pipe,
                Ok(Opened::Large(file)) => Box::new(file),
                Err((_, detail)) => {
                    self.fail(object, detail);
                    continue;
                }
            };
            let head = head.unwrap_or_default();
            let head = ObjectHead {
                bucket: object.bucket.name.clone(),
                key: object.key.to_string(),
                version_id: head.version,
                etag: object.etag.to_string(),
                size: found.size,
                last_modified: clock::rfc3339(object.modified),
                metadata: head.metadata,
            };
            match self.objects.put(head, &mut body) {
                Ok(_) => {
                    self.written.fetch_add(1, Ordering::Relaxed);
                    self.bytes.fetch_add(found.size, Ordering::Relaxed);
                    (self.progress)(1, found.size);
                }
                Err(PutError::Source(e)) => self.fail(object, e.to_string()),
                Err(PutError::Case(e)) => self.halt(&e),
            }
        }
    }

    fn fail(&self, object: &Object, why: String) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.push((object.to_string(), why));
    }

    /// The other threads finish their object and stop, too.
    fn halt(&self, e: &CaseError) {
        let full = matches!(e, CaseError::Io(_, e) if e.kind() == io::ErrorKind::StorageFull);
        let why = if full { format!("the disk is full: {e}") } else { e.to_string() };
        self.stopped.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(why);
        self.stop.store(true, Ordering::Relaxed);
    }
}
