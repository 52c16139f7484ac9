//! Where to continue behind damage, in linear time: an attacker who writes openings without ends must not make each
//! of them cost a search through the rest.

/// Bytes that a record may have in a document that is known to be damaged. CloudTrail events have 256 KB at most.
const MAX_DAMAGED_RECORD: usize = 512 << 10;

/// What searches for ends may have cost in vain, for each byte of the document and at the beginning.
const WASTE_PER_BYTE: u64 = 4;
const WASTE_AT_FIRST: u64 = 8 << 20;

/// The text that begins the next record: the key that AWS writes first.
const FIRST_KEY: &[u8] = b"{\"eventVersion\"";

/// What is known of a damaged document. Positions are offsets in the document.
#[derive(Debug, Default)]
pub struct Resync {
    /// A record was malformed. From then on the end of each record is searched within a bounded distance.
    pub damaged: bool,
    /// No record starts behind `from` and before `to`.
    from: u64,
    to: u64,
    /// Bytes that were searched for ends and not consumed.
    wasted: u64,
    /// Bytes that were searched for starts.
    #[cfg(test)]
    pub searched: u64,
}

impl Resync {
    /// The first record that starts behind `at` in `piece`, which has the offset `base`. What an earlier search found
    /// out is not searched again.
    pub fn next_record(&mut self, piece: &[u8], base: u64, at: usize) -> Option<usize> {
        let here = base + at as u64;
        let known = if (self.from..self.to).contains(&here) { self.to - base } else { 0 };
        let from =
            usize::try_from(known).unwrap_or(piece.len()).clamp(at + 1, piece.len().max(at + 1));
        let found = next_record(piece.get(from - 1..)?).map(|next| from - 1 + next);
        #[cfg(test)]
        {
            self.searched += (found.unwrap_or(piece.len()).max(from) - from) as u64;
        }
        if known == 0 {
            self.from = here;
        }
        // A start that the end of the piece cuts is not found yet.
        let decided = piece.len().saturating_sub(FIRST_KEY.len()).max(from);
        self.to = base + found.unwrap_or(decided) as u64;
        found
    }

    /// How far from `at` a record may reach. In a damaged document that is a bounded distance; and where too much was
    /// searched in vain, up to the next record.
    pub fn reach(&mut self, piece: &[u8], base: u64, at: usize) -> usize {
        if !self.damaged {
            return piece.len();
        }
        let bound = piece.len().min(at + MAX_DAMAGED_RECORD);
        let allowed = WASTE_AT_FIRST + WASTE_PER_BYTE * (base + at as u64);
        if self.wasted <= allowed {
            return bound;
        }
        self.next_record(piece, base, at).map_or(bound, |next| next.min(bound))
    }

    /// Counts a search of so many bytes after which the document continues `progress` bytes further on.
    pub fn searched_in_vain(&mut self, searched: usize, progress: usize) {
        self.wasted += searched.saturating_sub(progress) as u64;
    }

    #[cfg(test)]
    pub fn wasted(&self) -> u64 {
        self.wasted
    }
}

/// Start of the next record behind the first byte: by the key that AWS writes first, or as a line of JSON lines
/// whose keys are in another order.
fn next_record(piece: &[u8]) -> Option<usize> {
    let found = |at: &usize| piece[*at..].starts_with(FIRST_KEY) || piece[at - 1] == b'\n';
    memchr::memmem::find_iter(piece.get(1..)?, b"{\"").map(|at| at + 1).find(found)
}
