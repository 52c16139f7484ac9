//! What the report does not cover, so that nobody takes silence for an all-clear.

use super::facts::Facts;
use super::names::distinct;
use super::steps::title;
use crate::clock::{SECOND, length, plain};
use crate::journal::Event;
use crate::plan::Kind;
use crate::report::incident::model::{Gap, State};
use crate::report::schema::{self, Analysis, At};
use crate::source::matrix;
use crate::ui::number::{counted, grouped};

/// Gaps of the logs that are named, those with a stop beside them first.
const SILENCES: usize = 20;
/// Calls that a gap's sentence names.
const CALLS: usize = 2;

pub fn build(facts: &Facts<'_>) -> Vec<Gap> {
    let mut gaps = Gaps(Vec::new());
    match facts.analysis {
        Some(analysis) => {
            logs(facts, analysis, &mut gaps);
            silences(analysis, &mut gaps);
            judgement(analysis, &mut gaps);
        }
        None => gaps.weighty(
            "logs",
            "No logs were analysed: what the credentials were used for is not part of this report.",
        ),
    }
    integrity(facts, &mut gaps);
    reach(facts, &mut gaps);
    containment(facts, &mut gaps);
    // What weighs on the statements comes first.
    gaps.0.sort_by_key(|gap| !gap.weighty);
    gaps.0
}

struct Gaps(Vec<Gap>);

impl Gaps {
    fn add(&mut self, kind: &'static str, text: impl Into<String>) {
        self.0.push(Gap { kind, text: text.into(), weighty: false });
    }

    fn weighty(&mut self, kind: &'static str, text: impl Into<String>) {
        self.0.push(Gap { kind, text: text.into(), weighty: true });
    }
}

fn logs(facts: &Facts<'_>, analysis: &Analysis, gaps: &mut Gaps) {
    let coverage = &analysis.coverage;
    if coverage.complete == Some(false) || coverage.events.lost > 0 {
        let lost = counted(coverage.events.lost, "record", "records");
        let problems = counted(coverage.problems_total, "problem", "problems");
        gaps.weighty(
            "logs",
            format!("The input was not whole: {lost} lost, {problems} with files."),
        );
    }
    for skipped in coverage.files.skipped.iter().filter(|s| s.count > 0 && s.reason != "digest") {
        let files = counted(skipped.count, "file was", "files were");
        gaps.add("logs", format!("{files} left out: {}.", skipped.reason));
    }
    if let (Some(At(newest)), Some(contained)) = (coverage.newest, facts.contained)
        && newest < contained.at
    {
        gaps.weighty("logs", format!(
            "The logs end at {} UTC, before containment at {} UTC: whether anything was done in between, or \
             after it, they cannot show. CloudTrail delivers within about 5 minutes, S3 access logs within hours.",
            plain(newest), plain(contained.at)
        ));
    }
    if let (Some(At(oldest)), Some(first)) = (coverage.oldest, facts.first)
        && first - oldest < crate::clock::HOUR
    {
        gaps.weighty("logs", format!(
            "The first activity is within an hour of the logs' beginning ({} UTC): it may have begun earlier.",
            plain(oldest)
        ));
    }
    let by_log = &coverage.events.by_log;
    let data = analysis.summary.actions.iter().any(|row| row.value.ends_with("Object"));
    if !data && !by_log.contains_key("s3-access") && coverage.events.decoded > 0 {
        gaps.weighty("logs", "The logs hold no S3 data events and no access logs: objects that were read, written or deleted cannot be seen in them.");
    }
    if !by_log.is_empty() && !by_log.contains_key("cloudtrail") {
        gaps.weighty("logs", "There is no CloudTrail among the logs: calls to anything but S3 cannot be seen in them.");
    }
}

/// Where CloudTrail fell silent.
fn silences(analysis: &Analysis, gaps: &mut Gaps) {
    let mut all: Vec<_> = analysis.coverage.gaps.iter().collect();
    all.sort_by_key(|gap| gap.stopped_by.is_empty());
    for gap in all.iter().take(SILENCES) {
        match gap.stopped_by.is_empty() {
            true => gaps.add("logs", silence(gap)),
            false => gaps.weighty("logs", silence(gap)),
        }
    }
    if let Some(more @ 1..) = all.len().checked_sub(SILENCES) {
        let more = counted(more as u64, "more gap", "more gaps");
        gaps.add("logs", format!("CloudTrail's logs have {more}; the analysis names them."));
    }
}

