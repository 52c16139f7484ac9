//! `analyze` of logs at AWS: what is found, what is read, and what is said about the rest.

use serde_json::json;

use crate::support::aws::account::{DATA, LOGS, TRAIL_BUCKET};
use crate::support::aws::http::Message;
use crate::support::aws::{Account, Action, Aws, Rule, Server};
use crate::support::logs::{access_line, document, record, records, story};
use crate::support::pull::{Pull, days, gzip, noon, put};

#[test]
fn the_trail_is_read_for_the_days_of_the_window() {
    let pull = Pull::new();
    let mut n = 0;
    for region in ["us-east-1", "eu-west-1"] {
        for day in [1, 3, 4, 5, 6, 8, 9, 20] {
            n += 1;
            pull.trail_file(region, day, n);
        }
        pull.digest(region, 5);
    }
    let other = "AWSLogs/999999999999/CloudTrail/us-east-1/2026/11/05/x.json.gz";
    pull.put(TRAIL_BUCKET, other, &gzip(&document(&[noon(5, 900)])));
    let flow = format!("AWSLogs/{}/vpcflowlogs/us-east-1/2026/11/05/f.log.gz", pull.account.id);
    pull.put(TRAIL_BUCKET, &flow, b"x");
    pull.proxy.clear_log();
    // The 4th to the 6th, and a day on both sides: deliveries are late.
    let analysis = pull.analyze(&days(4, 6), &[]);
    assert_eq!(analysis.account(), "8 found, 8 read; 8 records, 6 decoded, 2 outside");
    assert_eq!(analysis.code, 0);
    let notes = analysis.notes();
    assert!(
        notes.contains(
            "the trail audit (us-east-1), s3://acme-trail/AWSLogs/123456789012/: 8 objects"
        ),
        "{notes}"
    );
    assert!(
        notes.contains("logs of other services, which are not supported: vpcflowlogs"),
        "{notes}"
    );
    assert_eq!(pull.proxy.mutating(), Vec::<String>::new());
    assert!(pull.fetched().iter().all(|k| !k.contains("Digest") && !k.contains("999999999999")));

    let analysis = pull.analyze(&days(4, 6), &["--log-region", "eu-west-1"]);
    assert_eq!(analysis.account(), "4 found, 4 read; 4 records, 3 decoded, 1 outside");
    let analysis = pull.analyze(&days(4, 6), &["--account", "all"]);
    assert_eq!(analysis.account(), "9 found, 9 read; 9 records, 7 decoded, 2 outside");
}

#[test]
fn the_baseline_is_read_too_unless_it_is_not_wanted() {
    let pull = Pull::new();
    for (n, day) in [(1, 3), (2, 10), (3, 18)] {
        pull.trail_file("us-east-1", day, n);
    }
    let mut args = vec!["analyze", "--format", "json", "--days", "4"];
    let analysis = crate::support::Analysis::new(pull.run(&args));
    assert_eq!(analysis.account(), "3 found, 3 read; 3 records, 1 decoded, 2 outside, 2 baseline");
    args.extend(["--baseline", "0"]);
    let analysis = crate::support::Analysis::new(pull.run(&args));
    assert_eq!(analysis.account(), "1 found, 1 read; 1 records, 1 decoded");
}

#[test]
fn access_logs_are_read_from_where_buckets_send_them() {
    let pull = Pull::new();
    pull.log_access("data-");
    let mut line = 0;
    let mut log = |key: String| {
        line += 1;
        // All lines are of the 2nd of November.
        pull.put(LOGS, &key, format!("{}\n", access_line(line, 26)).as_bytes());
    };
    for day in [1, 2, 3, 9, 10] {
        for hour in [0, 12] {
            log(format!("data-2026-11-{day:02}-{hour:02}-00-00-00000000000000{day:02}"));
        }
    }
    // Of a bucket whose target has more to its name, and no log at all.
    log("data-more-2026-11-02-00-00-00-0000000000000001".to_string());
    pull.put(LOGS, "data-readme", b"not a log");
    let account = &pull.account.id;
    for day in ["01", "02", "08"] {
        log(format!(
            "data-{account}/us-east-1/acme-data/2026/11/{day}/2026-11-{day}-00-00-00-00000000000000FF"
        ));
    }
    let analysis = pull.analyze(&days(2, 2), &["--source", "access-logs"]);
    assert_eq!(analysis.account(), "8 found, 8 read; 8 records, 8 decoded");
    let notes = analysis.notes();
    assert!(
        notes.contains("the access logs of acme-data, s3://acme-logs/data-: 8 objects"),
        "{notes}"
    );
}

