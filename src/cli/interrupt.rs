//! Ctrl-C in a long run: a last word, and the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::exit::Exit;
use crate::ui::Ui;

/// Watches for Ctrl-C until it is dropped.
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// For a run that changes the account. A journal is complete after every line, so it may end at any moment. `goes_on`
    /// says how to go on: `incident resume CASE goes on`.
    pub fn watch(ui: Ui, goes_on: String) -> Interrupt {
        Interrupt::with(move || {
            ui.error(&format!("interrupted: the changes made so far stay in force; {goes_on}"));
            Exit::Incomplete
        })
    }

    /// `last_word` says what was done, and the exit code. Without signals to watch, Ctrl-C ends the process without a word.
    pub fn with(last_word: impl Fn() -> Exit + Send + 'static) -> Interrupt {
        let watching = Arc::new(AtomicBool::new(true));
        let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else {
            return Interrupt(watching);
        };
        let still = Arc::clone(&watching);
        thread::spawn(move || {
            for _ in signals.forever() {
                end(if still.load(Ordering::SeqCst) { last_word() } else { Exit::Incomplete });
            }
        });
        Interrupt(watching)
    }
}

#[expect(clippy::exit, reason = "the main thread may wait for AWS or for a hold")]
fn end(exit: Exit) {
    std::process::exit(exit as i32);
}

impl Drop for Interrupt {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}
