//! `incident sessions`: the tree for people, the rows for programs, and where findings say their keys came from.

use serde_json::{Value, json};

use crate::support::logs::{self, ACCOUNT, at, call, document, record, user, with};
use crate::support::report::{list, number, text};
use crate::support::run::{NOW, sample_logs};
use crate::support::sessions::{assume, chain, console, functions, role_arn, session};
use crate::support::{Env, Run};

const OTHER: &str = "444455556666";

fn env(records: &[Value]) -> Env {
    let env = Env::new();
    env.write("log.json", document(records));
    env
}

fn run(env: &Env, args: &[&str]) -> Run {
    env.run(&[&["sessions", "log.json", "--now", NOW], args].concat())
}

#[track_caller]
fn tree(records: &[Value], args: &[&str]) -> String {
    let run = run(&env(records), args);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    for line in run.stdout.lines() {
        assert!(line.chars().count() <= 100, "{line}");
        assert_eq!(line.trim_end(), line, "blanks at the end");
    }
    run.stdout
}

#[track_caller]
fn rows_of(run: &Run) -> Vec<Value> {
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(document["schema"], "incident.sessions/1");
    let rows = list(&document["sessions"]).to_vec();
    for row in &rows {
        let parent = &row["parent_key"];
        let known = rows.iter().any(|other| other["access_key"] == *parent);
        assert!(parent.is_null() || known, "{parent} has no row");
    }
    rows
}

fn rows(records: &[Value], args: &[&str]) -> Vec<Value> {
    let run = run(&env(records), &[&["--format", "json"], args].concat());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    rows_of(&run)
}

#[track_caller]
fn row<'r>(rows: &'r [Value], key: &str) -> &'r Value {
    rows.iter().find(|row| row["access_key"] == key).unwrap_or_else(|| panic!("no {key}"))
}

