//! Hands inputs to workers: from disk as they ask, from AWS as it comes.

use std::io::{self, Cursor, Read};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::download::{Body, Download, LIMITS, Limits, Next};
use super::listing::Found;
use super::local::{Opened, Refusal, open};
use super::walk::reason;
use crate::cloud::{ApiError, Head};

/// The inputs of a listing, each given out once.
pub struct InputQueue<'a> {
    files: &'a [Found],
    /// Inputs on this machine, in the order in which they are read.
    local: Vec<u32>,
    next: AtomicUsize,
    download: Option<Download<'a>>,
}

/// What a worker keeps between two inputs.
#[derive(Default)]
pub struct Buffer {
    buffer: Vec<u8>,
    held: u64,
}

/// One input, opened.
pub struct Input<'b> {
    /// Its number in the listing.
    pub number: u32,
    /// Its bytes, or why they cannot be had.
    pub opened: Result<Opened<'b>, Refusal>,
    /// What S3 says about an object.
    pub head: Option<Head>,
}

/// A worker's place at the queue: helpers go on as long as there is one.
pub struct Worker<'f, 'a>(&'f InputQueue<'a>);

impl<'a> InputQueue<'a> {
    pub fn new(files: &'a [Found]) -> InputQueue<'a> {
        InputQueue::with(files, LIMITS)
    }

    pub(super) fn with(files: &'a [Found], limits: Limits) -> InputQueue<'a> {
        let (remote, local): (Vec<u32>, Vec<u32>) =
            largest_first(files).into_iter().partition(|n| files[*n as usize].is_remote());
        let download = Download::new(files, &remote, limits);
        InputQueue { files, local, next: AtomicUsize::new(0), download }
    }

    /// Threads that have to run [`InputQueue::prefetch`] beside the workers.
    pub fn helpers(&self) -> usize {
        self.download.as_ref().map_or(0, Download::helpers)
    }

    /// Fetches ahead until nothing is left, or no worker.
    pub fn prefetch(&self, n: usize) {
        if let Some(download) = &self.download {
            download.prefetch(n);
        }
    }

    /// To be taken for each worker before the helpers start.
    pub fn seat(&self) -> Worker<'_, 'a> {
        if let Some(download) = &self.download {
            download.enter();
        }
        Worker(self)
    }
}

impl Worker<'_, '_> {
    /// The next input. Waits for what is still to come from AWS; `None` at the end.
    pub fn next<'b>(&'b self, buffer: &'b mut Buffer) -> Option<Input<'b>> {
        let queue = self.0;
        let Some(download) = &queue.download else { return queue.local(&mut buffer.buffer) };
        download.release(std::mem::take(&mut buffer.held));
        if let Some(next) = download.try_next() {
            return Some(given(download, next, buffer));
        }
        // Not by the answer: a buffer that may be given back cannot be lent again.
        if queue.next.load(Ordering::Relaxed) < queue.local.len()
            && let Some(n) = queue.take()
        {
            return Some(queue.opened(n, &mut buffer.buffer));
        }
        download.wait_next().map(|next| given(download, next, buffer))
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
        if let Some(download) = &self.0.download {
            download.leave();
        }
    }
}

fn given<'b>(download: &'b Download<'_>, next: Next, buffer: &'b mut Buffer) -> Input<'b> {
    let Next { n: number, body, held } = next;
    buffer.held = held;
    let input = |opened, head| Input { number, opened, head };
    match body {
        Body::Whole(bytes, head) => {
            buffer.buffer = bytes;
            input(Ok(Opened::Whole(&buffer.buffer)), head)
        }
        Body::Broken(bytes, e) if bytes.is_empty() => input(Err(refusal(&e)), None),
        Body::Broken(bytes, e) => {
            let came = Cursor::new(bytes).chain(Broken(Some(e)));
            input(Ok(Opened::Pipe(Box::new(came))), None)
        }
        Body::Large => {
            let mut parts = download.parts(number);
            match parts.turn() {
                Ok(head) => input(Ok(Opened::Pipe(Box::new(parts))), Some(head)),
                Err(e) => input(Err(refusal(&e)), None),
            }
        }
    }
}

fn refusal(e: &ApiError) -> Refusal {
    (reason(e), e.to_string())
}

/// The end of a body that broke off.
struct Broken(Option<ApiError>);

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), |e| Err(io::Error::other(e)))
    }
}

/// Large files first, so that no worker is left alone with one at the end. Numbers stay the listing's.
fn largest_first(files: &[Found]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..files.len() as u32).collect();
    order.sort_by_key(|i| std::cmp::Reverse(files[*i as usize].size));
    order
}

#[cfg(test)]
mod tests;
