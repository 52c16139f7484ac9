//! Damage costs time in proportion to the bytes, however it is shaped.

use super::super::fields::Ranges;
use super::*;

/// Counts what a parser finds and how many bytes it looks at.
#[derive(Default)]
struct Counter {
    records: u64,
    lost: u64,
    touched: u64,
}

impl RecordSink for Counter {
    fn record(&mut self, bytes: &[u8], _: u64) -> Result<usize, Stop> {
        let read = Ranges::default().project(bytes);
        self.records += u64::from(read.is_ok());
        self.touched += match read {
            Ok(at) | Err(Stop::Malformed(at)) => at as u64,
            Err(Stop::Incomplete) => bytes.len() as u64,
        };
        read
    }

    fn quoted(&mut self, quoted: &[u8], _: u64) {
        self.touched += quoted.len() as u64;
    }

    fn lost(&mut self, _: Loss) {
        self.lost += 1;
    }

    fn damage(&mut self, _: Loss) {}

    fn container(&mut self) {}
}

/// Parses a whole document; returns what was found, and the bytes touched in all.
fn parse(document: &[u8]) -> (Counter, u64) {
    let (mut parser, mut sink) = (RecordParser::default(), Counter::default());
    parser.feed(document, true, &mut sink);
    let touched = sink.touched + 2 * parser.resync.wasted() + parser.resync.searched;
    (sink, touched)
}

/// The same from a stream, whose window grows as in `text`.
fn parse_stream(document: &[u8], window: usize) -> (Counter, u64) {
    let (mut parser, mut sink) = (RecordParser::default(), Counter::default());
    let (mut at, mut size) = (0, window);
    loop {
        let end = (at + size).min(document.len());
        let piece = &document[at..end];
        let last = end == document.len();
        let mut done = parser.feed(piece, last, &mut sink);
        if last {
            break;
        }
        if done == 0 && size >= 4 * window {
            done = parser.give_up(piece, &mut sink);
        } else if done == 0 {
            size *= 2;
        }
        sink.touched += piece.len() as u64;
        at += done;
    }
    let touched = sink.touched + 2 * parser.resync.wasted() + parser.resync.searched;
    (sink, touched)
}

#[test]
fn openings_without_ends_cost_linear_time() {
    for (opening, head) in [
        (r#"{"eventVersion":"#, ""),
        (r#"{"eventVersion":"#, r#"{"Records":["#),
        (r#"{"eventVersion":"1""#, r#"{"Records":["#),
        (r#"{"eventVersion":["#, r#"{"Records":["#),
        ("\n{\"a\":", ""),
        ("\n{\"a\":{\"b\":1", "["),
        (r#"{"eventVersion":}"#, "["),
        (r#""x":{"eventVersion":"#, r#"{"Records":[],"#),
    ] {
        let document = |n: usize| format!("{head}{}", opening.repeat(n)).into_bytes();
        let (small, large) = (document(10_000), document(40_000));
        let (_, of_small) = parse(&small);
        let (found, of_large) = parse(&large);
        let most = 64 * large.len() as u64 + (128 << 20);
        assert!(of_large < most, "{opening}: {of_large} bytes touched of {}", large.len());
        assert!(of_large < 8 * of_small, "{opening}: {of_small}, then {of_large}");
        assert!(found.lost > 0 || found.records > 0, "{opening}");
    }
}

#[test]
fn openings_without_ends_cost_linear_time_in_a_stream() {
    let document = r#"{"eventVersion":"#.repeat(150_000).into_bytes();
    let (_, touched) = parse_stream(&document, 1 << 20);
    let most = 64 * document.len() as u64 + (128 << 20);
    assert!(touched < most, "{touched} bytes touched of {}", document.len());
}

#[test]
fn records_behind_openings_without_ends_are_found() {
    let good = r#"{"eventVersion":"1","eventName":"x","eventSource":"y"}"#;
    let document = format!(r#"[{}{good},{good}]"#, r#"{"eventVersion":"#.repeat(5_000));
    let (found, _) = parse(document.as_bytes());
    assert_eq!((found.records, found.lost), (2, 5_000));
    let document = format!(r#"{{"Records":[{good}],"x":{{"a":{good},{good}"#);
    assert_eq!(parse(document.as_bytes()).0.records, 3);
}
