//! A progress bar for long reads, on stderr, only on a terminal.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::{Ui, number};

const TEMPLATE: &str =
    "  [{bar:24}] {bytes} of {total_bytes}, {files}, {binary_bytes_per_sec}, {eta} left";

/// Files and bytes done so far. Shared by reference between threads.
#[derive(Debug)]
pub struct Progress {
    /// `None` without a terminal: then every call is free.
    shown: Option<Shown>,
}

#[derive(Debug)]
struct Shown {
    bar: ProgressBar,
    files: Arc<AtomicU64>,
}

impl Progress {
    /// Draws nothing unless stderr is a terminal and `--quiet` was not given.
    pub fn new(ui: &Ui, total_files: u64, total_bytes: u64) -> Progress {
        let shown = ui.progress().then(|| {
            let target = ProgressDrawTarget::stderr();
            Shown::new(target, total_files, total_bytes)
        });
        Progress { shown }
    }

    /// Adds what was read since the last call. Cheap, and safe from any thread.
    pub fn tick(&self, files: u64, bytes: u64) {
        if let Some(shown) = &self.shown {
            shown.files.fetch_add(files, Ordering::Relaxed);
            shown.bar.inc(bytes);
        }
    }

    /// Removes the bar from the screen.
    pub fn finish(&self) {
        if let Some(shown) = &self.shown {
            shown.bar.finish_and_clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Shown {
    fn new(target: ProgressDrawTarget, total_files: u64, total_bytes: u64) -> Shown {
        let files = Arc::new(AtomicU64::new(0));
        let done = Arc::clone(&files);
        let write_files = move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
            let done = number::grouped(done.load(Ordering::Relaxed));
            let total = number::counted(total_files, "file", "files");
            // An error in drawing the bar must not stop the read.
            let _ = write!(out, "{done} of {total}");
        };
        let style = ProgressStyle::with_template(TEMPLATE)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("=> ")
            .with_key("files", write_files);
        let bar = ProgressBar::with_draw_target(Some(total_bytes), target).with_style(style);
        Shown { bar, files }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Flags;

    #[test]
    fn template_is_valid() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }

    #[test]
    fn no_bar_without_a_terminal_or_when_quiet() {
        let pipe = Ui::new(Flags::default());
        assert!(Progress::new(&pipe, 1, 1).shown.is_none());
        let quiet = Ui::new(Flags { quiet: true, stderr_terminal: true, ..Flags::default() });
        assert!(Progress::new(&quiet, 1, 1).shown.is_none());
    }

    #[test]
    fn ticks_from_threads_add_up() {
        let shown = Shown::new(ProgressDrawTarget::hidden(), 400, 4_000);
        let progress = Progress { shown: Some(shown) };
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..100).for_each(|_| progress.tick(1, 10)));
            }
        });
        let shown = progress.shown.as_ref().expect("was set above");
        assert_eq!(shown.bar.position(), 4_000);
        assert_eq!(shown.files.load(Ordering::Relaxed), 400);
        progress.finish();
    }
}
