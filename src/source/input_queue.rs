//! The input queue: hands inputs to workers. Local files are opened on demand, AWS objects are fetched ahead.

use std::io::{self, Cursor, Read};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use super::download::{Body, Download, LIMITS, Limits, Next};
use super::listing::Found;
use super::local::{Opened, Refusal, open};
use super::walk::skip_reason;
use crate::cloud::{ApiError, Head};

/// The inputs of a listing. Each is handed out once.
pub struct InputQueue<'a> {
    files: &'a [Found],
    /// Local inputs, in the order in which they are read.
    local: Vec<u32>,
    next: AtomicUsize,
    /// A worker panicked: the others get no more inputs.
    failed: AtomicBool,
    download: Option<Download<'a>>,
}

/// A worker's buffer, reused from input to input.
#[derive(Default)]
pub struct Buffer {
    buffer: Vec<u8>,
    /// Prefetch bytes that this buffer's content occupies, released with the next input.
    reserved: u64,
}

/// One input, opened.
pub struct Input<'b> {
    /// Its number in the listing.
    pub number: u32,
    /// Its bytes, or why they cannot be read.
    pub opened: Result<Opened<'b>, Refusal>,
    /// The metadata that S3 returned with an object.
    pub head: Option<Head>,
}

/// A registered worker. The prefetch threads run as long as one exists.
pub struct Worker<'f, 'a>(&'f InputQueue<'a>);

impl<'a> InputQueue<'a> {
    pub fn new(files: &'a [Found]) -> InputQueue<'a> {
        InputQueue::with(files, LIMITS)
    }

    pub(super) fn with(files: &'a [Found], limits: Limits) -> InputQueue<'a> {
        let (remote, local): (Vec<u32>, Vec<u32>) =
            largest_first(files).into_iter().partition(|n| files[*n as usize].is_remote());
        let download = Download::new(files, &remote, limits);
        InputQueue {
            files,
            local,
            next: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
            download,
        }
    }

    /// Number of threads that must run [`InputQueue::prefetch`] besides the workers.
    pub fn prefetch_threads(&self) -> usize {
        self.download.as_ref().map_or(0, Download::prefetch_threads)
    }

    /// Runs prefetch thread `n`: fetches ahead until nothing is left to fetch, or no worker is left.
    pub fn prefetch(&self, n: usize) {
        if let Some(download) = &self.download {
            download.prefetch(n);
        }
    }

    /// Registers a worker. Call this for each worker before the prefetch threads start.
    pub fn worker(&self) -> Worker<'_, 'a> {
        if let Some(download) = &self.download {
            download.add_reader();
        }
        Worker(self)
    }
}

impl Worker<'_, '_> {
    /// The next input; `None` at the end. Waits for inputs that are still being fetched from AWS.
    pub fn next<'b>(&'b self, buffer: &'b mut Buffer) -> Option<Input<'b>> {
        let queue = self.0;
        if queue.failed.load(Ordering::Relaxed) {
            return None;
        }
        let Some(download) = &queue.download else { return queue.local(&mut buffer.buffer) };
        download.release(std::mem::take(&mut buffer.reserved));
        if let Some(next) = download.try_next() {
            return Some(fetched(download, next, buffer));
        }
        // Check before `take`: the borrow checker does not allow lending a buffer that may be returned.
        if queue.next.load(Ordering::Relaxed) < queue.local.len()
            && let Some(n) = queue.take()
        {
            return Some(queue.opened(n, &mut buffer.buffer));
        }
        download.wait_next().map(|next| fetched(download, next, buffer))
    }
}

impl InputQueue<'_> {
    fn take(&self) -> Option<u32> {
        self.local.get(self.next.fetch_add(1, Ordering::Relaxed)).copied()
    }

    fn local<'b>(&self, buffer: &'b mut Vec<u8>) -> Option<Input<'b>> {
        self.take().map(|n| self.opened(n, buffer))
    }

    fn opened<'b>(&self, number: u32, buffer: &'b mut Vec<u8>) -> Input<'b> {
        Input { number, opened: open(&self.files[number as usize], buffer), head: None }
    }
}

impl Drop for Worker<'_, '_> {
    fn drop(&mut self) {
        let panicking = thread::panicking();
        if panicking {
            self.0.failed.store(true, Ordering::Relaxed);
        }
        if let Some(download) = &self.0.download {
            download.remove_reader();
            if panicking {
                download.fail();
            }
        }
    }
}

/// The input whose body was fetched.
fn fetched<'b>(download: &'b Download<'_>, next: Next, buffer: &'b mut Buffer) -> Input<'b> {
    let Next { n: number, body, reserved } = next;
    buffer.reserved = reserved;
    let input = |opened, head| Input { number, opened, head };
    match body {
        Body::Whole(bytes, head) => {
            buffer.buffer = bytes;
            input(Ok(Opened::Whole(&buffer.buffer)), head)
        }
        Body::Broken(bytes, e) if bytes.is_empty() => input(Err(refusal(&e)), None),
        Body::Broken(bytes, e) => {
            let received = Cursor::new(bytes).chain(Broken(Some(e)));
            input(Ok(Opened::Pipe(Box::new(received))), None)
        }
        Body::Large => {
            let mut parts = download.parts(number);
            match parts.next_part() {
                Ok(head) => input(Ok(Opened::Pipe(Box::new(parts))), Some(head)),
                Err(e) => input(Err(refusal(&e)), None),
            }
        }
    }
}

fn refusal(e: &ApiError) -> Refusal {
    (skip_reason(e), e.to_string())
}

/// A reader that yields the error which ended a body early.
struct Broken(Option<ApiError>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), |e| Err(io::Error::other(e)))
    }
}

/// Input numbers with the largest file first, so that no worker starts a large one at the very end.
fn largest_first(files: &[Found]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..files.len() as u32).collect();
    order.sort_by_key(|i| std::cmp::Reverse(files[*i as usize].size));
    order
}

#[cfg(test)]
mod tests;
