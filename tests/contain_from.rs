//! `contain --from`: one plan over every credential that the stories of an analysis name.

use std::fs;

use serde_json::{Value, json};

use crate::support::aws::account::{RESPONDER, ROLE, VICTIM};
use crate::support::run::sample_logs;
use crate::support::{Run, Scene};

const BACKDOOR: &str = "backup-svc";
const STORY: &str = "s-00000000000a";

fn finding(id: &str, action: &str, targets: &Value) -> Value {
    json!({
        "id": id, "rule": "r", "title": "t", "severity": "high", "story": STORY, "account": "123456789012",
        "action_counts": [{"action": action, "events": 2, "denied": 1, "failed": 0}],
        "actions": [action], "targets": targets, "outcome": "done",
    })
}

/// An analysis in which alice's first key assumed the role, and the role's session made a user.
fn analysis(scene: &Scene) -> Value {
    let arn = |service: &str, what: &str| format!("arn:aws:{service}::{}:{what}", scene.account.id);
    let key = &scene.account.victim[0].id;
    let session = |key: &str, principal: &str, parent: &str| json!({"access_key": key, "principal": principal, "account": scene.account.id, "parent_key": parent});
    let user = arn("iam", &format!("user/{VICTIM}"));
    let role = arn("sts", &format!("assumed-role/{ROLE}/x"));
    json!({
        "schema": "incident.analysis/1",
        "stories": [{
            "id": STORY, "headline": "h", "severity": "critical", "account": scene.account.id,
            "actor": {
                "principals": [role, arn("iam", "root"), arn("iam", &format!("user/{RESPONDER}")),
                    "arn:aws:iam::999988887777:user/theirs"],
                "access_keys": ["ASIASESSIONOFTHEROLE"],
            },
            "findings": ["f-1", "f-2"],
            "playbooks": [{"id": "s3-exfiltration", "params": {"bucket": "acme-data"}}],
        }],
        "findings": [
            finding("f-1", "iam:CreateUser", &json!([{"kind": "user", "name": BACKDOOR}])),
            finding("f-2", "iam:CreateUser", &json!([{"kind": "user", "name": "gone-by-now"}])),
        ],
        "sessions": [session("ASIASESSIONOFTHEROLE", &role, key), session(key, &user, "")],
    })
}

fn scene() -> Scene {
    let scene = Scene::moto();
    scene.account.aws.call("iam", "create_user", json!({"UserName": BACKDOOR}));
    scene.account.aws.create_key(BACKDOOR);
    scene.env.write("findings.json", analysis(&scene).to_string());
    scene.proxy.clear_log();
    scene
}

#[track_caller]
fn says(run: &Run, texts: &[&str]) {
    for text in texts {
        let all = format!("{}{}", run.stdout, run.stderr);
        assert!(all.contains(text), "no '{text}' in {all}");
    }
}

