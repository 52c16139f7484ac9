//! `incident collect`: raw objects into a case, whatever happens on the way.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::aws::account::{DATA, LOGS, TRAIL_BUCKET};
use crate::support::aws::{Action, Rule};
use crate::support::digests::{BUCKET, Export, Signer, Trail};
use crate::support::logs::{access_line, document};
use crate::support::pull::{Pull, days, gzip, noon, put};

const CASE: &str = "the-case";

fn collect<'a>(window: &'a [String], args: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec!["collect", "--case", CASE];
    all.extend(window.iter().map(String::as_str));
    all.extend(args);
    all
}

/// The lines of `objects.jsonl` by key, each checked against the file that it names.
fn kept(case: &Path) -> BTreeMap<String, Value> {
    let text = fs::read_to_string(case.join("evidence/objects.jsonl")).unwrap();
    let mut kept = BTreeMap::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let file = line["file"].as_str().unwrap();
        assert!(file.starts_with("s3/") && !file.contains(".."), "{file}");
        let bytes =
            fs::read(case.join("evidence").join(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
        let hash: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(
            (line["sha256"].as_str(), line["size"].as_u64()),
            (Some(hash.as_str()), Some(bytes.len() as u64))
        );
        let twice = kept.insert(line["key"].as_str().unwrap().to_string(), line.clone());
        assert_eq!(twice, None, "two lines");
    }
    kept
}

#[track_caller]
fn verified(pull: &Pull) {
    let run = pull.env.run(&["case", "verify", CASE]);
    assert_eq!(
        (run.code, run.stdout.contains("VERIFIED:")),
        (0, true),
        "{}{}",
        run.stdout,
        run.stderr
    );
}

/// The manifest fits, whatever is to be said of digests.
#[track_caller]
fn listed(pull: &Pull) {
    let run = pull.env.run(&["verify", CASE, "--format", "json"]);
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(document["case"]["verdict"], "valid", "{}", run.stdout);
}

#[test]
fn what_was_collected_is_verified_as_cloudtrail_signed_it() {
    let pull = Pull::new();
    let aws = &pull.account.aws;
    aws.call("s3", "create_bucket", json!({"Bucket": BUCKET}));
    let mut export = Export::new(pull.env.path("export"));
    export.deliver(&mut Trail::new(&Signer::one()), 0..5);
    for object in &export.objects {
        let key = object["key"].as_str().unwrap();
        put(aws, BUCKET, key, &fs::read(export.path(key)).unwrap(), object["metadata"].clone());
    }
    pull.regions.add_keys("us-east-1", &Signer::one().answer("us-east-1"));
    let window = days(1, 1);
    let run = pull.run(&collect(&window, &["--bucket", BUCKET, "--prefix", "AWSLogs/"]));
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let head = run.stderr.split("journal head ").nth(1).and_then(|t| t.split(';').next());
    let head = head.unwrap_or_else(|| panic!("{}", run.stderr)).to_string();
    let run = pull.env.run(&["verify", CASE, "--head", &head]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    for says in ["5 digests: all signed", "10 log files: all valid", "VERIFIED"] {
        assert!(run.stdout.contains(says), "no '{says}' in {}", run.stdout);
    }
    // A member is appended to a log, and another one goes.
    let mut logs = kept(&pull.env.path(CASE)).into_values();
    let mut log = || {
        let of_trail = |line: &Value| line["key"].as_str().unwrap().contains("/CloudTrail/");
        let line = logs.find(of_trail).unwrap();
        pull.env.path(CASE).join("evidence").join(line["file"].as_str().unwrap())
    };
    let (longer, removed) = (log(), log());
    let mut content = fs::read(&longer).unwrap();
    content.extend(gzip(b"{\"Records\":[]}"));
    fs::write(&longer, content).unwrap();
    fs::remove_file(&removed).unwrap();
    let run = pull.env.run(&["verify", CASE]);
    assert_eq!(run.code, 1, "{}", run.stdout);
    for file in [longer, removed] {
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(run.stdout.contains(name), "{name} is not named: {}", run.stdout);
    }
}

#[test]
fn a_window_is_kept_as_it_lies_at_aws() {
    let pull = Pull::new();
    pull.log_access("data-");
    let trail: Vec<String> =
        (1..=6).map(|day| pull.trail_file("us-east-1", day, u64::from(day))).collect();
    let digest = pull.digest("us-east-1", 4);
    pull.regions.add_keys("us-east-1", &Signer::one().answer("us-east-1"));
    let log = "data-2026-11-04-00-00-00-0000000000000001";
    pull.put(LOGS, log, access_line(1, 26).as_bytes());
    let window = days(4, 4);
    let run = pull.run(&collect(&window, &[]));
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("5 objects new in evidence/s3"), "{}", run.stdout);
    assert_eq!(pull.proxy.mutating(), Vec::<String>::new());
    let case = pull.env.path(CASE);
    let lines = kept(&case);
    let keys: Vec<&String> = lines.keys().collect();
    assert_eq!(keys, [&digest, &trail[2], &trail[3], &trail[4], &log.to_string()]);
    assert_eq!(lines[&digest]["metadata"]["signature"], "00ff");
    assert_eq!(lines[&digest]["file"], format!("s3/{TRAIL_BUCKET}/{digest}"));
    let keys = fs::read(case.join("evidence/cloudtrail-public-keys-us-east-1.json")).unwrap();
    let keys: Value = serde_json::from_slice(&keys).unwrap();
    assert_eq!(keys["Region"], "us-east-1");
    let answer = Signer::one().answer("us-east-1");
    for name in ["Value", "Fingerprint"] {
        assert_eq!(keys["PublicKeyList"][0][name], answer["PublicKeyList"][0][name]);
    }
    let index = fs::read_to_string(case.join("evidence/index.jsonl")).unwrap();
    assert!(index.contains("cloudtrail:DescribeTrails"), "the raw answer is kept too");
    listed(&pull);
    only_the_owner_can_read(&case);

    // The same once more: nothing is fetched. A day more: that day is.
    pull.proxy.clear_log();
    let fetched = |pull: &Pull| {
        pull.proxy.log().iter().filter(|e| e.status == 200 && e.name() == "s3:GetObject").count()
    };
    let again = pull.run(&collect(&window, &[]));
    assert_eq!((again.code, fetched(&pull)), (0, 0), "{}", again.stderr);
    let more = days(4, 5);
    let run = pull.run(&collect(&more, &[]));
    assert_eq!((run.code, fetched(&pull)), (0, 1), "{}", run.stderr);
    listed(&pull);
    // What was kept is what an analysis reads.
    let analysis = pull.env.analyze(&["the-case/evidence/s3"]);
    assert_eq!(
        analysis.account(),
        "6 found, 5 read, 1 digest; 5 records, 5 decoded, 1 no event: digest"
    );
}

#[cfg(unix)]
fn only_the_owner_can_read(case: &Path) {
    use std::os::unix::fs::PermissionsExt;
    for entry in walkdir::WalkDir::new(case) {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        let expected = if entry.file_type().is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, expected, "{}", entry.path().display());
    }
}

