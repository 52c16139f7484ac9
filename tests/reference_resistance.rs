//! The example of a containment that meets resistance: no room for a deny, a protected trail, and an attacker who makes
//! keys. And what the account is like before, after and after the undo.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::aws::account::{DATA, TRAIL, VICTIM};
use crate::support::aws::quotas::{Full, INLINE};
use crate::support::aws::{Rule, snapshot};
use crate::support::docs::{block, fenced, table};
use crate::support::run::NOW;
use crate::support::transcript::{Part, Transcripts};
use crate::support::{Run, Scene};

const PAGE: &str = "docs/example-resistance.md";
const LEAKED: &str = "AKIALEAKEDKEYEXAMPLE";
const SECOND: &str = "AKIASECONDONEEXAMPLE";
const MINTED: &str = "AKIAATTACKERSEXAMPLE";

const SCP: &str = "with an explicit deny in a service control policy: \
                   arn:aws:organizations::111122223333:policy/o-1/service_control_policy/p-1";

fn iam(scene: &Scene, operation: &str, args: Value) -> Value {
    scene.account.aws.call("iam", operation, args)
}

/// Alice has keys and a password, and no other credentials.
fn keys_alone(scene: &Scene) {
    let of = |list: &str, field: &str, id: &str| {
        let all = iam(scene, list, json!({"UserName": VICTIM}));
        let all = all[field].as_array().unwrap().clone();
        all.iter().map(|one| one[id].clone()).collect::<Vec<_>>()
    };
    for id in of("list_ssh_public_keys", "SSHPublicKeys", "SSHPublicKeyId") {
        iam(scene, "delete_ssh_public_key", json!({"UserName": VICTIM, "SSHPublicKeyId": id}));
    }
    for id in of("list_signing_certificates", "Certificates", "CertificateId") {
        iam(scene, "delete_signing_certificate", json!({"UserName": VICTIM, "CertificateId": id}));
    }
}

/// The user has written policies until no other fits.
fn no_room(scene: &Scene) {
    let actions: Vec<String> = (0..125).map(|n| format!("s3:Do{n:06}")).collect();
    let filler = json!({"Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": actions, "Resource": "*"}]});
    let args =
        json!({"UserName": VICTIM, "PolicyName": "filler", "PolicyDocument": filler.to_string()});
    iam(scene, "put_user_policy", args);
    scene.proxy.answer_with(&std::sync::Arc::new(Full::new(INLINE)));
}

/// The trail records one region, no management events and no digests, and nobody in the account may change it.
fn protected_trail(scene: &Scene) {
    let trail = |operation: &str, args| scene.account.aws.call("cloudtrail", operation, args);
    let weak =
        json!({"Name": TRAIL, "IsMultiRegionTrail": false, "EnableLogFileValidation": false});
    trail("update_trail", weak);
    let selectors =
        json!([{"ReadWriteType": "All", "IncludeManagementEvents": false, "DataResources": []}]);
    trail("put_event_selectors", json!({"TrailName": TRAIL, "EventSelectors": selectors}));
    for name in ["cloudtrail:UpdateTrail", "cloudtrail:PutEventSelectors"] {
        let message = move |_: &_| {
            format!(
                "User: arn:aws:iam::123456789012:user/responder is not authorized to perform: {name} on resource: \
                 arn:aws:cloudtrail:us-east-1:123456789012:trail/{TRAIL} {SCP}"
            )
        };
        scene.proxy.rule(Rule::on(name).refuse("AccessDeniedException", message));
    }
}

/// The attacker takes the second key's place with one of their own.
fn mint(scene: &Scene) -> String {
    let second = scene.account.victim[1].id.clone();
    iam(scene, "delete_access_key", json!({"UserName": VICTIM, "AccessKeyId": second}));
    scene.account.aws.create_key(VICTIM).id
}

#[test]
fn containment_against_resistance() {
    let scene = Scene::moto();
    keys_alone(&scene);
    no_room(&scene);
    protected_trail(&scene);
    let [leaked, second] = scene.account.victim.each_ref().map(|key| key.id.clone());
    let case = "case-2026-11-21-leaked-access-key";
    let args = ["leaked-access-key", "--access-key", &leaked, "--visibility", "trail"];
    let args = [&args[..], &["--plan-only", "-o", "plan.json", "--now", NOW]].concat();
    let plan = scene.contain(&args);
    let minted = mint(&scene);
    scene.proxy.clear_log();
    let applied = scene.contain(&["--apply", "plan.json", "--case", case, "--now", NOW]);
    let calls = scene.proxy.names();

    let keys = iam(&scene, "list_access_keys", json!({"UserName": VICTIM}));
    let keys = keys["AccessKeyMetadata"].as_array().unwrap();
    assert!(keys.len() == 2 && keys.iter().all(|k| k["Status"] == "Inactive"), "{keys:?}");
    let whom = "ask the owner of the service control policy: the organization's management account";
    assert!(applied.stdout.contains(whom), "{applied:?}");
    let last = calls.iter().rposition(|name| name == "iam:UpdateAccessKey").unwrap();
    assert!(last < 30, "{:?}", &calls[..=last]);

    let names = [(leaked, LEAKED), (second, SECOND), (minted, MINTED)];
    let names = names.map(|(real, example)| (real, example.to_string()));
    let shown = Transcripts { names: names.into() };
    let plan_command = format!(
        "incident contain leaked-access-key --access-key {LEAKED} --visibility trail --plan-only -o plan.json"
    );
    let mut body = String::new();
    for (heading, command, run, code, part) in [
        ("The plan", plan_command.as_str(), &plan, 0, Part::Whole),
        ("The run", "incident contain --apply plan.json", &applied, 3, Part::Result),
    ] {
        let shown = shown.show(command, run, code, part);
        write!(body, "## {heading}\n\n{}{shown}\n", before(heading)).unwrap();
    }
    let mut list = String::new();
    for (n, name) in calls[..=last].iter().enumerate() {
        writeln!(list, "{:>3}  {name}", n + 1).unwrap();
    }
    write!(body, "## The calls until the last key was inactive\n\n{}", fenced("text", &list))
        .unwrap();
    block(PAGE, "resistance", &body);
}

