//! Runs every detector, keeps back what the allow-list covers, and joins what is one cause.

use std::collections::BTreeMap;

use polars::prelude::PolarsResult;

use super::summary::summary;
use super::{Cx, DETECTORS};
use crate::config::Subject;
use crate::finding::merge::merge;
use crate::finding::{Finding, Summary, Suppressed};

/// What the detectors found.
pub struct Detected {
    /// Most severe first, then earliest.
    pub findings: Vec<Finding>,
    pub suppressed: Vec<Suppressed>,
    pub summary: Summary,
}

/// # Errors
/// Only when polars refuses a query, which would be a defect.
pub fn run(cx: &Cx<'_>) -> PolarsResult<Detected> {
    let mut findings = Vec::new();
    let mut suppressed: BTreeMap<String, u64> = BTreeMap::new();
    let (answers, summary) = at_once(cx);
    for found in answers {
        for finding in found? {
            match allowed(cx, &finding) {
                Some(entry) => *suppressed.entry(entry).or_default() += 1,
                None => findings.push(finding),
            }
        }
    }
    let suppressed =
        suppressed.into_iter().map(|(entry, findings)| Suppressed { entry, findings }).collect();
    Ok(Detected { findings: merge(findings), suppressed, summary: summary? })
}

/// Every detector on a thread of its own, and the summary beside them; answers in the detectors' order.
fn at_once(cx: &Cx<'_>) -> (Vec<PolarsResult<Vec<Finding>>>, PolarsResult<Summary>) {
    std::thread::scope(|scope| {
        let running: Vec<_> = DETECTORS.iter().map(|d| scope.spawn(|| d.detect(cx))).collect();
        let summary = summary(cx);
        let ended = running.into_iter().map(std::thread::ScopedJoinHandle::join);
        (
            ended
                .map(|answer| answer.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
                .collect(),
            summary,
        )
    })
}

/// The entry that covers the whole finding: before merging, and by every user agent of its sources.
fn allowed(cx: &Cx<'_>, f: &Finding) -> Option<String> {
    let sources: Vec<&str> = f.sources.iter().map(|s| s.address.as_str()).collect();
    let agents: Vec<&str> = (cx.rollups.agents.keys())
        .filter(|k| {
            f.scopes.iter().flat_map(|s| &s.principals).any(|p| p == cx.text(k.principal))
                && sources.contains(&cx.text(k.source))
        })
        .map(|k| cx.text(k.agent))
        .collect();
    let subject = Subject {
        rule: &f.rule,
        principal: &f.who.principal,
        sources: &sources,
        user_agents: &agents,
        at: f.last_seen,
    };
    cx.config.allowed(&subject).map(|allow| allow.describe())
}