#[cfg(not(unix))]
fn only_the_owner_can_read(_: &Path) {}

#[test]
fn a_run_that_is_killed_again_and_again_ends_whole() {
    let pull = Pull::new();
    for n in 0..60 {
        pull.trail_file("us-east-1", 4, n);
    }
    let window = days(4, 4);
    let args = collect(&window, &["--source", "trail"]);
    for after in [1, 4, 9, 14] {
        pull.proxy.clear_rules();
        let killer = pull.killer();
        // Slowly enough that the writers are at work when it comes.
        pull.proxy.rule(Rule::on("s3:GetObject").delay(std::time::Duration::from_millis(4)));
        pull.proxy.rule(Rule::on("s3:GetObject").nth(after + 3).after(move |_| killer.kill()));
        assert!(pull.run_killed(&args), "it ended before it was killed");
        // What has a name is whole.
        let case = pull.env.path(CASE);
        let files = walkdir::WalkDir::new(case.join("evidence/s3")).into_iter().flatten();
        for file in files
            .filter(|f| f.file_type().is_file() && !f.path().to_string_lossy().contains(".partial"))
        {
            assert!(fs::read(file.path()).unwrap().starts_with(&[0x1f, 0x8b]));
        }
    }
    pull.proxy.clear_rules();
    pull.proxy.clear_log();
    let run = pull.run(&args);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let case = pull.env.path(CASE);
    assert_eq!(kept(&case).len(), 60);
    assert!(pull.fetched().len() < 60, "what was whole was fetched again");
    verified(&pull);
    let analysis = pull.env.analyze(&["the-case/evidence/s3"]);
    assert_eq!(analysis.account(), "60 found, 60 read; 60 records, 60 decoded");
}

