//! The attack with Dana's stolen key: discovery, exfiltration of the invoices, persistence.

use super::bucket::{self, INVOICES, Request};
use super::call::{Call, HOME};
use super::cast::{ATTACKER_ADDRESS, Caller, Cast, User};
use super::stage::Stage;
use crate::calendar::{self, HOUR, MINUTE};
use crate::random::Random;
use crate::record::ACCOUNT;

const AGENT: &str = "aws-cli/2.31.16 md/awscrt#0.27.6 ua/2.1 os/linux#6.16.8+kali-amd64 \
                     md/arch#x86_64 lang/python#3.13.7 md/pyimpl#CPython cfg/retry-mode#standard \
                     md/installer#source md/distrib#kali.2026 md/prompt#off";
const SCRIPT_AGENT: &str = "Boto3/1.26.165 Python/3.13.7 Linux/6.16.8+kali-amd64 Botocore/1.29.165";

/// How many objects leave the bucket, counted from July 2025.
const STOLEN: usize = 412;
const FIRST_STOLEN: usize = 6 * 42;

/// The calls of the first discovery: service, call, whether the policy allows it.
const LOOKS: [(&str, &str, bool); 37] = [
    ("sts", "GetCallerIdentity", true),
    ("iam", "GetUser", true),
    ("iam", "ListAttachedUserPolicies", true),
    ("iam", "ListUserPolicies", true),
    ("iam", "ListGroupsForUser", true),
    ("iam", "ListAccessKeys", true),
    ("iam", "ListUsers", false),
    ("iam", "ListRoles", false),
    ("iam", "ListGroups", false),
    ("iam", "ListPolicies", false),
    ("iam", "GetAccountAuthorizationDetails", false),
    ("iam", "GetAccountSummary", false),
    ("iam", "GetAccountPasswordPolicy", false),
    ("iam", "GenerateCredentialReport", false),
    ("organizations", "DescribeOrganization", false),
    ("organizations", "ListAccounts", false),
    ("ec2", "DescribeInstances", false),
    ("ec2", "DescribeSecurityGroups", false),
    ("ec2", "DescribeSnapshots", false),
    ("ec2", "DescribeKeyPairs", false),
    ("secretsmanager", "ListSecrets", false),
    ("ssm", "DescribeParameters", false),
    ("ssm", "GetParametersByPath", false),
    ("kms", "ListKeys", false),
    ("kms", "ListAliases", false),
    ("rds", "DescribeDBInstances", false),
    ("rds", "DescribeDBSnapshots", false),
    ("dynamodb", "ListTables", false),
    ("lambda", "ListFunctions20150331", true),
    ("logs", "DescribeLogGroups", true),
    ("ecs", "ListClusters", true),
    ("cloudformation", "DescribeStacks", true),
    ("cloudtrail", "DescribeTrails", false),
    ("guardduty", "ListDetectors", false),
    ("ecr", "DescribeRepositories", true),
    ("sqs", "ListQueues", false),
    ("sns", "ListTopics", false),
];

pub fn play(stage: &mut Stage, cast: &Cast) {
    let random = &mut stage.random("attack");
    let day = stage.period.attack_day();
    let thief = cast.dana.caller(ATTACKER_ADDRESS, AGENT);
    looks_around(stage, random, &thief, day + 14 * HOUR + 7 * MINUTE + 12);
    finds_the_bucket(stage, random, &thief, day + 14 * HOUR + 31 * MINUTE + 5);
    reads_the_bucket(stage, random, &thief, day + 14 * HOUR + 44 * MINUTE + 10);
    makes_a_way_back(stage, random, &thief, &cast.svc_backup, day + 15 * HOUR + 12 * MINUTE);
    comes_back(stage, random, &cast.svc_backup, day + 15 * HOUR + 21 * MINUTE);
}

fn looks_around(stage: &mut Stage, random: &mut Random, thief: &Caller, start: i64) {
    let mut time = start;
    for (service, name, allowed) in LOOKS {
        let regions: &[&'static str] = match service {
            "ec2" if name == "DescribeInstances" => &[HOME, "eu-west-1", "us-west-2"],
            "secretsmanager" => &[HOME, "eu-west-1"],
            _ => &[HOME],
        };
        for region in regions {
            time += random.between(3, 24);
            let action = format!("{service}:{name}");
            let resource = match service {
                "iam" => format!("arn:aws:iam::{ACCOUNT}:*"),
                _ => format!("arn:aws:{service}:{region}:{ACCOUNT}:*"),
            };
            let mut call = Call::read(service, name).region(region);
            if !allowed {
                call = call.denied(&thief.arn, &action, &resource);
            } else if service == "iam" {
                call = call.request(|o| {
                    o.text("userName", "dana");
                });
            }
            stage.add(random, time, &with_command(thief, service, name), call);
        }
    }
}

