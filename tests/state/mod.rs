//! What is kept between runs: results are those of the logs, whatever was read when; nothing is fetched twice.

mod copies;
mod gone;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use walkdir::WalkDir;

use crate::support::Run;
use crate::support::aws::Rule;
use crate::support::aws::account::{LOGS, TRAIL_BUCKET};
use crate::support::logs::document;
use crate::support::pull::{Pull, gzip, noon};
use crate::support::run::sample_logs;

const WINDOW: [&str; 4] = ["--since", "2026-11-03", "--baseline", "8"];

/// Where each file of the sample logs lies in S3.
fn samples() -> Vec<(&'static str, String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in WalkDir::new(sample_logs()).sort_by_file_name() {
        let entry = entry.unwrap();
        if !entry.file_type().is_file() {
            continue;
        }
        let name = entry.path().strip_prefix(sample_logs()).unwrap().to_str().unwrap().to_string();
        let content = fs::read(entry.path()).unwrap();
        match name.strip_prefix("s3-access-logs/") {
            Some(name) => files.push((LOGS, format!("access/{name}"), content)),
            None => files.push((TRAIL_BUCKET, name, content)),
        }
    }
    assert!(files.len() > 50);
    files
}

struct Scene(Pull);

impl Scene {
    fn new() -> Scene {
        Scene(Pull::new())
    }

    fn whole() -> Scene {
        let scene = Scene::new();
        scene.put(&samples());
        scene
    }

