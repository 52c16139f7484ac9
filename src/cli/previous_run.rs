//! An analysis of logs at AWS is compared with the one before it.

use std::path::PathBuf;

use super::context::Cx;
use super::incremental;
use crate::cli::commands::state::StateArgs;
use crate::detect;
use crate::detect::change::{Run, change};
use crate::finding::change::Before;
use crate::finding::seen::Seen;
use crate::report::Report;
use crate::state::{read_previous_run, write_previous_run};

/// What this run saw, until its report has been written.
pub struct PreviousRun {
    root: PathBuf,
    logs: String,
    seen: Seen,
}

impl PreviousRun {
    /// Puts the change since the last run into the report; `None` where nothing is kept: of logs of this
    /// machine, and of a window that is not the days up to now.
    pub fn compare(
        cx: &Cx,
        args: &StateArgs,
        logs: String,
        rules: String,
        detecting: &detect::Cx<'_>,
        report: &mut Report,
    ) -> Option<PreviousRun> {
        let comparable = !logs.is_empty() && incremental::by_days(detecting.selection);
        let root = args.folder().filter(|_| comparable)?;
        let incomplete = report.incomplete();
        let run = Run { now: cx.clock.now(), rules, incomplete, findings: &report.findings };
        let length = run.length_name(detecting.selection);
        let before = match read_previous_run(&root, &logs, &length) {
            Ok(None) => Before::None,
            Ok(Some(seen)) => Before::Run(Box::new(seen)),
            Err(e) => {
                cx.ui.warning(&format!("what the last run saw is not used: {e}"));
                Before::Unreadable(e.to_string())
            }
        };
        let (seen, change) = change(detecting, run, &before);
        report.change = Some(change);
        Some(PreviousRun { root, logs, seen })
    }

    /// Keeps it for the next run. To be called when the report is where it was wanted: news that nobody was told
    /// are news the next time. A failure is said and changes nothing else.
    pub fn keep(self, cx: &Cx) {
        if let Err(e) = write_previous_run(&self.root, &self.logs, self.seen) {
            cx.ui.warning(&format!("the next run will be compared with an earlier one: {e}"));
        }
    }
}
