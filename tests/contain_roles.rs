//! A role whose trust policy IAM does not let anybody change, and what holds credentials of a role.

use serde_json::{Value, json};

use crate::support::aws::Rule;
use crate::support::aws::account::ROLE;
use crate::support::{Run, Scene};

const LOCKDOWN: [&str; 5] = ["compromised-role", "--role", ROLE, "--visibility", "none"];

fn contained(scene: &Scene) -> (Run, String) {
    let run = scene.contain(&[&LOCKDOWN[..], &["--yes"]].concat());
    let said = format!("{}{}", run.stdout, run.stderr);
    (run, said)
}

/// The role is denied, and its trust policy is as it was.
#[track_caller]
fn is_denied(scene: &Scene) {
    let names = scene.account.aws.call("iam", "list_role_policies", json!({"RoleName": ROLE}));
    assert_eq!(names["PolicyNames"].as_array().unwrap().len(), 2, "{names}");
    let role = scene.account.aws.call("iam", "get_role", json!({"RoleName": ROLE}));
    assert!(!role.to_string().contains("IncidentCloseTrust"), "{role}");
}

#[test]
fn without_room_in_the_trust_policy_the_deny_holds_and_is_named() {
    let scene = Scene::moto();
    let full = "Cannot exceed quota for ACLSizePerRole: 2048";
    let refuse = Rule::on("iam:UpdateAssumeRolePolicy").refuse("LimitExceeded", |_| full.into());
    scene.proxy.rule(refuse);
    let (run, said) = contained(&scene);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(said.contains(full), "{said}");
    assert!(said.contains("as long as the deny on the role is in force"), "{said}");
    is_denied(&scene);
}

#[test]
fn a_provider_that_all_share_names_who_can_stop_its_tokens() {
    let scene = Scene::moto();
    let host = "token.actions.githubusercontent.com";
    let provider = format!("arn:aws:iam::{}:oidc-provider/{host}", scene.account.id);
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {format!("{host}:aud"): "sts.amazonaws.com"}},
    }]});
    let args = json!({"RoleName": ROLE, "PolicyDocument": trust.to_string()});
    scene.account.aws.call("iam", "update_assume_role_policy", args);
    let refuse = Rule::on("iam:UpdateAssumeRolePolicy").refuse("MalformedPolicyDocument", |_| {
        "Missing required condition on the subject of the identity provider".into()
    });
    scene.proxy.rule(refuse);
    let (run, said) = contained(&scene);
    assert_eq!(run.code, 3, "{run:?}");
    for says in [
        "without a condition on its subject: IAM may refuse",
        "who may call iam:RemoveClientIDFromOpenIDConnectProvider",
        "--client-id sts.amazonaws.com",
    ] {
        assert!(said.contains(says), "no {says}: {said}");
    }
    is_denied(&scene);
}

#[test]
fn instances_and_functions_of_the_role_are_in_the_plan() {
    let scene = Scene::moto();
    let iam = |operation: &str, args: Value| scene.account.aws.call("iam", operation, args);
    iam("create_instance_profile", json!({"InstanceProfileName": "web"}));
    iam("add_role_to_instance_profile", json!({"InstanceProfileName": "web", "RoleName": ROLE}));
    let service = json!({"Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"]});
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"}]});
    let args = json!({"RoleName": ROLE, "PolicyDocument": trust.to_string()});
    iam("update_assume_role_policy", args);
    let run = scene.contain(&[&LOCKDOWN[..], &["--plan-only"]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    let profile = format!("arn:aws:iam::{}:instance-profile/web", scene.account.id);
    for says in [
        &format!(
            "aws ec2 describe-instances --filters Name=iam-instance-profile.arn,Values={profile}"
        ),
        "aws lambda list-functions --query",
        "keeps the credentials that it fetched for hours",
    ] {
        assert!(run.stdout.contains(says), "no {says}: {}", run.stdout);
    }
}
