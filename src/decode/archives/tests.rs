//! An archive costs time in proportion to its bytes, also with very many members.

use std::cell::Cell;
use std::io::{Cursor, SeekFrom, Write};

use super::*;
use crate::decode::{Event, Record};

#[derive(Default)]
struct Counter {
    events: u64,
    files: u64,
    damaged: u64,
}

impl Sink for Counter {
    fn open(&mut self, _: &str) {
        self.files += 1;
    }

    fn close(&mut self, _: Verdict) {}

    fn archive(&mut self) {}

    fn event(&mut self, _: &Event<'_>, _: Record<'_>, _: u64) {
        self.events += 1;
    }

    fn not_event(&mut self, _: &'static str) {}

    fn lost(&mut self, _: Loss) {}

    fn damage(&mut self, _: Loss) {
        self.damaged += 1;
    }

    fn inflated(&mut self, _: u64) {}
}

/// Counts the bytes that are read, and a few for each place that is looked for.
struct Work<'w, R> {
    inner: R,
    done: &'w Cell<u64>,
}

impl<R: Read> Read for Work<'_, R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buf)?;
        self.done.set(self.done.get() + read as u64);
        Ok(read)
    }
}

impl<R: Seek> Seek for Work<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.done.set(self.done.get() + 8);
        self.inner.seek(to)
    }
}

const RECORD: &str = r#"{"Records":[{"eventVersion":"1.11","eventTime":"2026-11-02T10:00:00Z","eventSource":"ec2.amazonaws.com","eventName":"DescribeVpcs","eventID":"1"}]}"#;

fn zip_of(members: usize) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for n in 0..members {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(format!("AWSLogs/{n}.json"), options).unwrap();
        zip.write_all(RECORD.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn members_by_the_directory_cost_linear_work() {
    let work = |members: usize| {
        let (bytes, done) = (zip_of(members), Cell::new(0));
        let file = Work { inner: Cursor::new(&bytes), done: &done };
        let mut sink = Counter::default();
        Decoder::default().zip_members("x.zip", file, 0, &mut sink).unwrap();
        assert_eq!((sink.events, sink.damaged), (members as u64, 0));
        let most = 4 * bytes.len() as u64 + (1 << 20);
        assert!(done.get() < most, "{} for {} bytes", done.get(), bytes.len());
        done.get()
    };
    let (small, large) = (work(1_000), work(4_000));
    assert!(large < 5 * small, "{small}, then {large}");
}

#[test]
fn members_one_behind_the_other_are_read_once() {
    let mut bytes = zip_of(2_000);
    bytes.truncate(bytes.len() * 2 / 3);
    let done = Cell::new(0);
    let stream = Work { inner: bytes.as_slice(), done: &done };
    let mut sink = Counter::default();
    Decoder::default().unzip_stream("x.zip", stream, 0, &mut sink);
    assert!(sink.events > 1_000, "{}", sink.events);
    assert!(done.get() <= bytes.len() as u64, "{} of {}", done.get(), bytes.len());
}

#[test]
fn many_small_inputs_cost_no_more_behind_a_large_one() {
    let mut decoder = Decoder::default();
    let mut sink = Counter::default();
    let large = [RECORD, "\n"].concat().repeat(200_000);
    decoder.decode("large.json", Bytes::Stream(&mut large.as_bytes()), &mut sink);
    let before = decoder.buffers.iter().map(Vec::len).sum::<usize>();
    for n in 0..2_000 {
        let name = format!("{n}.json");
        decoder.decode(&name, Bytes::Stream(&mut RECORD.as_bytes()), &mut sink);
    }
    assert_eq!((sink.events, sink.files, sink.damaged), (202_000, 2_001, 0));
    assert_eq!(decoder.buffers.iter().map(Vec::len).sum::<usize>(), before, "buffers are reused");
}
