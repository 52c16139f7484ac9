//! GuardDuty's findings in the accounts whose own logs were read, matched with ours.

use super::inputs::{access, report_missing};
use super::request::Range;
use super::{LogRequest, Observer, ScannedLogs};
use crate::finding::guardduty::join as matched;
use crate::report::model::{Note, Report};
use crate::source::discover::{Discovered, guardduty};
use crate::ui::number::counted;

/// Asks GuardDuty about the window and adds its findings to the report. Each region that does not answer becomes a
/// note.
pub fn join(
    request: &LogRequest,
    logs: &ScannedLogs,
    report: &mut Report,
    observer: &dyn Observer,
) {
    let (since, until) = (logs.selection.since, logs.selection.until);
    let range = Range { since, until, history_since: None };
    let query = request.aws.query(range, request.clock.now(), false);
    let (mut all, mut answers) = (Vec::new(), Discovered::default());
    for client in &logs.clients {
        let (found, notes) = guardduty(&access(client), &query);
        all.extend(found);
        answers.add(notes);
    }
    report_missing(&mut answers, observer);
    report.notes.extend(answers.notes.into_iter().map(Note::from));
    if all.is_empty() {
        return;
    }
    report.guardduty = matched(all, &report.findings);
    let count = |n: usize| n as u64;
    let with_ours = report.guardduty.iter().filter(|m| !m.findings.is_empty()).count();
    observer.status(&format!(
        "GuardDuty: {} in the window, {} on the same subject as findings here",
        counted(count(report.guardduty.len()), "finding", "findings"),
        count(with_ours)
    ));
}
