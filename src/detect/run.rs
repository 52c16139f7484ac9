//! Runs every detector, suppresses what the allow-list covers, merges findings of one cause and links stories.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};

use polars::prelude::PolarsResult;

use super::stories::stories;
use super::summary::summary;
use super::{Cx, DETECTORS};
use crate::config::Subject;
use crate::finding::merge::merge;
use crate::finding::{Finding, Story, Summary, Suppressed};
use crate::rollup::Sym;

/// What the detectors found.
pub struct Detected {
    /// Most severe first, then earliest.
    pub findings: Vec<Finding>,
    /// Most severe first, then earliest.
    pub stories: Vec<Story>,
    pub suppressed: Vec<Suppressed>,
    pub summary: Summary,
}

/// Calls `memory_freed` when a detector's large tables were freed.
///
/// # Errors
/// Only when polars refuses a query, which would be a defect.
pub fn run(cx: &Cx<'_>, memory_freed: &(dyn Fn() + Sync)) -> PolarsResult<Detected> {
    let mut findings = Vec::new();
    let mut suppressed: BTreeMap<String, u64> = BTreeMap::new();
    let (results, summary) = detect_all(cx, memory_freed);
    for found in results {
        for finding in found? {
            match suppressing_entry(cx, &finding) {
                Some(entry) => *suppressed.entry(entry).or_default() += 1,
                None => findings.push(finding),
            }
        }
    }
    let suppressed =
        suppressed.into_iter().map(|(entry, findings)| Suppressed { entry, findings }).collect();
    let mut findings = merge(findings);
    let stories = stories(cx, &findings);
    let mut story_of: HashMap<&str, &str> = HashMap::new();
    for story in stories.iter().rev() {
        story_of.extend(story.findings.iter().map(|finding| (finding.as_str(), story.id.as_str())));
    }
    for finding in &mut findings {
        finding.story = story_of.get(finding.id.as_str()).copied().unwrap_or_default().to_string();
    }
    Ok(Detected { findings, stories, suppressed, summary: summary? })
}

/// With this many activity rows, detectors run one after the other: each needs tables that grow with the rows.
const MANY_ROWS: usize = 500_000;

/// Findings of every detector and of the rules, in the detectors' order, and the summary. They run in parallel
/// unless there are many rows.
fn detect_all(
    cx: &Cx<'_>,
    memory_freed: &(dyn Fn() + Sync),
) -> (Vec<PolarsResult<Vec<Finding>>>, PolarsResult<Summary>) {
    let many = cx.frames.activity_rows.len() >= MANY_ROWS;
    let threads = if many { 1 } else { DETECTORS.len() + 1 };
    let next = AtomicUsize::new(0);
    let work = || {
        let taken = std::iter::from_fn(|| {
            let n = next.fetch_add(1, Ordering::Relaxed);
            let result = match DETECTORS.get(n) {
                Some(detector) => detector.detect(cx),
                None if n == DETECTORS.len() => Ok(super::rule_matches::findings(cx)),
                None => return None,
            };
            if many {
                memory_freed();
            }
            Some((n, result))
        });
        taken.collect::<Vec<_>>()
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let parallel = (!many).then(|| summary(cx));
        let ended = running.into_iter().map(std::thread::ScopedJoinHandle::join);
        let mut results: Vec<_> = ended
            .flat_map(|results| results.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect();
        results.sort_by_key(|(n, _)| *n);
        let summary = parallel.unwrap_or_else(|| summary(cx));
        (results.into_iter().map(|(_, result)| result).collect(), summary)
    })
}

/// The allow-list entry that covers the whole finding, with every user agent of its sources. Checked before
/// findings are merged.
fn suppressing_entry(cx: &Cx<'_>, f: &Finding) -> Option<String> {
    if !cx.config.allows_any() {
        return None;
    }
    let sources: Vec<&str> = f.sources.iter().map(|s| s.address.as_str()).collect();
    let numbers: BTreeSet<Sym> = sources.iter().filter_map(|text| cx.names.find(text)).collect();
    let principals: BTreeSet<&String> = f.scopes.iter().flat_map(|s| &s.principals).collect();
    let mut sent: BTreeSet<Sym> = BTreeSet::new();
    for principal in principals.iter().filter_map(|text| cx.names.find(text)) {
        cx.agents.sent(principal, &numbers, |key, _| _ = sent.insert(key.agent));
    }
    let agents: Vec<&str> = sent.into_iter().map(|agent| cx.text(agent)).collect();
    let subject = Subject {
        rule: &f.rule,
        principal: &f.who.principal,
        sources: &sources,
        user_agents: &agents,
        at: f.last_seen,
    };
    cx.config.allowed(&subject).map(|allow| allow.describe())
}