/// A sentence about one gap, with the first of the calls that explain it.
fn silence(gap: &schema::Gap) -> String {
    let at =
        |when: Option<At>| when.map_or_else(|| "an unknown time".to_string(), |at| plain(at.0));
    let to = match (gap.until, gap.length) {
        (Some(At(until)), Some(seconds)) => {
            format!("to {} UTC ({})", plain(until), length(seconds.saturating_mul(SECOND)))
        }
        _ => "UTC to the end of the logs".to_string(),
    };
    let calls: Vec<String> = (gap.stopped_by.iter().take(CALLS))
        .map(|c| format!("{} by {} at {} UTC", c.action, c.principal, at(c.time)))
        .collect();
    let beside = match calls.is_empty() {
        true => String::new(),
        false => format!("; beside it: {}", calls.join(", ")),
    };
    let (account, region) = (&gap.account, &gap.region);
    let from = at(gap.from);
    format!("CloudTrail delivered nothing of {account} {region} from {from} {to}{beside}.")
}

fn judgement(analysis: &Analysis, gaps: &mut Gaps) {
    for suppressed in analysis.suppressed.iter().filter(|s| s.findings > 0) {
        let n = counted(suppressed.findings, "finding", "findings");
        gaps.add("judgement", format!("The allow-list kept back {n}: {}.", suppressed.entry));
    }
    if !analysis.rules.skipped.is_empty() {
        let n = counted(analysis.rules.skipped.len() as u64, "rule was", "rules were");
        gaps.add("judgement", format!("{n} not applied."));
    }
    // Gaps say themselves which call stands beside them.
    for note in analysis.notes.iter().filter(|note| !note.contains(matrix::GAP_NEAR_CALL)) {
        gaps.add("judgement", note.clone());
    }
}

fn integrity(facts: &Facts<'_>, gaps: &mut Gaps) {
    match &facts.input.digests {
        Some(verdict) => {
            for text in [&verdict.text].into_iter().chain(&verdict.details) {
                match verdict.whole {
                    true => gaps.add("integrity", text.clone()),
                    false => gaps.weighty("integrity", text.clone()),
                }
            }
        }
        None if facts.analysis.is_some() => gaps.add(
            "integrity",
            "CloudTrail's digest files were not checked: nothing here proves that no log file was changed or removed.",
        ),
        None => {}
    }
    let Some(case) = facts.case else { return };
    for problem in &case.problems {
        gaps.weighty("integrity", format!("The case folder is not as it was written: {problem}."));
    }
    if case.manifest.is_none() {
        gaps.add("integrity", "The case has no manifest yet: no run of it came to its end.");
    }
    if case.torn {
        gaps.add(
            "integrity",
            "The journal's last line was cut off by a crash; what it was to announce was not done.",
        );
    }
}

/// Where containment does not reach, and what cannot be called back.
fn reach(facts: &Facts<'_>, gaps: &mut Gaps) {
    if let Some(plan) = facts.plan {
        for text in &plan.not_reached {
            gaps.add("reach", text.clone());
        }
        for text in &plan.notes {
            gaps.add("reach", text.clone());
        }
        return;
    }
    if facts.weighty.is_empty() {
        return;
    }
    gaps.add("reach", "Data that was read may have been copied; that cannot be called back.");
    gaps.add("reach", "Presigned URLs work until the key that signed them is dead or they expire.");
    let accounts = distinct(facts.findings().iter().map(|f| f.account.as_str()));
    if !accounts.is_empty() {
        gaps.add("reach", format!(
            "Accounts other than {} were not looked at, and other accounts may trust the identities named here.",
            accounts.join(", ")
        ));
    }
}

fn containment(facts: &Facts<'_>, gaps: &mut Gaps) {
    let Some(case) = facts.case else { return };
    for entry in &case.entries {
        if let Event::Evidence { missing, .. } = &entry.event {
            for what in missing {
                gaps.add("evidence", format!("Not read: {what}."));
            }
        }
    }
    for step in facts.plan.iter().flat_map(|p| &p.steps) {
        if let Kind::Blocked(why) = &step.kind {
            let title = title(&step.step);
            gaps.weighty("containment", format!("Could not be done: {title} ({why})."));
        }
    }
    for name in &facts.loose {
        gaps.weighty("containment", format!(
            "Findings name {name}, and no change of this case reaches it: contain it with a case of its own."
        ));
    }
    if facts.state == State::Open {
        gaps.weighty("containment", "No change was made in this case.");
    }
    let failed = facts
        .history
        .changes
        .iter()
        .filter(|(n, r)| matches!(facts.state_of(**n, r), "failed" | "unknown" | "contested"));
    let failed = failed.count();
    if failed > 0 {
        let n = grouped(failed as u64);
        gaps.weighty("containment", format!("Changes that failed, are contested or unknown: {n}."));
    }
}
