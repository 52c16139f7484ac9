//! Dana, a developer with a long-term key: on weekdays, from the VPN, with the AWS CLI.

use super::bucket::{self, INVOICES, Request};
use super::call::Call;
use super::cast::{Caller, Cast};
use super::stage::Stage;
use crate::calendar::{DAY, HOUR, MINUTE, is_weekday};
use crate::random::Random;
use crate::record::ACCOUNT;

const AGENT: &str = "aws-cli/2.31.4 md/awscrt#0.27.6 ua/2.1 os/macos#25.0.0 md/arch#arm64 \
                     lang/python#3.13.7 md/pyimpl#CPython cfg/retry-mode#standard \
                     md/installer#exe md/prompt#off";
const ADDRESSES: [&str; 4] = ["198.51.100.45", "198.51.100.45", "198.51.100.45", "198.51.100.52"];
/// The VPN gives out another address of its range on the day of the attack.
const NEW_ADDRESS: &str = "198.51.100.58";
const DEVELOPMENT: &str = "acme-dev-artifacts";

/// What Dana looks at, the most frequent first.
const LOOKS: [(&str, &str, &str); 12] = [
    ("logs", "FilterLogEvents", "logs.tail"),
    ("ecs", "DescribeServices", "ecs.describe-services"),
    ("cloudformation", "DescribeStacks", "cloudformation.describe-stacks"),
    ("logs", "DescribeLogStreams", "logs.describe-log-streams"),
    ("sts", "GetCallerIdentity", "sts.get-caller-identity"),
    ("ecs", "ListTasks", "ecs.list-tasks"),
    ("lambda", "GetFunction20150331v2", "lambda.get-function"),
    ("logs", "DescribeLogGroups", "logs.describe-log-groups"),
    ("cloudformation", "DescribeStackEvents", "cloudformation.describe-stack-events"),
    ("lambda", "ListFunctions20150331", "lambda.list-functions"),
    ("iam", "GetUser", "iam.get-user"),
    ("ecr", "DescribeImages", "ecr.describe-images"),
];

/// Honest attempts at what the policy does not allow.
const REFUSED: [(&str, &str, &str); 3] = [
    ("secretsmanager", "GetSecretValue", "secretsmanager.get-secret-value"),
    ("ec2", "DescribeInstances", "ec2.describe-instances"),
    ("rds", "DescribeDBInstances", "rds.describe-db-instances"),
];

pub fn play(stage: &mut Stage, cast: &Cast) {
    let random = &mut stage.random("developer");
    for day in stage.period.days().filter(|&day| is_weekday(day)) {
        let address: &&str = random.pick(&ADDRESSES);
        let who = cast.dana.caller(address, AGENT);
        for start in [13, 14, 16, 19] {
            let time = day + start * HOUR + random.between(5 * MINUTE, 40 * MINUTE);
            let who = if day == stage.period.attack_day() && start == 16 {
                who.at(NEW_ADDRESS)
            } else {
                who.clone()
            };
            spell_of_work(stage, random, &who, time);
        }
        let weekday = (day - stage.period.start) / DAY % 7;
        if day < stage.period.attack_day() && matches!(weekday, 1 | 3) {
            let time = day + 15 * HOUR + random.between(0, HOUR);
            refused(stage, random, &who, time);
        }
        if weekday == 2 {
            let time = day + 17 * HOUR + random.between(0, HOUR);
            looks_at_an_invoice(stage, random, &who, time);
        }
    }
}

fn spell_of_work(stage: &mut Stage, random: &mut Random, who: &Caller, start: i64) {
    let mut time = start;
    for _ in 0..random.between(4, 10) {
        time += random.between(5, 240);
        if random.percent(18) {
            artifacts(stage, random, who, time);
            continue;
        }
        let &(service, name, command) = random.pick_skewed(&LOOKS);
        let call = match service {
            "sts" => Call::read(service, name),
            "iam" => Call::read(service, name).request(|o| {
                o.text("userName", "dana");
            }),
            "logs" => Call::read(service, name).request(|o| {
                o.text("logGroupName", "/ecs/invoice-web");
            }),
            _ => Call::read(service, name).request(|o| {
                o.text("name", "invoice-web");
            }),
        };
        stage.add(random, time, &who.command(command), call);
    }
}

fn artifacts(stage: &mut Stage, random: &mut Random, who: &Caller, time: i64) {
    let who = who.command("s3.cp");
    let key = format!("builds/{}.tar.gz", random.hex(10));
    let size = random.between(60_000, 2_500_000) as u64;
    let request = match random.below(3) {
        0 => Request::put(DEVELOPMENT, &key, size),
        1 => Request::get(DEVELOPMENT, &key, size),
        _ => Request::list(DEVELOPMENT, "list-type=2&prefix=builds%2F"),
    };
    bucket::send(stage, random, time, &who, &request);
}

/// Wednesdays: a customer asks about a bill.
fn looks_at_an_invoice(stage: &mut Stage, random: &mut Random, who: &Caller, time: i64) {
    let objects = bucket::catalogue(stage.seed);
    for step in 0..3 {
        let object = random.pick(&objects[900..]);
        let request = Request::get(INVOICES, &object.key, object.size);
        bucket::send(stage, random, time + step * 40, &who.command("s3.cp"), &request);
    }
}

fn refused(stage: &mut Stage, random: &mut Random, who: &Caller, time: i64) {
    let &(service, name, command) = random.pick(&REFUSED);
    let action = format!("{service}:{name}");
    let resource = match service {
        "secretsmanager" => "prod/invoice-db".to_owned(),
        _ => format!("arn:aws:rds:us-east-1:{ACCOUNT}:db:*"),
    };
    let call = Call::read(service, name).denied(&who.arn, &action, &resource);
    stage.add(random, time, &who.command(command), call);
}