#[test]
fn buckets_and_paths_can_be_given_together() {
    let pull = Pull::new();
    let key = pull.trail_file("us-east-1", 4, 21);
    pull.trail_file("us-east-1", 5, 22);
    // The same events once more, on this machine.
    pull.env.write("local/a.json", document(&[noon(4, 21), noon(5, 23)]));
    pull.put(DATA, "exports/b.json", &document(&records(7)));
    let folder = format!("s3://{TRAIL_BUCKET}/{}", key.rsplit_once('/').unwrap().0);
    let run =
        pull.run(&["analyze", "--format", "json", "local", &folder, "s3://acme-data/exports"]);
    let analysis = crate::support::Analysis::new(run);
    assert_eq!(analysis.account(), "3 found, 3 read; 10 records, 9 decoded, 1 duplicates");
    let files = analysis.json["findings"].to_string();
    assert!(!files.contains("roots.pem"));
}

#[test]
fn roles_of_several_accounts_are_read_in_one_run() {
    let pull = Pull::new();
    pull.trail_file("us-east-1", 4, 1);
    let trust = json!({"Version": "2012-10-17", "Statement": []}).to_string();
    let role = "arn:aws:iam::210987654321:role/audit";
    let own = "arn:aws:iam::123456789012:role/audit";
    let aws = &pull.account.aws;
    aws.call("iam", "create_role", json!({"RoleName": "audit", "AssumeRolePolicyDocument": trust}));
    let member = aws.with_key(&aws.assume(role, "seed"));
    seed_member(&member);
    let analysis = pull.analyze(&days(4, 4), &["--role-arn", own, "--role-arn", role]);
    assert_eq!(analysis.account(), "3 found, 3 read; 3 records, 3 decoded");
    let notes = analysis.notes();
    assert!(notes.contains("s3://member-trail/org/AWSLogs/: 2 objects"), "{notes}");
}

/// An account with an organization's trail behind a prefix.
fn seed_member(member: &Aws) {
    let bucket = "member-trail";
    member.call("s3", "create_bucket", json!({"Bucket": bucket}));
    let trail = json!({"Name": "org", "S3BucketName": bucket, "S3KeyPrefix": "org",
        "IsMultiRegionTrail": true, "IsOrganizationTrail": true});
    member.call("cloudtrail", "create_trail", trail);
    member.call("cloudtrail", "start_logging", json!({"Name": "org"}));
    for n in [10, 11] {
        let key = format!(
            "org/AWSLogs/o-abcdefghij/210987654321/CloudTrail/us-east-1/2026/11/04/{n}.json.gz"
        );
        put(member, bucket, &key, &gzip(&document(&[noon(4, n)])), json!({}));
    }
}

#[test]
fn without_a_trail_the_event_history_of_every_region_is_read() {
    let pull = Pull::new();
    pull.account.aws.call("cloudtrail", "delete_trail", json!({"Name": "audit"}));
    // More than a page, in two days; a quiet region; one that is empty.
    pull.regions.add("us-east-1", (0..130).map(|n| noon(4 + (n % 2) as u32, n)));
    pull.regions.add("eu-west-1", (200..207).map(|n| noon(5, n)));
    pull.regions.add("ap-south-1", []);
    pull.proxy.rule(Rule::on("cloudtrail:LookupEvents").nth(4).fail("ThrottlingException"));
    let run = pull.run(&[
        "analyze",
        "--format",
        "json",
        "--since",
        "2026-11-04",
        "--until",
        "2026-11-05",
    ]);
    assert!(run.stderr.contains("at 2 requests per second"), "{}", run.stderr);
    let analysis = crate::support::Analysis::new(run);
    // Two days of the busy region, and each other region as one.
    assert_eq!(analysis.account(), "4 found, 4 read; 137 records, 137 decoded");
    let notes = analysis.notes();
    assert!(notes.contains("has no trail that delivers to a bucket"), "{notes}");
    assert!(
        notes.contains("event history of account 123456789012, ap-south-1, eu-west-1, us-east-1"),
        "{notes}"
    );
    assert!(notes.contains("without a baseline"), "{notes}");
}

