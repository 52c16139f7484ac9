//! Why a finding fired: reads the logs once more for the records behind it, and tries its rules on them.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::{Analysis, Error, Observer};
use crate::decode::Record;
use crate::detect::rule_id;
use crate::engine::local::Visitor;
use crate::event::Event;
use crate::finding::Finding;
use crate::report::text::explain::{Explained, Reading};
use crate::rollup::{Origin, Phase};
use crate::sigma::{RuleIndex, RuleSet};

/// Records of each finding on which a rule is explained.
const RECORDS: usize = 3;

/// Explains every finding that `id` names. It is the id of a finding or of a story, or the beginning of a finding's id.
///
/// # Errors
/// When no finding has the id, or the logs came from standard input.
pub fn explain<'a>(
    analysis: &'a Analysis,
    id: &str,
    observer: &dyn Observer,
) -> Result<Vec<Explained<'a>>, Error> {
    analysis.logs.readable_again("an explanation")?;
    let all = &analysis.report.findings;
    let named: Vec<&Finding> =
        all.iter().filter(|f| f.id.starts_with(id) || f.story == id).collect();
    if named.is_empty() {
        return Err(Error::NoSuchId(id.to_string()));
    }
    let records = records(analysis, &named, observer);
    let explained = |finding: &'a Finding| {
        let number = all.iter().position(|f| f.id == finding.id).map_or(0, |n| n + 1);
        let readings = readings(&analysis.logs.rules, finding, &records);
        Explained { number, finding, readings }
    };
    Ok(named.into_iter().map(explained).collect())
}

/// Each rule of the finding on the first records that it matches.
fn readings(rules: &RuleSet, finding: &Finding, records: &BTreeMap<String, Value>) -> Vec<Reading> {
    let mut found = Vec::new();
    for (n, rule) in rules.rules().iter().enumerate() {
        if !finding.rules.contains(&rule_id(rule)) {
            continue;
        }
        let index = RuleIndex(n as u32);
        let evidence = finding.evidence.iter().filter_map(|e| Some((e, records.get(&e.event_id)?)));
        let matching = evidence
            .map(|(e, record)| (e, rules.explain(index, record)))
            .filter(|(_, conditions)| conditions.first().is_some_and(|c| c.holds));
        for (e, conditions) in matching.take(RECORDS) {
            found.push(Reading {
                rule: rule_id(rule),
                level: format!("{:?}", rule.level).to_lowercase(),
                event: format!("{} {}", e.action, e.event_id),
                conditions,
            });
        }
    }
    found
}

/// Collects the records of certain events, by event id.
struct Collector<'i> {
    ids: &'i HashSet<&'i str>,
    found: BTreeMap<String, Value>,
}

impl Visitor for Collector<'_> {
    fn event(&mut self, event: &Event<'_>, record: Record<'_>, _: Phase, _: &Origin) {
        if self.ids.contains(event.id)
            && !self.found.contains_key(event.id)
            && let Ok(value) = serde_json::from_slice(&record.json())
        {
            self.found.insert(event.id.to_string(), value);
        }
    }
}

/// The records that the findings' evidence names, by event id.
fn records(
    analysis: &Analysis,
    findings: &[&Finding],
    observer: &dyn Observer,
) -> BTreeMap<String, Value> {
    let ids: HashSet<&str> =
        findings.iter().flat_map(|f| &f.evidence).map(|e| e.event_id.as_str()).collect();
    let collector = || Collector { ids: &ids, found: BTreeMap::new() };
    let scanned = analysis.logs.read_again(observer, collector);
    scanned.parts.into_iter().flat_map(|part| part.visitor.found).collect()
}
