//! Which events count: the window's borders, the baseline before it, and what is said when none does.

use serde_json::Value;

use crate::support::logs::{call, document, record, records, user, with};
use crate::support::run::{NOW, sample_logs};
use crate::support::{Analysis, Env};

const DAY: u64 = 86_400;

/// One event a day for 20 days from Monday 2026-11-02 10:00:00 on; now is 2026-11-21 00:00.
fn daily() -> Env {
    let env = Env::new();
    let records: Vec<Value> = (0..20).map(|n| record(n * DAY)).collect();
    env.write("log.json", document(&records));
    env
}

#[track_caller]
fn account(env: &Env, args: &[&str], expected: &str) -> Analysis {
    let mut all = vec!["log.json"];
    all.extend(args);
    let analysis = env.analyze(&all);
    assert_eq!(analysis.account(), format!("1 found, 1 read; 20 records, {expected}"), "{args:?}");
    assert_eq!(analysis.code, 0);
    analysis
}

#[test]
fn without_a_flag_the_archive_is_the_window() {
    let analysis = account(&daily(), &[], "20 decoded");
    let window = &analysis.json["window"];
    assert_eq!(window["whole_archive"], true);
    assert_eq!(window["since"], "2026-11-02T10:00:00Z");
    assert_eq!(window["baseline_since"], Value::Null);
    assert!(analysis.notes().contains("whole archive"), "{}", analysis.notes());
}

#[test]
fn a_window_begins_with_its_first_moment_and_ends_before_its_last() {
    let env = daily();
    for (args, expected) in [
        (["--since", "2026-11-10T10:00:00Z", "--baseline", "0"], "12 decoded, 8 outside"),
        (["--since", "2026-11-10T10:00:01Z", "--baseline", "0"], "11 decoded, 9 outside"),
        (["--since", "2026-11-10T11:00:00+01:00", "--baseline", "0"], "12 decoded, 8 outside"),
        (["--since", "2026-11-10", "--baseline", "0"], "12 decoded, 8 outside"),
        (["--since", "3d", "--baseline", "0"], "4 decoded, 16 outside"),
        (["--since", "62h", "--baseline", "0"], "4 decoded, 16 outside"),
        (["--since", "61h", "--baseline", "0"], "3 decoded, 17 outside"),
        (["--since", "1w", "--until", "now"], "7 decoded, 13 outside, 12 baseline"),
        (["--since", "2026-11-04", "--until", "2026-11-04"], "1 decoded, 19 outside, 2 baseline"),
    ] {
        account(&env, &args, expected);
    }
    for (until, expected) in [
        ("2026-11-10T10:00:00Z", "8 decoded, 12 outside"),
        ("2026-11-10T10:00:01Z", "9 decoded, 11 outside"),
        ("2026-11-10", "9 decoded, 11 outside"),
        ("latest", "20 decoded"),
    ] {
        account(&env, &["--until", until], expected);
    }
}

#[test]
fn days_count_back_from_now_and_from_the_newest_event() {
    let env = daily();
    // The newest event is of 2026-11-21 10:00: behind now.
    let analysis = account(&env, &["--days", "7"], "7 decoded, 13 outside, 12 baseline");
    assert_eq!(analysis.json["window"]["since"], "2026-11-14T00:00:00Z");
    assert_eq!(analysis.json["window"]["until"], NOW);
    assert_eq!(analysis.json["window"]["whole_archive"], false);
    let latest = ["--days", "7", "--until", "latest"];
    account(&env, &latest, "7 decoded, 13 outside, 13 baseline");
    account(&env, &["--days", "1.5"], "1 decoded, 19 outside, 18 baseline");
    let until = ["--days", "2", "--until", "2026-11-10T10:00:00Z"];
    account(&env, &until, "2 decoded, 18 outside, 6 baseline");
}

#[test]
fn the_baseline_is_as_long_as_asked_for() {
    let env = daily();
    for (days, expected) in [
        ("0", "7 decoded, 13 outside"),
        ("3", "7 decoded, 13 outside, 3 baseline"),
        ("365", "7 decoded, 13 outside, 12 baseline"),
    ] {
        let analysis = account(&env, &["--days", "7", "--baseline", days], expected);
        let said = analysis.notes();
        assert_eq!(said.contains("shorter than requested"), days == "365", "{said}");
        assert_eq!(said.contains("No baseline was requested"), days == "0", "{said}");
    }
    let alone = account(&env, &["--since", "2026-11-01"], "20 decoded");
    assert!(alone.notes().contains("There is no baseline"), "{}", alone.notes());
}

#[test]
fn the_setting_gives_the_baseline_and_the_flag_wins() {
    let env = daily();
    env.write("incident.toml", "baseline_days = 2\n");
    account(&env, &["--days", "7"], "7 decoded, 13 outside, 2 baseline");
    account(&env, &["--days", "7", "--baseline", "4"], "7 decoded, 13 outside, 4 baseline");
}

#[test]
fn an_old_archive_says_its_range_instead_of_nothing() {
    let args = ["analyze", sample_logs(), "--days", "7", "--now", "2027-06-01T00:00:00Z"];
    let run = Env::new().run(&args);
    assert_eq!(run.code, 0);
    let text = &run.stdout;
    assert!(text.contains("2026-10-26") && text.contains("2026-11-09"), "the range: {text}");
    let said = text.replace('\n', " ").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.to_lowercase().contains("no event"), "{text}");
    assert!(said.contains("--until latest"), "and what to do about it: {text}");
    let args = ["analyze", sample_logs(), "--days", "7", "--now", "2027-06-01T00:00:00Z"];
    let analysis = Analysis::new(Env::new().run(&[&args[..], &["--format", "json"]].concat()));
    assert_eq!(analysis.decoded(), 0);
    assert_eq!(analysis.json["coverage"]["newest"], "2026-11-09T19:40:45Z");
}