#[test]
fn the_event_history_fills_the_gap_of_a_trail_that_was_off() {
    let pull = Pull::new();
    pull.trail_file("us-east-1", 4, 1);
    // The hour at noon of the 5th; what lies far from it is in the trail.
    pull.regions.add("us-east-1", [noon(4, 1), noon(5, 2), noon(6, 3)]);
    let status = |is: bool, from: i64, to: i64| {
        let body = json!({"IsLogging": is, "StopLoggingTime": from, "StartLoggingTime": to});
        let answer = Message::response(200, "application/x-amz-json-1.1", body.to_string());
        Rule::on("cloudtrail:GetTrailStatus").then(Action::Answer(answer))
    };
    let noon_of_the_5th = 1_793_880_000;
    pull.proxy.rule(status(true, noon_of_the_5th - 60, noon_of_the_5th + 60));
    let analysis = pull.analyze(&days(4, 6), &[]);
    assert_eq!(analysis.account(), "2 found, 2 read; 2 records, 2 decoded");
    assert!(analysis.notes().contains("was off from 2026-11-05 11:59:00"), "{}", analysis.notes());
    pull.proxy.clear_rules();
    pull.proxy.rule(status(false, noon_of_the_5th - 60, 0));
    let analysis = pull.analyze(&days(4, 6), &[]);
    assert_eq!(analysis.account(), "2 found, 2 read; 3 records, 3 decoded");
    // Before the window, it is none of it.
    pull.proxy.clear_rules();
    pull.proxy.rule(status(true, noon_of_the_5th - 900_000, noon_of_the_5th - 800_000));
    let analysis = pull.analyze(&days(4, 6), &[]);
    assert_eq!(analysis.account(), "1 found, 1 read; 1 records, 1 decoded");
}

