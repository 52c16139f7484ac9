//! GuardDuty's findings of the accounts whose own logs were read, beside ours.

use super::analysis::Analysis;
use super::context::Cx;
use crate::cli::args::log_source::{LogSourceArgs, Range, access, missing};
use crate::finding::guardduty::join as joined;
use crate::source::discover::{Discovered, guardduty};
use crate::ui::number::counted;

/// Asks GuardDuty for the window, and joins what it says; what cannot be asked is a note of the report.
pub fn join(cx: &Cx, args: &LogSourceArgs, analysis: &mut Analysis) {
    let window = analysis.selection;
    let range = Range { since: window.since, until: window.until, history_since: None };
    let wish = args.wish(cx, range, false);
    let (mut all, mut said) = (Vec::new(), Discovered::default());
    for client in &analysis.clients {
        let (found, notes) = guardduty(&access(client), &wish);
        all.extend(found);
        said.add(notes);
    }
    missing(cx, &mut said);
    let report = &mut analysis.report;
    report.notes.extend(said.notes);
    if all.is_empty() {
        return;
    }
    report.guardduty = joined(all, &report.findings);
    let count = |n: usize| n as u64;
    let with = report.guardduty.iter().filter(|said| !said.findings.is_empty()).count();
    cx.ui.status(&format!(
        "GuardDuty: {} on the window, {} of them beside findings",
        counted(count(report.guardduty.len()), "finding", "findings"),
        count(with)
    ));
}
