//! Everything is code: Terraform runs on a CI provider's machines, CloudFormation works with a role that it is handed.

use crate::calendar::{HOUR, is_weekday};
use crate::identity::{self, Role, Session, SessionKind};
use crate::month::cast::{Cast, cloud_address, role};
use crate::month::ci::{self, Token, take_role};
use crate::month::script::{Play, Script};
use crate::random::Random;
use crate::record::ACCOUNT;
use crate::story::call::HOME;
use crate::story::cast::{Caller, Channel};
use crate::story::stage::Stage;

const PROVIDER: &str = "APN/1.0 HashiCorp/1.0 Terraform/1.13.4 (+https://www.terraform.io) \
                        terraform-provider-aws/6.18.0 \
                        (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.39.2 \
                        ua/2.1 os/linux lang/go#1.24.8 md/GOOS#linux md/GOARCH#amd64";
const CDK: &str = "aws-sdk-js/3.888.0 ua/2.1 os/linux#6.11.0-1018-azure lang/js md/nodejs#22.18.0 \
                   api/cloudformation#3.888.0 aws-cdk/2.1029.0";
const NAMES: [&str; 6] = ["search", "basket", "loyalty", "shipping", "returns", "reviews"];

struct Roles {
    plan: Role,
    apply: Role,
    deploy: Role,
    execution: Role,
}

pub fn play(stage: &mut Stage) {
    let cast = Cast::new(stage.seed);
    ci::play(stage, &cast);
    let random = &mut stage.random("infrastructure");
    let mut named = |name: &str| role(random, "", name);
    let roles = Roles {
        plan: named("github-terraform-plan"),
        apply: named("github-terraform-apply"),
        deploy: named("cdk-hnb659fds-deploy-role"),
        execution: named("cdk-hnb659fds-cfn-exec-role"),
    };
    let terraform = Script::parse(include_str!("../month/terraform.steps"));
    let stacks = Script::parse(include_str!("../month/ci.steps"));
    for day in stage.period.days() {
        let (plans, applies) = if is_weekday(day) { (8, 4) } else { (1, 0) };
        for _ in 0..random.between(1, plans) {
            let time = day + 6 * HOUR + random.between(0, 11 * HOUR);
            runs(stage, random, &roles.plan, &terraform, time, 0);
        }
        for _ in 0..random.between(0, applies) {
            let time = day + 7 * HOUR + random.between(0, 9 * HOUR);
            let changes = random.between(1, 4);
            runs(stage, random, &roles.apply, &terraform, time, changes);
        }
        for _ in 0..random.between(0, applies) {
            let time = day + 7 * HOUR + random.between(0, 9 * HOUR);
            updates_a_stack(stage, random, &roles, &stacks, &terraform, time);
        }
    }
}

/// A workflow takes the role from a machine with a new address.
fn workflow(stage: &mut Stage, random: &mut Random, role: &Role, agent: &str, time: i64) -> Caller {
    let token = Token {
        provider: "token.actions.githubusercontent.com",
        subject: "repo:acme/infrastructure:ref:refs/heads/main",
        session: "GitHubActions",
    };
    let address = cloud_address(random);
    take_role(stage, random, time, role, &token, &address, agent)
}

fn runs(
    stage: &mut Stage,
    random: &mut Random,
    role: &Role,
    script: &Script,
    start: i64,
    changes: i64,
) {
    let who = workflow(stage, random, role, PROVIDER, start);
    let name: &&str = random.pick(&NAMES);
    let suffix = random.hex(4);
    let gaps = [("name", *name), ("suffix", suffix.as_str())];
    let play = Play { region: HOME, gaps: &gaps, pace: (0, 3) };
    let mut time = play.steps(stage, random, start + 3, &who, script.steps("refresh")) + 40;
    let all = script.names("change ");
    for _ in 0..changes {
        let change: &&str = random.pick(&all);
        time = play.steps(stage, random, time + 2, &who, script.steps(change));
    }
}

/// The deploy role starts the update; CloudFormation makes the changes with the execution role.
fn updates_a_stack(
    stage: &mut Stage,
    random: &mut Random,
    roles: &Roles,
    stacks: &Script,
    changes: &Script,
    start: i64,
) {
    let who = workflow(stage, random, &roles.deploy, CDK, start);
    let name: &&str = random.pick(&NAMES);
    let suffix = random.hex(4);
    let gaps = [("name", *name), ("suffix", suffix.as_str()), ("app", *name)];
    let play = Play { region: HOME, gaps: &gaps, pace: (1, 6) };
    let time = play.steps(stage, random, start + 3, &who, stacks.steps("stack"));
    let host = "cloudformation.amazonaws.com";
    let key = random.unique_id("ASIA", ACCOUNT);
    let kind = SessionKind::Via(host);
    let of =
        Session { role: &roles.execution, name: "AWSCloudFormation", key: &key, since: time, kind };
    let by = Caller { identity: identity::session(&of), ..Caller::service(host) };
    let arn = roles.execution.session_arn("AWSCloudFormation");
    let by = Caller { channel: Channel::OnBehalf, arn, ..by };
    let all = changes.names("change ");
    let mut time = time + 2;
    for _ in 0..random.between(1, 4) {
        let change: &&str = random.pick(&all);
        time = play.steps(stage, random, time + 2, &by, changes.steps(change));
    }
}
