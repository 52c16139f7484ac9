//! AWS services at work in the account, for themselves or with their own roles.

use super::bucket::{self, INVOICES, Request};
use super::call::{Call, HOME};
use super::cast::{APPLICATION_ADDRESSES, Caller, Cast};
use super::session::{SessionRequest, assume};
use super::stage::Stage;
use crate::calendar::{DAY, HOUR, MINUTE};
use crate::identity::{Role, SessionKind};
use crate::json::Object;
use crate::random::Random;
use crate::record::ACCOUNT;

const LOG_BUCKET: &str = "acme-logs";

/// Calls that AWS Config makes regularly.
const CONFIG_ROUND: [(&str, &str); 12] = [
    ("ec2", "DescribeInstances"),
    ("ec2", "DescribeSecurityGroups"),
    ("ec2", "DescribeVolumes"),
    ("ec2", "DescribeNetworkInterfaces"),
    ("iam", "GetAccountAuthorizationDetails"),
    ("iam", "ListUsers"),
    ("lambda", "ListFunctions20150331"),
    ("rds", "DescribeDBInstances"),
    ("ecs", "ListClusters"),
    ("kms", "ListKeys"),
    ("cloudwatch", "DescribeAlarms"),
    ("secretsmanager", "ListSecrets"),
];

/// Times between the ends of the story, about `step` apart.
fn every(stage: &Stage, random: &mut Random, step: i64) -> Vec<i64> {
    let (start, end) = (stage.period.start, stage.period.end);
    (start..end).step_by(step as usize).map(|time| time + random.between(0, step / 8)).collect()
}

pub fn play(stage: &mut Stage, cast: &Cast) {
    let random = &mut stage.random("services");
    trail(stage, random);
    config(stage, random, &cast.for_config);
    load_balancers(stage, random, &cast.for_load_balancing);
    autoscaling(stage, random, &cast.for_autoscaling);
    mailer(stage, random, &cast.invoice_mailer);
    key_service(stage, random);
}

/// CloudTrail checks the bucket that it writes to, and writes.
fn trail(stage: &mut Stage, random: &mut Random) {
    let who = Caller::service("cloudtrail.amazonaws.com");
    for time in every(stage, random, 2 * HOUR) {
        let acl = Request {
            bytes_out: 552,
            ..Request::about(LOG_BUCKET, "GetBucketAcl", "REST.GET.ACL")
        };
        bucket::send(stage, random, time, &who, &acl);
    }
    for time in every(stage, random, 6 * HOUR) {
        let key = crate::output::trail_path(HOME, time, &random.file_tail());
        let size = random.between(9_000, 40_000) as u64;
        bucket::send(stage, random, time, &who, &Request::put(LOG_BUCKET, &key, size));
    }
    let who = Caller::service("elasticloadbalancing.amazonaws.com");
    for time in every(stage, random, 6 * HOUR) {
        let key = format!("alb/AWSLogs/{ACCOUNT}/elasticloadbalancing/{}.log.gz", random.hex(8));
        let size = random.between(2_000, 90_000) as u64;
        bucket::send(stage, random, time, &who, &Request::put(LOG_BUCKET, &key, size));
    }
}

fn config(stage: &mut Stage, random: &mut Random, role: &Role) {
    for start in every(stage, random, 4 * HOUR) {
        let who = linked(stage, random, start, role, "AWSConfig-Describe", HOME);
        for (position, &(service, name)) in CONFIG_ROUND.iter().enumerate() {
            let time = start + 2 + position as i64 * 3 + random.between(0, 2);
            let mut call = Call::read(service, name);
            if service == "ec2" && random.percent(4) {
                call = call.throttled();
            }
            stage.add(random, time, &who, call);
        }
        let policy = Request {
            bytes_out: 611,
            ..Request::about(INVOICES, "GetBucketPolicy", "REST.GET.BUCKETPOLICY")
        };
        bucket::send(stage, random, start + 50, &who, &policy);
    }
}

fn load_balancers(stage: &mut Stage, random: &mut Random, role: &Role) {
    for time in every(stage, random, 4 * HOUR) {
        let region = if random.percent(25) { "eu-west-1" } else { HOME };
        let who = linked(stage, random, time, role, "ElasticLoadBalancing", region);
        for name in ["DescribeNetworkInterfaces", "DescribeSubnets"] {
            let call = Call::read("ec2", name).region(region).request(|o| {
                o.raw("filterSet", "{}");
            });
            let later = time + random.between(1, 9);
            stage.add(random, later, &who, call);
        }
    }
}