#[test]
fn keys_are_hostile_text() {
    let pull = Pull::new();
    let long = "k".repeat(900);
    let keys = [
        "../../../outside.json",
        "/absolute.json",
        "a/../b.json",
        "A/x.json",
        "a/x.json",
        "a/X.json",
        "a/x.json/y.json",
        "nul.json",
        "c:\\x.json",
        "d/\u{1}\u{1b}[2J.json",
        "e//f.json",
        "g%2fh i+j.json",
        "ü/\u{202e}.json",
        &long,
    ];
    for (n, key) in keys.iter().enumerate() {
        pull.put(DATA, &format!("in/{key}"), &document(&[noon(4, n as u64)]));
    }
    let window = days(4, 4);
    let before = tree(&pull.env.path(".."));
    let run = pull.run(&collect(&window, &["--bucket", DATA, "--prefix", "in/"]));
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let lines = kept(&pull.env.path(CASE));
    assert_eq!(lines.len(), keys.len());
    assert!(keys.iter().all(|key| lines.contains_key(&format!("in/{key}"))), "{:?}", lines.keys());
    let folded: std::collections::BTreeSet<String> =
        lines.values().map(|l| l["file"].as_str().unwrap().to_lowercase()).collect();
    assert_eq!(folded.len(), keys.len(), "two would be one where case does not count");
    let outside = |name: &String| !name.contains(CASE);
    let after: Vec<String> = tree(&pull.env.path("..")).into_iter().filter(outside).collect();
    assert_eq!(after, before);
    assert!(!run.stdout.contains('\u{1b}') && !run.stderr.contains('\u{1b}'));
    verified(&pull);
}

fn tree(root: &Path) -> Vec<String> {
    let mut names: Vec<String> = walkdir::WalkDir::new(root)
        .into_iter()
        .flatten()
        .map(|e| e.path().display().to_string())
        .collect();
    names.sort();
    names
}

#[test]
fn the_size_is_bounded_and_what_is_left_out_is_said() {
    let pull = Pull::new();
    for n in 0..5 {
        pull.put(DATA, &format!("in/{n}.json"), &vec![b' '; 1_000]);
    }
    let window = days(4, 4);
    let args = collect(&window, &["--bucket", DATA, "--prefix", "in/", "--max-size", "3500"]);
    for _ in 0..2 {
        let run = pull.run(&args);
        assert_eq!(run.code, 3, "{}", run.stderr);
        assert!(run.stdout.contains("2 objects, 2.0 KiB, over the limit"), "{}", run.stdout);
        assert_eq!(kept(&pull.env.path(CASE)).len(), 3);
        verified(&pull);
    }
    let args = collect(&window, &["--bucket", DATA, "--prefix", "in/", "--max-size", "1MiB"]);
    assert_eq!(pull.run(&args).code, 0);
    assert_eq!(kept(&pull.env.path(CASE)).len(), 5);
    verified(&pull);
}

#[test]
fn what_did_not_come_is_named_and_comes_with_the_next_run() {
    let pull = Pull::new();
    let keys: Vec<String> = (0..12).map(|n| pull.trail_file("us-east-1", 4, n)).collect();
    let gone = keys[5].clone();
    let n = AtomicUsize::new(0);
    pull.proxy.rule(Rule::on("s3:GetObject").decide(
        move |e| match n.fetch_add(1, Ordering::SeqCst) {
            _ if crate::support::aws::calls::decoded(e.path()).ends_with(&gone) => {
                Action::Fail { status: 403, code: "AccessDenied".into() }
            }
            n if n % 3 == 0 => Action::CutBody(90),
            _ => Action::Pass,
        },
    ));
    let window = days(4, 4);
    let args = collect(&window, &["--source", "trail"]);
    let run = pull.run(&args);
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert!(run.stdout.contains(&keys[5]) && run.stdout.contains("AccessDenied"), "{}", run.stdout);
    assert_eq!(kept(&pull.env.path(CASE)).len(), 11);
    verified(&pull);
    pull.proxy.clear_rules();
    let run = pull.run(&args);
    assert_eq!((run.code, kept(&pull.env.path(CASE)).len()), (0, 12), "{}", run.stdout);
    verified(&pull);
}

