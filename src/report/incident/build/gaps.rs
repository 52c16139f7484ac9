//! Lists what the report does not cover, so that nobody mistakes silence for an all-clear.

use super::facts::Facts;
use super::names::distinct;
use super::steps::title;
use crate::clock::{SECOND, length, plain};
use crate::journal::Event;
use crate::plan::Kind;
use crate::report::incident::model::{Gap, State};
use crate::report::schema::{self, Analysis, At};
use crate::ui::number::{counted, grouped};

/// The most gaps in CloudTrail's deliveries that are listed. Gaps with a call that stopped a trail come first.
const DELIVERY_GAPS: usize = 20;
/// The most calls that a gap's sentence names.
const CALLS: usize = 2;

pub fn build(facts: &Facts<'_>) -> Vec<Gap> {
    let mut gaps = Gaps(Vec::new());
    match facts.analysis {
        Some(analysis) => {
            logs(facts, analysis, &mut gaps);
            delivery_gaps(analysis, &mut gaps);
            judgement(analysis, &mut gaps);
        }
        None => gaps.weighty(
            "logs",
            "No logs were analyzed: this report does not show what the credentials were used for.",
        ),
    }
    integrity(facts, &mut gaps);
    reach(facts, &mut gaps);
    containment(facts, &mut gaps);
    // Gaps that qualify the report's statements come first.
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
            format!("The input was incomplete: {lost} lost, {problems} with files."),
        );
    }
    for skipped in coverage.files.skipped.iter().filter(|s| s.count > 0 && s.reason != "digest") {
        let files = counted(skipped.count, "file was", "files were");
        gaps.add("logs", format!("{files} skipped: {}.", skipped.reason));
    }
    if let (Some(At(newest)), Some(contained)) = (coverage.newest, facts.contained)
        && newest < contained.at
    {
        gaps.weighty("logs", format!(
            "The logs end at {} UTC, before containment at {} UTC: they cannot show what happened in between or \
             afterwards. CloudTrail delivers within about 5 minutes, S3 access logs within hours.",
            plain(newest), plain(contained.at)
        ));
    }
    if let (Some(At(oldest)), Some(first)) = (coverage.oldest, facts.first)
        && first - oldest < crate::clock::HOUR
    {
        gaps.weighty("logs", format!(
            "The first activity is within an hour of the start of the logs ({} UTC): it may have started earlier.",
            plain(oldest)
        ));
    }
    let by_log = &coverage.events.by_log;
    let data = analysis.summary.actions.iter().any(|row| row.value.ends_with("Object"));
    if !data && !by_log.contains_key("s3-access") && coverage.events.decoded > 0 {
        gaps.weighty("logs", "The logs contain no S3 data events and no access logs: they do not show which objects were read, written or deleted.");
    }
    if !by_log.is_empty() && !by_log.contains_key("cloudtrail") {
        gaps.weighty("logs", "The logs contain no CloudTrail records: they do not show calls to services other than S3.");
    }
}

/// Gaps in CloudTrail's deliveries.
fn delivery_gaps(analysis: &Analysis, gaps: &mut Gaps) {
    let mut all: Vec<_> = analysis.coverage.gaps.iter().collect();
    all.sort_by_key(|gap| gap.stopped_by.is_empty());
    for gap in all.iter().take(DELIVERY_GAPS) {
        match gap.stopped_by.is_empty() {
            true => gaps.add("logs", delivery_gap(gap)),
            false => gaps.weighty("logs", delivery_gap(gap)),
        }
    }
    if let Some(more @ 1..) = all.len().checked_sub(DELIVERY_GAPS) {
        let more = counted(more as u64, "more gap", "more gaps");
        gaps.add("logs", format!("CloudTrail's logs have {more}; the analysis lists them."));
    }
}

/// A sentence about one gap, with the first of the calls that explain it.
fn delivery_gap(gap: &schema::Gap) -> String {
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
    let calls = match calls.is_empty() {
        true => String::new(),
        false => format!("; possible cause: {}", calls.join(", ")),
    };
    let (account, region) = (&gap.account, &gap.region);
    let from = at(gap.from);
    format!("CloudTrail delivered nothing for {account} {region} from {from} {to}{calls}.")
}

fn judgement(analysis: &Analysis, gaps: &mut Gaps) {
    for suppressed in analysis.suppressed.iter().filter(|s| s.findings > 0) {
        let n = counted(suppressed.findings, "finding", "findings");
        gaps.add("judgement", format!("The allow-list suppressed {n}: {}.", suppressed.entry));
    }
    if !analysis.rules.skipped.is_empty() {
        let n = counted(analysis.rules.skipped.len() as u64, "rule was", "rules were");
        gaps.add("judgement", format!("{n} not applied."));
    }
    // The gaps already name the calls that may explain them.
    for note in analysis.notes.iter().filter(|note| !analysis.gap_notes.contains(note)) {
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
            "CloudTrail's digest files were not checked: nothing proves that no log file was changed or removed.",
        ),
        None => {}
    }
    let Some(case) = facts.case else { return };
    for problem in &case.problems {
        gaps.weighty("integrity", format!("The case folder has a problem: {problem}."));
    }
    if case.manifest.is_none() {
        gaps.add("integrity", "The case has no manifest yet: no run has finished.");
    }
    if case.torn {
        gaps.add(
            "integrity",
            "A crash cut off the journal's last line. The change that it announced was not made.",
        );
    }
}

/// Limits of the containment, and changes that cannot be undone.
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
    gaps.add("reach", "Data that was read may have been copied; containment cannot undo that.");
    gaps.add(
        "reach",
        "Presigned URLs work until they expire or the key that signed them is deactivated.",
    );
    let accounts = distinct(facts.findings().iter().map(|f| f.account.as_str()));
    if !accounts.is_empty() {
        gaps.add("reach", format!(
            "Accounts other than {} were not examined, and they may trust the identities named here.",
            accounts.join(", ")
        ));
    }
}

fn containment(facts: &Facts<'_>, gaps: &mut Gaps) {
    let Some(case) = facts.case else { return };
    for entry in &case.entries {
        if let Event::Evidence { missing, .. } = &entry.event {
            for what in missing {
                gaps.add("evidence", format!("Evidence not read: {what}."));
            }
        }
    }
    for step in facts.plan.iter().flat_map(|p| &p.steps) {
        if let Kind::Blocked(why) = &step.kind {
            let title = title(&step.step);
            gaps.weighty("containment", format!("Could not be done: {title} ({why})."));
        }
    }
    for name in &facts.uncovered {
        gaps.weighty("containment", format!(
            "Findings name {name}, but no change in this case covers it: contain it in a case of its own."
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