#[test]
fn the_event_history_stands_in_for_regions_and_kinds_that_the_trail_leaves_out() {
    let pull = Pull::new();
    pull.trail_file("us-east-1", 4, 1);
    pull.regions.add("us-east-1", [noon(4, 1), noon(4, 2)]);
    pull.regions.add("eu-west-1", [noon(4, 3)]);
    let aws = &pull.account.aws;
    aws.call("cloudtrail", "update_trail", json!({"Name": "audit", "IsMultiRegionTrail": false}));
    let analysis = pull.analyze(&days(4, 4), &[]);
    assert_eq!(analysis.account(), "2 found, 2 read; 2 records, 2 decoded");
    let data = json!([{"ReadWriteType": "All", "IncludeManagementEvents": false, "DataResources": [
        {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]}]);
    let selectors = json!({"TrailName": "audit", "EventSelectors": data});
    aws.call("cloudtrail", "put_event_selectors", selectors);
    let analysis = pull.analyze(&days(4, 4), &[]);
    assert_eq!(analysis.account(), "3 found, 3 read; 4 records, 3 decoded, 1 duplicates");
    assert!(
        analysis.notes().contains("does not record all management events"),
        "{}",
        analysis.notes()
    );
}

#[test]
fn a_history_that_is_needed_twice_is_asked_for_once() {
    let pull = Pull::new();
    pull.regions.add("us-east-1", story());
    let window = ["--source", "event-history", "--since", "2026-11-02", "--until", "2026-11-05"];
    let asked = |command: &[&str]| {
        pull.proxy.clear_log();
        let run = pull.run(&[command, &window[..]].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
        let names = pull.proxy.names();
        (names.iter().filter(|n| *n == "cloudtrail:LookupEvents").count(), run.stdout)
    };
    let (once, _) = asked(&["analyze"]);
    let (twice, rows) = asked(&["timeline", "--format", "jsonl"]);
    assert!(rows.lines().count() > 100, "{rows}");
    assert_eq!(once, twice);
}

#[test]
fn missing_rights_are_said_at_the_start_with_the_policy_that_gives_them() {
    let pull = Pull::new();
    pull.trail_file("us-east-1", 4, 1);
    pull.regions.add("us-east-1", [noon(4, 7), noon(4, 8)]);
    pull.proxy.rule(Rule::on("s3:GetObject").fail("AccessDenied"));
    pull.proxy.rule(Rule::on("s3:GetBucketLogging").nth(1).fail("AccessDenied"));
    let run = pull.run(&["analyze", "--format", "json", "--baseline", "0", "--days", "20"]);
    let stderr = run.stderr.clone();
    let analysis = crate::support::Analysis::new(run);
    // The history stands in for the trail.
    assert_eq!(analysis.account(), "3 found, 1 read, 2 permission-denied; 2 records, 2 decoded");
    assert_eq!(analysis.code, 3);
    let policy: String =
        stderr.lines().skip_while(|l| *l != "{").take_while(|l| *l != "}").collect();
    let policy: serde_json::Value = serde_json::from_str(&format!("{policy}}}")).expect(&stderr);
    let text = policy.to_string();
    assert!(text.contains("arn:aws:s3:::acme-trail/AWSLogs/123456789012/*"), "{text}");
    assert!(
        text.contains("s3:GetBucketLogging") && text.contains("[\"arn:aws:s3:::acme-"),
        "{text}"
    );
    assert_eq!(analysis.problems().len(), 2);
}

#[test]
fn rights_count_as_aws_counts_them() {
    let (server, account) = Account::on_ministack();
    let mut pull = Pull::at(server, account);
    pull.trail_file("us-east-1", 4, 1);
    let analysis = pull.analyze(&days(4, 4), &["--source", "trail"]);
    assert_eq!(analysis.account(), "1 found, 1 read; 1 records, 1 decoded");
    // Alice may list and read buckets, and nothing of CloudTrail.
    pull.key = pull.account.victim[0].clone();
    let run = pull.run(&["analyze", "--source", "trail", "--days", "20"]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains("nothing at AWS could be read"), "{}", run.stderr);
    assert!(run.stderr.contains("cloudtrail:DescribeTrails"), "{}", run.stderr);
}

#[test]
fn nothing_is_ever_read_in_silence() {
    let pull = Pull::new();
    let run = pull.env.run(&["analyze"]);
    assert_eq!((run.code, run.stderr.contains("--days 7")), (2, true), "{}", run.stderr);
    let run = pull.env.run(&["analyze", "--days", "7", "--until", "latest"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    let run = pull.env.run(&["analyze", "s3://no_bucket here/x"]);
    assert_eq!((run.code, run.stderr.contains("invalid S3 URL")), (2, true), "{}", run.stderr);
    let mut command = pull.env.command(&["analyze", "--days", "7"]);
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    let run = crate::support::Run::from(command.output().unwrap());
    assert_eq!((run.code, run.stderr.contains("region")), (1, true), "{}", run.stderr);
    let mut command = pull.env.command(&["analyze", "--days", "7", "--region", "us-east-1"]);
    command.args(["--endpoint-url", &pull.proxy.url()]).env("AWS_EC2_METADATA_DISABLED", "true");
    let run = crate::support::Run::from(command.output().unwrap());
    assert_eq!((run.code, run.stderr.contains("credentials")), (1, true), "{}", run.stderr);
    let run = pull.run(&["analyze", "s3://there-is-no-such-bucket/x"]);
    assert_eq!((run.code, run.stderr.contains("NoSuchBucket")), (1, true), "{}", run.stderr);
    // An empty trail is an answer, and is said.
    let analysis = pull.analyze(&days(4, 4), &["--source", "trail"]);
    assert_eq!(analysis.account(), "0 found, 0 read; 0 records, 0 decoded");
    assert!(analysis.notes().contains("0 objects"), "{}", analysis.notes());
}

#[test]
fn a_server_that_is_moto_reads_back_what_was_put() {
    let server = Server::moto();
    let aws = Aws::new(&server.url());
    aws.call("s3", "create_bucket", json!({"Bucket": "b-1"}));
    put(&aws, "b-1", "k", &[0, 255, 1], json!({"signature": "00"}));
    let got = aws.call("s3", "head_object", json!({"Bucket": "b-1", "Key": "k"}));
    assert_eq!((&got["ContentLength"], &got["Metadata"]["signature"]), (&json!(3), &json!("00")));
    assert_eq!(record(1)["eventID"], noon(1, 1)["eventID"]);
}
