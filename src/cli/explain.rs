//! `analyze --explain ID`: why a finding fired. The logs are read once more for the records behind it.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::analysis::Analysis;
use super::context::Cx;
use super::error::CommandError;
use crate::decode::Record;
use crate::detect::rule_id;
use crate::engine::local::{Job, Visitor, scan};
use crate::event::Event;
use crate::finding::Finding;
use crate::report::text::explain::{Explained, Reading, render};
use crate::rollup::{Origin, Phase};
use crate::sigma::{RuleIndex, RuleSet};
use crate::ui::Progress;

/// Records whose conditions are printed, for each finding.
const RECORDS: usize = 3;

/// Prints every finding that the id names: its own, its beginning, or a story's.
///
/// # Errors
/// When no finding has the id.
pub fn run(cx: &Cx, analysis: &Analysis, id: &str) -> Result<(), CommandError> {
    let all = &analysis.report.findings;
    let named: Vec<&Finding> =
        all.iter().filter(|f| f.id.starts_with(id) || f.story == id).collect();
    if named.is_empty() {
        return Err(CommandError::usage(format!("no finding or story has the id '{id}'"))
            .hint("ids stand under each finding; give the same paths and window as before"));
    }
    let records = records(cx, analysis, &named);
    let mut out = cx.ui.out();
    let explained: Vec<Explained<'_>> = named
        .into_iter()
        .map(|finding| {
            let number = all.iter().position(|f| f.id == finding.id).map_or(0, |n| n + 1);
            Explained { number, finding, readings: readings(&analysis.rules, finding, &records) }
        })
        .collect();
    render(&explained, &analysis.report.guardduty, &mut out, cx.ui.color)?;
    Ok(std::io::Write::flush(&mut out)?)
}

/// Each rule of the finding on the first records that it may have matched.
fn readings(rules: &RuleSet, finding: &Finding, records: &BTreeMap<String, Value>) -> Vec<Reading> {
    let mut found = Vec::new();
    for (n, rule) in rules.rules().iter().enumerate() {
        if !finding.rules.contains(&rule_id(rule)) {
            continue;
        }
        let index = RuleIndex(n as u32);
        let evidence = finding.evidence.iter().filter_map(|e| Some((e, records.get(&e.event_id)?)));
        let fitting = evidence
            .map(|(e, record)| (e, rules.explain(index, record)))
            .filter(|(_, conditions)| conditions.first().is_some_and(|c| c.holds));
        for (e, conditions) in fitting.take(RECORDS) {
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

/// The records that the findings' evidence names, by event id.
fn records(cx: &Cx, analysis: &Analysis, findings: &[&Finding]) -> BTreeMap<String, Value> {
    struct Picker<'w> {
        wanted: &'w HashSet<&'w str>,
        found: BTreeMap<String, Value>,
    }
    impl Visitor for Picker<'_> {
        fn event(&mut self, event: &Event<'_>, record: Record<'_>, _: Phase, _: &Origin) {
            if self.wanted.contains(event.id)
                && !self.found.contains_key(event.id)
                && let Ok(value) = serde_json::from_slice(&record.json())
            {
                self.found.insert(event.id.to_string(), value);
            }
        }
    }
    let wanted: HashSet<&str> =
        findings.iter().flat_map(|f| &f.evidence).map(|e| e.event_id.as_str()).collect();
    let listing = &analysis.listing;
    let progress = Progress::new(&cx.ui, listing.files.len() as u64, listing.bytes());
    let job = Job {
        listing,
        selection: analysis.selection,
        threads: analysis.threads,
        progress: &|files, bytes| progress.tick(files, bytes),
    };
    let scanned = scan(&job, || Picker { wanted: &wanted, found: BTreeMap::new() });
    progress.finish();
    scanned.parts.into_iter().flat_map(|part| part.visitor.found).collect()
}
