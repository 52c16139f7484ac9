//! Adds up the parts that workers, and days, made.

use super::ScanResult;
use super::matcher::Hits;
use crate::rollup::{Renumber, Rollups, matches};
use crate::sigma::RuleSet;
use crate::source::FileNames;
use crate::source::coverage::Coverage;
use crate::state::DayTables;

pub struct Sum<'s> {
    pub rollups: Rollups,
    pub hits: Hits<'s>,
    /// Records that could not be read for the rules.
    pub unparsed_records: u64,
    empty: bool,
}

impl<'s> Sum<'s> {
    pub fn new(rules: &'s RuleSet) -> Sum<'s> {
        Sum {
            rollups: Rollups::default(),
            hits: Hits::new(rules),
            unparsed_records: 0,
            empty: true,
        }
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
        let Hits { correlator, records } = &mut self.hits;
        self.rollups.merge(vec![rollups], numbers.unwrap_or(Renumber::SAME), |rows| {
            let rows = rows.concat();
            correlator.absorb(hits.correlator, &|mark| moved(mark, *records, &rows));
        });
        *records = records.wrapping_add(hits.records);
    }

    /// Takes in days of the state.
    pub fn add_days(&mut self, days: Vec<DayTables>, numbers: Renumber<'_>) {
        self.empty = false;
        let (mut rollups, mut others) = (Vec::new(), Vec::new());
        for day in days {
            rollups.push(day.rollups);
            others.push((day.hits, day.about));
        }
        let Hits { correlator, records } = &mut self.hits;
        self.rollups.merge(rollups, numbers, |rows| {
            for ((hits, about), rows) in others.into_iter().zip(rows) {
                correlator.restore(hits, about.left_out, &|mark| moved(mark, *records, &rows));
                *records = records.wrapping_add(about.records);
            }
        });
    }

    pub fn finish(mut self, files: FileNames, coverage: Coverage) -> ScanResult {
        let (rollups, correlator) = (&mut self.rollups, self.hits.correlator);
        let correlated = std::thread::scope(|scope| {
            scope.spawn(|| rollups.resolve_sessions());
            correlator.finish()
        });
        ScanResult {
            rollups: self.rollups,
            correlated,
            unparsed_records: self.unparsed_records,
            files,
            coverage,
        }
    }
}

/// What a mark of a part's match is here.
fn moved(mark: u64, past: u32, rows: &[u32]) -> u64 {
    let (record, row) = matches::marked(mark);
    // A row that is not there would be a defect of who wrote the state.
    let row = rows.get(row as usize).copied().unwrap_or(u32::MAX);
    matches::mark(record.wrapping_add(past), row)
}
