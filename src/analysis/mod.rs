//! The analysis as a library: from logs to a report, without a terminal, flags or the environment.
//!
//! [`run`] reads top to bottom: scan the logs, detect, compare with the previous run, report. What a caller may
//! want to know meanwhile goes to its [`Observer`]. [`timeline()`] and [`explain()`] read the logs of a finished
//! [`Analysis`] once more; [`scan()`] alone is enough for what needs no rules, such as [`sessions`].

pub mod accessed_objects;
pub mod error;
pub mod explain;
mod guardduty;
mod incremental;
pub mod inputs;
mod notes;
mod observer;
pub mod outside_digests;
mod previous_run;
mod request;
pub mod rule_files;
mod scan;
pub mod sessions;
pub mod timeline;
pub mod window;

pub use error::Error;
pub use explain::explain;
pub use observer::{Observer, ScanProgress, Silent};
pub use previous_run::RunRecord;
pub use request::{AwsLogs, LogRequest, Range, Request};
pub use scan::{ScannedLogs, scan};
pub use timeline::timeline;

use crate::detect;
use crate::report::model::{Note, Report};

/// A finished analysis.
pub struct Analysis {
    pub report: Report,
    /// The logs behind the report: large tables, and what is needed to read the logs again.
    pub logs: ScannedLogs,
    /// Save it once the report has been delivered. `None` without a state.
    pub run_record: Option<RunRecord>,
}

/// Analyses the logs that `request` names.
///
/// # Errors
/// When the logs, AWS or the state folder cannot be used. Logs that are damaged are no error: the report's coverage
/// counts them.
pub fn run(request: &Request, observer: &dyn Observer) -> Result<Analysis, Error> {
    let logs = scan(&request.logs, &request.rules, request.state.as_deref(), observer)?;
    let now = request.logs.clock.now();

    let cx = logs.context();
    let memory_freed = || observer.memory_freed();
    let detected = detect::run(&cx, &memory_freed).map_err(Error::query)?;
    let coverage = logs.result.coverage.clone();
    let times = logs.frames.times();
    let window = logs.window(&times);
    let mut report = Report {
        generated: now,
        notes: to_notes(notes::of_window(
            &logs.config,
            logs.selection,
            &coverage,
            &times,
            window.whole_archive,
        )),
        matrix: detect::coverage::matrix(&cx, &logs.listing, now),
        window,
        coverage,
        stories: detected.stories,
        findings: detected.findings,
        suppressed: detected.suppressed,
        summary: detected.summary,
        rules: notes::rules_applied(&logs.rules),
        ..Report::default()
    };
    observer.memory_freed();
    report.sessions = detect::sessions::rows_of_findings(&cx, &report.findings);
    let of_gaps = detect::coverage::notes(&report.matrix);
    report.notes.extend(of_gaps.into_iter().map(Note::of_gap));
    report.notes.extend(to_notes(notes::of_rules(&logs.rules, &logs.result)));
    report.notes.splice(0..0, to_notes(logs.notes.clone()));

    let state = request.state.as_deref();
    let run_record = previous_run::compare(state, &logs, &cx, now, &mut report, observer);
    drop(cx);
    if request.guardduty {
        guardduty::join(&request.logs, &logs, &mut report, observer);
    }
    Ok(Analysis { report, logs, run_record })
}

fn to_notes(texts: Vec<String>) -> Vec<Note> {
    texts.into_iter().map(Note::from).collect()
}
