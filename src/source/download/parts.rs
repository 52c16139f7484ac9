//! A reader for large objects that fetches parts ahead.

use std::io::{self, Read};
use std::sync::PoisonError;

use super::Download;
use crate::cloud::{ApiError, ErrorKind, Head};

/// A large object, read from the front while its next parts are fetched.
pub struct Parts<'d, 'a> {
    pub(super) download: &'d Download<'a>,
    pub(super) n: u32,
    pub(super) count: u32,
    pub(super) next: u32,
    pub(super) requested: u32,
    pub(super) current: Vec<u8>,
    pub(super) at: usize,
    pub(super) broken: Option<ApiError>,
}

impl Parts<'_, '_> {
    /// Waits for the next part.
    ///
    /// # Errors
    /// Why the part could not be fetched.
    pub fn next_part(&mut self) -> Result<Head, ApiError> {
        if let Some(e) = &self.broken {
            return Err(e.clone());
        }
        let part = (self.n, self.next);
        let mut state = self.download.lock();
        let fetched = loop {
            match state.fetched.remove(&part) {
                Some(fetched) => break fetched,
                None if state.failed => {
                    let why = "the download was ended by an error in another thread";
                    let e = ApiError::new("s3:GetObject", ErrorKind::Unknown, "Ended", why);
                    self.broken = Some(e.clone());
                    return Err(e);
                }
                None => {
                    let waited = self.download.arrived.wait(state);
                    state = waited.unwrap_or_else(PoisonError::into_inner);
                }
            }
        };
        if self.requested < self.count {
            state.parts.push_back((self.n, self.requested));
            self.requested += 1;
        }
        drop(state);
        self.download.work.notify_all();
        self.next += 1;
        match fetched.end {
            Ok(head) => {
                (self.current, self.at) = (fetched.bytes, 0);
                Ok(head)
            }
            Err(e) => {
                self.broken = Some(e.clone());
                Err(e)
            }
        }
    }
}

impl Read for Parts<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.current.len() {
            if self.next == self.count && self.broken.is_none() {
                return Ok(0);
            }
            self.next_part().map_err(io::Error::other)?;
        }
        let n = into.len().min(self.current.len() - self.at);
        into[..n].copy_from_slice(&self.current[self.at..self.at + n]);
        self.at += n;
        Ok(n)
    }
}

impl Drop for Parts<'_, '_> {
    fn drop(&mut self) {
        let mut state = self.download.lock();
        state.large -= 1;
        let n = self.n;
        state.open.retain(|of| *of != n);
        state.parts.retain(|(of, _)| *of != n);
        state.fetched.retain(|(of, _), _| *of != n);
        drop(state);
        self.download.work.notify_all();
    }
}
