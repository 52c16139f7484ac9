//! Bytes → records. Knows no rules and no AWS calls; it is given readers and never opens a file.
//!
//! A format is recognised by its content. Everything that does not become an event is given to the
//! [`Sink`] with its reason; decoding itself cannot fail.

mod archives;
mod cloudtrail;
mod credentials;
mod fields;
mod file_decoder;
mod identity;
mod inflate;
mod lake_csv;
mod lines;
pub mod losses;
mod records;
mod s3_access;
mod s3_json;
mod scan;
mod sniff;
mod streams;
mod text;

use std::borrow::Cow;
use std::io::{self, Read};

pub use file_decoder::Verdict;
pub use s3_access::Line;

use crate::event::Event;
use file_decoder::FileDecoder;
use identity::Identities;
use inflate::{InflateError, Inflater, MAGIC as GZIP};
use losses::{Loss, Reason};
use sniff::Format;

/// Content up to this size is inflated as a whole; larger content is decoded as it streams.
const WHOLE: usize = 48 << 20;

/// What is read of a stream before its format is decided.
const HEAD: usize = 1 << 20;

/// Archives in archives.
const DEEPEST: u8 = 5;

/// What an event was read from.
#[derive(Debug, Clone, Copy)]
pub enum Record<'a> {
    /// A CloudTrail record.
    Json(&'a str),
    /// A record of the S3 access log.
    Line(&'a Line<'a>),
}

impl<'a> Record<'a> {
    /// The record as JSON; one of the access log with its members named as CloudWatch Logs names them.
    pub fn json(&self) -> Cow<'a, [u8]> {
        match self {
            Record::Json(text) => Cow::Borrowed(text.as_bytes()),
            Record::Line(line) => Cow::Owned(s3_json::json_from_line(line).into_bytes()),
        }
    }
}

