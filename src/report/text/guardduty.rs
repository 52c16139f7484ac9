//! GuardDuty's findings: those that match ours, and those that match none.

use std::io;

use super::page::Page;
use super::times::span;
use crate::finding::Finding;
use crate::finding::guardduty::GuardDutyMatch;
use crate::source::discover::GuardDutyFinding;
use crate::ui::sanitize::clip;

/// The most GuardDuty findings shown with one finding, and in their own section.
const MATCHING: usize = 5;
const UNMATCHED: usize = 20;

/// `also reports: TYPE (8.0), first to last, id`: one line per GuardDuty finding that matches.
pub(super) fn matching(all: &[GuardDutyMatch], f: &Finding) -> Vec<String> {
    let of: Vec<&GuardDutyMatch> = all.iter().filter(|m| m.findings.contains(&f.id)).collect();
    let mut lines: Vec<String> =
        of.iter().take(MATCHING).map(|m| format!("also reports: {}", summary(&m.by))).collect();
    if of.len() > MATCHING {
        lines.push(format!("and {} more in the JSON report", of.len() - MATCHING));
    }
    lines
}

/// The GuardDuty findings that match none of ours.
pub(super) fn unmatched(page: &mut Page<'_>, all: &[GuardDutyMatch]) -> io::Result<()> {
    let unmatched: Vec<&GuardDutyMatch> = all.iter().filter(|m| m.findings.is_empty()).collect();
    if unmatched.is_empty() {
        return Ok(());
    }
    page.heading("GUARDDUTY ONLY", "no match among the findings above")?;
    for one in unmatched.iter().take(UNMATCHED) {
        page.item(2, "- ", &summary(&one.by))?;
        page.text(4, &clip(&one.by.title, 240))?;
    }
    match unmatched.len().saturating_sub(UNMATCHED) {
        0 => Ok(()),
        more => page.text(2, &format!("... and {more} more in the JSON report")),
    }
}

fn summary(by: &GuardDutyFinding) -> String {
    let (kind, id) = (clip(&by.kind, 120), clip(&by.id, 64));
    let (times, severity, region) = (span(by.first, by.last), by.severity, clip(&by.region, 40));
    format!("{kind} (severity {severity:.1}), {times}, {region}, id {id}")
}