#[test]
fn an_object_that_was_replaced_is_kept_beside_the_one_that_was_there() {
    let pull = Pull::new();
    pull.put(DATA, "in/k.json", b"first");
    let window = days(4, 4);
    let args = collect(&window, &["--bucket", DATA, "--prefix", "in/"]);
    assert_eq!(pull.run(&args).code, 0);
    pull.put(DATA, "in/k.json", b"other");
    assert_eq!(pull.run(&args).code, 0);
    let text = fs::read_to_string(pull.env.path(CASE).join("evidence/objects.jsonl")).unwrap();
    let bodies: Vec<Vec<u8>> = text
        .lines()
        .map(|l| serde_json::from_str::<Value>(l).unwrap())
        .map(|l| {
            fs::read(pull.env.path(CASE).join("evidence").join(l["file"].as_str().unwrap()))
                .unwrap()
        })
        .collect();
    assert_eq!(bodies, [b"first", b"other"]);
    verified(&pull);
}

#[test]
fn versions_of_a_bucket_are_named() {
    let pull = Pull::new();
    let on = json!({"Bucket": DATA, "VersioningConfiguration": {"Status": "Enabled"}});
    pull.account.aws.call("s3", "put_bucket_versioning", on);
    put(&pull.account.aws, DATA, "in/v.json", b"{}", json!({"owner": "acme"}));
    let window = days(4, 4);
    assert_eq!(pull.run(&collect(&window, &["--bucket", DATA, "--prefix", "in/"])).code, 0);
    let line = &kept(&pull.env.path(CASE))["in/v.json"];
    assert!(line["version_id"].as_str().is_some_and(|v| v.len() > 8), "{line}");
    assert_eq!(line["metadata"], json!({"owner": "acme"}));
}

#[test]
fn late_files_of_days_that_were_collected_come_with_the_next_run() {
    let pull = Pull::new();
    pull.trail_file("us-east-1", 4, 50);
    let window = days(4, 4);
    let args = collect(&window, &["--source", "trail"]);
    assert_eq!(pull.run(&args).code, 0);
    // Before and behind what is there, by name.
    for n in [10, 90] {
        pull.trail_file("us-east-1", 4, n);
    }
    assert_eq!(pull.run(&args).code, 0);
    assert_eq!(kept(&pull.env.path(CASE)).len(), 3);
    verified(&pull);
}

#[test]
fn without_a_trail_the_event_history_is_kept() {
    let pull = Pull::new();
    pull.account.aws.call("cloudtrail", "delete_trail", json!({"Name": "audit"}));
    pull.regions.add("us-east-1", (0..60).map(|n| noon(4 + (n % 2) as u32, n)));
    let window = days(4, 5);
    let args = collect(&window, &[]);
    let run = pull.run(&args);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    verified(&pull);
    let analysis = pull.env.analyze(&["the-case/evidence/event-history"]);
    assert_eq!(analysis.account(), "2 found, 2 read; 60 records, 60 decoded");
    pull.proxy.clear_log();
    assert_eq!(pull.run(&args).code, 0);
    let looked = pull.proxy.names().iter().filter(|n| *n == "cloudtrail:LookupEvents").count();
    assert_eq!(looked, 1, "only to see what there is");
}

#[test]
fn a_case_is_made_where_none_is_named() {
    let pull = Pull::new();
    pull.trail_file("us-east-1", 20, 1);
    let args = ["collect", "--days", "1", "--source", "trail"];
    assert_eq!(pull.run(&args).code, 0);
    assert_eq!(kept(&pull.env.path("case-2026-11-21-logs")).len(), 1);
    assert_eq!(pull.run(&args).code, 0);
    assert_eq!(kept(&pull.env.path("case-2026-11-21-logs-2")).len(), 1);
    let run = pull.env.run(&["journal", "case-2026-11-21-logs"]);
    assert!(run.stdout.contains("collected"), "{}", run.stdout);
    let run = pull.run(&["collect", "--days", "1", "--case", "."]);
    assert_eq!((run.code, run.stderr.contains("not a case folder")), (2, true), "{}", run.stderr);
}
