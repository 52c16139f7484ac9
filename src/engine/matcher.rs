//! Matches rules on the records of one worker, in the same pass that builds the rollups.

use crate::decode::Record;
use crate::event::Event;
use crate::rollup::{Origin, Phase, Rollups, matches};
use crate::sigma::{Call, Correlator, RuleIndex, RuleSet, S3_ACCESS, Scanner};

pub struct Matcher<'s> {
    scanner: Scanner<'s>,
    found: Vec<RuleIndex>,
}

/// The matches that correlations need.
pub struct Hits<'s> {
    pub correlator: Correlator<'s>,
    /// Records that a rule matched.
    pub records: u32,
}

impl<'s> Hits<'s> {
    pub fn new(set: &'s RuleSet) -> Hits<'s> {
        Hits { correlator: Correlator::new(set), records: 0 }
    }
}

impl<'s> Matcher<'s> {
    pub fn new(set: &'s RuleSet) -> Matcher<'s> {
        Matcher { scanner: set.scanner(), found: Vec::new() }
    }

    /// Matches one record and adds the matches to the rollups. Correlations ignore duplicates. They also count the
    /// baseline, as a comparison.
    pub fn event(
        &mut self,
        rollups: &mut Rollups,
        hits: &mut Hits<'s>,
        event: &Event<'_>,
        record: Record<'_>,
        phase: Phase,
        origin: &Origin,
    ) {
        self.found.clear();
        matches(&mut self.scanner, event, record, &mut self.found);
        let Some(value) = self.scanner.record() else { return };
        hits.records = hits.records.wrapping_add(1);
        for rule in &self.found {
            let row = rollups.matched(rule.0, event, phase, origin, value);
            if !origin.duplicate && hits.correlator.is_correlated(*rule) {
                let mark = matches::mark(hits.records, row);
                hits.correlator.add(*rule, event.time, mark, value);
            }
        }
    }

    /// Records that a rule might have matched but whose JSON could not be parsed.
    pub fn unparsed_records(&self) -> u64 {
        self.scanner.unreadable()
    }
}

/// The rules that a record matches.
pub fn matches(
    scanner: &mut Scanner<'_>,
    event: &Event<'_>,
    record: Record<'_>,
    found: &mut Vec<RuleIndex>,
) {
    let (source, action, error) = match record {
        Record::Line(line) => (S3_ACCESS, &*line.operation, None),
        // A sign-in may have its error elsewhere in the record.
        Record::Json(_) if event.service == "signin.amazonaws.com" => {
            (event.service, event.action, None)
        }
        Record::Json(_) => (event.service, event.action, Some(event.error)),
    };
    let identity = match event.actor.kind {
        _ if source == S3_ACCESS => "",
        "Unknown" => "",
        kind => kind,
    };
    let call = Call { source, action, user_agent: event.user_agent, error, identity };
    scanner.matches(&call, || record.json(), found);
}
