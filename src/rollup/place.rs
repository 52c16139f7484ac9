//! Where an event stands in the logs, small enough to be kept in every row.

use std::cmp::Ordering;

use crate::clock::Millis;

/// Longest event id that is kept whole: a UUID. S3 request ids are shorter.
const ID: usize = 36;

/// Where a record was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Number of the file, archive members included.
    pub file: u32,
    /// Number of the listed input that the file is, or lies in.
    pub input: u32,
    /// Byte offset in the uncompressed file.
    pub offset: u64,
    /// The event was counted already, from another copy: this one only says where else it stands.
    pub duplicate: bool,
}

/// A row's first event, and where to find it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub time: Millis,
    /// Byte offset in the uncompressed file.
    pub offset: u64,
    pub file: u32,
    /// The listed input that the file is, or lies in.
    input: u32,
    id: [u8; ID],
    id_len: u8,
}

impl Place {
    pub fn new(time: Millis, id: &str, origin: &Origin) -> Place {
        let mut cut = id.len().min(ID);
        while !id.is_char_boundary(cut) {
            cut -= 1;
        }
        let mut bytes = [0; ID];
        bytes[..cut].copy_from_slice(&id.as_bytes()[..cut]);
        let Origin { file, input, offset, .. } = *origin;
        Place { time, offset, file, input, id: bytes, id_len: cut as u8 }
    }

    pub fn id(&self) -> &str {
        std::str::from_utf8(&self.id[..self.id_len as usize]).unwrap_or("")
    }

    /// Earlier events come first; then the id decides, then, between copies of one event, the input: the
    /// answer does not depend on the order in which files were read.
    #[inline]
    pub fn order(&self, other: &Place) -> Ordering {
        (self.time, &self.id, self.input).cmp(&(other.time, &other.id, other.input))
    }

    #[inline]
    pub fn before(&self, other: &Place) -> bool {
        self.order(other) == Ordering::Less
    }
}