#[test]
fn one_plan_contains_all_that_the_story_names_and_says_what_it_does_not_reach() {
    let scene = scene();
    let args = ["--from", "findings.json", "--visibility", "none"];
    let plan = scene.contain(&[&args[..], &["--plan-only"]].concat());
    assert_eq!(plan.code, 0, "{plan:?}");
    scene.unchanged();
    says(
        &plan,
        &[
            "PLAN  intruder",
            "the role app is in the plan: acted in story s-00000000000a",
            "the user alice is in the plan: a key of story s-00000000000a came from it",
            "the user backup-svc is in the plan: made or taken over in story s-00000000000a",
            "the user gone-by-now (made or taken over in story s-00000000000a): it does not exist",
            "the user responder is you",
            "theirs of account 999988887777",
            "the bucket acme-data: contain it with the playbook s3-exfiltration",
            "no policy of the account limits root",
        ],
    );
    let run = scene.contain(&[&args[..], &["--yes"]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    says(&run, &["CONTAINED"]);
    let names = scene.proxy.names();
    let first = names.iter().position(|name| name == "iam:PutUserPolicy").unwrap();
    let asked = names[..first].iter().rposition(|name| name == "sts:GetCallerIdentity").unwrap();
    assert!(first - asked <= 3, "{:?}", &names[asked..=first]);
    // Each step once for each of them: the denies of both users come first, then the role's.
    let changes = scene.proxy.mutating();
    let denies = ["iam:PutUserPolicy", "iam:PutUserPolicy", "iam:PutRolePolicy"];
    assert_eq!(changes[..3], denies, "{changes:?}");
    let of = |name: &str| changes.iter().filter(|made| *made == name).count();
    assert_eq!((of("iam:PutUserPolicy"), of("iam:PutRolePolicy")), (2, 1), "{changes:?}");
    assert_eq!(of("iam:UpdateAccessKey"), 3, "two keys of alice, one of the new user: {changes:?}");
    for key in &scene.account.victim {
        assert_eq!(scene.key_status(&key.id).as_deref(), Some("Inactive"));
    }
    let undone = scene.run(&["undo", "case", "--yes", "--settle", "1"]);
    assert_eq!(undone.code, 0, "{undone:?}");
}

#[test]
fn one_that_cannot_be_contained_does_not_keep_the_others_from_it() {
    let scene = scene();
    let reserved = "AWSReservedSSO_Admin_0123456789abcdef";
    let trust = json!({"Version": "2012-10-17", "Statement": []}).to_string();
    let path = "/aws-reserved/sso.amazonaws.com/";
    let role = json!({"RoleName": reserved, "Path": path, "AssumeRolePolicyDocument": trust});
    scene.account.aws.call("iam", "create_role", role);
    let args = ["intruder", "--user", VICTIM, "--role", ROLE, "--role", reserved];
    let run = scene.contain(&[&args[..], &["--visibility", "none", "--yes"]].concat());
    assert_eq!(run.code, 3, "{run:?}");
    let left = format!("iam.deny-role, {reserved}");
    says(&run, &["BLOCKED", "permission set", "INCOMPLETE: urgent changes were left", &left]);
    let names = scene.proxy.mutating();
    for made in ["iam:PutUserPolicy", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"] {
        assert_eq!(names.iter().filter(|name| *name == made).count(), 1, "{made}: {names:?}");
    }
    // Where every urgent step is blocked, nobody is contained.
    let other = "AWSReservedSSO_Other_0123456789abcdef";
    let role = json!({"RoleName": other, "Path": path, "AssumeRolePolicyDocument": trust});
    scene.account.aws.call("iam", "create_role", role);
    let args = ["intruder", "--role", reserved, "--role", other, "--case", "both", "--yes"];
    let run = scene.contain(&args);
    assert_eq!(run.code, 3, "{run:?}");
    says(&run, &["NOT contained"]);
}

#[test]
fn stories_are_chosen_and_credentials_left_out() {
    let scene = scene();
    let plan = |more: &[&str]| {
        let args = ["--from", "findings.json", "--visibility", "none", "--plan-only"];
        scene.contain(&[&args[..], more].concat())
    };
    let run = plan(&["--story", STORY, "--except", ROLE]);
    assert_eq!(run.code, 0, "{run:?}");
    says(&run, &["app: left out by --except", "the user alice is in the plan"]);
    assert!(!run.stdout.contains("iam.deny-role"), "{}", run.stdout);
    for (more, text) in [
        (["--story", "s-nowhere"], "there is no story 's-nowhere' (it has s-00000000000a)"),
        (["--except", "nobody"], "do not name 'nobody'"),
    ] {
        scene.proxy.clear_log();
        let run = plan(&more);
        assert!(scene.proxy.log().is_empty(), "AWS was asked before the flags were checked");
        assert_eq!(run.code, 2, "{run:?}");
        says(&run, &[text]);
    }
    scene.unchanged();
}

#[test]
fn findings_of_another_account_are_refused_with_why() {
    let scene = scene();
    let theirs = analysis(&scene).to_string().replace(&scene.account.id, "999988887777");
    scene.env.write("theirs.json", theirs);
    let run = scene.contain(&["--from", "theirs.json", "--yes"]);
    assert_eq!(run.code, 6, "{run:?}");
    says(&run, &["account 999988887777", "these credentials are of account 123456789012"]);
    scene.unchanged();
    let empty = json!({"schema": "incident.analysis/1", "stories": []}).to_string();
    for (name, text, says_why) in [
        ("empty.json", empty.as_str(), "it tells no story"),
        ("plan.json", "{\"schema\": \"incident.plan/1\"}", "its schema is 'incident.plan/1'"),
        ("text.json", "no", "not JSON"),
    ] {
        scene.env.write(name, text);
        let run = scene.contain(&["--from", name, "--yes"]);
        assert_eq!(run.code, 2, "{run:?}");
        says(&run, &[name, says_why]);
    }
    scene.unchanged();
}

/// What `analyze` prints, word for word.
fn printed(text: &str, start: &str) -> Vec<String> {
    let line = text.lines().map(str::trim).find_map(|line| line.strip_prefix("Contain:"));
    let line = line.unwrap_or_else(|| panic!("no command in {text}")).trim();
    assert!(line.starts_with(start), "{line}");
    shlex::split(line).unwrap().into_iter().skip(1).collect()
}

#[test]
fn the_commands_that_analyze_prints_work_as_they_are() {
    let scene = Scene::moto();
    let run = scene.run(&["case", "new", "--dir", "my case", "--author", "alice"]);
    assert_eq!(run.code, 0, "{run:?}");
    let analyze = ["analyze", sample_logs()];
    let saved = scene.run(&[&analyze[..], &["--case", "my case"]].concat());
    let from = printed(&saved.stdout, "incident contain --from 'my case'");
    // The account of the sample, with what its story names.
    let account = "111122223333";
    let found: Value =
        serde_json::from_slice(&fs::read(scene.env.path("my case/findings-001.json")).unwrap())
            .unwrap();
    assert_eq!(found["stories"][0]["account"], account);
    let words: Vec<&str> = from.iter().map(String::as_str).collect();
    let url = scene.proxy.url();
    let more = ["--endpoint-url", &url, "--plan-only"];
    // The responder of another account is refused.
    let refused = scene.run(&[&words[..], &more].concat());
    assert_eq!(refused.code, 6, "{refused:?}");
    says(&refused, &[account]);
    let flags = printed(&scene.run(&analyze).stdout, "incident contain intruder --");
    let mut users = Vec::new();
    for pair in flags[2..].chunks(2) {
        let [flag, name] = pair else { panic!("{flags:?}") };
        match flag.as_str() {
            "--user" => {
                _ = scene.account.aws.try_call("iam", "create_user", json!({"UserName": name}));
                users.push(name.clone());
            }
            "--role" => {
                let trust = json!({"Version": "2012-10-17", "Statement": []}).to_string();
                let role = json!({"RoleName": name, "AssumeRolePolicyDocument": trust});
                _ = scene.account.aws.try_call("iam", "create_role", role);
            }
            other => panic!("{other} in {flags:?}"),
        }
    }
    assert!(!users.is_empty(), "{flags:?}");
    let words: Vec<&str> = flags.iter().map(String::as_str).collect();
    let run = scene.run(&[&words[..], &more].concat());
    assert_eq!(run.code, 0, "{run:?}");
    for user in &users {
        says(&run, &[&format!("user/{user}#")]);
    }
    scene.unchanged();
}

#[test]
fn a_case_whose_findings_were_edited_is_no_source_of_a_plan() {
    let scene = Scene::moto();
    _ = scene.run(&["case", "new", "--dir", "case", "--author", "alice"]);
    _ = scene.run(&["analyze", sample_logs(), "--case", "case", "-q", "--no-builtin"]);
    let file = scene.env.path("case/findings-001.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("111122223333", &scene.account.id)).unwrap();
    let run = scene.contain(&["--from", "case", "--yes"]);
    assert_eq!(run.code, 1, "{run:?}");
    says(&run, &["was changed after it was written", "incident verify"]);
    scene.unchanged();
}
