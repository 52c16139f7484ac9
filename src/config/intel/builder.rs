//! Collects the indicators of all lists into one [`Intel`].

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;

use super::condition::Condition;
use super::index::{ALONE, Lead};
use super::list::List;
use super::refused_ranges::RefusedRanges;
use super::text_arena::{Span, TextInterner};
use super::unused::{Unused, masked};
use super::{Details, Field, Intel, StoredIndicator};
use crate::clock::Millis;
use crate::config::Ranges;
use crate::config::until::Until;
use crate::ui::sanitize::clip;

/// Conditions in all lists together.
pub const MAX_CONDITIONS: usize = 1_000_000;

/// Characters of a text that is stored for display.
const MAX_SHOWN: usize = 200;

/// One indicator as a list has it.
#[derive(Debug, Default)]
pub struct ParsedIndicator<'t> {
    /// As written in the list.
    pub written: &'t str,
    /// From 1; 0 where the list has ids.
    pub line: usize,
    pub id: &'t str,
    pub description: &'t str,
    pub confidence: &'t str,
    pub from: &'t str,
    pub until: &'t str,
    /// For an object with versions: its id, and when this version was created.
    pub version: Option<(&'t str, Option<Millis>)>,
    /// Alternatives: one must match, and an alternative matches if all of its conditions do.
    pub alternatives: Vec<Vec<Condition>>,
}

impl ParsedIndicator<'_> {
    /// `line 12`, or the id.
    pub fn location(&self) -> String {
        location(self.line, self.id)
    }
}

/// `line 12`, or the id.
pub fn location(line: usize, id: &str) -> String {
    if line == 0 { clip(id, MAX_SHOWN).into_owned() } else { format!("line {line}") }
}

/// More indicators than can be loaded.
#[derive(Debug)]
pub struct TooManyIndicators;

pub struct Builder {
    intel: Intel,
    refused_ranges: RefusedRanges,
    shared: TextInterner,
    details: HashMap<Details, u32>,
    conditions: usize,
    /// Newest version of each object of the current list, by the hash of its id, with its entry if it has one.
    versions: HashMap<u64, (Option<Millis>, Option<u32>)>,
    now: Millis,
}

impl Builder {
    pub fn new(own: Ranges, now: Millis) -> Builder {
        Builder {
            intel: Intel::default(),
            refused_ranges: RefusedRanges::new(own),
            shared: TextInterner::default(),
            details: HashMap::new(),
            conditions: 0,
            versions: HashMap::new(),
            now,
        }
    }

    /// Starts a list. Versions and revocations count within their list: whoever writes one must not be able to remove
    /// an indicator of another.
    pub fn begin(&mut self, list: List) {
        self.versions.clear();
        self.intel.lists.push(list);
    }

    /// The current list.
    pub fn list(&mut self) -> Option<&mut List> {
        self.intel.lists.last_mut()
    }

    pub fn unused(&mut self, location: &str, what: &str, unused: Unused) {
        if let Some(list) = self.list() {
            list.unused(location, what, unused);
        }
    }

    /// Voids an older version of the object. False if this one is older.
    pub fn supersede(&mut self, id: &str, modified: Option<Millis>) -> bool {
        let hash = xxh3_64(id.as_bytes());
        if let Some((known, entry)) = self.versions.get(&hash) {
            if *known >= modified {
                return false;
            }
            if let Some(entry) = entry.and_then(|n| self.intel.entries.get_mut(n as usize)) {
                entry.void = true;
                let until = self.intel.details.get(entry.detail as usize).and_then(|d| d.until);
                if let Some(list) = self.intel.lists.get_mut(usize::from(entry.list)) {
                    list.indicators -= 1;
                    list.ended -= u64::from(until.is_some_and(|until| until <= self.now));
                }
            }
        }
        self.versions.insert(hash, (modified, None));
        true
    }

