//! `incident status --watch`: prints what is new after each reading, and a summary at the end.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::interrupt::Interrupt;
use crate::cli::output;
use crate::execute::{Watch, WatchError};
use crate::report::changes::watch::{Seen, Watched, line};

/// Watches for so long, or until Ctrl-C; either ends with the summary. `every` is the pause between two readings.
///
/// # Errors
/// When there is nothing to watch, or AWS refuses a reading.
pub fn run(
    cx: &Cx,
    time: Option<Duration>,
    every: Duration,
    watch: Result<Watch<'_>, WatchError>,
) -> Result<Exit, CommandError> {
    let mut watch = watch.map_err(refused)?;
    let until = time.map(|time| Instant::now() + time);
    let seen = Arc::new(Mutex::new(Seen::default()));
    let watched =
        Watched { who: watch.identities(), regions: watch.regions(), since: watch.since() };
    let _interrupt = Interrupt::with({
        let (ui, seen, watched) = (cx.ui, Arc::clone(&seen), watched.clone());
        move || {
            let seen = *lock(&seen);
            // The terminal may be gone, and the exit code says the same.
            _ = output::lines(&ui, watched.summary(&seen));
            exit(&seen)
        }
    });
    loop {
        for activity in watch.poll().map_err(refused)? {
            lock(&seen).add(&activity);
            output::lines(&cx.ui, [line(&activity)])?;
        }
        lock(&seen).readings += 1;
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            let seen = *lock(&seen);
            output::lines(&cx.ui, watched.summary(&seen))?;
            return Ok(exit(&seen));
        }
        std::thread::sleep(left.map_or(every, |left| left.min(every)));
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Without a reading, nobody knows.
fn exit(seen: &Seen) -> Exit {
    match (seen.calls, seen.readings) {
        (0, 0) => Exit::Incomplete,
        (0, _) => Exit::Done,
        _ => Exit::Contested,
    }
}

fn refused(e: WatchError) -> CommandError {
    match e {
        WatchError::Api(e) => CommandError::failed(e.to_string()),
        why => CommandError::with(Exit::Refused, format!("refused: {why}")),
    }
}
