//! One file's content: its SHA-256, streamed while it is inflated, and what follows the first gzip member.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;
use memchr::memmem;
use ring::digest::{Context, SHA256};

use crate::source::local::{Found, Opened, open};

/// RFC 1952, 2.3.1.
const MAGIC: [u8; 2] = [0x1f, 0x8b];
/// A digest lists some 400 bytes for each log file of an hour.
const LARGEST_DIGEST: usize = 64 << 20;
/// Where the members that tell a digest stand.
const HEAD: usize = 8 << 10;
/// Output that is free, and how often it may exceed the input beyond that: logs shrink 8 to 30 times.
const FREE_OUTPUT: u64 = 64 << 20;
const MOST_RATIO: u64 = 500;

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Of the uncompressed content; of the first gzip member, where there are several.
    pub sha256: [u8; 32],
    /// Bytes after the first gzip member.
    pub trailing: u64,
    /// The uncompressed content of what may be a digest.
    pub digest: Option<Vec<u8>>,
}

/// Why there is no hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadError {
    /// The content itself is broken, in these words.
    Damaged(String),
    /// The system would not give it out.
    Unreadable(String),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (ReadError::Damaged(why) | ReadError::Unreadable(why)) = self;
        f.write_str(why)
    }
}

/// Space of one worker.
pub struct Scratch {
    file: Vec<u8>,
    block: Box<[u8]>,
}

impl Default for Scratch {
    fn default() -> Scratch {
        Scratch { file: Vec::new(), block: vec![0; 64 << 10].into_boxed_slice() }
    }
}

/// Reads a file once. `named` says that its name is a digest's; others are kept if they look like one.
///
/// # Errors
/// When the gzip stream is damaged, cut off or a bomb, or the file cannot be read.
pub fn read(found: &Found, named: bool, scratch: &mut Scratch) -> Result<Content, ReadError> {
    let Scratch { file, block } = scratch;
    match open(found, file) {
        Ok(Opened::Whole(bytes)) => content(bytes, named, block),
        Ok(Opened::Large(file)) => content(BufReader::with_capacity(256 << 10, file), named, block),
        Ok(Opened::Pipe(_)) => Err(ReadError::Unreadable("it is not a regular file".to_string())),
        Err((_, why)) => Err(ReadError::Unreadable(why)),
    }
}

fn content(mut input: impl BufRead, named: bool, block: &mut [u8]) -> Result<Content, ReadError> {
    let packed = input.fill_buf().map_err(unreadable)?.starts_with(&MAGIC);
    let mut taken = Taken::new(named);
    if !packed {
        while let n @ 1.. = some(&mut input, block).map_err(unreadable)? {
            taken.take(&block[..n])?;
        }
        return Ok(taken.finish(0));
    }
    let mut member = GzDecoder::new(Counted { inner: input, bytes: 0 });
    while let n @ 1.. = some(&mut member, block).map_err(|e| broken(&e))? {
        taken.take(&block[..n])?;
        let (made, from) = (taken.bytes, member.get_ref().bytes);
        if made > FREE_OUTPUT && made / MOST_RATIO > from {
            let why = format!("a decompression bomb: {from} bytes became more than {made}");
            return Err(ReadError::Damaged(why));
        }
    }
    let mut rest = member.into_inner();
    let before = rest.bytes;
    while let n @ 1.. = rest.fill_buf().map_err(unreadable)?.len() {
        rest.consume(n);
    }
    Ok(taken.finish(rest.bytes - before))
}

fn some(input: &mut impl Read, block: &mut [u8]) -> io::Result<usize> {
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
        io::ErrorKind::UnexpectedEof => ReadError::Damaged("the gzip file is cut off".to_string()),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            ReadError::Damaged(format!("the gzip file is damaged: {e}"))
        }
        _ => ReadError::Unreadable(e.to_string()),
    }
}

/// The hash so far, and the text so far of what may be a digest.
struct Taken {
    hash: Context,
    bytes: u64,
    text: Option<Vec<u8>>,
    decided: bool,
}

impl Taken {
    fn new(named: bool) -> Taken {
        Taken { hash: Context::new(&SHA256), bytes: 0, text: Some(Vec::new()), decided: named }
    }

    fn take(&mut self, block: &[u8]) -> Result<(), ReadError> {
        self.hash.update(block);
        self.bytes += block.len() as u64;
        let Some(text) = &mut self.text else { return Ok(()) };
        if text.len() + block.len() > LARGEST_DIGEST {
            let why = format!("it is larger than any digest: more than {LARGEST_DIGEST} bytes");
            return Err(ReadError::Damaged(why));
        }
        text.extend_from_slice(block);
        if !self.decided && text.len() >= HEAD {
            self.decide();
        }
        Ok(())
    }

    /// Keeps the text only if it is a digest's.
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

/// Counts what was consumed.
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
        assert_eq!(read_all(&log, false).digest, None, "what stands late in a log is no digest");
        assert_eq!(read_all(&log, true).digest.map(|text| text.len()), Some(log.len()));
    }

    #[test]
    fn a_digest_takes_so_much_memory_and_no_more() {
        let mut taken = Taken::new(true);
        let block = vec![b' '; 1 << 20];
        for _ in 0..LARGEST_DIGEST / block.len() {
            taken.take(&block).unwrap();
        }
        assert!(matches!(taken.take(b" "), Err(ReadError::Damaged(_))));
    }
}