/// Takes what decoding yields, file by file.
pub trait Sink {
    /// A file or archive member begins; its path as found, `archive.zip!member` for members.
    fn open(&mut self, name: &str);
    fn close(&mut self, verdict: Verdict);
    /// The current input is an archive: its members are the files.
    fn archive(&mut self);
    fn event(&mut self, event: &Event<'_>, record: Record<'_>, offset: u64);
    /// A record that is no event by design: `insight`, `aggregated`, `digest`.
    fn not_event(&mut self, kind: &'static str);
    /// One record is lost.
    fn lost(&mut self, loss: Loss);
    /// Something is damaged; how many records it cost is unknown.
    fn damage(&mut self, loss: Loss);
    /// Bytes after decompression.
    fn inflated(&mut self, bytes: u64);
}

/// One input's bytes.
pub enum Bytes<'a> {
    Slice(&'a [u8]),
    Stream(&'a mut dyn Read),
}

/// One worker's decoder: buffers and caches are reused from file to file.
#[derive(Default)]
pub struct Decoder {
    inflater: Inflater,
    identities: Identities,
    buffers: Vec<Vec<u8>>,
}

impl Decoder {
    /// Decodes one input, archives and all, into `sink`.
    pub fn decode(&mut self, name: &str, bytes: Bytes<'_>, sink: &mut dyn Sink) {
        self.input(name, bytes, 0, sink);
    }

    fn input(&mut self, name: &str, bytes: Bytes<'_>, depth: u8, sink: &mut dyn Sink) {
        match bytes {
            Bytes::Slice(slice) => {
                self.sniffed(name, slice, Bytes::Slice(slice), depth, None, sink)
            }
            Bytes::Stream(stream) => self.settle(name, stream, depth, sink),
        }
    }

    /// Reads a stream's head; what ends within it is decoded as a whole.
    fn settle(&mut self, name: &str, stream: &mut dyn Read, depth: u8, sink: &mut dyn Sink) {
        let mut head = self.buffer();
        let (len, end) = fill(stream, &mut head, HEAD);
        match end {
            Filled::Full => {
                let mut rest = io::Cursor::new(&head[..len]).chain(stream);
                self.sniffed(name, &head[..len], Bytes::Stream(&mut rest), depth, None, sink);
            }
            Filled::End => {
                let whole = &head[..len];
                self.sniffed(name, whole, Bytes::Slice(whole), depth, None, sink);
            }
            Filled::Broken(e) => {
                let whole = &head[..len];
                self.sniffed(name, whole, Bytes::Slice(whole), depth, Some(e), sink);
            }
        }
        self.buffers.push(head);
    }

    /// `head` is the beginning of `bytes`; `ending` is how the source of `bytes` broke, if it did.
    fn sniffed(
        &mut self,
        name: &str,
        head: &[u8],
        bytes: Bytes<'_>,
        depth: u8,
        mut ending: Option<io::Error>,
        sink: &mut dyn Sink,
    ) {
        let format = sniff::format(head);
        if format.nests() && depth >= DEEPEST {
            sink.open(name);
            sink.damage(Loss::of(Reason::TooDeep, format!("more than {DEEPEST} levels")));
            sink.close(Verdict::Skipped(crate::source::coverage::SkipReason::Damaged));
            return;
        }
        if let (true, Bytes::Slice(slice)) = (format.nests(), &bytes)
            && let Some(e) = ending.take()
        {
            // What holds others ends where its source broke, and must hear how.
            let mut broken = slice.chain(streams::Broke(Some(e)));
            return self.sniffed(name, head, Bytes::Stream(&mut broken), depth, None, sink);
        }
        match (format, bytes) {
            (Format::Gzip, Bytes::Slice(gz)) => self.gunzip(name, gz, depth, sink),
            (Format::Gzip, Bytes::Stream(s)) => {
                self.input(name, Bytes::Stream(&mut streams::gunzip(s)), depth + 1, sink)
            }
            (Format::Zstd, Bytes::Slice(z)) => self.unzstd(name, z, depth, sink),
            (Format::Zstd, Bytes::Stream(s)) => self.unzstd(name, s, depth, sink),
            (Format::Zip, bytes) => self.unzip(name, bytes, depth, sink),
            (Format::Tar, Bytes::Slice(t)) => self.untar(name, t, depth, sink),
            (Format::Tar, Bytes::Stream(s)) => self.untar(name, s, depth, sink),
            (leaf, bytes) => self.leaf(name, leaf, bytes, ending, sink),
        }
    }

    fn gunzip(&mut self, name: &str, gz: &[u8], depth: u8, sink: &mut dyn Sink) {
        let mut out = self.buffer();
        match self.inflater.gunzip(gz, &mut out, WHOLE) {
            Ok(len) => self.input(name, Bytes::Slice(&out[..len]), depth + 1, sink),
            Err((InflateError::Trailing | InflateError::Corrupt | InflateError::TooLarge, _)) => {
                self.input(name, Bytes::Stream(&mut streams::gunzip(gz)), depth + 1, sink);
            }
        }
        self.buffers.push(out);
    }

    fn unzstd(&mut self, name: &str, packed: impl Read, depth: u8, sink: &mut dyn Sink) {
        match streams::unzstd(packed) {
            Ok(mut plain) => self.input(name, Bytes::Stream(&mut plain), depth + 1, sink),
            Err(e) => self.leaf(name, Format::Unknown, Bytes::Slice(&[]), Some(e), sink),
        }
    }

    fn leaf(
        &mut self,
        name: &str,
        format: Format,
        bytes: Bytes<'_>,
        ending: Option<io::Error>,
        sink: &mut dyn Sink,
    ) {
        sink.open(name);
        let mut window = self.buffer();
        let mut leaf = FileDecoder::new(sink, &mut self.identities);
        text::decode(format, bytes, ending, &mut window, &mut leaf);
        let verdict = text::verdict(name, format, leaf);
        sink.close(verdict);
        self.buffers.push(window);
    }

    fn buffer(&mut self) -> Vec<u8> {
        self.buffers.pop().unwrap_or_default()
    }
}

/// How filling a buffer ended.
enum Filled {
    Full,
    End,
    Broken(io::Error),
}

/// Reads until `most` bytes are there or the input ends. The buffer's own length only grows.
fn fill(input: &mut dyn Read, buffer: &mut Vec<u8>, most: usize) -> (usize, Filled) {
    let mut len = 0;
    loop {
        if len >= most {
            return (len, Filled::Full);
        }
        if buffer.len() <= len {
            buffer.resize((len * 2).clamp(64 << 10, most), 0);
        }
        let end = buffer.len().min(most);
        match input.read(&mut buffer[len..end]) {
            Ok(0) => return (len, Filled::End),
            Ok(n) => len += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return (len, Filled::Broken(e)),
        }
    }
}
