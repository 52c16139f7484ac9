//! Adds up the parts that workers, and days, made.

use super::Yield;
use super::matcher::Hits;
use crate::rollup::{Renumber, Rollups, matches, memory};
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

    /// Takes in a part; `numbers` are its files' and inputs' new ones, where they have others.
    pub fn add(&mut self, mut rollups: Rollups, hits: Hits<'s>, numbers: Option<Renumber<'_>>) {
        if self.empty {
            self.empty = false;
            if let Some(numbers) = numbers {
                rollups.renumber(numbers);
            }
            // No row is moved.
            (self.rollups, self.hits) = (rollups, hits);
            return;
        }
        let rows = self.rollups.merge(rollups, numbers.unwrap_or(Renumber::SAME));
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
