//! What must not be done is refused: exit 6, the reason, and nothing was changed.

use std::fs;

use serde_json::{Value, json};

use crate::support::aws::account::{
    DATA, RESPONDER, ROLE, SECRET, TRAIL_BUCKET, VICTIM, foreign_bucket_policy,
};
use crate::support::aws::http::Message;
use crate::support::aws::{Action, Rule};
use crate::support::{Run, Scene};

const ADMIN_TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}"#;

/// Refused for this reason, and the proxy saw no change.
#[track_caller]
fn refused(scene: &Scene, run: &Run, reason: &str) {
    assert_eq!(run.code, 6, "{run:?}");
    assert!(run.stderr.contains(reason), "no '{reason}' in: {}", run.stderr);
    untouched(scene, run);
}

#[track_caller]
fn untouched(scene: &Scene, run: &Run) {
    scene.unchanged();
    assert!(!run.stdout.contains("CONTAINED"), "{}", run.stdout);
}

fn role(scene: &Scene, name: &str, path: &str) -> String {
    let args = json!({"RoleName": name, "Path": path, "AssumeRolePolicyDocument": ADMIN_TRUST});
    let made = scene.account.aws.call("iam", "create_role", args);
    made["Role"]["Arn"].as_str().unwrap().to_string()
}

