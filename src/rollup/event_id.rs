//! Ids of events, packed: nearly all are UUIDs (CloudTrail) or have 16 letters (S3 access logs).

use std::cmp::Ordering;
use std::fmt;

/// Longest id; longer ones are cut.
const MOST: usize = 36;

/// Where the text of a UUID has its dashes.
const DASHES: [usize; 4] = [8, 13, 18, 23];

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventId {
    /// In lower case, as CloudTrail writes it.
    Uuid([u8; 16]),
    /// Up to 16 bytes, padded with zeros.
    Short([u8; 16]),
    Other(Box<str>),
}

impl EventId {
    pub fn new(id: &str) -> EventId {
        if let Some(uuid) = uuid(id.as_bytes()) {
            return EventId::Uuid(uuid);
        }
        let mut short = [0; 16];
        match short.get_mut(..id.len()) {
            Some(room) if !id.ends_with('\0') => {
                room.copy_from_slice(id.as_bytes());
                EventId::Short(short)
            }
            _ => EventId::Other(cut(id).into()),
        }
    }

    /// The kind, the packed bytes and the text of an id that is not packed.
    pub fn to_parts(&self) -> (u32, [u64; 2], String) {
        let halves = |bytes: &[u8; 16]| {
            let number = u128::from_be_bytes(*bytes);
            [(number >> 64) as u64, number as u64]
        };
        match self {
            EventId::Uuid(bytes) => (0, halves(bytes), String::new()),
            EventId::Short(bytes) => (1, halves(bytes), String::new()),
            EventId::Other(text) => (2, [0; 2], text.to_string()),
        }
    }

    /// Restores the parts of [`EventId::to_parts`].
    pub fn from_parts(kind: u32, [high, low]: [u64; 2], text: &str) -> EventId {
        let bytes = (u128::from(high) << 64 | u128::from(low)).to_be_bytes();
        match kind {
            0 => EventId::Uuid(bytes),
            1 => EventId::Short(bytes),
            _ => EventId::Other(text.into()),
        }
    }

    /// Calls `f` with the text.
    fn with_text<R>(&self, f: impl FnOnce(&str) -> R) -> R {
        match self {
            EventId::Uuid(bytes) => {
                let mut text = [b'-'; MOST];
                let mut at = 0;
                for byte in bytes {
                    at += usize::from(DASHES.contains(&at));
                    text[at] = HEX[usize::from(byte >> 4)];
                    text[at + 1] = HEX[usize::from(byte & 15)];
                    at += 2;
                }
                f(std::str::from_utf8(&text).unwrap_or(""))
            }
            EventId::Short(bytes) => {
                let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
                f(std::str::from_utf8(&bytes[..end]).unwrap_or(""))
            }
            EventId::Other(text) => f(text),
        }
    }
}

fn cut(id: &str) -> &str {
    let mut end = id.len().min(MOST);
    while !id.is_char_boundary(end) {
        end -= 1;
    }
    &id[..end]
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// The bytes of a UUID in lower case.
#[inline]
fn uuid(text: &[u8]) -> Option<[u8; 16]> {
    if text.len() != MOST || DASHES.iter().any(|at| text[*at] != b'-') {
        return None;
    }
    let digit = |at: usize| match text[at] {
        digit @ b'0'..=b'9' => Some(digit - b'0'),
        letter @ b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    };
    let (mut bytes, mut at) = ([0; 16], 0);
    for byte in &mut bytes {
        at += usize::from(DASHES.contains(&at));
        *byte = digit(at)? << 4 | digit(at + 1)?;
        at += 2;
    }
    Some(bytes)
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.write_str(text))
    }
}

/// The order of the texts.
impl Ord for EventId {
    fn cmp(&self, other: &EventId) -> Ordering {
        match (self, other) {
            (EventId::Uuid(a), EventId::Uuid(b)) | (EventId::Short(a), EventId::Short(b)) => {
                a.cmp(b)
            }
            _ => self.with_text(|a| other.with_text(|b| a.cmp(b))),
        }
    }
}

impl PartialOrd for EventId {
    fn partial_cmp(&self, other: &EventId) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [&str; 9] = [
        "",
        "0",
        "79A59DF900B949E5",
        "79A59DF900B949E55",
        "0b2d8c1e-2f64-4f0b-9a51-c0ffee000001",
        "0b2d8c1e-2f64-4f0b-9a51-c0ffee000002",
        "0B2D8C1E-2F64-4F0B-9A51-C0FFEE000001",
        "0b2d8c1e-2f64-4f0b-9a51-c0ffee00000g",
        "event-000001",
    ];

    #[test]
    fn texts_come_back_and_keep_their_order() {
        for a in IDS {
            assert_eq!(EventId::new(a).to_string(), a);
            let (kind, packed, text) = EventId::new(a).to_parts();
            assert_eq!(EventId::from_parts(kind, packed, &text), EventId::new(a));
            for b in IDS {
                assert_eq!(EventId::new(a).cmp(&EventId::new(b)), a.cmp(b), "{a} {b}");
                assert_eq!(EventId::new(a) == EventId::new(b), a == b, "{a} {b}");
            }
        }
        assert_eq!(std::mem::size_of::<EventId>(), 24);
    }

    #[test]
    fn long_ids_are_cut_between_letters() {
        assert_eq!(EventId::new(&"x".repeat(50)).to_string(), "x".repeat(36));
        assert_eq!(EventId::new(&"ä".repeat(50)).to_string(), "ä".repeat(18));
        assert_eq!(EventId::new(&format!("x{}", "ä".repeat(50))).to_string().len(), 35);
    }
}
