//! What GuardDuty says too, and what it alone says.

use std::io;

use super::page::Page;
use super::times::span;
use crate::finding::Finding;
use crate::finding::guardduty::GuardDutyMatch;
use crate::source::discover::GuardDutyFinding;
use crate::ui::sanitize::clip;

/// Shown of one finding, and alone.
const BESIDE: usize = 5;
const ALONE: usize = 20;

/// `says too: TYPE (8.0), first to last, id`: a line for each that is joined to the finding.
pub(super) fn beside(said: &[GuardDutyMatch], f: &Finding) -> Vec<String> {
    let of: Vec<&GuardDutyMatch> =
        said.iter().filter(|said| said.findings.contains(&f.id)).collect();
    let mut lines: Vec<String> =
        of.iter().take(BESIDE).map(|said| format!("says too: {}", words(&said.by))).collect();
    if of.len() > BESIDE {
        lines.push(format!("and {} more in the JSON report", of.len() - BESIDE));
    }
    lines
}

/// Those that are joined to none of ours.
pub(super) fn alone(page: &mut Page<'_>, said: &[GuardDutyMatch]) -> io::Result<()> {
    let alone: Vec<&GuardDutyMatch> = said.iter().filter(|said| said.findings.is_empty()).collect();
    if alone.is_empty() {
        return Ok(());
    }
    page.heading("GUARDDUTY ALONE", "joined to none of the findings above")?;
    for said in alone.iter().take(ALONE) {
        page.item(2, "- ", &words(&said.by))?;
        page.text(4, &clip(&said.by.title, 240))?;
    }
    match alone.len().saturating_sub(ALONE) {
        0 => Ok(()),
        more => page.text(2, &format!("... and {more} more in the JSON report")),
    }
}

fn words(by: &GuardDutyFinding) -> String {
    let (kind, id) = (clip(&by.kind, 120), clip(&by.id, 64));
    let (times, severity, region) = (span(by.first, by.last), by.severity, clip(&by.region, 40));
    format!("{kind} (severity {severity:.1}), {times}, {region}, id {id}")
}
