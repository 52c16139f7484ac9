//! Finds the records in JSON of any shape that CloudTrail comes in: `{"Records":[…]}`, a bare array,
//! one record, JSON lines, lookup-events output, and any of these one behind the other.
//!
//! Fed with pieces of any size; asks for more by consuming less. Knows extents only, no columns.

use super::losses::{Loss, Reason};
use super::scan::{Skip, Stop, skip_space, string_end, value_end};

/// Keys whose array holds records.
const CONTAINERS: [&[u8]; 5] = [b"Records", b"Events", b"records", b"events", b"logEvents"];

/// Keys of records and envelopes whose value is an object or a list. Any other such pair before the records
/// (`ResponseMetadata`) is passed over.
const OF_RECORDS: [&[u8]; 12] = [
    b"userIdentity",
    b"requestParameters",
    b"responseElements",
    b"additionalEventData",
    b"serviceEventDetails",
    b"resources",
    b"addendum",
    b"tlsDetails",
    b"insightDetails",
    b"detail",
    b"logFiles",
    b"eventContext",
];

/// Bytes that a record may have in a document that is known to be damaged: CloudTrail's events have 256 KB at
/// most.
const DAMAGED_RECORD: usize = 512 << 10;

/// Takes what the walker finds.
pub trait RecordSink {
    /// The object in a record's place that begins at `bytes[0]`. Answers its length, or why it has none:
    /// then nothing of it was taken.
    fn record(&mut self, bytes: &[u8], offset: u64) -> Result<usize, Stop>;
    /// A record that was stored as a JSON string, quotes included.
    fn stored(&mut self, quoted: &[u8], offset: u64);
    /// One record's place whose bytes are no record.
    fn lost(&mut self, loss: Loss);
    /// Damage between records: what was lost there is unknown.
    fn damage(&mut self, loss: Loss);
    /// The array of a container was opened, so the document is a log even if the array is empty.
    fn container(&mut self);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Between documents.
    Top,
    /// In an array of records, `depth` arrays deep; `in_object` if a container object is around it.
    Array { depth: u32, in_object: bool },
    /// Between the pairs of a container object.
    Object,
}

/// Push parser over the pieces of one document stream.
pub struct Walker {
    state: State,
    /// Offset of the next piece's first byte.
    base: u64,
    in_garbage: bool,
    /// A record that was given up goes on in the next piece.
    skip: Option<Skip>,
    /// A record was malformed: from now on the end of each is looked for in a bounded distance, so that a
    /// document of nothing but stray brackets takes linear time.
    damaged: bool,
}

impl Default for Walker {
    fn default() -> Walker {
        Walker { state: State::Top, base: 0, in_garbage: false, skip: None, damaged: false }
    }
}

/// What one step did.
enum Step {
    /// Go on at this position.
    At(usize),
    /// The value at this position is not whole yet.
    More(usize),
}

impl Walker {
    /// Walks `piece` and answers how many bytes are done with; the rest must come again, with more behind
    /// it. With `last` set there is no more: everything is consumed and what is cut off is lost aloud.
    pub fn feed(&mut self, piece: &[u8], last: bool, sink: &mut dyn RecordSink) -> usize {
        let mut at = self.skipped(piece);
        loop {
            let here = skip_filler(piece, at, self.state);
            if here > at {
                self.in_garbage = false;
            }
            at = here;
            if at >= piece.len() {
                break;
            }
            match self.step(piece, at, last, sink) {
                Step::At(next) => at = next,
                Step::More(from) if !last => {
                    self.base += from as u64;
                    return from;
                }
                Step::More(from) => match self.cut_off(piece, from, sink) {
                    Some(next) => at = next,
                    None => {
                        self.base += piece.len() as u64;
                        return piece.len();
                    }
                },
            }
        }
        if last && self.state != State::Top {
            sink.damage(Loss::at(
                self.base + at as u64,
                Reason::NotClosed,
                "the array of records does not end",
            ));
            self.state = State::Top;
        }
        self.base += at as u64;
        at
    }

    /// Gives up on the value at the start of `piece`, which has grown past what a record may have.
    /// Answers how many bytes are done with.
    pub fn give_up(&mut self, piece: &[u8], sink: &mut dyn RecordSink) -> usize {
        let found = next_record(piece);
        let what = if found.is_some() { Reason::Malformed } else { Reason::TooLarge };
        sink.lost(Loss::at(self.base, what, "no end of the record was found"));
        let done = found.unwrap_or(piece.len());
        if found.is_none() && piece.first() == Some(&b'{') {
            let mut skip = Skip::default();
            skip.over(piece);
            self.skip = Some(skip);
        }
        self.base += done as u64;
        done
    }

