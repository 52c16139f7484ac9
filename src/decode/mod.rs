//! Decodes bytes into events. It is given readers and never opens a file; rules and AWS calls are elsewhere.
//!
//! Formats are recognized by content. Everything that does not become an event is reported to the [`Sink`] with a
//! reason; decoding itself cannot fail.

mod archives;
mod budget;
mod cloudtrail;
mod credentials;
mod event_like;
mod fields;
mod file_decoder;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
mod identity;
mod inflate;
mod lake_csv;
mod leaves;
mod lines;
pub mod losses;
mod records;
mod s3_access;
mod s3_json;
mod scan;
mod sniff;
mod streams;
mod tar_members;
mod text;

use std::borrow::Cow;
use std::io::{self, Read};
use std::rc::Rc;

pub use fields::unquote;
pub use file_decoder::Verdict;
pub use leaves::leaves;
pub use s3_access::Line;

use budget::{Budget, Taken};

use crate::event::Event;
use file_decoder::FileDecoder;
use identity::Identities;
use inflate::{InflateError, Inflater, MAGIC as GZIP};
use losses::{Loss, Reason};
use sniff::Format;

/// Content up to this size is inflated as a whole; larger content is decoded as it streams.
const INFLATE_WHOLE_MAX: usize = 48 << 20;

/// Bytes that are read of a stream to recognize its format.
const SNIFF_BYTES: usize = 1 << 20;

/// How deep archives and compression may be nested.
const MAX_DEPTH: u8 = 5;

/// What an event was read from.
#[derive(Debug, Clone, Copy)]
pub enum Record<'a> {
    /// A CloudTrail record.
    Json(Json<'a>),
    /// An S3 access log record.
    Line(&'a Line<'a>),
}

/// A CloudTrail record as JSON.
#[derive(Debug, Clone, Copy)]
pub struct Json<'a> {
    pub text: &'a str,
    /// The raw `requestParameters` and `responseElements`; `""` if absent.
    pub parameters: [&'a str; 2],
    /// The row that the record was made of, if its export has no JSON.
    pub cells: Option<Cells<'a>>,
}

/// One row of an export, as it was before it became a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cells<'a> {
    /// The texts of all columns.
    pub text: &'a [u8],
    /// It has at least the columns of the console's export.
    pub comparable: bool,
}

impl<'a> Record<'a> {
    /// The record as JSON. An access log record has the member names that CloudWatch Logs uses.
    pub fn json(&self) -> Cow<'a, [u8]> {
        match self {
            Record::Json(json) => Cow::Borrowed(json.text.as_bytes()),
            Record::Line(line) => Cow::Owned(s3_json::json_from_line(line).into_bytes()),
        }
    }
}