    fn put(&self, files: &[(&'static str, String, Vec<u8>)]) {
        for (bucket, key, content) in files {
            self.0.put(bucket, key, content);
        }
    }

    fn run(&self, args: &[&str]) -> Run {
        let trail = format!("s3://{TRAIL_BUCKET}/");
        let access = format!("s3://{LOGS}/access/");
        let mut all = vec!["analyze", &trail, &access, "--format", "json"];
        all.extend(args);
        self.0.proxy.clear_log();
        self.0.run(&all)
    }

    fn kept(&self, window: &[&str]) -> Run {
        self.run(&[window, &["--state", "state"]].concat())
    }

    fn keep(&self) {
        assert_eq!(self.kept(&WINDOW).code, 0);
    }

    fn of_logs(&self, window: &[&str]) -> Run {
        self.run(&[window, &["--no-state"]].concat())
    }

    /// Objects that were fetched whole by the last run.
    fn fetched(&self) -> usize {
        let log = self.0.proxy.log();
        log.iter().filter(|e| e.name() == "s3:GetObject" && e.status == 200).count()
    }

    fn state(&self, args: &[&str]) -> Run {
        let args = [&["state"], args, &["--state", "state"]].concat();
        self.0.env.run(&args)
    }

    /// Files of the state with this name.
    fn files(&self, name: &str) -> Vec<PathBuf> {
        let entries = WalkDir::new(self.0.env.path("state")).sort_by_file_name();
        let paths = entries.into_iter().map(|e| e.unwrap().into_path());
        paths.filter(|path| path.ends_with(name)).collect()
    }
}

/// Without what only those have who keep something.
fn without_change(report: &str) -> String {
    let (before, rest) = report.split_once("\n  \"change\": ").unwrap_or((report, ""));
    let (_, after) = rest.split_once("\n  \"notes\": ").unwrap_or_default();
    [before, after].concat()
}

#[track_caller]
fn same(kept: &Run, logs: &Run) {
    assert!(logs.code == 0 || logs.code == 3, "{}", logs.stderr);
    assert_eq!(kept.code, logs.code, "{}", kept.stderr);
    let (kept, logs) = (without_change(&kept.stdout), without_change(&logs.stdout));
    if kept != logs {
        let mut lines = kept.lines().zip(logs.lines());
        panic!("kept, and from the logs: {:#?}", lines.find(|(kept, logs)| kept != logs));
    }
}

#[test]
fn results_are_those_of_the_logs_and_nothing_is_fetched_twice() {
    let scene = Scene::whole();
    let logs = scene.of_logs(&WINDOW);
    let json: serde_json::Value = serde_json::from_str(&logs.stdout).unwrap();
    assert!(json["stories"].as_array().unwrap().len() == 1, "{}", json["stories"]);
    assert!(!scene.0.env.path("state").exists());
    let first = scene.kept(&WINDOW);
    same(&first, &logs);
    assert!(scene.fetched() > 50);
    let second = scene.kept(&WINDOW);
    same(&second, &logs);
    assert_eq!(scene.fetched(), 0);
    // Other windows, of which some begin before what was read.
    for window in [
        &["--since", "2026-11-05", "--baseline", "3"][..],
        &["--since", "2026-11-09", "--baseline", "30"],
        &["--since", "2026-10-20", "--baseline", "0"],
        &[],
    ] {
        same(&scene.kept(window), &scene.of_logs(window));
    }
}

#[test]
fn late_files_are_read_and_results_do_not_depend_on_when_they_came() {
    let files = samples();
    let scene = Scene::new();
    // Every third file comes in a later delivery; copies of events too.
    for part in 0..3 {
        let come: Vec<_> = files
            .iter()
            .enumerate()
            .filter(|(n, _)| n % 3 == part)
            .map(|(_, f)| f.clone())
            .collect();
        scene.put(&come);
        if part == 1 {
            let (bucket, key, content) = &come[5];
            scene.0.put(bucket, &format!("{}-again.json.gz", &key[..key.len() - 8]), content);
        }
        let kept = scene.kept(&WINDOW);
        let fetched = scene.fetched();
        assert!((1..=files.len() / 3 + 2).contains(&fetched), "{fetched}");
        same(&kept, &scene.of_logs(&WINDOW));
    }
    assert_eq!(scene.files("batch.json").len(), 3);
}

#[test]
fn a_window_that_grows_backwards_finds_copies_that_were_counted_before() {
    let pull = Pull::new();
    let put = |day: u32, name: &str, events: &[u64]| {
        let records: Vec<_> = events.iter().map(|n| noon(5, *n)).collect();
        let key =
            format!("AWSLogs/123456789012/CloudTrail/us-east-1/2026/11/{day:02}/{name}.json.gz");
        pull.put(TRAIL_BUCKET, &key, &gzip(&document(&records)));
    };
    put(5, "a", &[1, 2, 3]);
    put(6, "b", &[3, 4]);
    let scene = Scene(pull);
    let late = ["--since", "2026-11-07", "--baseline", "0"];
    let early = ["--since", "2026-11-04", "--baseline", "0"];
    for window in [late, early, late] {
        same(&scene.kept(&window), &scene.of_logs(&window));
    }
}

#[test]
fn a_run_that_is_killed_loses_a_batch_at_most() {
    let pull = Pull::new();
    for n in 0..1_300 {
        let day = 2 + (n % 8) as u32;
        let date = format!("2026/11/{day:02}");
        let key = format!("AWSLogs/123456789012/CloudTrail/us-east-1/{date}/{n:05}.json.gz");
        pull.put(TRAIL_BUCKET, &key, &gzip(&document(&[noon(day, n), noon(5, 5_000 + n / 2)])));
    }
    let scene = Scene(pull);
    let killer = scene.0.killer();
    scene.0.proxy.rule(Rule::on("s3:GetObject").nth(1_150).before(move |_| killer.kill()));
    let (trail, access) = (format!("s3://{TRAIL_BUCKET}/"), format!("s3://{LOGS}/access/"));
    let args = [&["analyze", &trail, &access, "--state", "state"], &WINDOW[..]].concat();
    assert!(scene.0.run_killed(&args), "it ended before");
    scene.0.proxy.clear_rules();
    let kept = scene.kept(&WINDOW);
    assert_eq!(scene.fetched(), 300, "{}", kept.stderr);
    same(&kept, &scene.of_logs(&WINDOW));
    assert_eq!(scene.state(&["verify"]).code, 0);
}

#[test]
fn what_could_not_be_read_is_asked_for_again() {
    let scene = Scene::whole();
    let n = AtomicUsize::new(0);
    scene.0.proxy.rule(
        Rule::when(move |e| {
            e.name() == "s3:GetObject" && n.fetch_add(1, Ordering::SeqCst) % 5 == 4
        })
        .fail("AccessDenied"),
    );
    let first = scene.kept(&WINDOW);
    assert_eq!(first.code, 3);
    assert!(first.stdout.contains("permission-denied"));
    scene.0.proxy.clear_rules();
    let second = scene.kept(&WINDOW);
    assert!((5..20).contains(&scene.fetched()), "{}", scene.fetched());
    same(&second, &scene.of_logs(&WINDOW));
}

#[test]
fn what_is_damaged_on_disk_is_named_and_read_again() {
    let scene = Scene::whole();
    scene.keep();
    assert_eq!(scene.state(&["verify"]).code, 0);
    for name in ["activity.parquet", "events.parquet", "logs.parquet", "batch.json"] {
        let path = scene.files(name).pop().unwrap();
        let mut content = fs::read(&path).unwrap();
        let middle = content.len() / 2;
        content[middle] ^= 1;
        if name == "batch.json" {
            content.truncate(middle);
        }
        fs::write(&path, content).unwrap();
        let verify = scene.state(&["verify"]);
        assert_eq!(verify.code, 3, "{name}: {}", verify.stdout);
        assert!(verify.stdout.contains("DAMAGED"), "{}", verify.stdout);
        let kept = scene.kept(&[&WINDOW[..], &["--threads", "3"]].concat());
        same(&kept, &scene.of_logs(&WINDOW));
        if name != "events.parquet" {
            assert!(kept.stderr.contains("its logs were read again"), "{name}: {}", kept.stderr);
            assert!(scene.fetched() > 50);
        }
        assert_eq!(scene.state(&["prune", "--keep", "36500"]).code, 0);
        assert_eq!(scene.state(&["verify"]).code, 0);
        scene.keep();
    }
}

#[test]
fn times_that_are_no_whole_days_are_read_from_the_logs() {
    let scene = Scene::whole();
    let run = scene.kept(&["--since", "2026-11-03T10:00:00Z"]);
    assert!(run.stderr.contains("the state is not used"), "{}", run.stderr);
    let run = scene.kept(&["--since", "2026-11-03", "--until", "2026-11-08"]);
    assert!(run.stderr.contains("the state is not used"), "{}", run.stderr);
    assert!(!scene.0.env.path("state").exists());
}

#[test]
fn other_rules_and_other_logs_are_kept_apart() {
    let scene = Scene::whole();
    scene.keep();
    let detectors = scene.kept(&[&WINDOW[..], &["--no-builtin"]].concat());
    assert!(scene.fetched() > 50);
    same(&detectors, &scene.of_logs(&[&WINDOW[..], &["--no-builtin"]].concat()));
    let region = scene.kept(&[&WINDOW[..], &["--log-region", "eu-west-1"]].concat());
    same(&region, &scene.of_logs(&[&WINDOW[..], &["--log-region", "eu-west-1"]].concat()));
    let shown = scene.state(&["show"]).stdout;
    assert_eq!(shown.matches("  batch-000001  written ").count(), 3, "{shown}");
    assert!(shown.contains("region eu-west-1") && shown.contains(TRAIL_BUCKET), "{shown}");
    // NOW is the 21st: what ended before the 11th goes.
    let pruned = scene.state(&["prune", "--keep", "10", "--now", crate::support::run::NOW]);
    assert!(pruned.stdout.contains("removed 3 batches"), "{}", pruned.stdout);
    assert!(scene.state(&["show"]).stdout.contains("the state is empty"));
}

#[test]
fn one_run_at_a_time_writes() {
    let scene = Scene::whole();
    scene.keep();
    let lock = fs::File::open(scene.0.env.path("state/lock")).unwrap();
    lock.lock().unwrap();
    let run = scene.kept(&WINDOW);
    assert_eq!(run.code, 1);
    assert!(
        run.stderr.contains("another incident process is using")
            && run.stderr.contains("--no-state")
    );
    drop(lock);
    assert_eq!(scene.kept(&WINDOW).code, 0);
}

#[test]
fn a_folder_of_other_things_is_left_alone() {
    let scene = Scene::whole();
    scene.0.env.write("state/letter.txt", "dear");
    let run = scene.kept(&WINDOW);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("not a state folder"), "{}", run.stderr);
    assert_eq!(fs::read_dir(scene.0.env.path("state")).unwrap().count(), 1);
    assert_eq!(scene.state(&["prune"]).code, 1);
    assert_eq!(scene.state(&["show"]).code, 1);
}

#[cfg(unix)]
#[test]
fn nobody_else_reads_what_is_kept() {
    use std::os::unix::fs::PermissionsExt;
    let scene = Scene::whole();
    scene.keep();
    let root: &Path = &scene.0.env.path("state");
    for entry in WalkDir::new(root) {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        let wanted = if entry.file_type().is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, wanted, "{}", entry.path().display());
    }
}

