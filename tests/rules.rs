//! `incident rule`, and what every rule that comes with the program must have.

use std::collections::BTreeSet;

use incident::sigma::{self, Rule, RuleSet, pack};
use serde_json::Value;

use crate::support::{Env, logs, report};

fn builtin() -> RuleSet {
    RuleSet::from_texts(pack::BUILTIN.iter().map(|file| (file.name, file.text)))
}

fn all(set: &RuleSet) -> Vec<&Rule> {
    set.rules().iter().chain(set.correlations().iter().map(|c| &c.rule)).collect()
}

const GOOD: &str = "title: Good
id: 0e95725d-7320-415d-80f7-004da920fc11
name: good
level: high
tags: [attack.t1098.001]
logsource: {product: aws, service: cloudtrail}
detection:
  s:
    eventName: CreateUser
  condition: s
";

const BROKEN: &str = "title: Broken
logsource: {product: aws, service: cloudtrail}
detection:
  s:
    eventName|nonsense: CreateUser
  condition: s
";

#[test]
fn the_fixtures_of_every_rule_pass() {
    let run = Env::new().run(&["rule", "test"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.stdout);
    let rules: usize = run.stdout.split(' ').next().unwrap().parse().unwrap();
    assert!(rules >= 300, "{}", run.stdout);
    assert!(run.stdout.trim_end().ends_with(" 0 failures"), "{}", run.stdout);
}

/// Rules about a call that AWS logs in one form only: there is nothing to tell apart.
const WITHOUT_TWIN: [&str; 2] =
    ["exfiltration/shared_snapshot_used_outside.yml", "initial-access/root_password_recovery.yml"];

#[test]
fn every_rule_has_a_benign_twin() {
    let set = builtin();
    let lacking: Vec<&str> = (pack::BUILTIN.iter())
        .filter(|file| {
            let report = sigma::test::run(&set, file.name, file.fixtures.unwrap_or("{}"));
            !report.is_ok_and(|report| report.has_twin)
        })
        .map(|file| file.name)
        .collect();
    assert_eq!(lacking, WITHOUT_TWIN);
}

#[test]
fn every_rule_is_whole() {
    let set = builtin();
    assert!(set.problems().is_empty(), "{:#?}", set.problems());
    assert!(set.skipped().is_empty(), "{:#?}", set.skipped());
    let rules = all(&set);
    assert!(rules.len() >= 150, "{}", rules.len());
    let (mut ids, mut titles) = (BTreeSet::new(), BTreeSet::new());
    let mut wrong = Vec::new();
    for rule in rules {
        let id = rule.id.as_ref().filter(|id| id.len() == 36);
        for (what, right) in [
            ("description", rule.description.is_some()),
            ("ATT&CK technique", !rule.attack.is_empty()),
            ("references", !rule.references.is_empty()),
            ("falsepositives", !rule.false_positives.is_empty()),
            ("id of its own", id.is_some_and(|id| ids.insert(id))),
            ("title of its own", titles.insert(&rule.title)),
        ] {
            if !right {
                wrong.push(format!("{}:{}: no {what}", rule.file, rule.line));
            }
        }
    }
    for file in pack::BUILTIN {
        for document in file.text.split("\n---\n") {
            if !document.lines().any(|line| line.starts_with("level: ")) {
                wrong.push(format!("{}: no level", file.name));
            }
        }
        let fixtures: Value = serde_json::from_str(file.fixtures.unwrap_or("{}")).unwrap();
        for list in ["fires", "quiet"] {
            if fixtures[list].as_array().is_none_or(Vec::is_empty) {
                wrong.push(format!("{}: no fixture that {list}", file.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_rule_file_is_in_the_binary() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
    let (mut rules, mut fixtures) = (BTreeSet::new(), BTreeSet::new());
    for entry in walkdir::WalkDir::new(root).into_iter().map(Result::unwrap) {
        let name = entry.path().strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        if let Some(rule) = name.strip_suffix(".fixtures.json") {
            fixtures.insert(format!("{rule}.yml"));
        } else if entry.file_type().is_file() {
            rules.insert(name);
        }
    }
    let embedded: BTreeSet<String> = pack::BUILTIN.iter().map(|f| f.name.to_owned()).collect();
    assert_eq!(embedded, rules);
    assert_eq!(embedded, fixtures);
}

#[test]
fn check_says_where_and_goes_on() {
    let env = Env::new();
    env.write("r/a.yml", "title: [open\n");
    env.write("r/b.yml", BROKEN);
    env.write("r/c.yaml", GOOD);
    env.write("r/d.yml", b"title: \xff\n");
    env.write("r/notes.txt", "not a rule");
    let run = env.run(&["rule", "check", "gone.yml", "r"]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""), "{}", run.stdout);
    for part in ["gone.yml: cannot be read", "r/a.yml:", "r/b.yml:5:5: ", "r/d.yml:1:8: not UTF-8"]
    {
        assert!(run.stdout.contains(part), "{part} in {}", run.stdout);
    }
    let last = run.stdout.lines().last().unwrap();
    assert!(last.starts_with("3 files: 1 rule, 0 correlations, 2 not applied, 4 errors"), "{last}");
    let run = env.run(&["rule", "check", "r/c.yaml"]);
    assert_eq!((run.code, run.stdout.lines().count()), (0, 1), "{}", run.stdout);
    env.write("empty/notes.txt", "");
    assert_eq!(env.run(&["rule", "check", "empty"]).code, 1);
    assert_eq!(env.run(&["rule", "check"]).code, 2);
}

#[test]
fn a_rule_for_other_logs_is_no_error() {
    let env = Env::new();
    env.write("w.yml", GOOD.replace("product: aws, service: cloudtrail", "product: windows"));
    let run = env.run(&["rule", "check", "w.yml"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert!(run.stdout.contains("w.yml:1: not applied: its log source"), "{}", run.stdout);
    let run = env.run(&["rule", "list", "--rules", "w.yml", "--no-builtin"]);
    assert!(run.stdout.contains("not applied    w.yml:1  Good: its log source"), "{}", run.stdout);
}

#[test]
fn list_knows_own_rules_and_those_that_come_with_it() {
    let env = Env::new();
    env.write("own/good.yml", GOOD);
    let run = env.run(&["rule", "list", "--rules", "own", "--no-builtin"]);
    let line = run.stdout.lines().next().unwrap();
    assert_eq!(line, "high           T1098.001  own/good  Good");
    assert_eq!(run.stdout.lines().count(), 2, "{}", run.stdout);
    let both = env.run(&["rule", "list", "--rules", "own"]).stdout;
    assert!(
        both.contains("  own/good  Good\n") && both.contains("  persistence/iam_user_created  "),
        "{both}"
    );
    let run = env.run(&["rule", "list", "--format", "json"]);
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(json["schema"], "incident.rules/1");
    assert_eq!(json["rules"].as_array().unwrap().len(), all(&builtin()).len());
    assert!(run.stdout.contains("\"file\": \"persistence/iam_user_created.yml\""));
    let none = env.run(&["rule", "list", "--no-builtin"]);
    assert_eq!((none.code, none.stdout.lines().count()), (0, 1), "{}", none.stdout);
    assert_eq!(env.run(&["rule", "list", "--rules", "gone"]).code, 2);
}

#[test]
fn show_prints_a_file_by_any_of_its_names() {
    let env = Env::new();
    let file = pack::BUILTIN.iter().find(|f| f.name == "persistence/iam_user_created.yml").unwrap();
    let names = ["persistence/iam_user_created.yml", "persistence/iam_user_created"];
    for name in [&names[..], &["iam_user_created", "75bd2e99-4a1c-4ba8-89a3-c6241a642bf6"]].concat()
    {
        let run = env.run(&["rule", "show", name]);
        assert_eq!((run.code, run.stdout.as_str()), (0, file.text), "{name}");
    }
    assert_eq!(env.run(&["rule", "show", "nonsense"]).code, 2);
    env.write("broken.yml", format!("{BROKEN}# \u{1b}[2J\n"));
    let run = env.run(&["rule", "show", "broken", "--rules", "broken.yml"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("# broken.yml:5:5: "), "{}", run.stdout);
    assert!(run.stdout.contains("# line 1: not applied: ") && !run.stdout.contains('\u{1b}'));
    env.write("own/iam_user_created.yml", GOOD);
    let run = env.run(&["rule", "show", "iam_user_created", "--rules", "own"]);
    assert!(run.code == 2 && run.stderr.contains("is ambiguous"), "{}", run.stderr);
}

#[test]
fn test_names_each_failure() {
    let env = Env::new();
    env.write("good.yml", GOOD);
    let run = env.run(&["rule", "test", "good.yml"]);
    assert!(run.code == 1 && run.stdout.contains("no fixtures found"), "{}", run.stdout);
    let right = r#"{"fires":[{"eventName":"CreateUser"}],"quiet":[{"eventName":"GetUser"}]}"#;
    env.write("good.fixtures.json", right);
    let run = env.run(&["rule", "test", "good.yml"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    let wanted = "1 with fixtures, 0 with a benign twin: 2 entries passed, 0 failures";
    assert!(run.stdout.contains(wanted), "{}", run.stdout);
    env.write("good.fixtures.json", right.replace("GetUser", "CreateUser\",\"errorCode\":\"X"));
    assert!(env.run(&["rule", "test", "good.yml"]).stdout.contains("1 with a benign twin"));
    env.write("good.fixtures.json", right.replace("GetUser", "CreateUser"));
    let run = env.run(&["rule", "test", "."]);
    assert_eq!(run.code, 1, "{}", run.stdout);
    let wanted = "good.fixtures.json: quiet[0]: `Good` matches";
    assert!(run.stdout.contains(wanted), "{}", run.stdout);
    assert!(run.stdout.contains("1 entry passed, 1 failure"), "{}", run.stdout);
    env.write("good.fixtures.json", "{");
    assert_eq!(env.run(&["rule", "test", "good.yml"]).code, 1);
}

#[test]
fn a_correlation_counts_every_record_of_an_hour() {
    let pair = GOOD.replace("level: high", "level: informational").replace("CreateUser", "GetUser");
    let counted = "---
title: Three
id: 0e95725d-7320-415d-80f7-004da920fc12
tags: [attack.t1098.001]
correlation:
  type: event_count
  rules: [good]
  group-by: [userIdentity.arn]
  timespan: 10m
  condition: {gte: 3}
level: high
";
    let env = Env::new();
    env.write("three.yml", format!("{pair}{counted}"));
    let call = |n| logs::call(n, logs::user("alice"), "iam", "GetUser");
    env.write("two.json", logs::document(&[call(0), call(1)]));
    env.write("three.json", logs::document(&[call(0), call(1), call(2)]));
    for n in 0..3 {
        env.write(&format!("apart/{n}.json"), logs::document(&[call(n)]));
    }
    for (logs, found) in
        [("two.json", vec![]), ("three.json", vec!["three"]), ("apart", vec!["three"])]
    {
        let analysis = env.judge(&[logs, "--rules", "three.yml", "--no-builtin"]);
        let rules: Vec<String> =
            analysis.findings().iter().map(|f| report::text(&f["rule"])).collect();
        assert_eq!(rules, found, "{logs}");
    }
}

#[test]
fn known_accounts_are_told_and_never_learned() {
    let share = |n, account: &str| {
        let call = logs::call(n, logs::user("dana"), "rds", "ModifyDBSnapshotAttribute");
        let request = serde_json::json!({"dBSnapshotIdentifier": "orders", "attributeName": "restore",
            "valuesToAdd": [logs::ACCOUNT, account]});
        logs::with(call, serde_json::json!({"requestParameters": request}))
    };
    // Logs of the other account stand next to ours.
    let planted =
        logs::with(logs::record(1), serde_json::json!({"recipientAccountId": "999988887777"}));
    let env = Env::new();
    env.write("logs/a.json", logs::document(&[share(10, "999988887777"), planted]));
    env.write("config.toml", "known_accounts = ['444455556666']\n");
    let rule = "exfiltration/database_snapshot_shared_outside";
    let finds = |arguments: &[&str]| {
        let analysis = env.judge(&[&["logs"], arguments].concat());
        analysis.findings().iter().any(|f| f["rule"] == rule)
    };
    assert!(finds(&[]) && finds(&["--config", "config.toml"]));
    env.write("config.toml", "known_accounts = ['444455556666', '999988887777']\n");
    assert!(!finds(&["--config", "config.toml"]));
    env.write("config.toml", "known_accounts = ['99998888777']\n");
    let run = env.run(&["analyze", "logs", "--config", "config.toml"]);
    assert!(run.code == 2 && run.stderr.contains("is no account id"), "{}", run.stderr);
}
