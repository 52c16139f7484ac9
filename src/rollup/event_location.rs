//! Where an event is in the logs, small enough to be stored in every row.

use std::cmp::Ordering;

use super::event_id::EventId;
use crate::clock::Millis;

/// Where a record was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Number of the file, archive members included.
    pub file: u32,
    /// Number of the listed input that is or contains the file.
    pub input: u32,
    /// Byte offset in the uncompressed file.
    pub offset: u64,
    /// True if another copy of the event was counted already.
    pub duplicate: bool,
}

/// Maps file and input numbers to new ones.
#[derive(Clone, Copy)]
pub struct Renumber<'a> {
    pub file: &'a (dyn Fn(u32) -> u32 + Sync),
    pub input: &'a (dyn Fn(u32) -> u32 + Sync),
}

impl Renumber<'_> {
    /// Changes nothing.
    pub const SAME: Renumber<'static> = Renumber { file: &same, input: &same };

    #[inline]
    pub(super) fn apply(&self, location: &mut EventLocation) {
        (location.file, location.input) =
            ((self.file)(location.file), (self.input)(location.input));
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
    /// The listed input that is or contains the file.
    pub(super) input: u32,
    pub id: EventId,
}

impl EventLocation {
    pub fn new(time: Millis, id: &str, origin: &Origin) -> EventLocation {
        let Origin { file, input, offset, .. } = *origin;
        EventLocation { time, offset, file, input, id: EventId::new(id) }
    }

    /// By time, then id, then, between copies of one event, input: independent of the order in which files were read.
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
