//! Decompressing readers with stable error reasons, and a guard against decompression bombs.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use super::losses::Reason;

/// Output up to this size is never called a bomb.
const UNCHECKED_OUTPUT: u64 = 64 << 20;

/// Logs compress 8 to 30 times; a file of zeros 1,030 times (gzip) or more (zstd).
const MAX_RATIO: u64 = 500;

/// An I/O error with a stable reason.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub struct Broken {
    pub reason: Reason,
    pub detail: String,
}

/// The reason and detail of an error from one of these readers.
pub fn reason_of(error: &io::Error) -> (Reason, String) {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Broken>()) {
        Some(broken) => (broken.reason, broken.detail.clone()),
        None => (Reason::ReadError, error.to_string()),
    }
}

/// An I/O error that [`reason_of`] can read back.
pub fn broken(reason: Reason, detail: impl Into<String>) -> io::Error {
    io::Error::other(Broken { reason, detail: detail.into() })
}

/// A reader that yields nothing but the error at which the bytes before it broke off.
pub struct ErrorAtEnd(pub Option<io::Error>);

impl Read for ErrorAtEnd {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Counts the bytes that are read.
pub struct Counted<R> {
    inner: R,
    count: Rc<Cell<u64>>,
}

impl<R> Counted<R> {
    pub fn new(inner: R) -> (Counted<R>, Rc<Cell<u64>>) {
        let count = Rc::new(Cell::new(0));
        (Counted { inner, count: Rc::clone(&count) }, count)
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.count.set(self.count.get() + n as u64);
        Ok(n)
    }
}

/// A decompressor's output: stops at a bomb, and gives the decompressor's errors a stable reason.
pub struct Guarded<R> {
    inner: R,
    input: Rc<Cell<u64>>,
    output: u64,
    reason: fn(&io::Error) -> Reason,
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = match self.inner.read(buf) {
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => return Err(e),
            Err(e) if e.get_ref().is_some_and(|inner| inner.is::<Broken>()) => return Err(e),
            Err(e) => return Err(broken((self.reason)(&e), e.to_string())),
        };
        self.output += n as u64;
        if self.output > UNCHECKED_OUTPUT && self.output / MAX_RATIO > self.input.get() {
            let detail =
                format!("{} bytes expanded to more than {}", self.input.get(), self.output);
            return Err(broken(Reason::Bomb, detail));
        }
        Ok(n)
    }
}

/// All members of a gzip stream, concatenated.
pub fn gunzip<'a>(input: impl Read + 'a) -> impl Read + 'a {
    let (counted, count) = Counted::new(input);
    let buffered = io::BufReader::with_capacity(64 << 10, counted);
    Guarded {
        inner: flate2::bufread::MultiGzDecoder::new(buffered),
        input: count,
        output: 0,
        reason: gzip_reason,
    }
}

fn gzip_reason(error: &io::Error) -> Reason {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Reason::TruncatedGzip,
        io::ErrorKind::InvalidInput if error.to_string().contains("header") => {
            Reason::TrailingBytes
        }
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Reason::CorruptGzip,
        _ => Reason::ReadError,
    }
}

/// All frames of a zstd stream.
pub fn unzstd<'a>(input: impl Read + 'a) -> io::Result<impl Read + 'a> {
    let (counted, count) = Counted::new(input);
    let inner = zstd::stream::read::Decoder::new(counted)?;
    Ok(Guarded { inner, input: count, output: 0, reason: |_| Reason::CorruptZstd })
}

/// A member of a zip whose compressed size is known.
pub fn unzipped<'a>(member: impl Read + 'a, packed: u64) -> impl Read + 'a {
    Guarded {
        inner: member,
        input: Rc::new(Cell::new(packed)),
        output: 0,
        reason: |_| Reason::BrokenZip,
    }
}

/// A reader that must yield `size` bytes: the `tar` crate ends a member early, without an error, when its input ends.
pub struct Exact<R> {
    inner: R,
    left: u64,
}

impl<R> Exact<R> {
    pub fn new(inner: R, size: u64) -> Exact<R> {
        Exact { inner, left: size }
    }
}

impl<R: Read> Read for Exact<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.left = self.left.saturating_sub(n as u64);
        if n == 0 && self.left > 0 && !buf.is_empty() {
            return Err(broken(
                Reason::BrokenTar,
                format!("the member ends {} bytes early", self.left),
            ));
        }
        Ok(n)
    }
}
