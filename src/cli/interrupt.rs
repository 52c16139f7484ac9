//! Ctrl-C while a run changes the account: says how the run goes on, and ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::exit::Exit;
use crate::ui::Ui;

/// Watches for Ctrl-C until it is dropped. A journal is complete after every line, so a run may end at any moment.
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// `goes_on` says how to go on: `incident resume CASE goes on`. Without signals to watch, Ctrl-C ends the process
    /// without a word.
    pub fn watch(ui: Ui, goes_on: String) -> Interrupt {
        let watching = Arc::new(AtomicBool::new(true));
        let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else {
            return Interrupt(watching);
        };
        let still = Arc::clone(&watching);
        thread::spawn(move || {
            for _ in signals.forever() {
                if still.load(Ordering::SeqCst) {
                    ui.error(&format!(
                        "interrupted: the changes made so far stay in force; {goes_on}"
                    ));
                }
                end();
            }
        });
        Interrupt(watching)
    }
}

#[expect(clippy::exit, reason = "the main thread may wait for AWS or for a hold")]
fn end() {
    std::process::exit(Exit::Incomplete as i32);
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}
