//! Folds events by day, and counts them by object.

use std::collections::HashMap;

use super::super::dedup::{day, fingerprint};
use super::super::local::Visitor;
use super::super::matcher::{Hits, Matcher};
use crate::decode::Record;
use crate::event::Event;
use crate::rollup::{Origin, Phase, Rollups};
use crate::sigma::RuleSet;
use crate::source::coverage::Coverage;
use crate::state::DayCount;

/// Days after today that have tables of their own: what lies further ahead, by whatever clock, is kept under
/// the last.
pub const AHEAD: i64 = 2;

/// One worker's days.
pub struct Days<'s> {
    rules: &'s RuleSet,
    /// The last day.
    last: i64,
    matcher: Matcher<'s>,
    pub days: HashMap<i64, Part<'s>>,
    counts: Vec<DayCount>,
    /// By number in the listing.
    pub objects: Vec<Held>,
    unparsed_records: u64,
}

/// What an object held.
pub struct Held {
    pub number: u32,
    pub coverage: Coverage,
    pub days: Vec<DayCount>,
    pub unparsed_records: u64,
}

/// One worker's part of a day.
pub struct Part<'s> {
    pub rollups: Rollups,
    pub hits: Hits<'s>,
    pub prints: Vec<u64>,
}

impl<'s> Days<'s> {
    pub fn new(rules: &'s RuleSet, last: i64) -> Days<'s> {
        let matcher = Matcher::new(rules);
        let (days, counts, objects) = (HashMap::new(), Vec::new(), Vec::new());
        Days { rules, last, matcher, days, counts, objects, unparsed_records: 0 }
    }

    fn count(&mut self, day: i64, event: &Event<'_>, duplicate: bool) {
        let at = match self.counts.iter().position(|count| count.day == day) {
            Some(at) => at,
            None => {
                self.counts.push(DayCount { day, ..DayCount::default() });
                self.counts.len() - 1
            }
        };
        let count = &mut self.counts[at];
        count.all += 1;
        count.new[event.log as usize] += u64::from(!duplicate);
    }
}

impl Visitor for Days<'_> {
    const APART: bool = true;

    fn event(&mut self, event: &Event<'_>, record: Record<'_>, phase: Phase, origin: &Origin) {
        let day = day(event.time, self.last);
        self.count(day, event, origin.duplicate);
        let rules = self.rules;
        let part = self.days.entry(day).or_insert_with(|| Part {
            rollups: Rollups::default(),
            hits: Hits::new(rules),
            prints: Vec::new(),
        });
        if !origin.duplicate {
            part.prints.push(fingerprint(event));
        }
        part.rollups.fold(event, phase, origin);
        self.matcher.event(&mut part.rollups, &mut part.hits, event, record, phase, origin);
    }

    fn input(&mut self, number: u32, coverage: Coverage) {
        self.counts.sort_by_key(|count| count.day);
        let days = std::mem::take(&mut self.counts);
        let unparsed_records = self.matcher.unreadable() - self.unparsed_records;
        self.unparsed_records += unparsed_records;
        self.objects.push(Held { number, coverage, days, unparsed_records });
    }
}