#[test]
fn nobody_contains_themselves() {
    let scene = Scene::moto();
    let user = |name| ["leaked-access-key", "--user", name, "--yes"];
    refused(&scene, &scene.contain(&user(RESPONDER)), "is you");
    let key = scene.account.responder.id.as_str();
    let run = scene.contain(&["leaked-access-key", "--access-key", key, "--yes"]);
    refused(&scene, &run, "is you");
    let run = scene.contain(&["console-takeover", "--user", RESPONDER, "--yes"]);
    refused(&scene, &run, "is you");
    // The role behind a session, by name and by ARN.
    let session = scene.account.aws.assume(&scene.account.role_arn, "me");
    for name in [ROLE, &scene.account.role_arn] {
        let run = scene.contain_as(&session, &["compromised-role", "--role", name, "--yes"]);
        refused(&scene, &run, "is you");
    }
    let bucket = |who: &str| {
        ["s3-exfiltration", "--bucket", DATA, "--principal", who, "--yes"].map(str::to_string)
    };
    let as_session = |who: &str| {
        let args = bucket(who);
        scene.contain_as(&session, &args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    refused(&scene, &as_session(&scene.account.role_arn), "is you");
    refused(&scene, &as_session(&scene.account.id), "your own account");
    let root = format!("arn:aws:iam::{}:root", scene.account.id);
    refused(&scene, &as_session(&root), "your own account");
    let run = as_session(&format!("arn:aws:sts::{}:assumed-role/{ROLE}/other", scene.account.id));
    refused(&scene, &run, "is you");
}

#[test]
fn who_stands_behind_the_session_is_not_contained() {
    let scene = Scene::moto();
    let ops = role(&scene, "ops", "/");
    let deputy = role(&scene, "deputy", "/");
    let alice = &scene.account.victim[0];
    let victim = ["leaked-access-key", "--user", VICTIM, "--yes"];
    let run = scene.contain_as(alice, &[&victim[..], &["--role-arn", &ops]].concat());
    refused(&scene, &run, ", through the credentials");
    // Profiles: one role on the user's key, one on top of it, and one that names itself as its source.
    let config = format!(
        "[default]\nregion = us-east-1\n[profile base]\n\
         [profile one]\nrole_arn = {ops}\nsource_profile = base\n\
         [profile two]\nrole_arn = {deputy}\nsource_profile = one\n\
         [profile itself]\nrole_arn = {ops}\nsource_profile = itself\n\
         [profile environment]\nrole_arn = {ops}\ncredential_source = Environment\n"
    );
    let keys =
        format!("aws_access_key_id = {}\naws_secret_access_key = {}\n", alice.id, alice.secret);
    let config = scene.env.write("aws-config", config);
    let credentials = format!("[base]\n{keys}[itself]\n{keys}");
    let credentials = scene.env.write("aws-credentials", credentials);
    let url = scene.proxy.url();
    let as_profile = |args: &[&str], with_key: bool| {
        let args = crate::support::scene::contain(&url, args);
        let mut command = scene.command_as(alice, &args);
        command
            .env("AWS_CONFIG_FILE", &config)
            .env("AWS_SHARED_CREDENTIALS_FILE", &credentials)
            .env("AWS_ENDPOINT_URL", &url);
        if !with_key {
            command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
        }
        Run::from(command.output().unwrap())
    };
    for profile in ["one", "two", "itself"] {
        let run = as_profile(&[&victim[..], &["--profile", profile]].concat(), false);
        refused(&scene, &run, "your session comes from");
    }
    let run = as_profile(&[&victim[..], &["--profile", "environment"]].concat(), true);
    refused(&scene, &run, "your session comes from");
    let onto = ["--profile", "one", "--role-arn", &deputy];
    refused(&scene, &as_profile(&[&victim[..], &onto].concat(), false), "your session comes from");
    let role = ["compromised-role", "--role", "ops", "--yes", "--profile", "two"];
    refused(&scene, &as_profile(&role, false), "your session comes from");
}

#[test]
fn a_profile_that_is_named_is_the_one_in_use() {
    let scene = Scene::moto();
    let key = &scene.account.responder;
    let text = format!(
        "[theirs]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        key.id, key.secret
    );
    let credentials = scene.env.write("aws-credentials", text);
    let url = scene.proxy.url();
    let args = ["leaked-access-key", "--user", VICTIM, "--plan-only", "--profile", "theirs"];
    let mut command =
        scene.command_as(&scene.account.victim[0], &crate::support::scene::contain(&url, &args));
    command.env("AWS_SHARED_CREDENTIALS_FILE", &credentials);
    let run = Run::from(command.output().unwrap());
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.stdout
            .contains(&format!("you are   arn:aws:iam::{}:user/{RESPONDER}", scene.account.id))
    );
}

#[test]
fn a_deny_on_the_trails_bucket_spares_those_who_deliver_logs() {
    let scene = Scene::moto();
    let trail = ["--bucket", TRAIL_BUCKET, "--plan-only"];
    let who = format!("arn:aws:iam::{}:user/{VICTIM}", scene.account.id);
    for args in [
        &["s3-exfiltration", "--principal", &who][..],
        &["s3-exfiltration", "--address", "192.0.2.0/24"],
        &["s3-ransomware"],
    ] {
        let plan = scene.contain(&[args, &trail].concat());
        assert_eq!(plan.code, 0, "{}", plan.stderr);
        assert!(plan.stdout.contains("\"aws:PrincipalServiceName\""), "{}", plan.stdout);
        assert!(plan.stdout.contains("are spared, so that logs go on"), "{}", plan.stdout);
    }
}

#[test]
fn a_bucket_that_would_be_closed_to_the_responder_stays_open() {
    let scene = Scene::moto();
    let who = format!("arn:aws:iam::{}:user/{VICTIM}", scene.account.id);
    let alone = ["s3-exfiltration", "--bucket", DATA, "--allow", &who, "--yes"];
    refused(&scene, &scene.contain(&alone), RESPONDER);
    let policy = scene.account.aws.call("s3", "get_bucket_policy", json!({"Bucket": DATA}));
    assert_eq!(policy["Policy"], foreign_bucket_policy(&scene.account.id));
}

#[test]
fn roles_that_cannot_be_contained_here() {
    let scene = Scene::moto();
    role(&scene, "AWSReservedSSO_Admin_0123456789abcdef", "/aws-reserved/sso.amazonaws.com/");
    role(&scene, "AWSServiceRoleForX", "/aws-service-role/x.amazonaws.com/");
    for (name, says) in [
        ("AWSReservedSSO_Admin_0123456789abcdef", "permission set"),
        ("AWSServiceRoleForX", "service"),
    ] {
        for mode in ["lockdown", "rotate"] {
            let args = ["compromised-role", "--role", name, "--mode", mode, "--yes"];
            refused(&scene, &scene.contain(&args), says);
        }
    }
    let other = "arn:aws:iam::999999999999:role/app";
    let run = scene.contain(&["compromised-role", "--role", other, "--yes"]);
    refused(&scene, &run, "999999999999");
}

fn query(operation: &str, result: &str) -> Message {
    let body = format!(
        "<{operation}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><{operation}Result>{result}\
         </{operation}Result><ResponseMetadata><RequestId>0</RequestId></ResponseMetadata></{operation}Response>"
    );
    Message::response(200, "text/xml", body)
}

#[test]
fn keys_of_root_of_others_and_of_sessions() {
    let scene = Scene::moto();
    let used =
        "<AccessKeyLastUsed><Region>N/A</Region><ServiceName>N/A</ServiceName></AccessKeyLastUsed>";
    let root = ["leaked-access-key", "--access-key", "AKIAIOSFODNN7ROOTKEY", "--yes"];
    scene.proxy.rule(
        Rule::on("iam:GetAccessKeyLastUsed")
            .nth(1)
            .then(Action::Answer(query("GetAccessKeyLastUsed", used))),
    );
    refused(&scene, &scene.contain(&root), "root");
    scene.proxy.clear_rules();
    scene.proxy.rule(Rule::on("iam:GetAccessKeyLastUsed").fail("AccessDenied"));
    scene.proxy.rule(
        Rule::on("sts:GetAccessKeyInfo")
            .then(Action::Answer(query("GetAccessKeyInfo", "<Account>999999999999</Account>"))),
    );
    refused(&scene, &scene.contain(&root), "belongs to account 999999999999");
    scene.proxy.clear_rules();
    let temporary = ["leaked-access-key", "--access-key", "ASIAIOSFODNN7EXAMPLE", "--yes"];
    refused(&scene, &scene.contain(&temporary), "temporary key");
    let key = scene.account.victim[0].id.as_str();
    let run = scene.contain(&["leaked-access-key", "--access-key", key, "--user", "bob", "--yes"]);
    refused(&scene, &run, "belongs to the user alice");
}

#[test]
fn credentials_of_another_account() {
    let scene = Scene::moto();
    let expect = ["--expect-account", "999999999999", "--yes"];
    refused(&scene, &scene.contain_victim(&expect), "not to 999999999999");
    let plan = scene.plan_victim();
    let me = "<Arn>arn:aws:iam::999999999999:user/responder</Arn><UserId>AIDA</UserId>\
              <Account>999999999999</Account>";
    let me = query("GetCallerIdentity", me);
    scene.proxy.rule(Rule::on("sts:GetCallerIdentity").then(Action::Answer(me)));
    let run = scene.contain(&["--apply", plan.to_str().unwrap()]);
    refused(&scene, &run, "999999999999");
}

#[test]
fn plans_that_are_no_longer_true() {
    let scene = Scene::moto();
    let plan = scene.plan_victim();
    let plan = plan.to_str().unwrap();
    let apply = ["--apply", plan];
    let text = fs::read_to_string(plan).unwrap();
    scene.env.write("edited.json", text.replacen("\"Inactive\"", "\"Active\"", 1));
    refused(&scene, &scene.contain(&["--apply", "edited.json"]), "was changed after");
    let mut more: Value = serde_json::from_str(&text).unwrap();
    more["extra"] = json!(1);
    scene.env.write("more.json", more.to_string());
    let run = scene.contain(&["--apply", "more.json"]);
    assert_eq!(run.code, 2, "{run:?}");
    untouched(&scene, &run);
    // Another caller, though of the same account: a user, a role, and a federated session.
    refused(&scene, &scene.contain_as(&scene.account.victim[1], &apply), "plan again");
    let session = scene.account.aws.assume(&scene.account.role_arn, "me");
    refused(&scene, &scene.contain_as(&session, &[&apply[..], &["--case", "b"]].concat()), "plan");
    let me = format!(
        "<Arn>arn:aws:sts::{0}:federated-user/bob</Arn><UserId>x</UserId><Account>{0}</Account>",
        scene.account.id
    );
    let me = query("GetCallerIdentity", &me);
    scene.proxy.rule(Rule::on("sts:GetCallerIdentity").then(Action::Answer(me)));
    refused(&scene, &scene.contain(&[&apply[..], &["--case", "c"]].concat()), "plan again");
    scene.proxy.clear_rules();
    // What others changed since is shown, where it was approved to be compared first.
    let args = ["compromised-role", "--role", ROLE, "--evidence-first", "--plan-only"];
    let run = scene.contain(&[&args[..], &["-o", "role.json"]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    let trust =
        json!({"RoleName": ROLE, "PolicyDocument": ADMIN_TRUST.replace('*', "210987654321")});
    scene.account.aws.call("iam", "update_assume_role_policy", trust);
    let run = scene.contain(&["--apply", "role.json", "--case", "d"]);
    refused(&scene, &run, "- planned, + now");
    assert!(run.stderr.contains("210987654321"), "{}", run.stderr);
}

#[test]
fn the_plan_of_a_role_is_not_carried_out_by_whom_it_contains() {
    let scene = Scene::moto();
    let ops = role(&scene, "ops", "/");
    let session = scene.account.aws.assume(&ops, "planner");
    let args = ["leaked-access-key", "--user", VICTIM, "--plan-only", "-o", "plan.json"];
    let run = scene.contain_as(&session, &args);
    assert_eq!(run.code, 0, "{run:?}");
    let alice = &scene.account.victim[0];
    let run = scene.contain_as(alice, &["--apply", "plan.json", "--role-arn", &ops]);
    refused(&scene, &run, "your session comes from");
}

#[test]
fn keys_that_cannot_be_re_issued() {
    let scene = Scene::moto();
    let aws = &scene.account.aws;
    let file = ["--new-key-file", "new-key"];
    let rotate = ["--mode", "rotate", "--yes"];
    refused(&scene, &scene.contain_victim(&[&file[..], &["--yes"]].concat()), "lockdown");
    refused(&scene, &scene.contain_victim(&[&rotate[..], &file].concat()), "two keys");
    let second = json!({"UserName": VICTIM, "AccessKeyId": scene.account.victim[1].id});
    aws.call("iam", "delete_access_key", second);
    let with_secret = [&rotate[..], &["--secret", SECRET]].concat();
    refused(&scene, &scene.contain_victim(&with_secret), "not a JSON object");
    let put = |value: Value, stages: Value| {
        let args =
            json!({"SecretId": SECRET, "SecretString": value.to_string(), "VersionStages": stages});
        aws.call("secretsmanager", "put_secret_value", args);
    };
    let theirs = json!({"AccessKeyId": scene.account.responder.id, "SecretAccessKey": "x"});
    put(theirs, json!(["AWSCURRENT"]));
    refused(&scene, &scene.contain_victim(&with_secret), "not one of the user's");
    let own = json!({"AccessKeyId": scene.account.victim[0].id, "SecretAccessKey": "x"});
    put(own.clone(), json!(["AWSCURRENT"]));
    put(own, json!(["AWSPENDING"]));
    refused(&scene, &scene.contain_victim(&with_secret), "a pending version already");
    let rotating = json!({"ARN": scene.account.secret_arn, "Name": SECRET, "RotationEnabled": true,
        "VersionIdsToStages": {"v": ["AWSCURRENT"]}});
    scene.proxy.rule(Rule::on("secretsmanager:DescribeSecret").then(Action::Answer(
        Message::response(200, "application/x-amz-json-1.1", rotating.to_string()),
    )));
    refused(&scene, &scene.contain_victim(&with_secret), "automatic rotation");
}

#[test]
fn what_goes_out_first_is_compared_first() {
    let scene = Scene::moto();
    let args = ["s3-ransomware", "--bucket", DATA, "--visibility", "none"];
    let run = scene.contain(&[&args[..], &["--plan-only", "-o", "plan.json"]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    let policy = foreign_bucket_policy(&scene.account.id).replace("sealed", "closed");
    let theirs = json!({"Bucket": DATA, "Policy": policy});
    scene.account.aws.call("s3", "put_bucket_policy", theirs);
    let run = scene.contain(&["--apply", "plan.json"]);
    refused(&scene, &run, "- planned, + now");
    assert!(run.stderr.contains("closed"), "{}", run.stderr);
}
