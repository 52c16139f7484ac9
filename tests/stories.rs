//! The sample's attack as a story, and rules applied to logs.

use serde_json::{Value, json};

use crate::support::logs::{document, get_object, id, story, user, with};
use crate::support::report::{list, text};
use crate::support::run::{NOW, sample_logs};
use crate::support::{Analysis, Env, Run};

const LEAKED: &str = "AKIARTX3GSDSYRLDHKZO";

fn sample(args: &[&str]) -> Run {
    Env::new().run(&[&["analyze", sample_logs(), "--now", NOW, "-q"], args].concat())
}

#[test]
fn the_sample_is_one_story_of_one_actor() {
    let analysis = Env::new().judge(&[sample_logs()]);
    let stories = list(&analysis.json["stories"]);
    assert_eq!(stories.len(), 1, "{stories:?}");
    let story = &stories[0];
    assert_eq!(story["severity"], "critical");
    assert_eq!(story["actor"]["addresses"].to_string(), r#"["192.0.2.77"]"#);
    let keys: Vec<String> = list(&story["actor"]["access_keys"]).iter().map(text).collect();
    assert_eq!(keys[0], LEAKED);
    assert_eq!(keys.len(), 2, "the leaked key and the one it made: {keys:?}");
    for part in [LEAKED, "192.0.2.77", "svc-backup", "722.3 MiB", "acme-invoices"] {
        assert!(text(&story["headline"]).contains(part), "{part}: {}", story["headline"]);
    }
    let tactics: Vec<String> = list(&story["steps"]).iter().map(|s| text(&s["tactic"])).collect();
    for tactic in ["Initial Access", "Discovery", "Exfiltration", "Persistence"] {
        assert!(tactics.iter().any(|t| t == tactic), "{tactic} in {tactics:?}");
    }
    assert!(list(&story["steps"]).is_sorted_by_key(|s| text(&s["time"])));
    let gained: Vec<String> = list(&story["gained"]).iter().map(text).collect();
    assert!(gained.iter().any(|g| g == "a new user svc-backup"), "{gained:?}");
    assert!(gained.iter().any(|g| g.contains("AdministratorAccess")), "{gained:?}");
    let bucket = &list(&story["touched"])[0];
    assert_eq!((&bucket["name"], &bucket["events"]), (&"acme-invoices".into(), &412.into()));
    let playbooks: Vec<String> = list(&story["playbooks"]).iter().map(|p| text(&p["id"])).collect();
    assert_eq!(playbooks, ["leaked-access-key", "s3-exfiltration", "leaked-access-key"]);
}

#[test]
fn every_bucket_of_a_story_is_named_in_whatever_order_the_files_are_read() {
    let night = 61 * 3600;
    let away = json!({ "sourceIPAddress": "192.0.2.77", "userAgent": "Boto3/1.26.165 kali" });
    let decoy = get_object(night + 20, user("dana"), "aaa", "decoy", 10.0);
    let decoy = [with(with(decoy, away), json!({ "eventID": id(9_000_000) }))];
    let touched = |first: &[Value], second: &[Value]| {
        let env = Env::new();
        env.write("logs/a.json", document(first));
        env.write("logs/b.json", document(second));
        let analysis = env.judge(&["logs", "--threads", "1"]);
        list(&analysis.json["stories"])[0]["touched"].clone()
    };
    let found = touched(&story(), &decoy);
    assert_eq!(found, touched(&decoy, &story()));
    let names: Vec<String> = list(&found).iter().map(|t| text(&t["name"])).collect();
    assert!(names.contains(&"acme".into()) && names.contains(&"aaa".into()), "{names:?}");
}

#[test]
fn the_text_opens_with_the_story() {
    let run = sample(&[]);
    let story = run.stdout.find("\nSTORY").expect("a story");
    assert!(story < run.stdout.find("\nFINDINGS").unwrap());
    let opening = &run.stdout[..run.stdout.find("\nFINDINGS").unwrap()];
    for part in
        ["Gained:", "Touched:", "Contain:", "incident contain leaked-access-key --user dana"]
    {
        assert!(opening.contains(part), "{part} in {opening}");
    }
}

#[test]
fn acts_are_named_by_the_pack_and_success_is_told_from_attempts() {
    let analysis = Env::new().judge(&[sample_logs()]);
    let has = |f: &&Value| list(&f["rules"]).iter().any(|r| r == "persistence/iam_user_created");
    let found: Vec<&Value> = analysis.findings().iter().filter(has).collect();
    let by_dana = found.iter().find(|f| text(&f["principal"]).ends_with("user/dana")).unwrap();
    assert_eq!((&by_dana["severity"], &by_dana["outcome"]), (&"critical".into(), &"done".into()));
    assert!(list(&by_dana["targets"]).iter().any(|t| t["name"] == "svc-backup"));
    assert!(!text(&by_dana["description"]).is_empty());
    let admin = found.iter().find(|f| !text(&f["principal"]).ends_with("user/dana")).unwrap();
    assert_eq!(admin["severity"], "low", "an administrator, from where she works");
    assert!(analysis.findings().iter().any(|f| f["outcome"] == "tried"));
}

#[test]
fn explain_shows_each_condition_with_the_value_seen_and_what_was_usual() {
    let analysis = Env::new().judge(&[sample_logs()]);
    let story = text(&list(&analysis.json["stories"])[0]["id"]);
    let run = sample(&["--explain", &story]);
    assert_eq!(run.code, 0, "{run:?}");
    for part in
        ["RULE persistence/iam_user_created", "eventName = createuser; seen: CreateUser", "Usual:"]
    {
        assert!(run.stdout.contains(part), "{part} in {}", run.stdout);
    }
    let run = sample(&["--explain", "f-nosuch"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("no finding or story has the id 'f-nosuch'"), "{}", run.stderr);
}

const RULE: &str = "title: A bucket list was asked for
id: 11111111-2222-4333-8444-555555555555
level: high
tags: [attack.discovery, attack.t1619]
logsource: {product: aws, service: cloudtrail}
detection:
  s:
    eventName: ListBuckets
  condition: s
";

fn with_rule(rule: &str, args: &[&str]) -> Analysis {
    let env = Env::new();
    let dir = env.path("my-rules");
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(dir.join("buckets.yml"), rule).unwrap();
    env.judge(&[&[sample_logs(), "--rules", dir.to_str().unwrap()], args].concat())
}

#[test]
fn rules_of_ones_own_are_applied_beside_the_pack_or_alone() {
    let own = |f: &&Value| text(&f["rule"]).ends_with("buckets");
    let analysis = with_rule(RULE, &[]);
    assert!(analysis.findings().iter().any(|f| own(&f)), "{:?}", analysis.titles());
    let alone = with_rule(RULE, &["--no-builtin"]);
    assert_eq!(alone.json["rules"]["applied"], 1);
    assert!(alone.findings().iter().any(|f| own(&f)));
    let others = alone.findings().iter().filter(|f| text(&f["rule"]).contains('/') && !own(f));
    assert_eq!(others.count(), 0);
    let none = Env::new().judge(&[sample_logs(), "--no-builtin"]);
    assert_eq!(none.json["rules"]["applied"], 0);
    assert!(none.findings().iter().all(|f| !text(&f["rule"]).contains('/')));
}

#[test]
fn a_rule_that_cannot_apply_is_listed_with_the_reason() {
    let broken = RULE.replace("condition: s", "condition: nothing");
    let analysis = with_rule(&broken, &[]);
    let skipped = list(&analysis.json["rules"]["skipped"]);
    let skipped = skipped.iter().find(|s| text(&s["file"]).ends_with("buckets.yml")).unwrap();
    assert!(text(&skipped["reason"]).contains("nothing"), "{skipped}");
    assert!(skipped["line"].as_u64().unwrap() >= 1);
    let notes: Vec<String> = list(&analysis.json["notes"]).iter().map(text).collect();
    assert!(notes.iter().any(|n| n.contains("not applied")), "{notes:?}");
}

#[test]
fn the_same_rule_principal_and_source_is_one_finding_with_counts() {
    let analysis = with_rule(
        &RULE.replace("eventName: ListBuckets", "eventSource: s3.amazonaws.com"),
        &["--no-builtin"],
    );
    let own: Vec<&Value> =
        analysis.findings().iter().filter(|f| text(&f["rule"]).ends_with("buckets")).collect();
    let who: std::collections::BTreeSet<(String, String)> =
        (own.iter()).map(|f| (text(&f["principal"]), text(&f["sources"][0]["network"]))).collect();
    assert_eq!(own.len(), who.len(), "each principal and place once: {:?}", analysis.titles());
    let events: u64 = own.iter().map(|f| f["events"].as_u64().unwrap()).sum();
    assert!(events > own.len() as u64 * 20, "{events} events in {} findings", own.len());
}

#[test]
fn a_timeline_has_the_events_that_a_rule_matched_and_no_others() {
    let analysis = Env::new().judge(&[sample_logs()]);
    let by_rule = |f: &&Value| text(&f["rule"]).contains('/');
    let mut seen = 0;
    for finding in analysis.findings().iter().filter(by_rule) {
        let id = text(&finding["id"]);
        let args =
            ["timeline", sample_logs(), "--now", NOW, "-q", "--format", "jsonl", "--finding"];
        let run = Env::new().run(&[&args[..], &[&id]].concat());
        let events = finding["events"].as_u64().unwrap();
        assert_eq!(run.stdout.lines().count() as u64, events, "{}", finding["title"]);
        seen += 1;
    }
    assert!(seen > 3);
}

#[test]
fn rules_look_at_the_access_log_too() {
    let rule = RULE
        .replace("service: cloudtrail", "service: s3-access")
        .replace("eventName: ListBuckets", "operation: REST.GET.OBJECT\n    http_status: 200");
    let analysis = with_rule(&rule, &["--no-builtin"]);
    let own = |f: &&Value| list(&f["rules"]).iter().any(|r| text(r).ends_with("buckets"));
    let counts: Vec<u64> =
        analysis.findings().iter().filter(own).map(|f| f["events"].as_u64().unwrap()).collect();
    assert!(counts.contains(&412), "the bulk read is one cause with it: {counts:?}");
}