fn autoscaling(stage: &mut Stage, random: &mut Random, role: &Role) {
    for time in every(stage, random, 2 * HOUR) {
        let who = linked(stage, random, time, role, "AutoScaling", HOME);
        let call = Call::read("ec2", "DescribeInstanceStatus").request(|o| {
            o.raw("instancesSet", "{}").flag("includeAllInstances", false);
        });
        stage.add(random, time + 1, &who, call);
    }
    for day in stage.period.days() {
        // The nightly job's machine comes and goes.
        let time = day + HOUR + random.between(0, 10 * MINUTE);
        let instance = format!("i-0{}", random.hex(16));
        let who = linked(stage, random, time, role, "AutoScaling", HOME);
        let start = Call::change("ec2", "RunInstances")
            .request(|o| {
                o.text("instanceType", "t3.small").text("subnetId", "subnet-0b7d2c41e98f3a650");
                o.object("launchTemplate", |o| {
                    o.text("launchTemplateName", "nightly").text("version", "12");
                });
            })
            .response(|o| instance_set(o, &instance));
        stage.add(random, time + 2, &who, start);
        let stop = Call::change("ec2", "TerminateInstances")
            .request(|o| instance_set(o, &instance))
            .response(|o| instance_set(o, &instance));
        stage.add(random, time + 2 * HOUR, &who, stop);
    }
}

fn instance_set(o: &mut Object, instance: &str) {
    o.object("instancesSet", |o| {
        o.raw("items", &format!(r#"[{{"instanceId":"{instance}"}}]"#));
    });
}

/// A function that sends invoices: the service assumes its role, the function writes its log.
fn mailer(stage: &mut Stage, random: &mut Random, role: &Role) {
    let service = Caller::service("lambda.amazonaws.com");
    for time in every(stage, random, 3 * HOUR) {
        let request = SessionRequest {
            role,
            session: "invoice-mailer",
            region: HOME,
            kind: SessionKind::Plain,
        };
        let granted = assume(stage, random, time, &service, &request);
        let who = granted.at(APPLICATION_ADDRESSES[1]).with(
            "aws-sdk-go-v2/1.39.2 ua/2.1 os/linux lang/go#1.25.1 md/GOOS#linux md/GOARCH#amd64 \
             exec-env/AWS_Lambda_provided.al2023 api/cloudwatchlogs#1.58.2",
        );
        let call = Call::change("logs", "CreateLogStream").request(|o| {
            o.text("logGroupName", "/aws/lambda/invoice-mailer")
                .text("logStreamName", &format!("[$LATEST]{}", random.hex(32)));
        });
        stage.add(random, time + 1, &who, call);
    }
}

fn key_service(stage: &mut Stage, random: &mut Random) {
    let key = format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/c1a7f9e2-3b64-4d18-9f50-7e2b8a6d4c91");
    let who = Caller::service("AWS Internal");
    let call = Call::change("kms", "RotateKey")
        .event_type("AwsServiceEvent")
        .resource("AWS::KMS::Key", &key);
    let time = stage.period.start + 5 * DAY + 7 * HOUR;
    stage.add(random, time, &who, call);

    for time in every(stage, random, 6 * HOUR) {
        let call = Call::change("kms", "GenerateDataKey")
            .request(|o| {
                o.text("keyId", &key).text("keySpec", "AES_256");
            })
            .resource("AWS::KMS::Key", &key);
        stage.add(random, time, &who, call);
    }

    let who = Caller::service("dynamodb.amazonaws.com");
    for time in every(stage, random, 6 * HOUR) {
        let call = Call::read("kms", "DescribeKey")
            .request(|o| {
                o.text("keyId", &key);
            })
            .resource("AWS::KMS::Key", &key);
        stage.add(random, time, &who, call);
    }
}

/// The service assumes its own role, then calls with it.
fn linked(
    stage: &mut Stage,
    random: &mut Random,
    time: i64,
    role: &Role,
    session: &str,
    region: &'static str,
) -> Caller {
    let host = role.path.split('/').nth(1).unwrap_or_default();
    let kind = SessionKind::Via(host);
    assume(
        stage,
        random,
        time,
        &Caller::service(host),
        &SessionRequest { role, session, region, kind },
    )
}
