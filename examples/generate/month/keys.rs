//! Long-term keys in daily use: a contractor's, and that of an old application.

use crate::calendar::{DAY, HOUR, MINUTE, is_weekday};
use crate::random::Random;
use crate::record::ACCOUNT;
use crate::story::bucket::{self, Request};
use crate::story::call::Call;
use crate::story::cast::{Caller, User};
use crate::story::stage::Stage;

const CONTRACTOR: &str = "198.18.60.12";
const DATA_CENTRE: &str = "198.18.61.5";
const CLI: &str = "aws-cli/2.31.4 md/awscrt#0.27.6 ua/2.1 os/windows#11 md/arch#amd64 lang/python#3.13.7 \
                   md/pyimpl#CPython cfg/retry-mode#standard md/installer#exe md/prompt#off";
const OLD_SDK: &str = "aws-sdk-java/1.12.788 Linux/4.18.0-553.el8_10.x86_64 OpenJDK_64-Bit_Server_VM/1.8.0_462 \
                       java/1.8.0_462 vendor/Red_Hat,_Inc. cfg/retry-mode/legacy";

/// The key of the old application that is exchanged during the month.
pub fn old_application(stage: &Stage) -> (User, User) {
    let random = &mut stage.random("month old application");
    let before = User::new(random, "legacy-erp");
    let key = random.unique_id("AKIA", ACCOUNT);
    let after = User { name: before.name, id: before.id.clone(), key };
    (before, after)
}

/// What the contractor looks at, the most frequent first.
const LOOKS: [(&str, &str, &str); 8] = [
    ("logs", "FilterLogEvents", "logs.tail"),
    ("ecs", "DescribeServices", "ecs.describe-services"),
    ("lambda", "GetFunction20150331v2", "lambda.get-function"),
    ("logs", "DescribeLogStreams", "logs.describe-log-streams"),
    ("sts", "GetCallerIdentity", "sts.get-caller-identity"),
    ("ecs", "ListTasks", "ecs.list-tasks"),
    ("ecr", "DescribeImages", "ecr.describe-images"),
    ("cloudwatch", "GetMetricStatistics", "cloudwatch.get-metric-statistics"),
];

pub fn play(stage: &mut Stage, rotated: i64) {
    contractor(stage);
    old_application_at_work(stage, rotated);
}

fn contractor(stage: &mut Stage) {
    let random = &mut stage.random("month contractor");
    let user = User::new(random, "contractor-lena");
    let who = user.caller(CONTRACTOR, CLI);
    for day in stage.period.days().filter(|&day| is_weekday(day)) {
        for start in [8, 10, 13, 15] {
            let mut time = day + start * HOUR + random.between(0, 50 * MINUTE);
            for _ in 0..random.between(2, 8) {
                time += random.between(4, 200);
                look(stage, random, &who, time);
            }
        }
    }
}

fn look(stage: &mut Stage, random: &mut Random, who: &Caller, time: i64) {
    if random.percent(25) {
        let key = format!("contractor/{}.zip", random.hex(10));
        let size = random.between(60_000, 2_500_000) as u64;
        let request = match random.below(3) {
            0 => Request::put("acme-releases", &key, size),
            1 => Request::get("acme-releases", &key, size),
            _ => Request::list("acme-releases", "list-type=2&prefix=contractor%2F"),
        };
        bucket::send(stage, random, time, &who.command("s3.cp"), &request);
        return;
    }
    let &(service, name, command) = random.pick_skewed(&LOOKS);
    let call = Call::read(service, name);
    let call = match service {
        "sts" => call,
        "logs" => call.request(|o| {
            o.text("logGroupName", "/ecs/catalog");
        }),
        _ => call.request(|o| {
            o.text("name", "catalog");
        }),
    };
    let call = if random.percent(2) {
        call.denied(&who.arn, &format!("{service}:{name}"), "*")
    } else {
        call
    };
    stage.add(random, time, &who.command(command), call);
}

fn old_application_at_work(stage: &mut Stage, rotated: i64) {
    let (before, after) = old_application(stage);
    let random = &mut stage.random("month old application at work");
    for hour in (stage.period.start..stage.period.end).step_by(HOUR as usize) {
        let user = if hour < rotated + HOUR { &before } else { &after };
        let who = user.caller(DATA_CENTRE, OLD_SDK);
        if hour.rem_euclid(DAY) == 5 * HOUR {
            let call = Call::read("secretsmanager", "GetSecretValue").request(|o| {
                o.text("secretId", "production/legacy-erp/ftp");
            });
            stage.add(random, hour + 20, &who, call);
        }
        for _ in 0..random.between(0, 2) {
            let key = format!("erp/{}.xml", random.hex(12));
            let size = random.between(4_000, 90_000) as u64;
            let request = match random.below(2) {
                0 => Request::put("acme-uploads", &key, size),
                _ => Request::get("acme-uploads", &key, size),
            };
            let time = hour + random.between(60, HOUR - 1);
            bucket::send(stage, random, time, &who, &request);
        }
    }
}
