//! Finds the rows of an export, piece by piece. A quote that is never closed makes the next rows look like a part of
//! its row; that row is given up, and reading continues at the next line.

use csv::{ByteRecord, Position, ReaderBuilder};

use super::Row;
use super::columns::Columns;
use super::row;
use crate::decode::Cells;

/// A row cannot be longer: an event has 256 KB at most, twice as much with its quotes doubled.
const MAX_ROW: usize = 1 << 20;

/// What rows without an end may have cost in vain, for each byte of the export and at the beginning. Beyond that, each
/// line is a row, so that an export full of open quotes takes linear time.
const WASTE_PER_BYTE: u64 = 4;
const WASTE_AT_FIRST: u64 = 4 << 20;

/// Why a row is lost that takes the next lines along.
const NO_ROW: &str = "a quote is not closed, or the lines are no row";

/// A push parser over the pieces of one export.
#[derive(Default)]
pub struct RowParser {
    header: Option<Header>,
    /// Offset of the next piece's first byte.
    base: u64,
    /// A row without an end was given up. From then on rows are searched within bounds.
    damaged: bool,
    /// Bytes that were read as part of such a row and must be read again.
    wasted: u64,
    json: String,
}

struct Header {
    record: ByteRecord,
    columns: Columns,
    /// Rows with these columns are events.
    of_events: bool,
    /// Rows with these columns can be compared with records in JSON.
    comparable: bool,
}

impl Header {
    /// The header at the beginning of an export, and its end. `None` if it is not complete. It is the first line that
    /// is not empty: a quote in it that is never closed takes no row along.
    fn read(piece: &[u8], last: bool) -> Option<(Header, usize)> {
        let start = piece.iter().position(|byte| !matches!(byte, b'\n' | b'\r'))?;
        let line = memchr::memchr2(b'\n', b'\r', &piece[start..]).map(|line| start + line);
        let end = match line.map(|at| (at, &piece[at..])) {
            Some((at, [b'\r', b'\n', ..])) => at + 2,
            Some((_, [b'\r'])) if !last => return None,
            Some((at, _)) => at + 1,
            None if last => piece.len(),
            None => return None,
        };
        let mut reader = ReaderBuilder::new().has_headers(false).from_reader(&piece[start..end]);
        let mut record = ByteRecord::new();
        let read = reader.read_byte_record(&mut record).unwrap_or(false);
        let columns = Columns::of(&record);
        let of_events = columns.describe_events();
        let comparable = columns.comparable();
        read.then_some((Header { record, columns, of_events, comparable }, end))
    }
}

/// A part of a piece that is read by one reader.
struct Chunk<'p> {
    bytes: &'p [u8],
    offset: u64,
    /// Behind it, more bytes may come.
    grows: bool,
    /// Behind it, more bytes are there.
    bounded: bool,
}

/// What became of a chunk.
enum Read {
    /// Continue at this position of the chunk.
    To(usize),
    /// The row at this position is not complete.
    More(usize),
    /// What begins at the first position and reaches the second is no row.
    GiveUp(usize, usize),
}

