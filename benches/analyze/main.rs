//! Compares `incident analyze`, as a process, with `zcat` and with a lower limit of run time.
//!
//! The limit inflates and deserializes every record with the fastest maintained crates (libdeflate, sonic-rs) and does
//! nothing else: no deduplication, no identities, no rollups.
//!
//! `cargo bench` takes 200,000 events, and of the wide archive 2 million too; `cargo bench -- --memory` adds 2 and 10
//! million of both, for peak memory. `cargo bench -- --wide` measures the wide archive alone.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints its table and stops at the first failure"
)]

mod archive;
mod limit;
mod measure;
mod rules;
mod wide;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use archive::archive;
use measure::{Measured, best_of, run_measured};

const EVENTS: u64 = 200_000;
const RUNS: usize = 7;

fn main() {
    let has = |flag: &str| std::env::args().any(|a| a == flag);
    let memory = has("--memory");
    let wide: &[u64] = if memory { &[EVENTS, 2_000_000, 10_000_000] } else { &[EVENTS, 2_000_000] };
    println!("best of {RUNS} runs, {} threads", threads());
    println!(
        "{:<34} {:>9} {:>9} {:>11} {:>12} {:>10}",
        "", "seconds", "user", "of limit", "events/s", "peak MiB"
    );
    if has("--wide") {
        return wide::compare(wide);
    }
    compare("200,000 events, 2,000 a file", &archive("large-files", EVENTS, 2000));
    compare("32,000 events, 8 a file", &archive("small-files", 32_000, 8));
    rules::compare(&archive("large-files", EVENTS, 2000));
    wide::compare(wide);
    if memory {
        for events in [2_000_000, 10_000_000] {
            let folder = archive(&format!("memory-{events}"), events, 2000);
            let run = run_measured(analyze(&folder, &[]));
            row(&format!("incident analyze, {events} events"), &run, None, events);
        }
    }
}

fn compare(title: &str, folder: &Path) {
    let files = files(folder);
    println!("\n{title}: {} files", files.len());
    let mut events = 0;
    let limit = best_of(RUNS, || {
        let (seconds, folded) = limit::run(&files, threads());
        events = folded.events;
        Measured { seconds, ..Measured::default() }
    });
    row("limit: inflate + projection", &limit, None, events);
    let zcat = best_of(RUNS, || run_measured(zcat(folder)));
    row("zcat on two processes", &zcat, Some(&limit), events);
    let whole = best_of(RUNS, || run_measured(analyze(folder, &["--no-builtin"])));
    row("incident analyze without rules", &whole, Some(&limit), events);
    let ruled = best_of(RUNS, || run_measured(analyze(folder, &[])));
    row("incident analyze, whole process", &ruled, Some(&limit), events);
    println!(
        "{:<34} {:.2} x the limit, {:.2} x the time of zcat",
        "",
        ruled.seconds / limit.seconds,
        ruled.seconds / zcat.seconds
    );
}

fn row(name: &str, m: &Measured, limit: Option<&Measured>, events: u64) {
    let ratio = limit.map_or(String::new(), |l| format!("{:.2}", m.seconds / l.seconds));
    let peak = if m.peak_mib > 0.0 { format!("{:.0}", m.peak_mib) } else { String::new() };
    let user = if m.user_seconds > 0.0 { format!("{:.2}", m.user_seconds) } else { String::new() };
    println!(
        "{name:<34} {:>9.3} {user:>9} {ratio:>11} {:>12.0} {peak:>10}",
        m.seconds,
        events as f64 / m.seconds
    );
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn analyze(folder: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_incident"));
    command.args(["analyze", "--quiet"]).arg(folder).args(more).stdout(Stdio::null());
    command
}

fn zcat(folder: &Path) -> Command {
    let mut command = Command::new("sh");
    let script = "find \"$0\" -name '*.gz' -print0 | xargs -0 -P 2 -n 50 zcat";
    command.args(["-c", script]).arg(folder).stdout(Stdio::null());
    command
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|e| e.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    files.sort();
    files
}
