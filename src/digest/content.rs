//! Reads one file: the SHA-256 of its content, streamed while it is inflated, and the bytes after the first gzip member.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;
use memchr::memmem;
use ring::digest::{Context, SHA256};

use crate::source::local::{Found, Opened, open};

/// RFC 1952, 2.3.1.
const MAGIC: [u8; 2] = [0x1f, 0x8b];
/// A digest has about 400 bytes for each log file of an hour.
const MAX_DIGEST: usize = 64 << 20;
/// The first bytes, in which a digest can be recognized.
const HEAD: usize = 8 << 10;
/// Output up to this size is never called a bomb. Above it, the compression ratio is limited: logs compress 8 to 30 times.
const UNCHECKED_OUTPUT: u64 = 64 << 20;
const MAX_RATIO: u64 = 500;

/// A file's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Hash of the uncompressed content; of the first gzip member if there are several.
    pub sha256: [u8; 32],
    /// Bytes after the first gzip member.
    pub trailing: u64,
    /// The uncompressed content, if it may be a digest.
    pub digest: Option<Vec<u8>>,
}

/// Why a file has no hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// The content is damaged, and how.
    Damaged(String),
    /// The file could not be read, and why.
    Unreadable(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ReadError::Damaged(why) | ReadError::Unreadable(why)) = self;
        f.write_str(why)
    }
}

/// One worker's buffers.
pub struct Scratch {
    file: Vec<u8>,
    block: Box<[u8]>,
}

impl Default for Scratch {
    fn default() -> Scratch {
        Scratch { file: Vec::new(), block: vec![0; 64 << 10].into_boxed_slice() }
    }
}

/// Reads a file once. `named` is true if it is named like a digest; other files are returned as a digest if they look
/// like one.
///
/// # Errors
/// When the gzip stream is damaged, truncated or a bomb, or the file cannot be read.
pub fn read(found: &Found, named: bool, scratch: &mut Scratch) -> Result<Content, ReadError> {
    let Scratch { file, block } = scratch;
    match open(found, file) {
        Ok(Opened::Whole(bytes)) => content(bytes, named, block),
        Ok(Opened::Large(file)) => content(BufReader::with_capacity(256 << 10, file), named, block),
        Ok(Opened::Pipe(_)) => Err(ReadError::Unreadable("not a regular file".to_string())),
        Err((_, why)) => Err(ReadError::Unreadable(why)),
    }
}

fn content(mut input: impl BufRead, named: bool, block: &mut [u8]) -> Result<Content, ReadError> {
    let packed = input.fill_buf().map_err(unreadable)?.starts_with(&MAGIC);
    let mut hasher = ContentHasher::new(named);
    if !packed {
        while let n @ 1.. = read_some(&mut input, block).map_err(unreadable)? {
            hasher.update(&block[..n])?;
        }
        return Ok(hasher.finish(0));
    }
    let mut member = GzDecoder::new(Counted { inner: input, bytes: 0 });
    while let n @ 1.. = read_some(&mut member, block).map_err(|e| broken(&e))? {
        hasher.update(&block[..n])?;
        let (made, from) = (hasher.bytes, member.get_ref().bytes);
        if made > UNCHECKED_OUTPUT && made / MAX_RATIO > from {
            let why = format!("decompression bomb: {from} bytes expanded to more than {made}");
            return Err(ReadError::Damaged(why));
        }
    }
    let mut rest = member.into_inner();
    let before = rest.bytes;
    while let n @ 1.. = rest.fill_buf().map_err(unreadable)?.len() {
        rest.consume(n);
    }
    Ok(hasher.finish(rest.bytes - before))
}

fn read_some(input: &mut impl Read, block: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(block) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

fn unreadable(e: io::Error) -> ReadError {
    ReadError::Unreadable(e.to_string())
}

fn broken(e: &io::Error) -> ReadError {
    match e.kind() {
        io::ErrorKind::UnexpectedEof => {
            ReadError::Damaged("the gzip file is truncated".to_string())
        }
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            ReadError::Damaged(format!("the gzip file is damaged: {e}"))
        }
        _ => ReadError::Unreadable(e.to_string()),
    }
}

/// The hash so far, and the text so far if it may be a digest.
struct ContentHasher {
    hash: Context,
    bytes: u64,
    text: Option<Vec<u8>>,
    decided: bool,
}

impl ContentHasher {
    fn new(named: bool) -> ContentHasher {
        ContentHasher {
            hash: Context::new(&SHA256),
            bytes: 0,
            text: Some(Vec::new()),
            decided: named,
        }
    }

    fn update(&mut self, block: &[u8]) -> Result<(), ReadError> {
        self.hash.update(block);
        self.bytes += block.len() as u64;
        let Some(text) = &mut self.text else { return Ok(()) };
        if text.len() + block.len() > MAX_DIGEST {
            let why = format!("too large for a digest: more than {MAX_DIGEST} bytes");
            return Err(ReadError::Damaged(why));
        }
        text.extend_from_slice(block);
        if !self.decided && text.len() >= HEAD {
            self.decide();
        }
        Ok(())
    }

    /// Drops the text if it is not a digest.
    fn decide(&mut self) {
        self.decided = true;
        let head = |text: &Vec<u8>| {
            memmem::find(&text[..text.len().min(HEAD)], b"\"digestS3Object\"").is_some()
        };
        self.text = self.text.take().filter(head);
    }

    fn finish(mut self, trailing: u64) -> Content {
        if !self.decided {
            self.decide();
        }
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(self.hash.finish().as_ref());
        Content { sha256, trailing, digest: self.text }
    }
}

/// Counts the bytes consumed.
struct Counted<R> {
    inner: R,
    bytes: u64,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(out)?;
        self.bytes += n as u64;
        Ok(n)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, n: usize) {
        self.bytes += n as u64;
        self.inner.consume(n);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(bytes: &[u8], named: bool) -> Content {
        content(bytes, named, &mut [0; 1000]).unwrap()
    }

    #[test]
    fn only_what_may_be_a_digest_is_kept() {
        let digest = br#"{"awsAccountId":"1","digestS3Object":"k"}"#;
        let log = [br#"{"Records":["#, [b' '; 2 * HEAD].as_slice(), digest].concat();
        assert_eq!(read_all(digest, false).digest.as_deref(), Some(&digest[..]));
        assert_eq!(read_all(b"{}", false).digest, None);
        assert_eq!(
            read_all(&log, false).digest,
            None,
            "text deep inside a log does not make it a digest"
        );
        assert_eq!(read_all(&log, true).digest.map(|text| text.len()), Some(log.len()));
    }

    #[test]
    fn a_digest_uses_bounded_memory() {
        let mut hasher = ContentHasher::new(true);
        let block = vec![b' '; 1 << 20];
        for _ in 0..MAX_DIGEST / block.len() {
            hasher.update(&block).unwrap();
        }
        assert!(matches!(hasher.update(b" "), Err(ReadError::Damaged(_))));
    }
}