fn finds_the_bucket(stage: &mut Stage, random: &mut Random, thief: &Caller, start: i64) {
    let buckets = Call::read("s3", "ListBuckets").request(|o| {
        o.text("Host", "s3.us-east-1.amazonaws.com");
    });
    stage.add(random, start, &thief.command("s3.ls"), buckets);

    let location = Request {
        bytes_out: 137,
        ..Request::about(INVOICES, "GetBucketLocation", "REST.GET.LOCATION")
    };
    let about =
        |name, operation, denied| Request { denied, ..Request::about(INVOICES, name, operation) };
    let requests = [
        Request {
            denied: "s3:ListBucket",
            ..Request::list("acme-logs", "list-type=2&delimiter=%2F&prefix=")
        },
        Request::list("acme-dev-artifacts", "list-type=2&delimiter=%2F&prefix="),
        Request::list(INVOICES, "list-type=2&delimiter=%2F&prefix="),
        location,
        about("GetBucketPolicy", "REST.GET.BUCKETPOLICY", "s3:GetBucketPolicy"),
        about("GetBucketAcl", "REST.GET.ACL", "s3:GetBucketAcl"),
        about("GetBucketVersioning", "REST.GET.VERSIONING", "s3:GetBucketVersioning"),
        Request::list(INVOICES, "list-type=2&max-keys=1000&prefix=2025%2F"),
        Request::list(INVOICES, "list-type=2&max-keys=1000&prefix=2026%2F"),
    ];
    let mut time = start;
    for request in &requests {
        time += random.between(8, 50);
        let who = with_command(thief, "s3api", request.name);
        bucket::send(stage, random, time, &who, request);
    }
}

fn reads_the_bucket(stage: &mut Stage, random: &mut Random, thief: &Caller, start: i64) {
    let objects = bucket::catalogue(stage.seed);
    let script = thief.with(SCRIPT_AGENT);
    let length = 350;
    for (number, object) in objects[FIRST_STOLEN..FIRST_STOLEN + STOLEN].iter().enumerate() {
        let time = start + (number * length / STOLEN) as i64;
        let request = Request::get(INVOICES, &object.key, object.size);
        bucket::send(stage, random, time, &script, &request);
    }
}

/// Dana's policy allows creating users for services, which is more than intended.
fn makes_a_way_back(
    stage: &mut Stage,
    random: &mut Random,
    thief: &Caller,
    new: &User,
    start: i64,
) {
    let administrator = "arn:aws:iam::aws:policy/AdministratorAccess";
    let refused = Call::change("iam", "AttachUserPolicy").denied(
        &thief.arn,
        "iam:AttachUserPolicy",
        "user dana",
    );
    stage.add(random, start, &thief.command("iam.attach-user-policy"), refused);

    let time = start + 64;
    let create = Call::change("iam", "CreateUser")
        .request(|o| {
            o.text("userName", new.name);
        })
        .response(|o| {
            o.object("user", |o| {
                o.text("path", "/")
                    .text("userName", new.name)
                    .text("userId", &new.id)
                    .text("arn", &new.arn())
                    .text("createDate", &calendar::in_words(time));
            });
        });
    stage.add(random, time, &thief.command("iam.create-user"), create);

    let attach = Call::change("iam", "AttachUserPolicy").request(|o| {
        o.text("userName", new.name).text("policyArn", administrator);
    });
    stage.add(random, time + 41, &thief.command("iam.attach-user-policy"), attach);

    let key = Call::change("iam", "CreateAccessKey")
        .request(|o| {
            o.text("userName", new.name);
        })
        .response(|o| {
            o.object("accessKey", |o| {
                o.text("userName", new.name)
                    .text("accessKeyId", &new.key)
                    .text("status", "Active")
                    .text("createDate", &calendar::in_words(time + 83));
            });
        });
    stage.add(random, time + 83, &thief.command("iam.create-access-key"), key);
}

/// The new user acts, and nothing is denied any more.
fn comes_back(stage: &mut Stage, random: &mut Random, new: &User, start: i64) {
    let thief = new.caller(ATTACKER_ADDRESS, AGENT);
    let mut time = start;
    for (service, name) in [
        ("sts", "GetCallerIdentity"),
        ("iam", "ListUsers"),
        ("iam", "ListRoles"),
        ("iam", "GetAccountAuthorizationDetails"),
        ("ec2", "DescribeInstances"),
        ("secretsmanager", "ListSecrets"),
        ("cloudtrail", "DescribeTrails"),
    ] {
        time += random.between(15, 110);
        let who = with_command(&thief, service, name);
        stage.add(random, time, &who, Call::read(service, name));
    }
}

/// The CLI's name for a call: `iam.list-users`.
fn with_command(thief: &Caller, service: &str, name: &str) -> Caller {
    let mut command = format!("{service}.");
    for (place, letter) in name.trim_end_matches("20150331").char_indices() {
        if place > 0 && letter.is_ascii_uppercase() && !name[place - 1..].starts_with("DB") {
            command.push('-');
        }
        command.push(letter.to_ascii_lowercase());
    }
    thief.command(&command)
}