#[test]
fn only_what_lies_in_the_window_is_summed_up() {
    let env = Env::new();
    let old = call(1, user("old"), "ec2", "DescribeVpcs");
    let new = call(5 * DAY, user("new"), "ec2", "DescribeInstances");
    let later = call(9 * DAY, user("later"), "ec2", "DescribeImages");
    env.write("log.json", document(&[old, new, later]));
    let window = ["log.json", "--since", "2026-11-06", "--until", "2026-11-08"];
    let analysis = env.analyze(&window);
    let actions = analysis.table("actions");
    assert_eq!(actions, ["ec2:DescribeInstances: 1 + 0 + 0"]);
    assert_eq!(analysis.table("access_keys").len(), 1);
    assert_eq!(analysis.table("user_agents").len(), 1);
}

#[test]
fn a_copy_outside_the_window_is_outside() {
    let env = Env::new();
    env.write("a.json", document(&records(5)));
    env.write("b.json", document(&records(5)));
    let analysis = env.analyze(&[".", "--since", "2026-11-02T10:00:02Z", "--baseline", "0"]);
    assert_eq!(
        analysis.account(),
        "2 found, 2 read; 10 records, 3 decoded, 3 duplicates, 4 outside"
    );
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let env = daily();
    for args in [
        &["--since", "2026-11-10", "--until", "2026-11-01"][..],
        &["--days", "0"],
        &["--days", "-1"],
        &["--days", "x"],
        &["--days", "7", "--since", "2026-11-10"],
        &["--since", "yesterday"],
        &["--since", "latest"],
        &["--until", "20261110"],
        &["--baseline", "30"],
        &["--baseline", "nan", "--days", "7"],
        &["--days", "inf"],
        &["--since", "2026-02-30"],
    ] {
        let run = env.run(&[&["analyze", "log.json"], args].concat());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}: {}", run.stderr);
        assert!(!run.stderr.is_empty());
    }
    let run = env.run_with_input(&["analyze", "-", "--days", "7", "--until", "latest"], b"[]");
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains("hint:"), "{}", run.stderr);
}

#[test]
fn a_finding_lies_in_the_window_and_is_judged_by_the_baseline() {
    let env = Env::new();
    let mut all: Vec<Value> = (0..200).map(|n| record(n * 3600)).collect();
    for n in 0..20 {
        let foreign = serde_json::json!({ "sourceIPAddress": "192.0.2.77" });
        all.push(with(call(10 * DAY + n, user("alice"), "iam", "ListUsers"), foreign));
    }
    env.write("log.json", document(&all));
    let whole = env.analyze(&["log.json"]);
    let narrow = env.analyze(&["log.json", "--since", "2026-11-12", "--until", "2026-11-13"]);
    assert_eq!(narrow.decoded(), 20);
    for analysis in [&whole, &narrow] {
        let finding = analysis.finding("credential.unfamiliar-source");
        assert_eq!(
            (&finding["source_address"], &finding["events"]),
            (&Value::from("192.0.2.77"), &Value::from(20))
        );
    }
    let before = env.analyze(&["log.json", "--until", "2026-11-11"]);
    assert!(before.findings().is_empty(), "{:?}", before.titles());
}

/// The logs of [`a_finding_lies_in_the_window_and_is_judged_by_the_baseline`] with one record of another year.
fn strayed(year: Option<&str>) -> Env {
    let env = Env::new();
    let mut all: Vec<Value> = (0..200).map(|n| record(n * 3600)).collect();
    for n in 0..20 {
        let foreign = serde_json::json!({ "sourceIPAddress": "192.0.2.77" });
        all.push(with(call(10 * DAY + n, user("alice"), "iam", "ListUsers"), foreign));
    }
    if let Some(year) = year {
        // Planted: it would make the network known, and the logs older or younger than they are.
        let planted = serde_json::json!({
            "eventTime": format!("{year}-01-01T00:00:00Z"),
            "sourceIPAddress": "192.0.2.77",
        });
        all.push(with(call(999, user("alice"), "iam", "ListRoles"), planted));
    }
    env.write("log.json", document(&all));
    env
}

#[test]
fn a_record_of_another_year_moves_no_window_and_no_baseline() {
    for args in [&["log.json"][..], &["log.json", "--days", "2", "--until", "latest"]] {
        let usual = strayed(None).analyze(args);
        assert!(!usual.notes().contains("more than a year away"), "{}", usual.notes());
        let expected = usual.finding("credential.unfamiliar-source");
        for year in ["2001", "2199"] {
            let analysis = strayed(Some(year)).analyze(args);
            let window = |a: &Analysis| {
                let window = &a.json["window"];
                (window["since"].clone(), window["until"].clone())
            };
            assert_eq!(window(&analysis), window(&usual), "{year} {args:?}");
            let finding = analysis.finding("credential.unfamiliar-source");
            assert_eq!(finding["severity"], expected["severity"], "{year} {args:?}");
            let notes = analysis.notes();
            let note = "1 record is dated more than a year away from all others";
            assert!(notes.contains(note) && notes.contains(year), "{notes}");
        }
    }
}
