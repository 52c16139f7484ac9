//! Chain of custody: the journal's head, the plan's digest, the manifest.

use std::collections::BTreeMap;

use super::facts::Facts;
use crate::report::incident::input::IndexLine;
use crate::report::incident::model::{CaseFile, Custody};

pub fn build(facts: &Facts<'_>) -> Option<Custody> {
    let case = facts.case?;
    let index: BTreeMap<&str, &IndexLine> =
        case.index.iter().map(|line| (line.file.as_str(), line)).collect();
    let files = case.manifest.iter().flat_map(|m| &m.files);
    let files = files.map(|(name, entry)| {
        let line = name.strip_prefix("evidence/").and_then(|name| index.get(name));
        CaseFile {
            name: name.clone(),
            bytes: entry.bytes,
            sha256: entry.sha256.clone(),
            origin: line.map_or_else(|| origin(name).to_string(), |l| answer(l)),
            time: line.map_or_else(String::new, |l| l.time.clone()),
        }
    });
    Some(Custody {
        entries: case.entries.len(),
        head: case.head.clone(),
        torn: case.torn,
        plan: facts.history.plan.clone(),
        plan_digest: facts.history.digest.clone(),
        written: case.manifest.as_ref().map(|m| m.written.clone()),
        problems: case.problems.clone(),
        files: files.collect(),
    })
}

fn answer(line: &IndexLine) -> String {
    match line.status {
        200..=299 => line.call.clone(),
        status => format!("{} (HTTP {status})", line.call),
    }
}

fn origin(name: &str) -> &'static str {
    match name {
        "case.toml" => "the case",
        "evidence/index.jsonl" => "index of AWS's answers",
        _ if name.starts_with("plan-") => "approved plan",
        _ if name.starts_with("findings-") => "analysis",
        _ if name.starts_with("timeline-") => "timeline of the findings' events",
        _ if name.starts_with("impact-") && name.ends_with("-persons.csv") => {
            "people behind the accessed objects: personal data"
        }
        _ if name.starts_with("impact-") && name.ends_with("-unmatched.csv") => {
            "accessed objects whose people are unknown"
        }
        _ if name.starts_with("impact-") => "people behind the accessed objects, in numbers",
        _ if name.starts_with("digests-") => "check of the logs against CloudTrail's digests",
        _ if name.starts_with("objects-") => "objects read, written or deleted",
        _ => "",
    }
}