#[test]
fn correlations_count_what_came_on_different_days_and_in_different_runs() {
    let fixtures = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/rules/credential-access/secrets_refused_in_bulk.fixtures.json"
    );
    let fixtures: serde_json::Value = serde_json::from_slice(&fs::read(fixtures).unwrap()).unwrap();
    let mut records = fixtures["fires"][0].as_array().unwrap().clone();
    // Ten in ten minutes, over midnight.
    for (n, record) in records.iter_mut().enumerate() {
        let time = if n < 5 {
            format!("2026-11-05T23:59:{n:02}Z")
        } else {
            format!("2026-11-06T00:00:{n:02}Z")
        };
        record["eventTime"] = time.into();
    }
    assert!((10..15).contains(&records.len()), "{}", records.len());
    let scene = Scene::new();
    for (n, record) in records.iter().enumerate() {
        let day = if n < 5 { 5 } else { 6 };
        let key = format!("AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/{day:02}/{n}.json.gz");
        scene.0.put(TRAIL_BUCKET, &key, &gzip(&document(std::slice::from_ref(record))));
        if n % 3 == 2 {
            scene.keep();
        }
    }
    let kept = scene.kept(&WINDOW);
    assert!(kept.stdout.contains("One principal was refused many secrets"), "{}", kept.stdout);
    same(&kept, &scene.of_logs(&WINDOW));
}

#[test]
fn whole_days_of_the_event_history_are_asked_for_once() {
    let pull = Pull::new();
    let event = |n: u64| noon(14 + (n % 7) as u32, n);
    pull.regions.add("us-east-1", (0..700).map(event));
    let run = |args: &[&str]| {
        let window = ["--since", "2026-11-14", "--baseline", "0", "--source", "event-history"];
        pull.proxy.clear_log();
        let run = pull.run(&[&["analyze", "--format", "json"], &window[..], args].concat());
        let log = pull.proxy.log();
        (run, log.iter().filter(|e| e.name() == "cloudtrail:LookupEvents").count())
    };
    let (logs, asked) = run(&["--no-state"]);
    assert!(asked >= 14, "{asked}");
    let (first, _) = run(&["--state", "state"]);
    same(&first, &logs);
    let (second, asked) = run(&["--state", "state"]);
    same(&second, &logs);
    // A look at each region, and the day that is not settled.
    assert!(asked <= 5, "{asked}");
}
