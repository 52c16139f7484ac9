//! What a caller is told while an analysis runs.

use std::collections::BTreeSet;

use crate::source::discover::Missing;

/// Takes files and bytes that were read since the last call, from any thread. The scan has ended when it is
/// dropped.
pub type ScanProgress<'a> = Box<dyn Fn(u64, u64) + Sync + 'a>;

/// Told what goes on. Every method does nothing by default.
pub trait Observer: Sync {
    /// What is being done.
    fn status(&self, _text: &str) {}

    /// Something that the result suffers from; the analysis goes on.
    fn warning(&self, _text: &str) {}

    /// Calls that AWS denied. A warning with their names was given already.
    fn missing_permissions(&self, _missing: &BTreeSet<Missing>) {}

    /// Inputs of so many files and bytes are about to be read.
    fn scan(&self, _files: u64, _bytes: u64) -> ScanProgress<'_> {
        Box::new(|_, _| {})
    }

    /// Large tables were just freed, and the next phase makes others: a process that is short of memory may give it
    /// back to the system now. Called from any thread, a few times a run.
    fn memory_freed(&self) {}
}

/// Observes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {}
