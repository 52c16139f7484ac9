//! Where an event stands in the logs, small enough to be kept in every row.

use std::cmp::Ordering;

use super::event_id::EventId;
use crate::clock::Millis;

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

/// What the numbers of files, and of inputs, are elsewhere.
#[derive(Clone, Copy)]
pub struct Renumber<'a> {
    pub file: &'a (dyn Fn(u32) -> u32 + Sync),
    pub input: &'a (dyn Fn(u32) -> u32 + Sync),
}

impl Renumber<'_> {
    /// All as they are.
    pub const SAME: Renumber<'static> = Renumber { file: &same, input: &same };

    #[inline]
    pub(super) fn place(&self, place: &mut EventLocation) {
        (place.file, place.input) = ((self.file)(place.file), (self.input)(place.input));
    }
}

fn same(number: u32) -> u32 {
    number
}

/// A row's first event, and where to find it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventLocation {
    pub time: Millis,
    /// Byte offset in the uncompressed file.
    pub offset: u64,
    pub file: u32,
    /// The listed input that the file is, or lies in.
    pub(super) input: u32,
    pub id: EventId,
}

impl EventLocation {
    pub fn new(time: Millis, id: &str, origin: &Origin) -> EventLocation {
        let Origin { file, input, offset, .. } = *origin;
        EventLocation { time, offset, file, input, id: EventId::new(id) }
    }

    /// Earlier events come first; then the id decides, then, between copies of one event, the input: the
    /// answer does not depend on the order in which files were read.
    #[inline]
    pub fn order(&self, other: &EventLocation) -> Ordering {
        let by_id = || self.id.cmp(&other.id);
        self.time.cmp(&other.time).then_with(by_id).then_with(|| self.input.cmp(&other.input))
    }

    #[inline]
    pub fn before(&self, other: &EventLocation) -> bool {
        self.order(other) == Ordering::Less
    }
}
