//! The example of a story: from the sample logs to one plan over all that its story names.

use std::fmt::Write as _;

use serde_json::json;

use crate::support::aws::answers::xml;
use crate::support::aws::{Action, Aws, Key, Rule};
use crate::support::docs::block;
use crate::support::run::{NOW, sample_logs};
use crate::support::transcript::{Part, Transcripts};
use crate::support::{Run, Scene};

/// The account of the sample logs.
const ACCOUNT: &str = "111122223333";
/// The users that the story names, each with its key.
const USERS: [(&str, &str); 2] =
    [("dana", "AKIARTX3GSDSYRLDHKZO"), ("svc-backup", "AKIARTX3GSDS7L3UVJDP")];
const RESPONDER: &str = "responder";

/// The account of the sample on the scene's server, as its root; and the responder's key.
fn sample_account(scene: &Scene) -> (Aws, Key, Transcripts) {
    let root = format!("arn:aws:iam::{ACCOUNT}:role/root");
    let aws = scene.account.aws.with_key(&scene.account.aws.assume(&root, "test"));
    let mut shown = Transcripts::default();
    for (user, example) in USERS {
        aws.call("iam", "create_user", json!({"UserName": user}));
        shown.names.push((aws.create_key(user).id, example.into()));
    }
    let password = json!({"UserName": "dana", "Password": "Correct-Horse-9"});
    aws.call("iam", "create_login_profile", password);
    aws.call("iam", "create_user", json!({"UserName": RESPONDER}));
    aws.call("s3", "create_bucket", json!({"Bucket": "sample-trail"}));
    let trail = |operation: &str, args| aws.call("cloudtrail", operation, args);
    trail(
        "create_trail",
        json!({"Name": "audit", "S3BucketName": "sample-trail", "IsMultiRegionTrail": true,
            "EnableLogFileValidation": true}),
    );
    let all =
        json!([{"ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": []}]);
    trail("put_event_selectors", json!({"TrailName": "audit", "EventSelectors": all}));
    trail("start_logging", json!({"Name": "audit"}));
    scene.answers.simulation.read_as(&aws);
    // The server chooses the ids of keys; AWS knows those of the story.
    scene.proxy.rule(Rule::on("iam:GetAccessKeyLastUsed").decide(|call| {
        let key = call.parameter("AccessKeyId").unwrap_or_default();
        let Some((user, _)) = USERS.iter().find(|(_, known)| *known == key) else {
            return Action::Pass;
        };
        let never = "<AccessKeyLastUsed><ServiceName>N/A</ServiceName><Region>N/A</Region></AccessKeyLastUsed>";
        Action::Answer(xml(call, &format!("<UserName>{user}</UserName>{never}")))
    }));
    let key = aws.create_key(RESPONDER);
    (aws, key, shown)
}

/// The story of an analysis, from its first line to the command.
fn story(run: &Run) -> Run {
    let lines = run.stdout.lines().skip_while(|line| !line.starts_with("STORY"));
    let mut stdout = String::new();
    for line in lines {
        writeln!(stdout, "{line}").unwrap();
        if line.trim_start().starts_with("Contain:") {
            break;
        }
    }
    Run { stdout: format!("...\n{stdout}...\n"), stderr: String::new(), code: run.code }
}

#[test]
fn containment_from_a_story() {
    let scene = Scene::moto();
    let (aws, key, shown) = sample_account(&scene);
    let case = "case-2026-11-21";
    let made = scene.run(&["case", "new", "--dir", case, "--now", NOW, "--author", "alice"]);
    let analyzed = scene.run(&["analyze", sample_logs(), "--case", case, "--now", NOW]);
    let from = ["--from", case, "--case", case, "--now", NOW];
    let contain = |more: &[&str]| scene.contain_as(&key, &[&from[..], more].concat());
    let plan = contain(&["--plan-only"]);
    let applied = contain(&["--yes"]);
    for (user, _) in USERS {
        let keys = aws.call("iam", "list_access_keys", json!({"UserName": user}));
        assert_eq!(keys["AccessKeyMetadata"][0]["Status"], "Inactive", "{user}: {applied:?}");
    }
    let command = format!("incident contain --from {case}");
    let mut body = String::new();
    for (heading, command, run, part) in [
        ("The case", format!("incident case new --dir {case}"), made, Part::Whole),
        (
            "The story",
            format!("incident analyze sample-logs --case {case}"),
            story(&analyzed),
            Part::Whole,
        ),
        ("The plan", format!("{command} --plan-only"), plan, Part::Whole),
        ("The run", format!("{command} --yes"), applied, Part::Result),
    ] {
        let shown = shown.show(&command, &run, 0, part);
        write!(body, "## {heading}\n\n{shown}\n").unwrap();
    }
    block("docs/example-story.md", "story", &body);
}
