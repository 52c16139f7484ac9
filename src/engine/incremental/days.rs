//! Builds rollups by day, and counts events by object.

use std::collections::HashMap;

use super::super::dedup::day;
use super::super::fingerprint::Fingerprint;
use super::super::local::Visitor;
use super::super::matcher::{Hits, Matcher};
use crate::clock::Millis;
use crate::decode::Record;
use crate::event::Event;
use crate::rollup::{Origin, Phase, Rollups};
use crate::sigma::RuleSet;
use crate::source::coverage::Coverage;
use crate::state::DayCount;

/// Days after today that have their own tables. Events further in the future are filed under the last one.
pub const FUTURE_DAYS: i64 = 2;

/// One worker's days.
pub struct Days<'s> {
    rules: &'s RuleSet,
    /// Events after this day are filed under it.
    last_day: i64,
    matcher: Matcher<'s>,
    pub days: HashMap<i64, Part<'s>>,
    counts: Vec<DayCount>,
    /// In the order in which they were read.
    pub objects: Vec<ScannedObject>,
    unparsed_records: u64,
}

/// One object's coverage and event counts.
pub struct ScannedObject {
    pub number: u32,
    pub coverage: Coverage,
    pub days: Vec<DayCount>,
    pub unparsed_records: u64,
}

/// One worker's part of a day.
pub struct Part<'s> {
    pub rollups: Rollups,
    pub hits: Hits<'s>,
    pub fingerprints: Vec<Fingerprint>,
}

impl<'s> Days<'s> {
    pub fn new(rules: &'s RuleSet, last_day: i64) -> Days<'s> {
        let matcher = Matcher::new(rules);
        let (days, counts, objects) = (HashMap::new(), Vec::new(), Vec::new());
        Days { rules, last_day, matcher, days, counts, objects, unparsed_records: 0 }
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

fn part<'d, 's>(
    days: &'d mut HashMap<i64, Part<'s>>,
    day: i64,
    rules: &'s RuleSet,
) -> &'d mut Part<'s> {
    days.entry(day).or_insert_with(|| Part {
        rollups: Rollups::default(),
        hits: Hits::new(rules),
        fingerprints: Vec::new(),
    })
}

impl Visitor for Days<'_> {
    const COVERAGE_PER_INPUT: bool = true;

    fn event(&mut self, event: &Event<'_>, record: Record<'_>, phase: Phase, origin: &Origin) {
        let day = day(event.time, self.last_day);
        self.count(day, event, origin.duplicate);
        let part = part(&mut self.days, day, self.rules);
        part.rollups.fold(event, phase, origin);
        self.matcher.event(&mut part.rollups, &mut part.hits, event, record, phase, origin);
    }

    fn first(&mut self, time: Millis, fingerprint: &Fingerprint) {
        let day = day(time, self.last_day);
        part(&mut self.days, day, self.rules).fingerprints.push(*fingerprint);
    }

    fn input(&mut self, number: u32, coverage: Coverage) {
        self.counts.sort_by_key(|count| count.day);
        let days = std::mem::take(&mut self.counts);
        let unparsed_records = self.matcher.unparsed_records() - self.unparsed_records;
        self.unparsed_records += unparsed_records;
        self.objects.push(ScannedObject { number, coverage, days, unparsed_records });
    }
}