    /// How much of `piece` belongs to a record that was given up; a new record ends it in any case.
    fn skipped(&mut self, piece: &[u8]) -> usize {
        let Some(mut skip) = self.skip.take() else { return 0 };
        let end = [skip.over(piece), next_record(piece)].into_iter().flatten().min();
        if end.is_none() {
            self.skip = Some(skip);
        }
        end.unwrap_or(piece.len())
    }

    /// The last piece ends inside a value. Either the input is cut off there, or a stray quote or bracket
    /// hides the records behind it: then go on at the next one.
    fn cut_off(&mut self, piece: &[u8], from: usize, sink: &mut dyn RecordSink) -> Option<usize> {
        let offset = self.base + from as u64;
        if let Some(next) = next_record(&piece[from..]) {
            sink.lost(Loss::at(offset, Reason::Malformed, "no end of the record was found"));
            self.damaged = true;
            return Some(from + next);
        }
        sink.lost(Loss::at(offset, Reason::CutOff, "the input ends inside this record"));
        self.state = State::Top;
        None
    }

    fn step(&mut self, piece: &[u8], at: usize, last: bool, sink: &mut dyn RecordSink) -> Step {
        match (self.state, piece[at]) {
            (State::Top, b'{') => self.open_object(piece, at, last, sink),
            (State::Array { .. }, b'{') => self.element(piece, at, sink),
            (State::Top, b'[') => {
                sink.container();
                self.state = State::Array { depth: 1, in_object: false };
                Step::At(at + 1)
            }
            (State::Array { depth, in_object }, b'[') => {
                self.state = State::Array { depth: depth.saturating_add(1), in_object };
                Step::At(at + 1)
            }
            (State::Array { depth, in_object }, b']') => {
                self.state = match (depth, in_object) {
                    (2.., _) => State::Array { depth: depth - 1, in_object },
                    (_, true) => State::Object,
                    (_, false) => State::Top,
                };
                Step::At(at + 1)
            }
            (State::Object, b'}') => {
                self.state = State::Top;
                Step::At(at + 1)
            }
            (State::Object, b'"') => self.pair(piece, at, sink),
            (State::Array { .. }, b'"') => self.string_element(piece, at, sink),
            _ => self.garbage(piece, at, sink),
        }
    }

    /// A `{` between documents opens a container or is a record itself. Leading pairs with plain values
    /// (`NextToken`, counts) may stand before the container's key.
    fn open_object(
        &mut self,
        piece: &[u8],
        open: usize,
        last: bool,
        sink: &mut dyn RecordSink,
    ) -> Step {
        let mut at = skip_space(piece, open + 1);
        loop {
            let (key, value) = match key_and_value(piece, at) {
                Ok(Some(found)) => found,
                Ok(None) => return self.element(piece, open, sink),
                Err(Stop::Incomplete) if !last => return Step::More(open),
                Err(_) => return self.element(piece, open, sink),
            };
            match piece.get(value) {
                None => {
                    return if last { self.element(piece, open, sink) } else { Step::More(open) };
                }
                Some(b'[') if CONTAINERS.contains(&key) => {
                    sink.container();
                    self.state = State::Object;
                    return Step::At(at);
                }
                Some(b'{' | b'[') if OF_RECORDS.contains(&key) => {
                    return self.element(piece, open, sink);
                }
                Some(_) => {}
            }
            at = match value_end(piece, value) {
                Ok(end) => skip_space(piece, end),
                Err(Stop::Incomplete) if !last => return Step::More(open),
                Err(_) => return self.element(piece, open, sink),
            };
            if piece.get(at) == Some(&b',') {
                at = skip_space(piece, at + 1);
            }
        }
    }

