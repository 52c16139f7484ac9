//! Finds the records in any JSON shape that CloudTrail comes in: `{"Records":[…]}`, a bare array, one record, JSON
//! lines, lookup-events output, and any sequence of these.
//!
//! A push parser that is fed pieces of any size. It finds where records begin and end, not what they contain.

mod resync;

use super::losses::{Loss, Reason};
use super::scan::{Skip, Stop, skip_space, string_end, value_end};
use resync::Resync;

/// Keys whose array contains records.
const CONTAINERS: [&[u8]; 5] = [b"Records", b"Events", b"records", b"events", b"logEvents"];

/// Keys of records and envelopes whose value is an object or a list. Other such pairs before the records
/// (`ResponseMetadata`) are skipped.
const RECORD_KEYS: [&[u8]; 12] = [
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

/// Receives what the parser finds.
pub trait RecordSink {
    /// The object in the place of a record, which begins at `bytes[0]`. Returns its length.
    ///
    /// # Errors
    /// When the object is incomplete or malformed. Nothing of it was used then.
    fn record(&mut self, bytes: &[u8], offset: u64) -> Result<usize, Stop>;
    /// A record inside a JSON string, quotes included.
    fn quoted(&mut self, quoted: &[u8], offset: u64);
    /// One record that is lost.
    fn lost(&mut self, loss: Loss);
    /// Damage between records. How much was lost is unknown.
    fn damage(&mut self, loss: Loss);
    /// A records array was opened, so the document is a log even if the array is empty.
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

/// A push parser over the pieces of one document stream.
pub struct RecordParser {
    state: State,
    /// Offset of the next piece's first byte.
    base: u64,
    in_garbage: bool,
    /// Unexpected bytes reached the end of the last piece.
    garbage_continues: bool,
    /// The rest of an abandoned record, which continues in the next piece.
    skip: Option<Skip>,
    resync: Resync,
}

impl Default for RecordParser {
    fn default() -> RecordParser {
        RecordParser {
            state: State::Top,
            base: 0,
            in_garbage: false,
            garbage_continues: false,
            skip: None,
            resync: Resync::default(),
        }
    }
}

/// What one step did.
enum Step {
    /// Continue at this position.
    At(usize),
    /// The value at this position is not complete yet.
    More(usize),
}

impl RecordParser {
    /// Parses `piece` and returns the number of bytes consumed. The rest must be passed again with more bytes behind
    /// it. With `last` set everything is consumed, and a truncated record is reported as a loss.
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
                "the records array is not closed",
            ));
            self.state = State::Top;
        }
        self.base += at as u64;
        at
    }

    /// Gives up on the value at the start of `piece`, which is larger than a record may be. Returns the number of bytes
    /// consumed.
    pub fn give_up(&mut self, piece: &[u8], sink: &mut dyn RecordSink) -> usize {
        let found = self.next_record(piece, 0);
        self.damaged();
        let reason = if found.is_some() { Reason::Malformed } else { Reason::TooLarge };
        sink.lost(Loss::at(self.base, reason, "no end of the record was found"));
        let done = found.unwrap_or(piece.len());
        self.resync.searched_in_vain(2 * piece.len(), done);
        if found.is_none() && piece.first() == Some(&b'{') {
            let mut skip = Skip::default();
            skip.over(piece);
            self.skip = Some(skip);
        }
        self.base += done as u64;
        done
    }

    /// How many bytes of `piece` belong to garbage or an abandoned record that began before it. The start of another
    /// record always ends an abandoned one.
    fn skipped(&mut self, piece: &[u8]) -> usize {
        if std::mem::take(&mut self.garbage_continues) {
            return self.garbage_end(piece);
        }
        let Some(mut skip) = self.skip.take() else { return 0 };
        let end = [skip.over(piece), self.next_record(piece, 0)].into_iter().flatten().min();
        if end.is_none() {
            self.skip = Some(skip);
        }
        end.unwrap_or(piece.len())
    }

    /// The last piece ends inside a value. Either the input is truncated there, or a stray quote or bracket hides the
    /// records behind it; in that case continue at the next record.
    fn cut_off(&mut self, piece: &[u8], from: usize, sink: &mut dyn RecordSink) -> Option<usize> {
        let offset = self.base + from as u64;
        let searched = self.resync.reach(piece, self.base, from).saturating_sub(from);
        if let Some(next) = self.next_record(piece, from) {
            self.resync.searched_in_vain(2 * searched, next - from);
            sink.lost(Loss::at(offset, Reason::Malformed, "no end of the record was found"));
            self.damaged();
            return Some(next);
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
        let far = self.resync.reach(piece, self.base, open);
        let reached = &piece[..far];
        // Only the end of the piece can be moved.
        let more = !last && far == piece.len();
        let mut at = skip_space(reached, open + 1);
        loop {
            let (key, value) = match key_and_value(reached, at) {
                Ok(Some(found)) => found,
                Err(Stop::Incomplete) if more => return Step::More(open),
                Ok(None) | Err(_) => return self.element(piece, open, sink),
            };
            match reached.get(value) {
                None if more => return Step::More(open),
                None => return self.element(piece, open, sink),
                Some(b'[') if CONTAINERS.contains(&key) => {
                    sink.container();
                    self.state = State::Object;
                    return Step::At(at);
                }
                Some(b'{' | b'[') if RECORD_KEYS.contains(&key) => {
                    return self.element(piece, open, sink);
                }
                Some(_) => {}
            }
            at = match value_end(reached, value) {
                Ok(end) => skip_space(reached, end),
                Err(Stop::Incomplete) if more => return Step::More(open),
                Err(_) => return self.element(piece, open, sink),
            };
            if reached.get(at) == Some(&b',') {
                at = skip_space(reached, at + 1);
            }
        }
    }

    /// An object in the place of a record.
    fn element(&mut self, piece: &[u8], at: usize, sink: &mut dyn RecordSink) -> Step {
        let offset = self.base + at as u64;
        let far = self.resync.reach(piece, self.base, at);
        let stopped_at = match sink.record(&piece[at..far], offset) {
            Ok(len) => {
                self.in_garbage = false;
                return Step::At(at + len);
            }
            Err(Stop::Incomplete) if far == piece.len() => return Step::More(at),
            Err(Stop::Incomplete) => far - at,
            Err(Stop::Malformed(position)) => position,
        };
        self.damaged();
        // A missing bracket makes the next records look like a part of this one; a surplus one hides them. Continue
        // at this record's end or at the next record, whichever comes first.
        let next = self.next_record(piece, at);
        let far = self.resync.reach(piece, self.base, at);
        let bound = next.filter(|next| *next >= at + stopped_at).map_or(far, |next| next.min(far));
        let end = value_end(&piece[..bound], at).ok();
        let next = next.filter(|next| *next >= at + stopped_at || end.is_none());
        let Some(to) = end.into_iter().chain(next).min() else { return Step::More(at) };
        self.resync.searched_in_vain(2 * stopped_at.max(end.unwrap_or(bound) - at), to - at);
        let detail = format!("unexpected byte at +{stopped_at}");
        sink.lost(Loss::at(offset, Reason::Malformed, detail));
        Step::At(to)
    }

    /// The first record that starts behind `at`.
    fn next_record(&mut self, piece: &[u8], at: usize) -> Option<usize> {
        self.resync.next_record(piece, self.base, at)
    }

    /// From here on the ends of records are searched within bounds. What is between the pairs of a container object
    /// is not known any more, so a record there is found as if it stood between documents.
    fn damaged(&mut self) {
        self.resync.damaged = true;
        if self.state == State::Object {
            self.state = State::Top;
        }
    }

    /// A record inside a string (`["{\"eventVersion\":…}"]`).
    fn string_element(&mut self, piece: &[u8], at: usize, sink: &mut dyn RecordSink) -> Step {
        match string_end(piece, at) {
            Ok(end) => {
                sink.quoted(&piece[at..end], self.base + at as u64);
                Step::At(end)
            }
            Err(_) => Step::More(at),
        }
    }

    /// A pair of a container object: its records array, or something to skip.
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

    /// Skips unexpected bytes up to what may be the next record. Reports each run of them once.
    fn garbage(&mut self, piece: &[u8], at: usize, sink: &mut dyn RecordSink) -> Step {
        if !self.in_garbage {
            sink.damage(Loss::at(self.base + at as u64, Reason::Garbage, ""));
            self.in_garbage = true;
        }
        Step::At(at + 1 + self.garbage_end(&piece[at + 1..]))
    }

    /// Where the next record may begin. Without one in the piece, garbage continues: its bytes must not be read as
    /// strings, whose quotes may be out of step.
    fn garbage_end(&mut self, rest: &[u8]) -> usize {
        let end = memchr::memchr3(b'{', b'[', b']', rest);
        self.garbage_continues = end.is_none();
        end.unwrap_or(rest.len())
    }
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

#[cfg(test)]
mod tests;
