//! Compares `incident analyze s3://…` with `aws s3 sync` followed by `incident analyze`, and a second run with the first.
//!
//! The server answers from memory, each answer after a round trip of S3 (10 milliseconds), so that network latency is
//! measured but not bandwidth. `aws` is the one on PATH, otherwise a pinned one in its own folder.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints its table and stops at the first failure"
)]

#[path = "../analyze/archive.rs"]
mod archive;
mod server;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use server::Server;

const BUCKET: &str = "bench-logs";
const AWSCLI: &str = "awscli==1.46.3";
const ROUND_TRIP: Duration = Duration::from_millis(10);
const RUNS: usize = 3;

fn main() {
    let aws = aws();
    scene(&aws, "small-files", 32_000, 8);
    scene(&aws, "busy-account", 2_000_000, 500);
}

/// Runs all variants over the logs of one account and prints the comparison.
fn scene(aws: &Path, name: &str, events: u64, per_file: u64) {
    let logs = archive::archive(name, events, per_file);
    let (server, objects) = Server::of(&logs, BUCKET, ROUND_TRIP);
    println!(
        "{events} events in {objects} objects, best of {RUNS} runs, each answer after {ROUND_TRIP:?}"
    );
    let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench").join("pull-work");
    let best =
        |run: &mut dyn FnMut() -> Duration| (0..RUNS).map(|_| run()).min().unwrap_or_default();
    let sync = best(&mut || {
        fresh(&work);
        let mut sync = command(aws);
        sync.args(["s3", "sync", "--quiet", &format!("s3://{BUCKET}/")]).arg(work.join("logs"));
        sync.args(["--endpoint-url", &server.url()]);
        let mut analyze = incident(&work);
        analyze.arg("analyze").arg(work.join("logs"));
        time(sync) + time(analyze)
    });
    row("aws s3 sync, then incident analyze", sync, sync);
    let without_state = best(&mut || {
        fresh(&work);
        time(pull(&server, &work, &["--no-state"]))
    });
    row("incident analyze s3://…, without state", without_state, sync);
    let first = best(&mut || {
        fresh(&work);
        time(pull(&server, &work, &[]))
    });
    row("incident analyze s3://…, first run", first, sync);
    let second = best(&mut || time(pull(&server, &work, &[])));
    row("incident analyze s3://…, second run", second, sync);
    println!(
        "second run: {:.1} x as fast as the first",
        first.as_secs_f64() / second.as_secs_f64()
    );
}

fn row(name: &str, took: Duration, sync: Duration) {
    let times = sync.as_secs_f64() / took.as_secs_f64();
    println!("{name:<40} {:>8.3} s {times:>8.1} x as fast", took.as_secs_f64());
}

fn fresh(folder: &Path) {
    if folder.exists() {
        fs::remove_dir_all(folder).expect("the work folder can be removed");
    }
    fs::create_dir_all(folder).expect("the work folder can be made");
}

fn pull(server: &Server, work: &Path, args: &[&str]) -> Command {
    let mut command = incident(work);
    command.args(["analyze", &format!("s3://{BUCKET}/"), "--endpoint-url", &server.url()]);
    command.args(args);
    command
}

fn incident(work: &Path) -> Command {
    let mut command = command(Path::new(env!("CARGO_BIN_EXE_incident")));
    command.env("XDG_STATE_HOME", work.join("state")).arg("--quiet");
    command
}

/// With invalid credentials.
fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "none"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ] {
        command.env(name, value);
    }
    command.stdout(Stdio::null());
    command
}

fn time(mut command: Command) -> Duration {
    let start = Instant::now();
    let status = command.status().expect("the program starts");
    assert!(status.success(), "{command:?} failed");
    start.elapsed()
}

fn aws() -> PathBuf {
    let mut version = Command::new("aws");
    version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    if version.status().is_ok_and(|status| status.success()) {
        return PathBuf::from("aws");
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench").join("awscli");
    let aws = folder.join("bin").join("aws");
    if !aws.exists() {
        let mut make = Command::new("python3");
        make.args(["-m", "venv"]).arg(&folder);
        time(make);
        let mut install = Command::new(folder.join("bin").join("pip"));
        install.args(["install", "--quiet", "--disable-pip-version-check", AWSCLI]);
        time(install);
    }
    aws
}
