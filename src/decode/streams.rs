//! Decompressing readers with stable error reasons, guarded against decompression bombs.

use std::io::{self, Read};
use std::rc::Rc;

use super::budget::{Budget, Produced};
use super::losses::Reason;

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

/// All members of a gzip stream, concatenated.
pub fn gunzip<'a>(input: impl Read + 'a, budget: Rc<Budget>) -> impl Read + 'a {
    let buffered = io::BufReader::with_capacity(64 << 10, input);
    let inner = flate2::bufread::MultiGzDecoder::new(buffered);
    Produced { inner, budget, reason: gzip_reason }
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
pub fn unzstd<'a>(input: impl Read + 'a, budget: Rc<Budget>) -> io::Result<impl Read + 'a> {
    let inner = zstd::stream::read::Decoder::new(input)?;
    Ok(Produced { inner, budget, reason: |_| Reason::CorruptZstd })
}

/// A member of a zip.
pub fn unzipped<'a>(member: impl Read + 'a, budget: Rc<Budget>) -> impl Read + 'a {
    Produced { inner: member, budget, reason: |_| Reason::BrokenZip }
}

/// A member of a tar that must have `size` bytes.
pub fn untarred<'a>(member: impl Read + 'a, size: u64, budget: Rc<Budget>) -> impl Read + 'a {
    let inner = Exact { inner: member, left: size };
    Produced { inner, budget, reason: |_| Reason::BrokenTar }
}

/// A reader that must yield `size` bytes: the `tar` crate ends a member early, without an error, when its input ends.
struct Exact<R> {
    inner: R,
    left: u64,
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