#[test]
fn a_chain_is_a_tree() {
    insta::assert_snapshot!(tree(&chain(), &[]), @r"
    incident: 3 keys, sessions and sign-ins from 1 origin (2026-11-02)

    AKIACI  access key of user ci (111122223333)
    │  1 call, 2026-11-02 10:00:00 UTC; from 198.51.100.7; sts
    └─ ASIAONE  AssumeRole base (session ci-77)
       │  issued at 2026-11-02 10:00:00 UTC to 198.51.100.7
       │  1 call, 2026-11-02 10:01:00 UTC; from 198.51.100.7; sts
       └─ ASIATWO  AssumeRole deploy (session ci-77)
             issued at 2026-11-02 10:01:00 UTC to 198.51.100.7
             2 calls, 2.0 KiB out, 2026-11-02 10:02:00 to 10:03:00 UTC (1 min); from 198.51.100.7;
               ecs, s3
    ");
}

#[test]
fn a_keys_family_is_its_ancestors_and_its_descendants() {
    let mut records = chain();
    records.push(assume(30, user("ci"), "audit", "x", "ASIAAUDIT"));
    records.push(call(90, session("audit", "x", "ASIAAUDIT", 30), "ec2", "DescribeInstances"));
    records.push(record(200));
    let told = tree(&records, &["--key", "ASIAONE"]);
    assert!(told.contains("└─ => ASIAONE"), "{told}");
    for (key, there) in [("AKIACI", true), ("ASIATWO", true), ("ASIAAUDIT", false)] {
        assert_eq!(told.contains(key), there, "{key} in {told}");
    }
    assert!(!told.contains("AKIAALICE"), "{told}");
    let of_role = rows(&records, &["--principal", &role_arn("audit")]);
    let keys: Vec<String> = of_role.iter().map(|row| text(&row["access_key"])).collect();
    assert_eq!(keys, ["AKIACI", "ASIAAUDIT"]);
    let arn = format!("arn:aws:sts::{ACCOUNT}:assumed-role/audit/x");
    assert_eq!(rows(&records, &["--principal", &arn]), of_role);
}

#[test]
fn rows_say_how_when_and_from_where() {
    let rows = rows(&chain(), &[]);
    let one = row(&rows, "ASIATWO");
    let expected = json!({
        "access_key": "ASIATWO", "kind": "temporary", "principal": role_arn("deploy"),
        "name": "ci-77", "account": ACCOUNT, "parent_key": "ASIAONE",
        "parent": role_arn("base"), "how": "AssumeRole", "issued_at": at(60),
        "issued_from": "198.51.100.7", "first_seen": at(120), "last_seen": at(180), "events": 2,
        "denied": 0, "bytes_out": 2048, "addresses": ["198.51.100.7"], "services": ["ecs", "s3"],
        "mfa": false, "source_identity": null,
        "origin": "access key AKIACI of user ci, first from 198.51.100.7", "contested": false,
    });
    assert_eq!(one, &expected);
    let root = row(&rows, "AKIACI");
    assert_eq!((&root["kind"], &root["parent_key"]), (&json!("long-term"), &Value::Null));
    assert_eq!((&root["how"], &root["issued_at"]), (&Value::Null, &Value::Null));
}

#[test]
fn both_sides_of_two_accounts_are_one_link() {
    let here = assume(0, user("ci"), "deploy", "x", "ASIAONE");
    let stranger = json!({ "type": "AWSAccount", "principalId": "AIDACI", "accountId": OTHER });
    let there = with(here.clone(), json!({ "userIdentity": stranger, "eventID": "other" }));
    let used = call(9, session("deploy", "x", "ASIAONE", 0), "ec2", "DescribeInstances");
    let both = rows(&[there.clone(), here, used.clone()], &[]);
    assert_eq!(row(&both, "ASIAONE")["parent_key"], "AKIACI");
    let alone = rows(&[there, used], &[]);
    let one = row(&alone, "ASIAONE");
    assert_eq!(one["parent_key"], Value::Null);
    assert_eq!(
        one["origin"],
        format!("AWSAccount:AIDACI of account {OTHER}, whose logs are not here")
    );
}

#[test]
fn a_session_at_the_console_is_one_with_many_keys() {
    let rows = rows(&console(), &[]);
    let kinds: Vec<&Value> = rows.iter().map(|row| &row["kind"]).collect();
    assert_eq!(kinds, ["temporary", "console", "temporary"]);
    let begun = rows.iter().find(|row| row["kind"] == "console").unwrap();
    let id = text(&begun["access_key"]);
    assert!(id.starts_with("console-"), "{id}");
    assert_eq!((&begun["events"], &begun["mfa"]), (&json!(2), &json!(true)));
    assert_eq!(begun["issued_from"], "203.0.113.9");
    for key in ["ASIAPAGE1", "ASIAPAGE2"] {
        let page = row(&rows, key);
        assert_eq!((&page["parent_key"], &page["how"]), (&json!(id), &json!("console")));
    }
    let told = tree(&console(), &["--key", "ASIAPAGE2"]);
    assert!(told.contains("console sign-in of user dana at 2026-11-02 10:00:00 UTC"), "{told}");
    assert!(told.contains("=> ASIAPAGE2  a key of this session"), "{told}");
    assert_eq!(tree(&console(), &["--key", &id]).matches("ASIA").count(), 0);
}

#[test]
fn a_key_that_was_made_and_a_password_that_was_set_are_children() {
    let made = json!({
        "requestParameters": { "userName": "backdoor" },
        "responseElements": { "accessKey": { "accessKeyId": "AKIANEW", "userName": "backdoor" } },
    });
    let mut records = console();
    records[0] = with(records[0].clone(), json!({ "eventTime": at(0) }));
    records.push(with(call(1, user("eve"), "iam", "CreateAccessKey"), made));
    let set = json!({ "requestParameters": { "userName": "dana" } });
    let set = with(call(2, user("eve"), "iam", "UpdateLoginProfile"), set);
    records.push(with(set, json!({ "eventTime": at(-60) })));
    let rows = rows(&records, &[]);
    let new = row(&rows, "AKIANEW");
    assert_eq!(new["principal"], format!("arn:aws:iam::{ACCOUNT}:user/backdoor"));
    assert_eq!((&new["parent_key"], &new["how"]), (&json!("AKIAEVE"), &json!("CreateAccessKey")));
    assert_eq!((&new["events"], &new["first_seen"]), (&json!(0), &Value::Null));
    let console = rows.iter().find(|row| row["kind"] == "console").unwrap();
    assert_eq!((&console["parent_key"], &console["issued_at"]), (&json!("AKIAEVE"), &json!(at(0))));
    let told = tree(&records, &[]);
    assert!(told.contains("AKIANEW  CreateAccessKey for user backdoor"), "{told}");
    assert!(told.contains("password by UpdateLoginProfile"), "{told}");
}

#[test]
fn sessions_of_one_role_by_one_service_are_one_line_but_for_those_that_stand_out() {
    let records = functions(300);
    let told = tree(&records, &[]);
    assert!(told.contains("lambda.amazonaws.com as role resize: 300 sessions"), "{told}");
    assert!(told.contains("ASIAFN0017") && told.matches("ASIAFN").count() == 1, "{told}");
    assert!(told.lines().count() < 15, "{told}");
    assert_eq!(tree(&records, &["--all"]).matches("ASIAFN").count(), 300);
    assert_eq!(rows(&records, &[]).len(), 300);
}

#[test]
fn what_stands_out_comes_first() {
    let mut records = functions(20);
    records.extend((5000..5200).map(|n| call(n, user("busy"), "ec2", "DescribeInstances")));
    let told = tree(&records, &[]);
    let at = |text: &str| told.find(text).unwrap();
    assert!(at("as role resize") < at("AKIABUSY"), "{told}");
}

#[test]
fn keys_never_used_are_counted() {
    let mut records = chain();
    records.extend((200..205).map(|n| assume(n, user("ci"), "admin", "x", &format!("ASIAX{n}"))));
    let told = tree(&records, &[]);
    let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
    let unused = "5 sessions issued and not used in these logs: AssumeRole admin (5)";
    assert!(words.contains(unused), "{told}");
    assert!(told.contains("5 temporary keys were issued and not used"), "{told}");
    let run = run(&env(&records), &["--format", "json"]);
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    let unused = list(&document["unused"]);
    assert_eq!(unused.len(), 1);
    assert_eq!((&unused[0]["keys"], &unused[0]["parent_key"]), (&json!(5), &json!("AKIACI")));
    assert_eq!(unused[0]["role"], role_arn("admin"));
}

#[test]
fn parents_are_looked_up_before_the_window_and_use_is_counted_in_it() {
    let since = at(150);
    let rows = rows(&chain(), &["--since", &since]);
    let two = row(&rows, "ASIATWO");
    assert_eq!((&two["parent_key"], &two["events"]), (&json!("ASIAONE"), &json!(1)));
    assert_eq!(two["first_seen"], at(180));
    assert_eq!(row(&rows, "AKIACI")["events"], 0);
}

#[test]
fn a_key_that_is_not_there_is_said_so() {
    let env = env(&chain());
    for args in [["--key", "ASIANOT"], ["--principal", "arn:aws:iam::1:user/nobody"]] {
        let run = run(&env, &args);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""));
        assert!(run.stderr.contains("these logs have no") && run.stderr.contains(args[1]));
    }
}