impl RowParser {
    /// Passes every row of `piece` to `on_row`, in order, and returns the number of bytes consumed. The rest must be
    /// passed again with more bytes behind it. With `last` set everything is consumed.
    pub fn feed(&mut self, piece: &[u8], last: bool, on_row: &mut dyn FnMut(Row<'_>)) -> usize {
        let mut at = 0;
        let header = match self.header.take() {
            Some(header) => header,
            None => {
                let Some((header, end)) = Header::read(piece, last) else {
                    return if last { piece.len() } else { 0 };
                };
                if !header.of_events {
                    let reason = "the header has no columns of CloudTrail events";
                    on_row(Row::Bad { offset: 0, reason });
                }
                at = end;
                header
            }
        };
        if !header.of_events {
            at = piece.len();
        }
        while at < piece.len() {
            let end = self.reach(piece, at);
            let (grows, bounded) = (end == piece.len() && !last, end < piece.len());
            let offset = self.base + at as u64;
            let chunk = Chunk { bytes: &piece[at..end], offset, grows, bounded };
            match self.chunk(&header, &chunk, on_row) {
                Read::To(read) => at += read,
                Read::More(read) => {
                    at += read;
                    break;
                }
                Read::GiveUp(start, reached) => {
                    let (start, reached) = (at + start, at + reached);
                    on_row(Row::Bad { offset: self.base + start as u64, reason: NO_ROW });
                    let line = memchr::memchr(b'\n', &piece[start..reached]);
                    at = line.map_or(reached, |end| start + end + 1);
                    self.damaged = true;
                    self.wasted += (reached - at) as u64;
                }
            }
        }
        self.header = Some(header);
        self.base += at as u64;
        at
    }

    /// Gives up on a header that is larger than a row may be.
    pub fn give_up(&mut self, piece: &[u8], on_row: &mut dyn FnMut(Row<'_>)) -> usize {
        on_row(Row::Bad { offset: self.base, reason: "the header does not end" });
        self.base += piece.len() as u64;
        piece.len()
    }

    /// Bytes that were read, those read again included.
    #[cfg(test)]
    pub fn touched(&self) -> u64 {
        self.base + self.wasted
    }

    /// How far the chunk reaches that begins at `at`.
    fn reach(&self, piece: &[u8], at: usize) -> usize {
        if !self.damaged {
            return piece.len();
        }
        let bound = piece.len().min(at + MAX_ROW);
        if self.wasted <= WASTE_AT_FIRST + WASTE_PER_BYTE * (self.base + at as u64) {
            return bound;
        }
        memchr::memchr(b'\n', &piece[at..bound]).map_or(bound, |end| at + end + 1)
    }

    /// Reads the rows of a chunk.
    fn chunk(
        &mut self,
        header: &Header,
        chunk: &Chunk<'_>,
        on_row: &mut dyn FnMut(Row<'_>),
    ) -> Read {
        let bytes = chunk.bytes;
        // Beyond the waste, a chunk is a line; setting up a reader would cost more than the line.
        if chunk.bounded && !closed(bytes) && lines(bytes) == 1 {
            return Read::GiveUp(0, bytes.len());
        }
        let mut reader = ReaderBuilder::new().flexible(true).has_headers(false).from_reader(bytes);
        let mut record = ByteRecord::new();
        loop {
            let before = reader.position().clone();
            if !reader.read_byte_record(&mut record).unwrap_or(false) {
                return Read::To(bytes.len());
            }
            let (start, end) = span(bytes, &before, reader.position());
            let text = bytes.get(start..end).unwrap_or_default();
            // Lines are counted by the reader, so ordinary rows are not looked at again.
            let at_end = end == bytes.len();
            let several =
                (at_end || reader.position().line() - before.line() > 1) && lines(text) > 1;
            if at_end && !(text.ends_with(b"\n") && closed(text)) {
                if text.len() < MAX_ROW && chunk.grows {
                    return Read::More(start);
                }
                if text.len() < MAX_ROW && chunk.bounded && start > 0 {
                    return Read::To(start);
                }
                if chunk.grows || several && (chunk.bounded || !closed(text)) {
                    return Read::GiveUp(start, end);
                }
            }
            // Exports of one query in several files are often concatenated, headers included.
            if record == header.record {
                continue;
            }
            let offset = chunk.offset + start as u64;
            match row::write(&header.columns, &record, &mut self.json) {
                Ok(_) if several && text.len() > MAX_ROW => return Read::GiveUp(start, end),
                Ok(from) => {
                    let cells = Cells { text: record.as_slice(), comparable: header.comparable };
                    let cells = (from == row::Source::Columns).then_some(cells);
                    on_row(Row::Record { json: &self.json, offset, cells });
                }
                Err(_) if several => return Read::GiveUp(start, end),
                Err(reason) => on_row(Row::Bad { offset, reason }),
            }
        }
    }
}

/// Where a row begins and ends, without the line ends before it.
fn span(bytes: &[u8], before: &Position, after: &Position) -> (usize, usize) {
    let at = |position: &Position| usize::try_from(position.byte()).unwrap_or(bytes.len());
    let (mut start, end) = (at(before), at(after));
    while start < end && matches!(bytes.get(start), Some(b'\n' | b'\r')) {
        start += 1;
    }
    (start, end)
}

fn lines(text: &[u8]) -> usize {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    memchr::memchr_iter(b'\n', text).count() + 1
}

/// True if every quote is closed: within quotes they are doubled.
fn closed(text: &[u8]) -> bool {
    memchr::memchr_iter(b'"', text).count().is_multiple_of(2)
}