    /// Adds an indicator. The list records what is not used, and why.
    ///
    /// # Errors
    /// If there are too many indicators.
    pub fn add(&mut self, mut draft: ParsedIndicator<'_>) -> Result<(), TooManyIndicators> {
        let location = draft.location();
        let mut refused = None;
        draft.alternatives.retain(|conditions| match self.refused_ranges.check(conditions) {
            Ok(()) => true,
            Err(unused) => {
                refused = Some(unused);
                false
            }
        });
        if let Some(unused) = refused {
            let unused = if draft.alternatives.is_empty() { unused } else { unused.partial() };
            self.unused(&location, draft.written, unused);
        }
        if draft.alternatives.is_empty() {
            return Ok(());
        }
        self.conditions += draft.alternatives.iter().map(Vec::len).sum::<usize>();
        if self.conditions > MAX_CONDITIONS {
            return Err(TooManyIndicators);
        }
        let entry = self.intel.entries.len() as u32;
        let mut indexed = false;
        for conditions in std::mem::take(&mut draft.alternatives) {
            match self.index(entry, conditions) {
                Ok(()) => indexed = true,
                Err(unused) => self.unused(&location, draft.written, unused),
            }
        }
        if indexed {
            let made = self.entry(&draft).ok_or(TooManyIndicators)?;
            self.intel.entries.push(made);
            if let Some((id, modified)) = draft.version {
                self.versions.insert(xxh3_64(id.as_bytes()), (modified, Some(entry)));
            }
        }
        Ok(())
    }

    /// Indexes the indicator by its most selective condition. The others are checked on a match.
    fn index(&mut self, entry: u32, mut conditions: Vec<Condition>) -> Result<(), Unused> {
        conditions.sort_by_key(|condition| match condition {
            Condition::Text(Field::AccessKey | Field::Principal, _) => 0,
            Condition::Net(_) => 1,
            Condition::Text(..) => 2,
            Condition::Regex(..) => 3,
        });
        let mut conditions = conditions.into_iter();
        let Some(first) = conditions.next() else { return Ok(()) };
        let further: Vec<Condition> = conditions.collect();
        let further = if further.is_empty() {
            ALONE
        } else {
            self.intel.further.push(super::condition::compile(further)?);
            self.intel.further.len() as u32 - 1
        };
        self.intel.index.add(&mut self.intel.texts, &first, Lead { entry, further })
    }

    fn entry(&mut self, draft: &ParsedIndicator<'_>) -> Option<StoredIndicator> {
        let until = Until::parse(draft.until);
        if let (None, false) = (&until, draft.until.is_empty()) {
            let why = Unused::not_understood("invalid end date; used without an end").partial();
            self.unused(&draft.location(), draft.until, why);
        }
        let texts = &mut self.intel.texts;
        let shared = &mut self.shared;
        let mut intern = |text: &str| shared.add(texts, &clip(text.trim(), MAX_SHOWN));
        let detail = Details {
            description: intern(&masked(draft.description))?,
            confidence: intern(draft.confidence)?,
            from: Until::parse(draft.from).map(|from| from.start()),
            until: until.as_ref().map(Until::end),
            until_text: if until.is_some() { intern(draft.until)? } else { Span::default() },
        };
        let written = texts.add(&clip(&masked(draft.written.trim()), MAX_SHOWN))?;
        let id = texts.add(&clip(draft.id, MAX_SHOWN))?;
        let list = self.intel.lists.len().checked_sub(1)?;
        if let Some(list) = self.intel.lists.last_mut() {
            list.indicators += 1;
            list.ended += u64::from(until.is_some_and(|until| !until.applies_at(self.now)));
        }
        let intel = &mut self.intel;
        let detail = *self.details.entry(detail).or_insert_with(|| {
            intel.details.push(detail);
            intel.details.len() as u32 - 1
        });
        let line = u32::try_from(draft.line).unwrap_or(u32::MAX);
        Some(StoredIndicator {
            written,
            id,
            detail,
            line,
            list: u16::try_from(list).ok()?,
            void: false,
        })
    }

    /// All lists, ready for lookups.
    pub fn finish(mut self) -> Intel {
        self.intel.texts.shrink();
        self.intel.index.sort(&self.intel.texts);
        self.intel
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_conditions_can_be_loaded() {
        let mut builder = Builder::new(Ranges::default(), 0);
        builder.conditions = MAX_CONDITIONS - 1;
        let draft = |net: &str| ParsedIndicator {
            written: "x",
            line: 1,
            alternatives: vec![vec![Condition::Net(net.parse().unwrap())]],
            ..ParsedIndicator::default()
        };
        builder.begin(List::new("a".as_ref(), super::super::list::Format::Text));
        assert!(builder.add(draft("203.0.113.7/32")).is_ok());
        assert!(builder.add(draft("203.0.113.8/32")).is_err());
    }
}
