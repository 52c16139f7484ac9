//! Compares an analysis of logs at AWS with the one before it.

use std::path::{Path, PathBuf};

use super::incremental::is_whole_days;
use super::{Error, Observer, ScannedLogs};
use crate::clock::Millis;
use crate::detect;
use crate::detect::change::{Run, change};
use crate::finding::change::Before;
use crate::finding::seen::Seen;
use crate::report::model::Report;
use crate::state::{read_previous_run, write_previous_run};

/// What this run saw, for the next run to be compared with.
pub struct RunRecord {
    root: PathBuf,
    source: String,
    seen: Seen,
}

/// Adds the change since the previous run to the report. `None` without a state folder, for local logs, and for a
/// window that does not consist of the days up to now.
pub(super) fn compare(
    state: Option<&Path>,
    logs: &ScannedLogs,
    cx: &detect::Cx<'_>,
    now: Millis,
    report: &mut Report,
    observer: &dyn Observer,
) -> Option<RunRecord> {
    let comparable = !logs.source.is_empty() && is_whole_days(logs.selection);
    let root = state.filter(|_| comparable)?.to_path_buf();
    let (rules, incomplete) = (logs.rules_digest.clone(), report.incomplete());
    let run = Run { now, rules, incomplete, findings: &report.findings };
    let length = run.length_name(logs.selection);
    let before = match read_previous_run(&root, &logs.source, &length) {
        Ok(None) => Before::None,
        Ok(Some(seen)) => Before::Run(Box::new(seen)),
        Err(e) => {
            observer.warning(&format!("not compared with the previous run: {e}"));
            Before::Unreadable(e.to_string())
        }
    };
    let (seen, change) = change(cx, run, &before);
    report.change = Some(change);
    Some(RunRecord { root, source: logs.source.clone(), seen })
}

impl RunRecord {
    /// Saves it for the next run. Call it after the report was delivered: a finding that nobody has read yet is still
    /// new in the next run.
    ///
    /// # Errors
    /// When it cannot be written. The next run is then compared with an earlier one.
    pub fn save(&self) -> Result<(), Error> {
        Ok(write_previous_run(&self.root, &self.source, self.seen.clone())?)
    }
}
