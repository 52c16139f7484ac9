//! Where an event stands in the logs, small enough to be kept in every row.

use std::cmp::Ordering;

use crate::clock::Millis;

/// Longest event id that is kept whole: a UUID. S3 request ids are shorter.
const ID: usize = 36;

/// A row's first event, and where to find it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub time: Millis,
    /// Byte offset in the uncompressed file.
    pub offset: u64,
    pub file: u32,
    id: [u8; ID],
    id_len: u8,
}

impl Place {
    pub fn new(time: Millis, id: &str, file: u32, offset: u64) -> Place {
        let mut cut = id.len().min(ID);
        while !id.is_char_boundary(cut) {
            cut -= 1;
        }
        let mut bytes = [0; ID];
        bytes[..cut].copy_from_slice(&id.as_bytes()[..cut]);
        Place { time, offset, file, id: bytes, id_len: cut as u8 }
    }

    pub fn id(&self) -> &str {
        std::str::from_utf8(&self.id[..self.id_len as usize]).unwrap_or("")
    }

    /// Earlier events come first; the id decides between events of one moment, so that the answer does not
    /// depend on the order in which files were read.
    #[inline]
    pub fn order(&self, other: &Place) -> Ordering {
        (self.time, &self.id).cmp(&(other.time, &other.id))
    }

    #[inline]
    pub fn before(&self, other: &Place) -> bool {
        self.order(other) == Ordering::Less
    }
}
