//! Terraform on weekdays: a machine with a fixed address takes the role, looks at everything, changes a little.

use super::cast::{Cast, EUROPE, TOOLS_NAT};
use super::script::{Play, Script};
use crate::calendar::{DAY, HOUR, MINUTE, is_weekday};
use crate::identity::SessionKind;
use crate::random::Random;
use crate::story::call::{Call, HOME};
use crate::story::cast::Caller;
use crate::story::session::{SessionRequest, assume};
use crate::story::stage::Stage;

const RUNNER: &str = "i-0d41c7f2a93b6e850";
const PROVIDER: &str = "APN/1.0 HashiCorp/1.0 Terraform/1.13.4 (+https://www.terraform.io) \
                        terraform-provider-aws/6.18.0 \
                        (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.39.2 \
                        ua/2.1 os/linux lang/go#1.24.8 md/GOOS#linux md/GOARCH#amd64";
const AGENT: &str = "aws-sdk-go/1.55.7 (go1.24.6; linux; amd64) amazon-ssm-agent/3.3.3050";
const NAMES: [&str; 8] =
    ["search", "basket", "loyalty", "shipping", "returns", "reports", "gift-cards", "reviews"];

pub fn play(stage: &mut Stage, cast: &Cast) {
    let random = &mut stage.random("month terraform");
    let script = Script::parse(include_str!("terraform.steps"));
    for quarter in (stage.period.start..stage.period.end).step_by(6 * HOUR as usize) {
        let request = SessionRequest {
            role: &cast.runner,
            session: RUNNER,
            region: HOME,
            kind: SessionKind::Instance,
        };
        let time = quarter + random.between(0, 4 * MINUTE);
        let machine = Caller::service("ec2.amazonaws.com");
        let runner = assume(stage, random, time, &machine, &request).at(TOOLS_NAT).with(AGENT);
        signs_of_life(stage, random, &runner, time);
        if !is_weekday(quarter) || !matches!(quarter.rem_euclid(DAY) / HOUR, 6 | 12) {
            continue;
        }
        for _ in 0..random.between(0, 2) {
            let time = quarter + HOUR + random.between(0, 4 * HOUR);
            apply(stage, random, cast, &runner, &script, time);
        }
    }
}

fn signs_of_life(stage: &mut Stage, random: &mut Random, runner: &Caller, start: i64) {
    for hour in 0..6 {
        let call = Call::change("ssm", "UpdateInstanceInformation").request(|o| {
            o.text("instanceId", RUNNER)
                .text("agentVersion", "3.3.3050.0")
                .text("agentStatus", "Active")
                .text("platformType", "Linux");
        });
        let time = start + 40 + hour * HOUR + random.between(0, 20);
        stage.add(random, time, runner, call);
    }
}

fn apply(
    stage: &mut Stage,
    random: &mut Random,
    cast: &Cast,
    runner: &Caller,
    script: &Script,
    start: i64,
) {
    let request = SessionRequest {
        role: &cast.terraform,
        session: &format!("apply-{}", random.below(90_000) + 10_000),
        region: HOME,
        kind: SessionKind::Plain,
    };
    let who = assume(stage, random, start, &runner.with(PROVIDER), &request);
    let region = if random.percent(15) { EUROPE } else { HOME };
    let name: &&str = random.pick(&NAMES);
    let suffix = random.hex(4);
    let gaps = [("name", *name), ("suffix", suffix.as_str())];
    let play = Play { region, gaps: &gaps, pace: (0, 3) };
    let time = play.steps(stage, random, start + 2, &who, script.steps("refresh"));
    let changes = script.names("change ");
    let mut time = time + random.between(30, 240);
    for _ in 0..random.between(1, 3) {
        let change: &&str = random.pick(&changes);
        time = play.steps(stage, random, time + 2, &who, script.steps(change));
    }
}
