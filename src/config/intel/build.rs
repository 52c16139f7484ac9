//! Indicators as they are read → the lists that calls are held against.

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;

use super::index::{ALONE, Lead};
use super::list::List;
use super::own::Refuse;
use super::texts::{Shared, Span};
use super::unused::{Unused, masked};
use super::value::Test;
use super::{Detail, Entry, Field, Intel};
use crate::clock::Millis;
use crate::config::Ranges;
use crate::config::until::Until;
use crate::ui::sanitize::clip;

/// Conditions of all lists together.
pub const MOST: usize = 1_000_000;

/// Characters of a text that is kept for showing.
const SHOWN: usize = 200;

/// One indicator of a list.
#[derive(Debug, Default)]
pub struct Draft<'t> {
    /// As it stands in the list.
    pub written: &'t str,
    /// From 1; 0 where the list has ids.
    pub line: usize,
    pub id: &'t str,
    pub description: &'t str,
    pub confidence: &'t str,
    pub from: &'t str,
    pub until: &'t str,
    /// Of an object that has versions: its id, and when this version was made.
    pub version: Option<(&'t str, Option<Millis>)>,
    /// One of these must hold, and each holds if all of its conditions do.
    pub any: Vec<Vec<Test>>,
}

impl Draft<'_> {
    /// `line 12`, or the id.
    pub fn place(&self) -> String {
        place(self.line, self.id)
    }
}

/// `line 12`, or the id.
pub fn place(line: usize, id: &str) -> String {
    if line == 0 { clip(id, SHOWN).into_owned() } else { format!("line {line}") }
}

/// More indicators than are kept.
#[derive(Debug)]
pub struct Full;

pub struct Builder {
    intel: Intel,
    refuse: Refuse,
    shared: Shared,
    details: HashMap<Detail, u32>,
    conditions: usize,
    /// Newest version of each object, by the hash of its id, with its entry if it has one.
    versions: HashMap<u64, (Option<Millis>, Option<u32>)>,
    now: Millis,
}

impl Builder {
    pub fn new(own: Ranges, now: Millis) -> Builder {
        Builder {
            intel: Intel::default(),
            refuse: Refuse::new(own),
            shared: Shared::default(),
            details: HashMap::new(),
            conditions: 0,
            versions: HashMap::new(),
            now,
        }
    }

    pub fn begin(&mut self, list: List) {
        self.intel.lists.push(list);
    }

    /// The list that was begun last.
    pub fn list(&mut self) -> Option<&mut List> {
        self.intel.lists.last_mut()
    }

    pub fn unused(&mut self, place: &str, what: &str, unused: Unused) {
        if let Some(list) = self.list() {
            list.unused(place, what, unused);
        }
    }

    /// Makes an older version of the object void; false if this one is the older one.
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

    /// Takes the indicator in; what of it is not used is noted in the list.
    ///
    /// # Errors
    /// If there are too many.
    pub fn add(&mut self, mut draft: Draft<'_>) -> Result<(), Full> {
        let place = draft.place();
        let mut why = None;
        draft.any.retain(|tests| match self.refuse.check(tests) {
            Ok(()) => true,
            Err(unused) => {
                why = Some(unused);
                false
            }
        });
        if let Some(unused) = why {
            let unused = if draft.any.is_empty() { unused } else { unused.in_part() };
            self.unused(&place, draft.written, unused);
        }
        if draft.any.is_empty() {
            return Ok(());
        }
        self.conditions += draft.any.iter().map(Vec::len).sum::<usize>();
        if self.conditions > MOST {
            return Err(Full);
        }
        let entry = self.intel.entries.len() as u32;
        let mut indexed = false;
        for tests in std::mem::take(&mut draft.any) {
            match self.index(entry, tests) {
                Ok(()) => indexed = true,
                Err(unused) => self.unused(&place, draft.written, unused),
            }
        }
        if indexed {
            let made = self.entry(&draft).ok_or(Full)?;
            self.intel.entries.push(made);
            if let Some((id, modified)) = draft.version {
                self.versions.insert(xxh3_64(id.as_bytes()), (modified, Some(entry)));
            }
        }
        Ok(())
    }

    /// Puts the conditions where calls are looked up: the one that narrows most first.
    fn index(&mut self, entry: u32, mut tests: Vec<Test>) -> Result<(), Unused> {
        tests.sort_by_key(|test| match test {
            Test::Text(Field::AccessKey | Field::Principal, _) => 0,
            Test::Net(_) => 1,
            Test::Text(..) => 2,
            Test::Wild(..) => 3,
        });
        let mut tests = tests.into_iter();
        let Some(first) = tests.next() else { return Ok(()) };
        let further: Vec<Test> = tests.collect();
        let further = if further.is_empty() {
            ALONE
        } else {
            self.intel.further.push(super::holds::compiled(further)?);
            self.intel.further.len() as u32 - 1
        };
        self.intel.index.add(&mut self.intel.texts, &first, Lead { entry, further })
    }

    fn entry(&mut self, draft: &Draft<'_>) -> Option<Entry> {
        let until = Until::parse(draft.until);
        if let (None, false) = (&until, draft.until.is_empty()) {
            let why = Unused::not_understood("its end is no date; taken as without end").in_part();
            self.unused(&draft.place(), draft.until, why);
        }
        let texts = &mut self.intel.texts;
        let shared = &mut self.shared;
        let mut keep = |text: &str| shared.add(texts, &clip(text.trim(), SHOWN));
        let detail = Detail {
            description: keep(&masked(draft.description))?,
            confidence: keep(draft.confidence)?,
            from: Until::parse(draft.from).map(|from| from.start()),
            until: until.as_ref().map(Until::end),
            until_text: if until.is_some() { keep(draft.until)? } else { Span::default() },
        };
        let written = texts.add(&clip(&masked(draft.written.trim()), SHOWN))?;
        let id = texts.add(&clip(draft.id, SHOWN))?;
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
        Some(Entry { written, id, detail, line, list: u16::try_from(list).ok()?, void: false })
    }

    /// Everything, ready for questions.
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
    fn there_is_room_for_a_million_conditions() {
        let mut builder = Builder::new(Ranges::default(), 0);
        builder.conditions = MOST - 1;
        let draft = |net: &str| Draft {
            written: "x",
            line: 1,
            any: vec![vec![Test::Net(net.parse().unwrap())]],
            ..Draft::default()
        };
        builder.begin(List::new("a".as_ref(), super::super::list::Format::Text));
        assert!(builder.add(draft("203.0.113.7/32")).is_ok());
        assert!(builder.add(draft("203.0.113.8/32")).is_err());
    }
}