/// Receives what decoding produces, file by file.
pub trait Sink {
    /// A file or archive member begins. `name` is its path as found, `archive.zip!member` for members.
    fn open(&mut self, name: &str);
    fn close(&mut self, verdict: Verdict);
    /// The current input is an archive: its members are the files.
    fn archive(&mut self);
    fn event(&mut self, event: &Event<'_>, record: Record<'_>, offset: u64);
    /// A record that is not an event by design: `insight`, `aggregated`, `digest`.
    fn not_event(&mut self, kind: &'static str);
    /// One record is lost.
    fn lost(&mut self, loss: Loss);
    /// Something is damaged, with an unknown number of lost records.
    fn damage(&mut self, loss: Loss);
    /// Bytes after decompression.
    fn inflated(&mut self, bytes: u64);
}

/// One input's bytes.
pub enum Bytes<'a> {
    Slice(&'a [u8]),
    Stream(&'a mut dyn Read),
}

/// One worker's decoder. Buffers and caches are reused from file to file.
#[derive(Default)]
pub struct Decoder {
    inflater: Inflater,
    identities: Identities,
    buffers: Vec<Vec<u8>>,
    budget: Rc<Budget>,
}

impl Decoder {
    /// Decodes one input, including the members of archives, into `sink`.
    pub fn decode(&mut self, name: &str, bytes: Bytes<'_>, sink: &mut dyn Sink) {
        let budget = self.budget();
        match bytes {
            Bytes::Slice(slice) => {
                budget.begin(slice.len() as u64);
                self.decode_input(name, Bytes::Slice(slice), 0, sink);
            }
            Bytes::Stream(inner) => {
                budget.begin(0);
                let mut stream = Taken { inner, budget: &budget };
                self.decode_input(name, Bytes::Stream(&mut stream), 0, sink);
            }
        }
    }

    fn decode_input(&mut self, name: &str, bytes: Bytes<'_>, depth: u8, sink: &mut dyn Sink) {
        match bytes {
            Bytes::Slice(slice) => {
                self.decode_sniffed(name, slice, Bytes::Slice(slice), depth, None, sink)
            }
            Bytes::Stream(stream) => self.decode_stream(name, stream, depth, sink),
        }
    }

    /// Reads a stream's first bytes; a stream that ends within them is decoded as a whole.
    fn decode_stream(&mut self, name: &str, stream: &mut dyn Read, depth: u8, sink: &mut dyn Sink) {
        let mut head = self.buffer();
        let (len, end) = fill(stream, &mut head, SNIFF_BYTES);
        match end {
            Filled::Full => {
                let mut rest = io::Cursor::new(&head[..len]).chain(stream);
                self.decode_sniffed(
                    name,
                    &head[..len],
                    Bytes::Stream(&mut rest),
                    depth,
                    None,
                    sink,
                );
            }
            Filled::End => {
                let whole = &head[..len];
                self.decode_sniffed(name, whole, Bytes::Slice(whole), depth, None, sink);
            }
            Filled::Broken(e) => {
                let whole = &head[..len];
                self.decode_sniffed(name, whole, Bytes::Slice(whole), depth, Some(e), sink);
            }
        }
        self.buffers.push(head);
    }

    /// `head` is the beginning of `bytes`. `ending` is the error at which their source broke off, if it did.
    fn decode_sniffed(
        &mut self,
        name: &str,
        head: &[u8],
        bytes: Bytes<'_>,
        depth: u8,
        mut ending: Option<io::Error>,
        sink: &mut dyn Sink,
    ) {
        let format = sniff::format(head);
        if format.nests() && depth >= MAX_DEPTH {
            sink.open(name);
            sink.damage(Loss::of(Reason::TooDeep, format!("more than {MAX_DEPTH} levels")));
            sink.close(Verdict::Skipped(crate::source::coverage::SkipReason::Damaged));
            return;
        }
        if let (true, Bytes::Slice(slice)) = (format.nests(), &bytes)
            && let Some(e) = ending.take()
        {
            // An archive or compressed stream must see the error at which its source broke off.
            let mut broken = slice.chain(streams::ErrorAtEnd(Some(e)));
            return self.decode_sniffed(name, head, Bytes::Stream(&mut broken), depth, None, sink);
        }
        match (format, bytes) {
            (Format::Gzip, Bytes::Slice(gz)) => self.gunzip(name, gz, depth, sink),
            (Format::Gzip, Bytes::Stream(s)) => {
                let mut plain = streams::gunzip(s, self.budget());
                self.decode_input(name, Bytes::Stream(&mut plain), depth + 1, sink);
            }
            (Format::Zstd, Bytes::Slice(z)) => self.unzstd(name, z, depth, sink),
            (Format::Zstd, Bytes::Stream(s)) => self.unzstd(name, s, depth, sink),
            (Format::Zip, bytes) => self.unzip(name, bytes, depth, sink),
            (Format::Tar, Bytes::Slice(t)) => self.untar(name, t, depth, sink),
            (Format::Tar, Bytes::Stream(s)) => self.untar(name, s, depth, sink),
            (format, bytes) => self.decode_file(name, format, bytes, ending, sink),
        }
    }

    fn gunzip(&mut self, name: &str, gz: &[u8], depth: u8, sink: &mut dyn Sink) {
        let mut out = self.buffer();
        match self.inflater.gunzip(gz, &mut out, INFLATE_WHOLE_MAX) {
            Ok(len) => match self.budget.produce(len as u64) {
                Ok(()) => self.decode_input(name, Bytes::Slice(&out[..len]), depth + 1, sink),
                Err(bomb) => {
                    self.decode_file(name, Format::Unknown, Bytes::Slice(&[]), Some(bomb), sink);
                }
            },
            Err((InflateError::Trailing | InflateError::Corrupt | InflateError::TooLarge, _)) => {
                let mut plain = streams::gunzip(gz, self.budget());
                self.decode_input(name, Bytes::Stream(&mut plain), depth + 1, sink);
            }
        }
        self.buffers.push(out);
    }

    fn unzstd(&mut self, name: &str, packed: impl Read, depth: u8, sink: &mut dyn Sink) {
        match streams::unzstd(packed, self.budget()) {
            Ok(mut plain) => self.decode_input(name, Bytes::Stream(&mut plain), depth + 1, sink),
            Err(e) => self.decode_file(name, Format::Unknown, Bytes::Slice(&[]), Some(e), sink),
        }
    }

    fn decode_file(
        &mut self,
        name: &str,
        format: Format,
        bytes: Bytes<'_>,
        ending: Option<io::Error>,
        sink: &mut dyn Sink,
    ) {
        sink.open(name);
        let mut window = self.buffer();
        let mut file = FileDecoder::new(sink, &mut self.identities);
        text::decode(format, bytes, ending, &mut window, &mut file);
        let verdict = text::verdict(name, format, file);
        sink.close(verdict);
        self.buffers.push(window);
    }

    fn budget(&self) -> Rc<Budget> {
        Rc::clone(&self.budget)
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

/// Reads until `limit` bytes are there or the input ends. The buffer's own length only grows.
fn fill(input: &mut dyn Read, buffer: &mut Vec<u8>, limit: usize) -> (usize, Filled) {
    let mut len = 0;
    loop {
        if len >= limit {
            return (len, Filled::Full);
        }
        if buffer.len() <= len {
            buffer.resize((len * 2).clamp(64 << 10, limit), 0);
        }
        let end = buffer.len().min(limit);
        match input.read(&mut buffer[len..end]) {
            Ok(0) => return (len, Filled::End),
            Ok(n) => len += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return (len, Filled::Broken(e)),
        }
    }
}