#[test]
fn hostile_names_and_circles_do_no_harm() {
    let name = "x\u{1b}[2J\n\u{202e}\"y";
    let long = "role-".repeat(60);
    let records = [
        assume(0, session("a", name, "ASIAA", 0), "b", name, "ASIAB"),
        assume(1, session("b", name, "ASIAB", 1), "a", name, "ASIAA"),
        call(2, session(&long, name, "ASIA\u{7}C", 2), "ec2", "DescribeInstances"),
    ];
    let told = tree(&records, &[]);
    assert!(!told.contains(['\u{1b}', '\u{202e}', '\u{7}', '\r', '\t']), "{told:?}");
    assert!(told.contains("ASIAA") && told.contains("ASIAB") && told.contains(r"\x07"), "{told}");
    let run = run(&env(&records), &["--format", "json"]);
    assert!(!run.stdout.contains(['\u{1b}', '\u{202e}', '\u{7}']));
    assert!(text(&row(&rows_of(&run), "ASIAA")["origin"]).contains("name each other"));
}

#[test]
fn a_chain_of_a_thousand_links_is_told_to_some_depth() {
    let records: Vec<Value> = (0..1_000)
        .map(|n| {
            let who = session("a", "x", &format!("ASIA{n}"), n as i64);
            assume(n, who, "a", "x", &format!("ASIA{}", n + 1))
        })
        .collect();
    let told = tree(&records, &[]);
    assert!(told.contains("below (--key "), "{told}");
    assert!(told.lines().count() < 400, "{}", told.lines().count());
    assert_eq!(rows(&records, &[]).len(), 1_000);
}

#[test]
fn the_same_for_all_workers_and_orders() {
    let mut records = [chain(), console(), functions(40)].concat();
    for (record, n) in records.iter_mut().zip(0..) {
        record["eventID"] = json!(logs::id(n));
    }
    let env = Env::new();
    for (n, part) in records.chunks(7).enumerate() {
        env.write(&format!("one/{n}.json"), document(part));
    }
    for (n, part) in records.rchunks(11).enumerate() {
        let part: Vec<Value> = part.iter().rev().cloned().collect();
        env.write(&format!("two/{n}.json"), document(&part));
    }
    let told = |folder, threads, format| {
        let args = ["sessions", folder, "--threads", threads, "--format", format, "--now", NOW];
        env.run(&args).stdout
    };
    for format in ["text", "json"] {
        let one = told("one", "1", format);
        assert!(one.len() > 500, "{one}");
        for (folder, threads) in [("one", "3"), ("two", "1"), ("two", "7")] {
            assert_eq!(told(folder, threads, format), one, "{folder} {threads}");
        }
    }
}

