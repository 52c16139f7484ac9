//! The build machines: their own role, and a session of the deployment role for each run.

use super::call::{Call, HOME};
use super::cast::{CI_ADDRESS, Caller, Cast};
use super::session::{SessionRequest, assume};
use super::stage::Stage;
use crate::calendar::{DAY, HOUR, MINUTE, is_weekday, midnight};
use crate::identity::SessionKind;
use crate::random::Random;
use crate::record::ACCOUNT;

const AGENT: &str = "aws-cli/2.31.4 md/awscrt#0.27.6 ua/2.1 os/linux#6.8.0-1040-aws \
                     md/arch#x86_64 lang/python#3.13.7 md/installer#exe md/distrib#ubuntu.24 \
                     md/prompt#off";
const INSTANCE: &str = "i-0d41c7f2a93b6e850";

/// What one run does, in order: service, call, command of the CLI, whether it changes something.
const STEPS: [(&str, &str, &str, bool); 16] = [
    ("sts", "GetCallerIdentity", "sts.get-caller-identity", false),
    ("ecr", "GetAuthorizationToken", "ecr.get-login-password", false),
    ("ecr", "BatchCheckLayerAvailability", "docker", false),
    ("ecr", "InitiateLayerUpload", "docker", true),
    ("ecr", "CompleteLayerUpload", "docker", true),
    ("ecr", "PutImage", "docker", true),
    ("cloudformation", "CreateChangeSet", "cloudformation.deploy", true),
    ("cloudformation", "DescribeChangeSet", "cloudformation.deploy", false),
    ("cloudformation", "ExecuteChangeSet", "cloudformation.deploy", true),
    ("cloudformation", "DescribeStacks", "cloudformation.deploy", false),
    ("cloudformation", "DescribeStacks", "cloudformation.deploy", false),
    ("lambda", "UpdateFunctionCode20150331v2", "lambda.update-function-code", true),
    ("lambda", "PublishVersion20150331", "lambda.publish-version", true),
    ("ecs", "RegisterTaskDefinition", "ecs.register-task-definition", true),
    ("ecs", "UpdateService", "ecs.update-service", true),
    ("ecs", "DescribeServices", "ecs.wait.services-stable", false),
];

pub fn play(stage: &mut Stage, cast: &Cast) {
    let random = &mut stage.random("ci");
    let machine = Caller::service("ec2.amazonaws.com");
    let mut run = 4810;
    for quarter in (stage.period.start..stage.period.end).step_by(6 * HOUR as usize) {
        let request = SessionRequest {
            role: &cast.ci_runner,
            session: INSTANCE,
            region: HOME,
            kind: SessionKind::Instance,
        };
        let time = quarter + random.between(0, 5 * MINUTE);
        let runner = assume(stage, random, time, &machine, &request).at(CI_ADDRESS).with(AGENT);
        signs_of_life(stage, random, &runner, time);
        for start in runs(random, quarter) {
            run += 1;
            deploy(stage, random, cast, &runner, start, run);
        }
        if quarter == midnight(2026, 11, 4) + 12 * HOUR {
            run += 1;
            new_functions(stage, random, cast, &runner, quarter + 4 * HOUR + 20 * MINUTE, run);
        }
    }
}

/// The agent on the machine reports once an hour for as long as the credentials last.
fn signs_of_life(stage: &mut Stage, random: &mut Random, runner: &Caller, start: i64) {
    let agent = runner.with("aws-sdk-go/1.55.7 (go1.24.6; linux; amd64) amazon-ssm-agent/3.3.3050");
    for hour in 0..6 {
        let time = start + 40 + hour * HOUR + random.between(0, 20);
        let call = Call::change("ssm", "UpdateInstanceInformation").request(|o| {
            o.text("instanceId", INSTANCE)
                .text("agentVersion", "3.3.3050.0")
                .text("agentStatus", "Active")
                .text("platformType", "Linux");
        });
        stage.add(random, time, &agent, call);
    }
}

/// When the machine deploys in the six hours from `quarter`: in working hours, seldom at weekends.
fn runs(random: &mut Random, quarter: i64) -> Vec<i64> {
    let most = match (quarter.rem_euclid(DAY) / HOUR, is_weekday(quarter)) {
        (12, true) => random.between(2, 3),
        (18, true) => random.between(1, 2),
        (12, false) => random.between(0, 1),
        _ => 0,
    };
    let mut starts: Vec<i64> =
        (0..most).map(|_| quarter + HOUR + random.between(0, 4 * HOUR)).collect();
    starts.sort_unstable();
    starts
}

fn session_of_run(
    stage: &mut Stage,
    random: &mut Random,
    cast: &Cast,
    runner: &Caller,
    time: i64,
    run: u32,
) -> Caller {
    let request = SessionRequest {
        role: &cast.ci_deploy,
        session: &format!("deploy-{run}"),
        region: HOME,
        kind: SessionKind::Plain,
    };
    let session = assume(stage, random, time, &runner.command("sts.assume-role"), &request);
    session.with(AGENT)
}

fn deploy(
    stage: &mut Stage,
    random: &mut Random,
    cast: &Cast,
    runner: &Caller,
    start: i64,
    run: u32,
) {
    let session = session_of_run(stage, random, cast, runner, start, run);
    let region = if run.is_multiple_of(3) { "eu-west-1" } else { HOME };
    let mut time = start;
    for (service, name, command, changes) in STEPS {
        let repeats = if name == "DescribeServices" { random.between(4, 9) } else { 1 };
        for _ in 0..repeats {
            time += random.between(2, 15);
            let mut call = step(service, name, changes).region(region);
            if name.starts_with("DescribeS") && random.percent(5) {
                call = call.throttled();
            }
            let who = match command {
                "docker" => session.with("docker/28.4.0 go/go1.24.7 kernel/6.8.0-1040-aws"),
                command => session.command(command),
            };
            stage.add(random, time, &who, call);
        }
    }
}

fn step(service: &'static str, name: &'static str, changes: bool) -> Call {
    let call = if changes { Call::change(service, name) } else { Call::read(service, name) };
    match service {
        "ecr" if name == "GetAuthorizationToken" => call,
        "ecr" => call.request(|o| {
            o.text("registryId", ACCOUNT).text("repositoryName", "invoice-web");
        }),
        "cloudformation" => call.request(|o| {
            o.text("stackName", "invoice-web");
        }),
        "lambda" => call.request(|o| {
            o.text("functionName", "invoice-mailer").flag("publish", false);
        }),
        "ecs" => call.request(|o| {
            o.text("cluster", "production").text("service", "invoice-web");
        }),
        _ => call,
    }
}

/// An ordinary burst of changes: a release that brings many functions at once.
fn new_functions(
    stage: &mut Stage,
    random: &mut Random,
    cast: &Cast,
    runner: &Caller,
    start: i64,
    run: u32,
) {
    let session = session_of_run(stage, random, cast, runner, start, run);
    let mut time = start;
    for number in 1..=14 {
        for name in ["CreateFunction20150331", "UpdateFunctionCode20150331v2"] {
            let function = format!("report-{number:02}");
            let repeats = if name.starts_with("Update") { 2 } else { 1 };
            for _ in 0..repeats {
                time += random.between(1, 6);
                let call = Call::change("lambda", name).request(|o| {
                    o.text("functionName", &function);
                    if name.starts_with("Create") {
                        o.text("runtime", "python3.13")
                            .text("handler", "report.handler")
                            .text("role", &cast.invoice_mailer.arn());
                    }
                });
                let who = session.command("lambda.deploy");
                stage.add(random, time, &who, call);
            }
        }
    }
}
