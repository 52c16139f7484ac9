//! What becomes of a download when one of its threads panics: nobody waits for what that thread was to deliver.

use std::thread;

use super::Download;

impl Download<'_> {
    /// Ends every wait: what a thread that panicked was to deliver or to release never comes.
    pub(in super::super) fn fail(&self) {
        self.lock().failed = true;
        self.work.notify_all();
        self.ready.notify_all();
        self.arrived.notify_all();
    }
}

/// Tells the others when its thread panics.
pub(super) struct FailOnPanic<'d, 'a>(pub &'d Download<'a>);

impl Drop for FailOnPanic<'_, '_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.fail();
        }
    }
}