#[test]
fn damage_is_told_and_so_is_nothing_to_tell() {
    let env = Env::new();
    let mut cut = document(&chain());
    cut.truncate(cut.len() - 40);
    env.write("log.json", cut);
    let damaged = run(&env, &[]);
    assert_eq!(damaged.code, 3, "{}", damaged.stderr);
    assert!(damaged.stdout.contains("INCOMPLETE") && damaged.stdout.contains("ASIAONE"));
    let none = tree(&[], &[]);
    assert!(none.starts_with("incident: 0 keys") && none.contains("No event"), "{none}");
    let out = run(&self::env(&chain()), &["--since", "2020-01-01", "--until", "2020-01-02"]);
    assert!(out.stdout.contains("No event lies in the window"), "{}", out.stdout);
}

fn sample(args: &[&str]) -> Run {
    let run = Env::new().run(&[&["sessions", sample_logs(), "--now", NOW], args].concat());
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    run
}

#[test]
fn the_story_of_the_sample_logs_is_told() {
    let rows = rows_of(&sample(&["--format", "json"]));
    let made = rows.iter().find(|row| row["how"] == "CreateAccessKey").unwrap();
    assert_eq!(made["parent_key"], "AKIARTX3GSDSYRLDHKZO");
    assert!(text(&made["principal"]).ends_with("user/svc-backup"));
    let of = |role: &str, how: &str| {
        let role = format!("role/{role}");
        let is = |row: &&Value| row["how"] == how && text(&row["principal"]).ends_with(&role);
        rows.iter().filter(is).count()
    };
    assert!(of("ci-runner", "instance") > 20, "the build machine's own sessions");
    assert!(of("ci-deploy", "AssumeRole") > 20, "and what it assumes with them");
    assert!(of("invoice-mailer", "service") > 20);
    let consoles = rows.iter().filter(|row| row["kind"] == "console");
    assert!(consoles.clone().all(|row| row["issued_from"].is_string()), "each has its sign-in");
    assert!(consoles.count() > 20);
    let unknown = rows.iter().filter(|row| text(&row["origin"]).contains("not here"));
    assert_eq!(unknown.count(), 0);
    let told = sample(&[]).stdout;
    assert!(told.lines().nth(2).unwrap().starts_with("AKIARTX3GSDSYRLDHKZO"), "{told}");
    assert!(told.lines().count() < 120, "{}", told.lines().count());
}

#[test]
fn every_call_with_a_key_is_counted_in_one_row() {
    let rows = rows_of(&sample(&["--format", "json"]));
    let keys = rows.iter().filter(|row| row["kind"] != "console");
    let counted: u64 = keys.map(|row| number(&row["events"])).sum();
    let analysis = Env::new().analyze(&[sample_logs()]);
    assert_eq!(counted, analysis.events_by("access_keys").values().sum::<u64>());
}

#[test]
fn a_finding_says_where_its_key_came_from() {
    let analysis = Env::new().analyze(&[sample_logs()]);
    let made = analysis.findings().iter().find(|f| text(&f["principal"]).ends_with("svc-backup"));
    let origin = text(&made.unwrap()["origin"]);
    assert!(origin.starts_with("CreateAccessKey for user svc-backup at 2026-11-09"), "{origin}");
    assert!(origin.contains("← access key AKIARTX3GSDSYRLDHKZO of user dana"), "{origin}");
}

#[test]
fn the_analysis_has_the_family_of_its_findings_keys() {
    let analysis = Env::new().analyze(&[sample_logs()]);
    let rows = list(&analysis.json["sessions"]).to_vec();
    let made = row(&rows, "AKIARTX3GSDS7L3UVJDP");
    assert_eq!(made["parent_key"], "AKIARTX3GSDSYRLDHKZO");
    for finding in analysis.findings().iter().filter(|f| f["access_key"].is_string()) {
        row(&rows, &text(&finding["access_key"]));
    }
    for parent in rows.iter().filter_map(|row| row["parent_key"].as_str()) {
        row(&rows, parent);
    }
}
