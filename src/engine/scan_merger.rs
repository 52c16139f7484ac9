//! Merges the results of workers and of stored days into one scan result.

use super::ScanResult;
use super::matcher::Hits;
use crate::rollup::{Renumber, Rollups, matches};
use crate::sigma::RuleSet;
use crate::source::FileNames;
use crate::source::coverage::Coverage;
use crate::state::DayTables;

pub struct ScanMerger<'s> {
    pub rollups: Rollups,
    pub hits: Hits<'s>,
    /// Events whose JSON the rules could not parse.
    pub unparsed_records: u64,
    empty: bool,
}

impl<'s> ScanMerger<'s> {
    pub fn new(rules: &'s RuleSet) -> ScanMerger<'s> {
        ScanMerger {
            rollups: Rollups::default(),
            hits: Hits::new(rules),
            unparsed_records: 0,
            empty: true,
        }
    }

    /// Adds a part. `numbers` maps its file and input numbers to new ones, if they differ.
    pub fn add(&mut self, mut rollups: Rollups, hits: Hits<'s>, numbers: Option<Renumber<'_>>) {
        if self.empty {
            self.empty = false;
            if let Some(numbers) = numbers {
                rollups.renumber(numbers);
            }
            // The first part is moved, not copied.
            (self.rollups, self.hits) = (rollups, hits);
            return;
        }
        let Hits { correlator, records } = &mut self.hits;
        self.rollups.merge(vec![rollups], numbers.unwrap_or(Renumber::SAME), |rows| {
            let rows = rows.concat();
            correlator.absorb(hits.correlator, &|mark| remapped(mark, *records, &rows));
        });
        *records = records.wrapping_add(hits.records);
    }

    /// Adds days from the state.
    pub fn add_days(&mut self, days: Vec<DayTables>, numbers: Renumber<'_>) {
        self.empty = false;
        let (mut rollups, mut others) = (Vec::new(), Vec::new());
        for day in days {
            rollups.push(day.rollups);
            others.push((day.hits, day.info));
        }
        let Hits { correlator, records } = &mut self.hits;
        self.rollups.merge(rollups, numbers, |rows| {
            for ((hits, info), rows) in others.into_iter().zip(rows) {
                correlator.restore(hits, info.left_out, &|mark| remapped(mark, *records, &rows));
                *records = records.wrapping_add(info.records);
            }
        });
    }

    pub fn finish(mut self, files: FileNames, mut coverage: Coverage) -> ScanResult {
        coverage.events.unparsed = self.unparsed_records;
        let (rollups, correlator) = (&mut self.rollups, self.hits.correlator);
        let correlated = std::thread::scope(|scope| {
            scope.spawn(|| rollups.resolve_sessions());
            correlator.finish()
        });
        ScanResult { rollups: self.rollups, correlated, files, coverage }
    }
}

/// Maps a mark of a part's match to its mark in the merged rows.
fn remapped(mark: u64, past: u32, rows: &[u32]) -> u64 {
    let (record, row) = matches::marked(mark);
    // A missing row means that the state was written incorrectly.
    let row = rows.get(row as usize).copied().unwrap_or(u32::MAX);
    matches::mark(record.wrapping_add(past), row)
}
