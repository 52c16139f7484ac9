//! One leaf file's content → events: tells the format by content and keeps the file's account.
//! Knows no archives and no compression.

use super::cloudtrail::{EventFields, Kind, kind};
use super::fields::{Fields, Ranges, unquote};
use super::identity::Identities;
use super::losses::{Loss, Reason};
use super::records::RecordSink;
use super::s3_access::Line;
use super::scan::Stop;
use super::{Record, Sink, s3_json};
use crate::source::coverage::SkipReason;

/// Places of records that are no log records, kept until it is clear whether the file is a log at all.
const MOST_STRANGERS: usize = 100;

/// Counts what one file yields on its way to the sink.
pub struct FileDecoder<'s> {
    pub sink: &'s mut dyn Sink,
    identities: &'s mut Identities,
    ranges: Ranges,
    taken: u64,
    damaged: bool,
    container: bool,
    strangers: u64,
    stranger_places: Vec<u64>,
    insights: u64,
    aggregated: u64,
    digests: u64,
}

/// How a leaf file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Read { damaged: bool },
    Skipped(SkipReason),
}

impl<'s> FileDecoder<'s> {
    pub fn new(sink: &'s mut dyn Sink, identities: &'s mut Identities) -> FileDecoder<'s> {
        FileDecoder {
            sink,
            identities,
            ranges: Ranges::default(),
            taken: 0,
            damaged: false,
            container: false,
            strangers: 0,
            stranger_places: Vec::new(),
            insights: 0,
            aggregated: 0,
            digests: 0,
        }
    }

    /// A record of the S3 access log.
    pub fn line(&mut self, line: &Line<'_>, offset: u64) {
        self.taken += 1;
        self.sink.event(&line.event(), Record::Line(line), offset);
    }

    /// Says whether the file was a log, and passes on what waited for that.
    pub fn close(mut self) -> Verdict {
        let others = self.insights + self.aggregated + self.digests;
        if self.taken == 0 && others == 0 && self.strangers > 0 {
            return Verdict::Skipped(SkipReason::NotALog);
        }
        for n in 0..self.strangers {
            let offset = self.stranger_places.get(n as usize).copied();
            self.sink.lost(Loss { offset, reason: Reason::Stranger, detail: String::new() });
        }
        if self.taken == 0 && others > 0 && self.strangers == 0 {
            let most = [
                (self.digests, SkipReason::Digest),
                (self.insights, SkipReason::Insight),
                (self.aggregated, SkipReason::Aggregated),
            ];
            let reason =
                most.into_iter().max_by_key(|(n, _)| *n).map_or(SkipReason::NotALog, |(_, r)| r);
            return Verdict::Skipped(reason);
        }
        if self.taken == 0 && self.damaged && !self.container {
            return Verdict::Skipped(SkipReason::Damaged);
        }
        self.damaged |= self.strangers > 0;
        Verdict::Read { damaged: self.damaged }
    }

    /// Something in a record's place that is no log record.
    pub fn unrecognized(&mut self, offset: u64) {
        self.strangers += 1;
        if self.stranger_places.len() < MOST_STRANGERS {
            self.stranger_places.push(offset);
        }
    }

    pub fn is_damaged(&self) -> bool {
        self.damaged
    }

    /// Lost with its place: one record.
    pub fn lose(&mut self, loss: Loss) {
        self.taken += 1;
        self.damaged = true;
        self.sink.lost(loss);
    }

    pub fn damage(&mut self, loss: Loss) {
        self.damaged |= loss.reason != Reason::Ambiguous;
        self.sink.damage(loss);
    }

    /// A whole record's text.
    pub fn text(&mut self, text: &str, offset: u64) {
        let mut ranges = std::mem::take(&mut self.ranges);
        match ranges.project(text.as_bytes()) {
            Ok(_) => self.fields(&Fields::new(text, &ranges), offset, 0),
            Err(_) => self.lose(Loss::at(
                offset,
                Reason::Malformed,
                "the stored record is not whole JSON",
            )),
        }
        self.ranges = ranges;
    }

    fn fields(&mut self, f: &Fields<'_>, offset: u64, depth: u8) {
        match kind(f) {
            Kind::Event => {
                let texts = EventFields::new(f);
                let (sink, taken) = (&mut *self.sink, &mut self.taken);
                let timed = texts.event(f, self.identities, &mut |event| {
                    *taken += 1;
                    sink.event(event, Record::Json(f.whole()), offset);
                });
                if !timed {
                    self.lose(Loss::at(offset, Reason::NoTime, ""));
                }
            }
            Kind::Insight => {
                self.insights += 1;
                self.sink.not_event("insight");
            }
            Kind::Aggregated => {
                self.aggregated += 1;
                self.sink.not_event("aggregated");
            }
            Kind::Digest => {
                self.digests += 1;
                self.sink.not_event("digest");
            }
            Kind::S3Json => match s3_json::line_from_json(f.whole()) {
                Some(line) => self.line(&line, offset),
                None => self.lose(Loss::at(offset, Reason::Malformed, "S3 access record")),
            },
            Kind::Inside(field) if depth < 3 => {
                let raw = f.raw(field);
                let inner = if raw.starts_with('"') { unquote(raw) } else { raw.into() };
                let mut ranges = Ranges::default();
                match ranges.project(inner.as_bytes()) {
                    Ok(_) => self.fields(&Fields::new(&inner, &ranges), offset, depth + 1),
                    Err(_) => self.lose(Loss::at(
                        offset,
                        Reason::Malformed,
                        "the stored record is not whole JSON",
                    )),
                }
            }
            Kind::Inside(_) | Kind::Stranger => self.unrecognized(offset),
        }
    }
}

impl RecordSink for FileDecoder<'_> {
    fn record(&mut self, bytes: &[u8], offset: u64) -> Result<usize, Stop> {
        let mut ranges = std::mem::take(&mut self.ranges);
        let projected = ranges.project(bytes);
        if let Ok(len) = projected {
            match std::str::from_utf8(&bytes[..len]) {
                Ok(text) => self.fields(&Fields::new(text, &ranges), offset, 0),
                Err(e) => {
                    let place = offset + e.valid_up_to() as u64;
                    self.damage(Loss::at(
                        place,
                        Reason::InvalidUtf8,
                        "kept, with U+FFFD in its place",
                    ));
                    self.text(&String::from_utf8_lossy(&bytes[..len]), offset);
                }
            }
        }
        self.ranges = ranges;
        projected
    }

    fn stored(&mut self, quoted: &[u8], offset: u64) {
        let text = String::from_utf8_lossy(quoted);
        let inner = unquote(&text);
        if inner.trim_start().starts_with('{') {
            self.text(inner.trim_start(), offset);
        } else {
            self.unrecognized(offset);
        }
    }

    fn lost(&mut self, loss: Loss) {
        self.lose(loss);
    }

    fn damage(&mut self, loss: Loss) {
        FileDecoder::damage(self, loss);
    }

    fn container(&mut self) {
        self.container = true;
    }
}
