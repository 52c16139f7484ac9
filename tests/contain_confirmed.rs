//! After the hold, IAM itself is asked whether it denies the contained identity, and a run says what it answers.

use crate::support::aws::answers::xml;
use crate::support::aws::simulation::results;
use crate::support::aws::{Action, Rule};
use crate::support::{Run, Scene};

const ACTIONS: &str = "s3:GetObject, iam:CreateAccessKey, sts:AssumeRole";
const ALICE: &str = "arn:aws:iam::123456789012:user/alice";

#[track_caller]
fn says(run: &Run, what: &str) {
    assert!(run.stdout.contains(what), "no '{what}' in {}", run.stdout);
}

#[test]
fn the_policy_is_in_force_by_the_word_of_iam() {
    let scene = Scene::moto();
    let run = scene.contain_victim(&["--yes"]);
    assert_eq!(run.code, 0, "{run:?}");
    says(&run, &format!("policy in force: IAM denies {ACTIONS} to {ALICE} (iam:Simulate"));
    let scene = Scene::moto();
    let run = scene.contain(&["compromised-role", "--role", "app", "--mode", "rotate", "--yes"]);
    assert_eq!(run.code, 0, "{run:?}");
    let role = "sessions of arn:aws:iam::123456789012:role/app from before the cutoff";
    says(&run, &format!("policy in force: IAM denies {ACTIONS} to {role}"));
    let asked = scene.proxy.log().into_iter().find(|e| e.operation == "SimulatePrincipalPolicy");
    let key = asked.unwrap().parameter("ContextEntries.member.1.ContextKeyName");
    assert_eq!(key.as_deref(), Some("aws:TokenIssueTime"));
}

#[test]
fn a_refused_question_is_no_failure_and_no_proof() {
    let scene = Scene::moto();
    scene.proxy.rule(Rule::on("iam:SimulatePrincipalPolicy").fail("AccessDenied"));
    let run = scene.contain_victim(&["--yes"]);
    assert_eq!(run.code, 0, "{run:?}");
    says(&run, &format!("policy not proven for {ALICE}"));
    assert!(!run.stdout.contains("policy in force"), "{}", run.stdout);
}

#[test]
fn what_iam_still_allows_is_not_contained() {
    let scene = Scene::moto();
    let allowed = Rule::on("iam:SimulatePrincipalPolicy");
    scene.proxy.rule(allowed.decide(|call| {
        // IAM may be slow to know a policy, but not as slow as this.
        Action::Answer(xml(call, &results(call, "implicitDeny")))
    }));
    let run = scene.contain_victim(&["--yes"]);
    assert_eq!(run.code, 3, "{run:?}");
    says(&run, "NOT contained");
    says(&run, &format!("IAM still allows {ACTIONS} to {ALICE}"));
    says(&run, "policy NOT in force");
    assert!(scene.journal().contains("\"cause\":\"unproven\""));
    let status = scene.run(&["status", "case"]);
    assert_eq!(status.code, 3, "{status:?}");
}

#[test]
fn iam_may_need_a_moment() {
    let scene = Scene::moto();
    let late = Rule::on("iam:SimulatePrincipalPolicy").times(1);
    scene.proxy.rule(late.decide(|call| Action::Answer(xml(call, &results(call, "allowed")))));
    let run = scene.contain_victim(&["--yes", "--hold", "0.2", "--settle", "20"]);
    assert_eq!(run.code, 0, "{run:?}");
    says(&run, "policy in force");
}