/// What happens before a run.
fn before(heading: &str) -> String {
    match heading {
        "The run" => format!(
            "Between the plan and the run, the attacker deletes the key `{SECOND}` and makes `{MINTED}`.\n\n"
        ),
        _ => String::new(),
    }
}

/// What a containment is about, in words.
fn look(scene: &Scene) -> Vec<(&'static str, String)> {
    let seen = snapshot(&scene.account.aws, &scene.account.id);
    let user = &seen["users"][VICTIM];
    let all = |list: &Value, of: &dyn Fn(&Value) -> String| {
        let all: Vec<String> = list.as_array().into_iter().flatten().map(of).collect();
        all.join(", ")
    };
    let inline: Vec<String> = user["inline"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, document)| {
            let cutoff = document.to_string().contains("aws:TokenIssueTime");
            match (name.starts_with("incident-"), cutoff) {
                (false, _) => format!("`{name}`"),
                (true, false) => format!("`{name}`: denies everything"),
                (true, true) => format!("`{name}`: denies sessions from before the undo"),
            }
        })
        .collect();
    let (trail, bucket) = (&seen["trails"][TRAIL], &seen["buckets"][DATA]);
    let on = |value: &Value| if *value == true { "on" } else { "off" }.to_string();
    let block = &bucket["public_access"];
    let closed = block.as_object().is_some_and(|b| b.len() == 4 && b.values().all(|v| *v == true));
    let denies = bucket["policy"].as_str().unwrap_or_default().matches("IncidentDeny").count();
    vec![
        ("keys of alice", all(&user["keys"], &|k| k["Status"].as_str().unwrap().to_lowercase())),
        ("policies of alice", inline.join(", ")),
        ("our denies in the policy of acme-data", denies.to_string()),
        ("the trail logs", on(&trail["logging"])),
        ("it records every region", on(&trail["trail"]["IsMultiRegionTrail"])),
        ("its files are validated", on(&trail["trail"]["LogFileValidationEnabled"])),
        (
            "versioning of acme-data",
            bucket["versioning"].as_str().unwrap_or("never on").to_lowercase(),
        ),
        ("public access to acme-data", if closed { "blocked" } else { "possible" }.to_string()),
    ]
}

#[track_caller]
fn ended(run: &Run) {
    assert_eq!(run.code, 0, "{run:?}");
}

#[test]
fn the_account_before_and_after() {
    let scene = Scene::moto();
    let trail = |operation: &str, args| scene.account.aws.call("cloudtrail", operation, args);
    let s3 = |operation: &str, args| scene.account.aws.call("s3", operation, args);
    trail("stop_logging", json!({"Name": TRAIL}));
    let weak =
        json!({"Name": TRAIL, "IsMultiRegionTrail": false, "EnableLogFileValidation": false});
    trail("update_trail", weak);
    let suspended = json!({"Status": "Suspended"});
    s3("put_bucket_versioning", json!({"Bucket": DATA, "VersioningConfiguration": suspended}));
    let before = look(&scene);
    let key = scene.account.victim[0].id.clone();
    let principal = scene.account.user_arn(VICTIM);
    let of_key = ["leaked-access-key", "--access-key", &key, "--visibility", "trail"];
    let of_bucket = ["s3-ransomware", "--bucket", DATA, "--principal", &principal];
    let mut shown = Vec::new();
    for (folder, args) in [("of-key", &of_key[..]), ("of-bucket", &of_bucket[..])] {
        ended(&scene.contain(&[args, &["--yes", "--case", folder, "--now", NOW]].concat()));
    }
    let contained = look(&scene);
    for folder in ["of-bucket", "of-key"] {
        ended(&scene.run(&["undo", folder, "--yes", "--settle", "0.2", "--now", NOW]));
    }
    let undone = look(&scene);
    for (((what, before), (_, contained)), (_, undone)) in
        before.into_iter().zip(contained).zip(undone)
    {
        shown.push(vec![what.to_string(), before, contained, undone]);
    }
    // A containment changes each of them, and its undo weakens none.
    for row in &shown {
        assert_ne!(row[1], row[2], "{row:?}");
        let denies = row[0].starts_with("policies") || row[0].starts_with("our denies");
        assert_eq!(row[2] != row[3], denies, "{row:?}");
    }
    let head = ["", "before", "contained", "after the undo"];
    let body = Transcripts::default().as_example(&table(&head, &shown));
    block(PAGE, "before-and-after", &body);
}
