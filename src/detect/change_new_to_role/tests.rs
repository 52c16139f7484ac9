//! Roles that begin to change things, and roles for which that is ordinary.

use super::ChangeNewToRole as Detector;
use crate::clock::{DAY, HOUR, MINUTE, Millis};
use crate::detect::testing::{Scene, at, reasons};
use crate::event::Outcome::{Denied, Success};
use crate::finding::Severity;

const HOME: &str = "198.51.100.7";
const AWAY: &str = "192.0.2.77";

fn start() -> Millis {
    at("2026-11-01 09:00")
}

/// A role that does the same on so many days.
fn role(days: usize, action: &str) -> Scene {
    Scene::new().call(start(), "role/app", "ASIAAPP", HOME, action, Success).repeat(days, DAY)
}

fn also(scene: Scene, at: Millis, action: &str) -> Scene {
    scene.call(at, "role/app", "ASIANEW", HOME, action, Success)
}

#[test]
fn a_worker_that_begins_to_change_things_is_found() {
    let day = start() + 5 * DAY;
    for (act, severity) in [
        ("ec2:RunInstances", Severity::Low),
        ("rds:CreateDBSnapshot", Severity::Low),
        ("iam:CreateAccessKey", Severity::Medium),
        ("lambda:AddPermission", Severity::Medium),
    ] {
        let scene = also(role(5, "s3:GetObject"), day, act).repeat(3, MINUTE);
        let found = scene.finding(&Detector);
        assert_eq!((found.severity, found.events), (severity, 3), "{act}");
        assert_eq!(scene.selected(&found), 3, "{act}");
        assert!(reasons(&found).contains(act), "{}", reasons(&found));
    }
    let acts = ["ec2:RunInstances", "rds:CreateDBSnapshot", "cloudtrail:StopLogging"];
    let several = acts.iter().fold(role(5, "s3:GetObject"), |scene, act| also(scene, day, act));
    assert_eq!(several.finding(&Detector).severity, Severity::Medium);
    let one_kind = ["ec2:RunInstances", "lambda:CreateFunction", "ecs:CreateService"];
    let deployed =
        one_kind.iter().fold(role(5, "s3:GetObject"), |scene, act| also(scene, day, act));
    assert_eq!(deployed.finding(&Detector).severity, Severity::Low, "one kind, however many acts");
    let away =
        also(role(5, "s3:GetObject"), day, "ec2:RunInstances").with(|c| c.source = AWAY.into());
    assert_eq!(away.finding(&Detector).severity, Severity::Medium);
}

#[test]
fn a_refused_attempt_does_not_make_the_success_ordinary() {
    let tried = role(5, "s3:GetObject").call(
        start() + 3 * DAY + HOUR,
        "role/app",
        "ASIAAPP",
        HOME,
        "iam:CreateUser",
        Denied,
    );
    assert_eq!(also(tried, start() + 5 * DAY, "iam:CreateUser").detect(&Detector).len(), 1);
}

#[test]
fn a_call_through_a_service_is_the_roles() {
    let through = also(role(5, "s3:GetObject"), start() + 5 * DAY, "iam:CreateRole").with(|call| {
        call.by_service = true;
        call.source = "cloudformation.amazonaws.com".into();
    });
    assert_eq!(through.finding(&Detector).severity, Severity::Medium);
}

#[test]
fn a_tool_lowers_it_where_the_role_used_it_before() {
    let terraform = "APN/1.0 HashiCorp/1.0 Terraform/1.9.8";
    let day = start() + 5 * DAY;
    let with_tool = |before: &str| {
        let plans = role(5, "s3:ListBuckets").with(|call| call.user_agent = before.into());
        also(plans, day, "iam:CreateRole").with(|call| call.user_agent = terraform.into())
    };
    let known = with_tool(terraform).finding(&Detector);
    assert_eq!(known.severity, Severity::Low);
    assert!(reasons(&known).contains("by Terraform, which"), "{}", reasons(&known));
    assert_eq!(
        with_tool("Boto3/1.40").finding(&Detector).severity,
        Severity::Medium,
        "a name alone"
    );
    let away = with_tool(terraform).with(|call| call.source = AWAY.into());
    assert_eq!(away.finding(&Detector).severity, Severity::Medium, "from elsewhere");
}

#[test]
fn deployments_newcomers_people_and_services_are_quiet() {
    let day = start() + 5 * DAY;
    let quiet = |scene: Scene| scene.detect(&Detector).is_empty();
    assert!(
        quiet(also(role(5, "ec2:RunInstances"), day, "ec2:CreateLaunchTemplate")),
        "a deployment"
    );
    assert!(quiet(also(role(1, "s3:GetObject"), start() + DAY, "ec2:RunInstances")), "one day old");
    assert!(quiet(also(role(5, "s3:GetObject"), day, "s3:PutObject")), "data, not settings");
    let person = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0af/dana";
    let calls = Scene::new()
        .call(start(), person, "ASIADANA", HOME, "iam:ListUsers", Success)
        .repeat(5, DAY)
        .call(day, person, "ASIADANA", HOME, "iam:CreateUser", Success)
        .with(|call| call.kind = "AssumedRole".into());
    assert!(quiet(calls), "a person");
    let linked = "arn:aws:iam::123456789012:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling";
    let calls = Scene::new()
        .call(start(), linked, "ASIAASG", HOME, "ec2:DescribeInstances", Success)
        .repeat(5, DAY)
        .call(day, linked, "ASIAASG", HOME, "ec2:TerminateInstances", Success);
    assert!(quiet(calls), "a service-linked role");
}
