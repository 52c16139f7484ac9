//! Fuzz targets of decoding: no input panics, a split changes nothing, and what is parsed is inside the input.

use std::io::Read;

use super::losses::Loss;
use super::records::{RecordParser, RecordSink};
use super::scan::Stop;
use super::{Bytes, Decoder, Record, Sink, Verdict, lake_csv, s3_access};
use crate::event::Event;

/// What a decoder reported, in order.
#[derive(Default, PartialEq, Eq, Debug)]
struct Reported(Vec<String>);

impl Sink for Reported {
    fn open(&mut self, name: &str) {
        self.0.push(format!("open {name}"));
    }

    fn close(&mut self, verdict: Verdict) {
        self.0.push(format!("close {verdict:?}"));
    }

    fn archive(&mut self) {
        self.0.push("archive".into());
    }

    fn event(&mut self, event: &Event<'_>, record: Record<'_>, offset: u64) {
        let length = record.json().len();
        self.0.push(format!("event {} {offset} {length} {}", event.action, event.time));
    }

    fn not_event(&mut self, kind: &'static str) {
        self.0.push(format!("not an event: {kind}"));
    }

    fn lost(&mut self, loss: Loss) {
        self.0.push(format!("lost {:?} {:?}", loss.offset, loss.reason));
    }

    fn damage(&mut self, loss: Loss) {
        self.0.push(format!("damage {:?}", loss.reason));
    }

    fn inflated(&mut self, _: u64) {}
}

/// Gives one byte, then a few, however many are wanted.
struct Slow<'a> {
    rest: &'a [u8],
    step: usize,
}

impl Read for Slow<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let n = self.step.min(into.len()).min(self.rest.len());
        let (now, rest) = self.rest.split_at(n);
        into[..n].copy_from_slice(now);
        self.rest = rest;
        Ok(n)
    }
}

/// A whole input: a slice and a stream of it give the same, and a second run as well.
pub fn decoder(data: &[u8]) {
    let Some((step, bytes)) = data.split_first() else { return };
    let name = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/02/log.json.gz";
    let mut decoder = Decoder::default();
    let (mut whole, mut again, mut stream) =
        (Reported::default(), Reported::default(), Reported::default());
    decoder.decode(name, Bytes::Slice(bytes), &mut whole);
    decoder.decode(name, Bytes::Slice(bytes), &mut again);
    assert_eq!(whole, again, "a second run differs");
    let mut slow = Slow { rest: bytes, step: 1 + usize::from(*step) * 7 };
    decoder.decode(name, Bytes::Stream(&mut slow), &mut stream);
    assert_eq!(whole, stream, "a stream differs from a slice");
}

/// Where records and losses were found.
#[derive(Default)]
struct Found(Vec<(char, u64)>);

impl Found {
    /// Offsets of records.
    fn records(&self) -> Vec<u64> {
        self.0.iter().filter(|(kind, _)| *kind == 'r').map(|(_, offset)| *offset).collect()
    }

    /// Nothing was lost or damaged.
    fn is_clean(&self) -> bool {
        !self.0.iter().any(|(kind, _)| matches!(kind, 'l' | 'd'))
    }
}

impl RecordSink for Found {
    fn record(&mut self, bytes: &[u8], offset: u64) -> Result<usize, Stop> {
        let read = super::fields::Ranges::default().project(bytes);
        if let Ok(length) = read {
            assert!(length <= bytes.len(), "a record ends behind its input");
            self.0.push(('r', offset));
        }
        read
    }

    fn quoted(&mut self, _: &[u8], offset: u64) {
        self.0.push(('q', offset));
    }

    fn lost(&mut self, loss: Loss) {
        self.0.push(('l', loss.offset.unwrap_or(0)));
    }

    fn damage(&mut self, _: Loss) {
        self.0.push(('d', 0));
    }

    fn container(&mut self) {}
}

/// The walker over records: pieces of any size find the records that the whole finds. Where damage is, pieces may tell
/// more of it.
pub fn walker(data: &[u8]) {
    let Some((step, bytes)) = data.split_first() else { return };
    let mut whole = Found::default();
    RecordParser::default().feed(bytes, true, &mut whole);
    let step = 1 + usize::from(*step);
    let (mut pieces, mut parser) = (Found::default(), RecordParser::default());
    let (mut at, mut end) = (0, 0);
    while end < bytes.len() {
        end = (end + step).min(bytes.len());
        at += parser.feed(&bytes[at..end], false, &mut pieces);
        assert!(at <= end, "more was consumed than there is");
    }
    parser.feed(&bytes[at..], true, &mut pieces);
    let shown = String::from_utf8_lossy(bytes);
    assert_eq!(whole.records(), pieces.records(), "pieces differ from the whole: {step} {shown}");
    assert_eq!(whole.is_clean(), pieces.is_clean(), "damage is told by one alone: {step} {shown}");
}

/// A line of an access log: its texts are parts of the line.
pub fn s3_line(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    s3_access::looks_like(data);
    let Ok(line) = s3_access::parse_line(text) else { return };
    assert!(text.contains(&*line.bucket), "the bucket is not in the line");
    assert_eq!(line.event().time, line.time, "the event has another time");
    let json = super::s3_json::json_from_line(&line);
    let parsed: Result<serde_json::Value, _> = serde_json::from_str(&json);
    assert!(parsed.is_ok(), "the record is no JSON: {json}");
}

/// Rows of an export: a split changes nothing but the words for what is wrong with a row, and every record is JSON.
pub fn lake_csv(data: &[u8]) {
    let Some((step, bytes)) = data.split_first() else { return };
    let step = 1 + usize::from(*step);
    let rows = |pieces: usize| {
        let (mut found, mut parser) = (Vec::new(), lake_csv::RowParser::default());
        let mut take = |row: lake_csv::Row<'_>| {
            found.push(match row {
                lake_csv::Row::Record { json, offset, .. } => {
                    let parsed: Result<serde_json::Value, _> = serde_json::from_str(json);
                    assert!(parsed.is_ok(), "a row is no JSON: {json}");
                    (offset, json.to_string())
                }
                lake_csv::Row::Bad { offset, .. } => (offset, String::new()),
            });
        };
        let (mut at, mut end) = (0, 0);
        while end < bytes.len() {
            end = (end + pieces).min(bytes.len());
            at += parser.feed(&bytes[at..end], end == bytes.len(), &mut take);
        }
        found
    };
    assert_eq!(rows(bytes.len().max(1)), rows(step), "pieces differ from the whole");
}
