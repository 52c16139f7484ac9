//! Adds up the parts that workers, and days, made.

use super::Yield;
use super::matcher::Hits;
use crate::rollup::{Rollups, matches, memory};
use crate::sigma::RuleSet;
use crate::source::FileNames;
use crate::source::coverage::Coverage;

pub struct Sum<'s> {
    pub rollups: Rollups,
    pub hits: Hits<'s>,
    /// Records that could not be read for the rules.
    pub unmatched: u64,
    empty: bool,
}

impl<'s> Sum<'s> {
    pub fn new(rules: &'s RuleSet) -> Sum<'s> {
        Sum { rollups: Rollups::default(), hits: Hits::new(rules), unmatched: 0, empty: true }
    }

    /// Takes in a part; `file` translates its file numbers.
    pub fn add(&mut self, rollups: Rollups, hits: Hits<'s>, file: &(dyn Fn(u32) -> u32 + Sync)) {
        if self.empty {
            self.empty = false;
            // Nothing is moved; only numbers of files change.
            (self.rollups, self.hits) = (rollups, hits);
            return;
        }
        let rows = self.rollups.merge(rollups, file);
        let past = self.hits.records;
        self.hits.correlator.absorb(hits.correlator, &|mark| {
            let (record, row) = matches::marked(mark);
            matches::mark(record.wrapping_add(past), rows[row as usize])
        });
        self.hits.records = past.wrapping_add(hits.records);
    }

    pub fn finish(mut self, files: FileNames, coverage: Coverage) -> Yield {
        self.rollups.settle();
        let correlated = self.hits.correlator.finish();
        memory::give_back();
        Yield { rollups: self.rollups, correlated, unmatched: self.unmatched, files, coverage }
    }
}
