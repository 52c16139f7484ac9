//! Shows on the terminal what an analysis is doing.

use std::collections::BTreeSet;

use crate::analysis::{Observer, ScanProgress};
use crate::plan::Needed;
use crate::source::discover::Missing;
use crate::ui::{Progress, Ui};

pub struct TerminalObserver {
    pub ui: Ui,
    pub release_memory: fn(),
}

impl Observer for TerminalObserver {
    fn status(&self, text: &str) {
        self.ui.status(text);
    }

    fn warning(&self, text: &str) {
        self.ui.warning(text);
    }

    /// Prints a policy that grants the missing permissions.
    fn missing_permissions(&self, missing: &BTreeSet<Missing>) {
        let mut needed = Needed::default();
        for Missing { action, resource } in missing {
            needed.add(&[action], resource);
        }
        self.ui.status("this IAM policy grants them:");
        let policy = serde_json::to_string_pretty(&needed.document()).unwrap_or_default();
        for line in policy.lines() {
            self.ui.status(line);
        }
    }

    fn scan(&self, files: u64, bytes: u64) -> ScanProgress<'_> {
        let progress = Progress::new(&self.ui, files, bytes);
        Box::new(move |files, bytes| progress.tick(files, bytes))
    }

    fn memory_freed(&self) {
        (self.release_memory)();
    }
}
