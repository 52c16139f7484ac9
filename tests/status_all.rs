//! `incident status --all` names every deny that is in force with its owner; and the status of a fallback says what is in
//! force while it is being lifted.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::aws::Rule;
use crate::support::aws::account::{DATA, ROLE, VICTIM};
use crate::support::aws::boundary::UserBoundary;
use crate::support::aws::quotas::{Full, INLINE, INLINE_AND_ATTACHED};
use crate::support::aws::snapshot;
use crate::support::{Env, Scene};

/// The letters and digits of a case's id.
fn case_of(scene: &Scene, folder: &str) -> String {
    let text = std::fs::read_to_string(scene.env.path(folder).join("case.toml")).unwrap();
    let id = text.lines().find_map(|l| l.strip_prefix("id = \"")?.strip_suffix('"')).unwrap();
    id.replace('-', "")
}

fn all(scene: &Scene) -> Vec<Value> {
    let run =
        scene.run(&["status", "--all", "--format", "json", "--endpoint-url", &scene.proxy.url()]);
    assert_eq!(run.code, 0, "{run:?}");
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(document["schema"], "incident.in-force/1");
    document["denies"].as_array().unwrap().clone()
}

#[test]
fn a_bucket_is_asked_in_its_own_region() {
    let scene = Scene::moto();
    let there = json!({"LocationConstraint": "eu-west-1"});
    let bucket = json!({"Bucket": "far-away", "CreateBucketConfiguration": there});
    scene.account.aws.in_region("eu-west-1").call("s3", "create_bucket", bucket);
    scene.proxy.clear_log();
    assert!(all(&scene).is_empty());
    let asked = scene.proxy.log().into_iter();
    let asked = asked.filter(|e| e.name() == "s3:GetBucketPolicy" && e.path().contains("far-away"));
    let regions: Vec<String> = asked.map(|e| e.region).collect();
    assert_eq!(regions, ["eu-west-1"]);
}

#[test]
fn every_deny_has_an_owner_and_a_date() {
    let scene = Scene::moto();
    assert!(all(&scene).is_empty());
    let none = ["--visibility", "none", "--yes"];
    for (folder, args) in [
        ("of-user", &["console-takeover", "--user", VICTIM][..]),
        ("of-role", &["compromised-role", "--role", ROLE]),
        ("of-bucket", &["s3-exfiltration", "--bucket", DATA, "--address", "203.0.113.0/24"]),
    ] {
        let run = scene.contain(&[args, &none, &["--case", folder]].concat());
        assert_eq!(run.code, 0, "{run:?}");
    }
    let denies = all(&scene);
    let of = |case: &str| {
        let case = case_of(&scene, case);
        denies.iter().filter(|d| d["case"] == *case).collect::<Vec<_>>()
    };
    assert_eq!(denies.len(), 4, "{denies:?}");
    for (folder, on, place) in [
        ("of-user", "user/alice", "inline policy incident-"),
        ("of-role", "role/app", "inline policy incident-"),
        ("of-role", "role/app", "trust policy"),
        ("of-bucket", "s3:::acme-data", "bucket policy"),
    ] {
        let text = |value: &Value| value.as_str().unwrap().to_string();
        let found = of(folder).into_iter().find(|d| text(&d["place"]).starts_with(place));
        let deny = found.unwrap_or_else(|| panic!("no {place} of {folder} in {denies:?}"));
        assert!(text(&deny["on"]).ends_with(on), "{deny}");
        assert_eq!(deny["author"], "responder");
        #[expect(clippy::disallowed_methods, reason = "the program's clock is the real one")]
        let year = chrono::Utc::now().format("%Y-").to_string();
        assert!(text(&deny["since"]).starts_with(&year) && text(&deny["since"]).len() == 10);
    }
    let run = scene.run(&["status", "--all", "--endpoint-url", &scene.proxy.url()]);
    for says in ["4 denies in force", &case_of(&scene, "of-user"), "incident undo CASE"] {
        assert!(run.stdout.contains(says), "no '{says}' in {}", run.stdout);
    }
    // After an undo the cutoffs are left, and told apart.
    scene.proxy.clear_log();
    for folder in ["of-user", "of-role", "of-bucket"] {
        let undo = scene.run(&["undo", folder, "--hardening", "--yes", "--settle", "0.2"]);
        assert!([0, 3].contains(&undo.code), "{undo:?}");
    }
    let left = all(&scene);
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(left.iter().all(|d| d["cutoff"].is_string() && d["author"] == "responder"), "{left:?}");
}

