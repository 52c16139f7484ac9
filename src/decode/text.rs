//! Feeds a file's bytes to the parser of its format, whole or in pieces. Memory is bounded by one record.

use std::io::{self, Read};

use super::file_decoder::{FileDecoder, Verdict};
use super::losses::{Loss, Reason};
use super::records::RecordParser;
use super::sniff::Format;
use super::streams::reason_of;
use super::{Bytes, Filled, fill, lake_csv, lines, s3_access};
use crate::source::coverage::SkipReason;

/// A record cannot be longer: CloudTrail truncates its fields at 100 KB each.
const MAX_RECORD: usize = 16 << 20;

/// Smallest piece that is read from a stream.
const PIECE: usize = 1 << 20;

/// A push parser of one text format.
trait PushParser {
    /// Parses what it can of `piece`; returns the number of bytes consumed.
    fn feed(&mut self, piece: &[u8], last: bool, file: &mut FileDecoder<'_>) -> usize;
    /// `piece` has the maximum size but contains no complete record. Returns how many bytes to skip, at least one.
    fn give_up(&mut self, piece: &[u8], file: &mut FileDecoder<'_>) -> usize;
}

/// Decodes `bytes` into `file`. `ending` is the error at which the source of the bytes broke off, if it did.
pub fn decode(
    format: Format,
    bytes: Bytes<'_>,
    ending: Option<io::Error>,
    window: &mut Vec<u8>,
    file: &mut FileDecoder<'_>,
) {
    let broke = match format {
        Format::Json => drive(bytes, &mut Json::default(), window, file),
        Format::S3Access => drive(bytes, &mut Lines::default(), window, file),
        Format::LakeCsv => drive(bytes, &mut Csv::default(), window, file),
        Format::Utf16 => utf16(bytes, window, file),
        Format::EventLike => {
            file.damage(Loss::at(0, Reason::UnknownForm, ""));
            None
        }
        _ => None,
    };
    if let Some(error) = broke.or(ending) {
        let (reason, detail) = reason_of(&error);
        file.damage(Loss::of(reason, detail));
    }
}

/// The file's verdict. Content in an unsupported format is damage if the file is named like a log, and otherwise not a
/// log.
pub fn verdict(name: &str, format: Format, file: FileDecoder<'_>) -> Verdict {
    let damaged = file.is_damaged();
    match (format, file.close()) {
        (Format::Empty, _) if !damaged => Verdict::Skipped(SkipReason::Empty),
        (Format::Empty | Format::Unknown | Format::EventLike, _) if damaged => {
            Verdict::Skipped(SkipReason::Damaged)
        }
        (Format::Unknown, _) if named_like_a_log(name) => Verdict::Skipped(SkipReason::Damaged),
        (Format::Unknown, _) => Verdict::Skipped(SkipReason::NotALog),
        (_, verdict) => verdict,
    }
}

fn named_like_a_log(name: &str) -> bool {
    let base = name.rsplit(['/', '!', '\\']).next().unwrap_or(name).to_ascii_lowercase();
    let date_first = base.len() > 19
        && base.as_bytes().iter().take(4).all(u8::is_ascii_digit)
        && base[4..].starts_with('-');
    base.contains("cloudtrail")
        || date_first
        || [".json", ".jsonl", ".ndjson", ".json.gz", ".json.zst"].iter().any(|e| base.ends_with(e))
}

fn drive(
    bytes: Bytes<'_>,
    format: &mut dyn PushParser,
    window: &mut Vec<u8>,
    file: &mut FileDecoder<'_>,
) -> Option<io::Error> {
    match bytes {
        Bytes::Slice(slice) => {
            file.sink.inflated(slice.len() as u64);
            format.feed(slice, true, file);
            None
        }
        Bytes::Stream(stream) => drive_stream(stream, format, window, file),
    }
}

/// `window[..len]` contains the bytes not yet consumed. It grows only when one record needs it.
fn drive_stream(
    stream: &mut dyn Read,
    format: &mut dyn PushParser,
    window: &mut Vec<u8>,
    file: &mut FileDecoder<'_>,
) -> Option<io::Error> {
    let (mut len, mut size) = (0, PIECE);
    loop {
        if window.len() < size {
            window.resize(size, 0);
        }
        let mut rest = io::Cursor::new(&mut window[len..size]);
        let (read, end) = read_into(stream, &mut rest);
        len += read;
        file.sink.inflated(read as u64);
        let last = !matches!(end, Filled::Full);
        let mut done = format.feed(&window[..len], last, file);
        if last {
            return if let Filled::Broken(e) = end { Some(e) } else { None };
        }
        if done == 0 && len >= MAX_RECORD {
            done = format.give_up(&window[..len], file).max(1);
        }
        window.copy_within(done..len, 0);
        len -= done;
        size = if done == 0 { (size * 2).min(MAX_RECORD + PIECE) } else { size };
        if len == size {
            size += PIECE;
        }
    }
}

fn read_into(stream: &mut dyn Read, target: &mut io::Cursor<&mut [u8]>) -> (usize, Filled) {
    let slice = target.get_mut();
    let mut len = 0;
    while len < slice.len() {
        match stream.read(&mut slice[len..]) {
            Ok(0) => return (len, Filled::End),
            Ok(n) => len += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return (len, Filled::Broken(e)),
        }
    }
    (len, Filled::Full)
}

#[derive(Default)]
struct Json(RecordParser);

impl PushParser for Json {
    fn feed(&mut self, piece: &[u8], last: bool, file: &mut FileDecoder<'_>) -> usize {
        self.0.feed(piece, last, file)
    }

    fn give_up(&mut self, piece: &[u8], file: &mut FileDecoder<'_>) -> usize {
        self.0.give_up(piece, file)
    }
}

/// S3 server access log lines.
#[derive(Default)]
struct Lines {
    base: u64,
}

impl PushParser for Lines {
    fn feed(&mut self, piece: &[u8], last: bool, file: &mut FileDecoder<'_>) -> usize {
        let base = self.base;
        let done =
            lines::feed(piece, last, &mut |line, at| access_line(line, base + at as u64, file));
        self.base += done as u64;
        done
    }

    fn give_up(&mut self, piece: &[u8], file: &mut FileDecoder<'_>) -> usize {
        file.lose(Loss::at(self.base, Reason::TooLarge, "no end of the line was found"));
        self.base += piece.len() as u64;
        piece.len()
    }
}

fn access_line(line: &[u8], offset: u64, file: &mut FileDecoder<'_>) {
    if line.iter().all(u8::is_ascii_whitespace) {
        return;
    }
    let text = match std::str::from_utf8(line) {
        Ok(text) => std::borrow::Cow::Borrowed(text),
        Err(e) => {
            let invalid_at = offset + e.valid_up_to() as u64;
            let detail = "replaced by U+FFFD; the line was read";
            file.damage(Loss::at(invalid_at, Reason::InvalidUtf8, detail));
            String::from_utf8_lossy(line)
        }
    };
    match s3_access::parse_line(&text) {
        Ok(parsed) => {
            if parsed.ambiguous {
                file.damage(Loss::at(
                    offset,
                    Reason::Ambiguous,
                    "quotes in client-controlled text allow two readings",
                ));
            }
            file.line(&parsed, offset);
        }
        Err(e) => file.lose(Loss::at(offset, Reason::MalformedLine, e.to_string())),
    }
}

/// Rows of a CSV export.
#[derive(Default)]
struct Csv(lake_csv::RowParser);

impl PushParser for Csv {
    fn feed(&mut self, piece: &[u8], last: bool, file: &mut FileDecoder<'_>) -> usize {
        self.0.feed(piece, last, &mut |row| csv_row(row, file))
    }

    fn give_up(&mut self, piece: &[u8], file: &mut FileDecoder<'_>) -> usize {
        self.0.give_up(piece, &mut |row| csv_row(row, file))
    }
}

fn csv_row(row: lake_csv::Row<'_>, file: &mut FileDecoder<'_>) {
    match row {
        lake_csv::Row::Record { json, offset, cells } => file.text(json, cells, offset),
        lake_csv::Row::Bad { offset, reason } => {
            file.lose(Loss::at(offset, Reason::MalformedRow, reason))
        }
    }
}

/// Converts UTF-16 text to UTF-8 as a whole, up to four times the largest record.
fn utf16(bytes: Bytes<'_>, window: &mut Vec<u8>, file: &mut FileDecoder<'_>) -> Option<io::Error> {
    let mut broke = None;
    let raw = match bytes {
        Bytes::Slice(slice) => slice,
        Bytes::Stream(stream) => {
            let (len, end) = fill(stream, window, MAX_RECORD * 4);
            match end {
                Filled::Full => file.damage(Loss::of(
                    Reason::TooLarge,
                    "UTF-16 text is larger than 64 MiB; convert it to UTF-8",
                )),
                Filled::Broken(e) => broke = Some(e),
                Filled::End => {}
            }
            &window[..len]
        }
    };
    let unit = if raw.starts_with(&[0xff, 0xfe]) { u16::from_le_bytes } else { u16::from_be_bytes };
    let units = raw.chunks_exact(2).skip(1).map(|pair| unit([pair[0], pair[1]]));
    let text: String =
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    let format = super::sniff::format(text.as_bytes());
    if matches!(format, Format::Json | Format::S3Access | Format::LakeCsv) {
        decode(format, Bytes::Slice(text.as_bytes()), None, &mut Vec::new(), file);
    } else if format == Format::EventLike {
        file.damage(Loss::at(0, Reason::UnknownForm, ""));
    } else {
        file.unrecognized(0);
    }
    broke
}