    /// An object in a record's place.
    fn element(&mut self, piece: &[u8], at: usize, sink: &mut dyn RecordSink) -> Step {
        let offset = self.base + at as u64;
        let far = if self.damaged { piece.len().min(at + DAMAGED_RECORD) } else { piece.len() };
        let place = match sink.record(&piece[at..far], offset) {
            Ok(len) => {
                self.in_garbage = false;
                return Step::At(at + len);
            }
            Err(Stop::Incomplete) if far == piece.len() => return Step::More(at),
            Err(Stop::Incomplete) => far - at,
            Err(Stop::Malformed(place)) => place,
        };
        self.damaged = true;
        // A bracket that is missing makes the next records look like a part of this one, one too many hides
        // them: go on at its end or at the next one, whichever comes first.
        let next = next_record(&piece[at..]).map(|next| at + next);
        let bound =
            next.filter(|next| *next >= at + place).unwrap_or(piece.len().min(at + DAMAGED_RECORD));
        let end = value_end(&piece[..bound], at).ok();
        let next = next.filter(|next| *next >= at + place || end.is_none());
        match (end, next) {
            (None, None) => Step::More(at),
            (end, next) => {
                sink.lost(Loss::at(
                    offset,
                    Reason::Malformed,
                    format!("unexpected byte at +{place}"),
                ));
                Step::At(end.into_iter().chain(next).min().unwrap_or(piece.len()))
            }
        }
    }

    /// A record that was stored as a string (`["{\"eventVersion\":…}"]`).
    fn string_element(&mut self, piece: &[u8], at: usize, sink: &mut dyn RecordSink) -> Step {
        match string_end(piece, at) {
            Ok(end) => {
                sink.stored(&piece[at..end], self.base + at as u64);
                Step::At(end)
            }
            Err(_) => Step::More(at),
        }
    }

    /// A pair of a container object: its array of records, or something to pass over.
    fn pair(&mut self, piece: &[u8], at: usize, sink: &mut dyn RecordSink) -> Step {
        match key_and_value(piece, at) {
            Ok(Some((key, value))) => match piece.get(value) {
                None => Step::More(at),
                Some(b'[') if CONTAINERS.contains(&key) => {
                    self.state = State::Array { depth: 1, in_object: true };
                    Step::At(value + 1)
                }
                Some(_) => match value_end(piece, value) {
                    Ok(end) => Step::At(end),
                    Err(Stop::Incomplete) => Step::More(at),
                    Err(Stop::Malformed(_)) => self.garbage(piece, at, sink),
                },
            },
            Ok(None) | Err(Stop::Malformed(_)) => self.garbage(piece, at, sink),
            Err(Stop::Incomplete) => Step::More(at),
        }
    }

    /// Passes over bytes that cannot stand here, up to what may be the next record; says it once a run.
    fn garbage(&mut self, piece: &[u8], at: usize, sink: &mut dyn RecordSink) -> Step {
        if !self.in_garbage {
            sink.damage(Loss::at(self.base + at as u64, Reason::Garbage, ""));
            self.in_garbage = true;
        }
        let rest = &piece[at + 1..];
        let skip = memchr::memchr3(b'{', b'[', b']', rest).unwrap_or(rest.len());
        Step::At(at + 1 + skip)
    }
}

/// Start of the next record behind the first byte: by the key that AWS writes first, or as a line of JSON
/// lines whose keys stand in another order.
fn next_record(piece: &[u8]) -> Option<usize> {
    let found =
        |at: &usize| piece[at + 2..].starts_with(b"eventVersion\"") || piece[at - 1] == b'\n';
    memchr::memmem::find_iter(piece.get(1..)?, b"{\"").map(|at| at + 1).find(found)
}

/// White space, and the commas and marks that may stand between records.
fn skip_filler(piece: &[u8], mut at: usize, state: State) -> usize {
    loop {
        at = skip_space(piece, at);
        match piece.get(at) {
            Some(b',') => at += 1,
            Some(0 | 0x1e) if state == State::Top => at += 1,
            Some(0xef) if piece[at..].starts_with(b"\xef\xbb\xbf") => at += 3,
            _ => return at,
        }
    }
}

/// Key (without quotes) and start of the value of the pair at `at`; `None` at a closing bracket.
fn key_and_value(piece: &[u8], at: usize) -> Result<Option<(&[u8], usize)>, Stop> {
    match piece.get(at) {
        None => return Err(Stop::Incomplete),
        Some(b'}') => return Ok(None),
        Some(b'"') => {}
        Some(_) => return Err(Stop::Malformed(at)),
    }
    let end = string_end(piece, at)?;
    let colon = skip_space(piece, end);
    match piece.get(colon) {
        None => Err(Stop::Incomplete),
        Some(b':') => Ok(Some((&piece[at + 1..end - 1], skip_space(piece, colon + 1)))),
        Some(_) => Err(Stop::Malformed(colon)),
    }
}