#[test]
fn it_lifts_nothing_and_names_what_it_cannot_read() {
    let scene = Scene::moto();
    let aws = &scene.account.aws;
    let all_denied = "arn:aws:iam::aws:policy/AWSDenyAll";
    aws.call("iam", "attach_user_policy", json!({"UserName": VICTIM, "PolicyArn": all_denied}));
    let forged = json!({"Version": "2012-10-17", "Statement": [{"Sid": "IncidentDenyAllCase1ByaliceOn20261121",
        "Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let args = json!({"UserName": VICTIM, "PolicyName": "incident-1-deny", "PolicyDocument": forged.to_string()});
    aws.call("iam", "put_user_policy", args);
    let denies = all(&scene);
    assert_eq!(denies.len(), 1, "{denies:?}");
    assert_eq!(denies[0]["place"], "attached policy AWSDenyAll");
    assert_eq!(denies[0]["case"], Value::Null);
    scene.proxy.rule(Rule::on("s3:GetBucketPolicy").nth(1).fail("AccessDenied"));
    let run = scene.run(&["status", "--all", "--endpoint-url", &scene.proxy.url()]);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stderr.contains("not read: bucket"), "{}", run.stderr);
    scene.unchanged();
    let env = Env::new();
    assert_eq!(env.run(&["status"]).code, 2);
    assert_eq!(env.run(&["status", "case", "--all"]).code, 2);
}

#[test]
fn a_fallback_is_not_lifted_before_it_is_released() {
    for (limits, release) in [
        (INLINE, "iam:DetachUserPolicy"),
        (INLINE_AND_ATTACHED, "iam:DeleteUserPermissionsBoundary"),
    ] {
        let scene = Scene::moto();
        let boundary = Arc::new(UserBoundary::default());
        scene.proxy.answer_with(&boundary);
        scene.answers.simulation.beside(&boundary);
        let full = Arc::new(Full::new(limits));
        scene.proxy.answer_with(&full);
        let run = scene.contain_victim(&["--yes"]);
        assert_eq!(run.code, 0, "{run:?}");
        full.make_room();
        // The cutoff is written, and then AWS refuses to take the deny back.
        scene.proxy.rule(Rule::on(release).fail("AccessDenied"));
        let undo = scene.run(&["undo", "case", "--yes", "--settle", "0.2"]);
        assert_eq!(undo.code, 3, "{undo:?}");
        for offline in [&["--offline"][..], &[]] {
            let status = scene.run(&[&["status", "case"], offline].concat());
            assert_eq!(status.code, 3, "{release}: {status:?}");
            assert!(status.stdout.contains("the Deny itself is in force"), "{status:?}");
            assert!(!status.stdout.contains("narrowed"), "{status:?}");
            assert!(!status.stdout.contains("the Deny is lifted"), "{status:?}");
        }
        scene.proxy.clear_rules();
        let undo = scene.run(&["undo", "case", "--yes", "--settle", "0.2"]);
        assert_eq!(undo.code, 0, "{undo:?}");
        let status = scene.run(&["status", "case"]);
        assert_eq!(status.code, 0, "{status:?}");
        assert!(status.stdout.contains("narrowed; in force now"), "{status:?}");
        assert!(status.stdout.contains("the Deny is lifted"), "{status:?}");
    }
}

/// The tags of the victim or the role that are ours: key and value.
fn our_tags(scene: &Scene, role: bool) -> Vec<(String, String)> {
    let aws = &scene.account.aws;
    let tags = match role {
        true => aws.call("iam", "list_role_tags", json!({"RoleName": ROLE})),
        false => aws.call("iam", "list_user_tags", json!({"UserName": VICTIM})),
    };
    let text = |tag: &Value, name: &str| tag[name].as_str().unwrap().to_string();
    let tags = tags["Tags"].as_array().unwrap().iter();
    let tags = tags.map(|tag| (text(tag, "Key"), text(tag, "Value")));
    tags.filter(|(key, _)| key.starts_with("incident-contain:")).collect()
}

#[test]
fn the_owner_of_aws_own_policy_is_in_a_tag_that_goes_with_it() {
    for role in [false, true] {
        let scene = Scene::moto();
        let aws = &scene.account.aws;
        let theirs = json!([{"Key": "team", "Value": "a"}]);
        let args: &[&str] = match role {
            true => {
                aws.call("iam", "tag_role", json!({"RoleName": ROLE, "Tags": theirs}));
                &["compromised-role", "--role", ROLE]
            }
            false => {
                aws.call("iam", "tag_user", json!({"UserName": VICTIM, "Tags": theirs}));
                &["console-takeover", "--user", VICTIM]
            }
        };
        let args = [args, &["--visibility", "none", "--yes"]].concat();
        let full = Arc::new(Full::new(INLINE));
        scene.proxy.answer_with(&full);
        let run = scene.contain(&args);
        assert_eq!(run.code, 0, "{run:?}");
        for says in ["If AWSDenyAll is put above", "TagKey=incident-contain:", "read tags"] {
            assert!(run.stdout.contains(says), "no '{says}' in {}", run.stdout);
        }
        let tags = our_tags(&scene, role);
        assert_eq!(tags.len(), 1, "{tags:?}");
        assert!(tags[0].1.starts_with("DenyAll by responder on 20"), "{tags:?}");
        let denies = all(&scene);
        let attached = denies.iter().find(|d| d["place"] == "attached policy AWSDenyAll").unwrap();
        assert_eq!(attached["case"], *case_of(&scene, "case"), "{denies:?}");
        assert_eq!(attached["author"], "responder", "{denies:?}");
        // While the deny stays, its owner stays named.
        let undo = ["undo", "case", "--yes", "--settle", "0.2"];
        let run = scene.run(&undo);
        assert_eq!(run.code, 3, "no room for the cutoff: {run:?}");
        assert_eq!(our_tags(&scene, role).len(), 1, "{run:?}");
        assert!(run.stdout.contains("names the owner of"), "{run:?}");
        full.make_room();
        let run = scene.run(&undo);
        assert_eq!(run.code, 0, "{run:?}");
        assert!(our_tags(&scene, role).is_empty(), "{run:?}");
        let last = scene.proxy.mutating().pop().unwrap();
        assert_eq!(last, if role { "iam:UntagRole" } else { "iam:UntagUser" }, "after the deny");
        let (kind, field) = if role { ("role", "RoleName") } else { ("user", "UserName") };
        let name = if role { ROLE } else { VICTIM };
        let left = aws.call("iam", &format!("list_{kind}_tags"), json!({field: name}));
        assert_eq!(left["Tags"], theirs, "others' tags stay");
    }
}

#[test]
fn a_refused_tag_stops_nothing_and_is_left() {
    let scene = Scene::moto();
    let full = Arc::new(Full::new(INLINE));
    scene.proxy.answer_with(&full);
    scene.proxy.rule(Rule::on("iam:TagUser").fail("AccessDenied"));
    let run = scene.contain_victim(&["--yes"]);
    assert_eq!(run.code, 3, "{run:?}");
    for says in
        ["INCOMPLETE: the other changes are in force.", "(iam.tag-user)", "needs iam:TagUser"]
    {
        assert!(run.stdout.contains(says), "no '{says}' in {}", run.stdout);
    }
    let seen = snapshot(&scene.account.aws, &scene.account.id);
    let alice = &seen["users"][VICTIM];
    assert!(alice["keys"].as_array().unwrap().iter().all(|k| k["Status"] == "Inactive"));
    assert!(alice["attached"].to_string().contains("AWSDenyAll"), "{alice}");
    assert_eq!(alice["login_profile"], true, "reset, not removed");
    scene.proxy.clear_rules();
    let run = scene.run(&["resume", "case", "--hold", "0.2", "--settle", "1"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(our_tags(&scene, false).len(), 1);
    // Nor does a refused removal keep the deny in force.
    full.make_room();
    scene.proxy.rule(Rule::on("iam:UntagUser").fail("AccessDenied"));
    let undo = ["undo", "case", "--yes", "--settle", "0.2"];
    let run = scene.run(&undo);
    assert_eq!(run.code, 3, "{run:?}");
    let seen = snapshot(&scene.account.aws, &scene.account.id);
    assert!(!seen["users"][VICTIM]["attached"].to_string().contains("AWSDenyAll"), "{run:?}");
    scene.proxy.clear_rules();
    let run = scene.run(&undo);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(our_tags(&scene, false).is_empty(), "{run:?}");
}

#[test]
fn without_a_fallback_nobody_is_tagged() {
    let scene = Scene::moto();
    let run = scene.contain_victim(&["--yes"]);
    assert_eq!(run.code, 0, "{run:?}");
    let asked = scene.proxy.names();
    assert!(!asked.contains(&"iam:TagUser".to_string()), "{asked:?}");
    assert!(our_tags(&scene, false).is_empty());
}
