//! Tells a caller what an analysis is doing.

use std::collections::BTreeSet;

use crate::source::discover::Missing;

/// Takes files and bytes that were read since the last call, from any thread. The scan has ended when it is
/// dropped.
pub type ScanProgress<'a> = Box<dyn Fn(u64, u64) + Sync + 'a>;

/// Receives the progress of an analysis. Every method does nothing by default.
pub trait Observer: Sync {
    /// What the analysis is doing now.
    fn status(&self, _text: &str) {}

    /// A problem that makes the result worse; the analysis goes on.
    fn warning(&self, _text: &str) {}

    /// Calls that AWS denied. A warning has named them already.
    fn missing_permissions(&self, _missing: &BTreeSet<Missing>) {}

    /// The scan is about to read this many files and bytes.
    fn scan(&self, _files: u64, _bytes: u64) -> ScanProgress<'_> {
        Box::new(|_, _| {})
    }

    /// Large tables were just freed, and the next phase makes others: a process that is short of memory can return the
    /// freed memory to the system now. Called from any thread, a few times a run.
    fn memory_freed(&self) {}
}

/// Observes nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {}
