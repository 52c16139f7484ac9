//! Decodes one file's records into events and counts the results. Archives and compression are already removed at this
//! point.

use super::cloudtrail::{EventFields, Kind, kind};
use super::event_like;
use super::fields::{Field, Fields, Ranges, unquote};
use super::identity::Identities;
use super::losses::{Loss, Reason};
use super::records::RecordSink;
use super::s3_access::Line;
use super::scan::Stop;
use super::{Cells, Json, Record, Sink, s3_json};
use crate::source::coverage::SkipReason;

/// The most offsets of unrecognized records to remember until it is clear whether the file is a log at all.
const MAX_UNRECOGNIZED_OFFSETS: usize = 100;

/// Passes one file's events to the sink and counts them.
pub struct FileDecoder<'s> {
    pub sink: &'s mut dyn Sink,
    identities: &'s mut Identities,
    ranges: Ranges,
    /// Events and lost records.
    records: u64,
    damaged: bool,
    container: bool,
    unrecognized_count: u64,
    unrecognized_offsets: Vec<u64>,
    insights: u64,
    aggregated: u64,
    digests: u64,
}

/// How decoding a file ended.
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
            records: 0,
            damaged: false,
            container: false,
            unrecognized_count: 0,
            unrecognized_offsets: Vec::new(),
            insights: 0,
            aggregated: 0,
            digests: 0,
        }
    }

    /// Takes an S3 access log record.
    pub fn line(&mut self, line: &Line<'_>, offset: u64) {
        self.records += 1;
        self.sink.event(&line.event(), Record::Line(line), offset);
    }

    /// Decides whether the file was a log. If so, reports its unrecognized records as lost.
    pub fn close(mut self) -> Verdict {
        let others = self.insights + self.aggregated + self.digests;
        if self.records == 0 && others == 0 && self.unrecognized_count > 0 {
            return Verdict::Skipped(SkipReason::NotALog);
        }
        for n in 0..self.unrecognized_count {
            let offset = self.unrecognized_offsets.get(n as usize).copied();
            self.sink.lost(Loss { offset, reason: Reason::Unrecognized, detail: String::new() });
        }
        if self.records == 0 && others > 0 && self.unrecognized_count == 0 {
            let most = [
                (self.digests, SkipReason::Digest),
                (self.insights, SkipReason::Insight),
                (self.aggregated, SkipReason::Aggregated),
            ];
            let reason =
                most.into_iter().max_by_key(|(n, _)| *n).map_or(SkipReason::NotALog, |(_, r)| r);
            return Verdict::Skipped(reason);
        }
        if self.records == 0 && self.damaged && !self.container {
            return Verdict::Skipped(SkipReason::Damaged);
        }
        self.damaged |= self.unrecognized_count > 0;
        Verdict::Read { damaged: self.damaged }
    }

    /// Takes an item that is in the place of a record but is not a log record.
    pub fn unrecognized(&mut self, offset: u64) {
        self.unrecognized_count += 1;
        if self.unrecognized_offsets.len() < MAX_UNRECOGNIZED_OFFSETS {
            self.unrecognized_offsets.push(offset);
        }
    }

    pub fn is_damaged(&self) -> bool {
        self.damaged
    }

    /// Reports one lost record.
    pub fn lose(&mut self, loss: Loss) {
        self.records += 1;
        self.damaged = true;
        self.sink.lost(loss);
    }

    /// Reports damage that cost an unknown number of records.
    pub fn damage(&mut self, loss: Loss) {
        self.damaged |= loss.reason != Reason::Ambiguous;
        self.sink.damage(loss);
    }

    /// Decodes the text of a complete record. `cells` is the row that it was made of.
    pub fn text(&mut self, text: &str, cells: Option<Cells<'_>>, offset: u64) {
        let mut ranges = std::mem::take(&mut self.ranges);
        match ranges.project(text.as_bytes()) {
            Ok(_) => self.fields(&Fields::new(text, &ranges), cells, offset, 0),
            Err(_) => self.lose(Loss::at(
                offset,
                Reason::Malformed,
                "the embedded record is not complete JSON",
            )),
        }
        self.ranges = ranges;
    }

    fn fields(&mut self, f: &Fields<'_>, cells: Option<Cells<'_>>, offset: u64, depth: u8) {
        match kind(f) {
            Kind::Event => {
                let event_fields = EventFields::new(f);
                let (sink, records) = (&mut *self.sink, &mut self.records);
                let parameters = [f.raw(Field::RequestParameters), f.raw(Field::ResponseElements)];
                let json = Json { text: f.whole(), parameters, cells };
                let timed = event_fields.event(f, self.identities, &mut |event| {
                    *records += 1;
                    sink.event(event, Record::Json(json), offset);
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
            Kind::Wrapped(field) if depth < 3 => {
                let raw = f.raw(field);
                let inner = if raw.starts_with('"') { unquote(raw) } else { raw.into() };
                let mut ranges = Ranges::default();
                match ranges.project(inner.as_bytes()) {
                    Ok(_) => self.fields(&Fields::new(&inner, &ranges), None, offset, depth + 1),
                    Err(_) => self.lose(Loss::at(
                        offset,
                        Reason::Malformed,
                        "the embedded record is not complete JSON",
                    )),
                }
            }
            Kind::Wrapped(_) | Kind::Unrecognized if event_like::json(f.whole().as_bytes()) => {
                self.lose(Loss::at(offset, Reason::UnknownForm, ""));
            }
            Kind::Wrapped(_) | Kind::Unrecognized => self.unrecognized(offset),
        }
    }
}

impl RecordSink for FileDecoder<'_> {
    fn record(&mut self, bytes: &[u8], offset: u64) -> Result<usize, Stop> {
        let mut ranges = std::mem::take(&mut self.ranges);
        let projected = ranges.project(bytes);
        if let Ok(len) = projected {
            match std::str::from_utf8(&bytes[..len]) {
                Ok(text) => self.fields(&Fields::new(text, &ranges), None, offset, 0),
                Err(e) => {
                    let invalid_at = offset + e.valid_up_to() as u64;
                    self.damage(Loss::at(
                        invalid_at,
                        Reason::InvalidUtf8,
                        "replaced by U+FFFD; the record was read",
                    ));
                    self.text(&String::from_utf8_lossy(&bytes[..len]), None, offset);
                }
            }
        }
        self.ranges = ranges;
        projected
    }

    fn quoted(&mut self, quoted: &[u8], offset: u64) {
        let text = String::from_utf8_lossy(quoted);
        let inner = unquote(&text);
        if inner.trim_start().starts_with('{') {
            self.text(inner.trim_start(), None, offset);
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
