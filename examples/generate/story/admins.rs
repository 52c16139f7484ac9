//! Two administrators who sign in to the console from the company's VPN.

use super::call::{Call, HOME};
use super::cast::{Caller, Cast, Channel};
use super::session::{SessionRequest, granted};
use super::stage::Stage;
use crate::calendar::{HOUR, MINUTE, is_weekday, midnight};
use crate::identity::{self, Session, SessionKind};
use crate::random::Random;
use crate::record::ACCOUNT;

const CHROME: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 \
                      (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0";

const ALICE: Admin = Admin {
    name: "alice@example.com",
    addresses: ["198.51.100.23", "198.51.100.27"],
    agent: CHROME,
};
const BOB: Admin = Admin {
    name: "bob@example.com",
    addresses: ["198.51.100.31", "198.51.100.38"],
    agent: FIREFOX,
};

struct Admin {
    name: &'static str,
    /// The VPN hands out the first most of the time.
    addresses: [&'static str; 2],
    agent: &'static str,
}

/// Calls that the console makes while somebody clicks through it.
const PAGES: [(&str, &str); 18] = [
    ("ec2", "DescribeInstances"),
    ("health", "DescribeEventAggregates"),
    ("ec2", "DescribeRegions"),
    ("cloudwatch", "DescribeAlarms"),
    ("logs", "DescribeLogGroups"),
    ("iam", "ListUsers"),
    ("iam", "ListRoles"),
    ("iam", "GetAccountSummary"),
    ("rds", "DescribeDBInstances"),
    ("lambda", "ListFunctions20150331"),
    ("ecs", "ListClusters"),
    ("ecs", "DescribeServices"),
    ("s3", "ListBuckets"),
    ("secretsmanager", "ListSecrets"),
    ("ce", "GetCostAndUsage"),
    ("elasticloadbalancing", "DescribeLoadBalancers"),
    ("guardduty", "ListDetectors"),
    ("iam", "ListAttachedUserPolicies"),
];

pub fn play(stage: &mut Stage, cast: &Cast) {
    let random = &mut stage.random("admins");
    for day in stage.period.days().filter(|&day| is_weekday(day)) {
        for start in [13, 18] {
            let time = day + start * HOUR + random.between(5 * MINUTE, 90 * MINUTE);
            let who = sign_in(stage, random, cast, &ALICE, time);
            let end = look_around(stage, random, &who, time + 20);
            extraordinary(stage, random, &who, end);
        }
        let time = day + 14 * HOUR + random.between(0, 3 * HOUR);
        let who = sign_in(stage, random, cast, &BOB, time);
        look_around(stage, random, &who, time + 20);
    }
    bob_without_single_sign_on(stage, random, cast, midnight(2026, 10, 28) + 15 * HOUR, 0);
    bob_without_single_sign_on(stage, random, cast, midnight(2026, 11, 9) + 12 * HOUR, 2);
}

/// Single sign-on: the identity provider authenticates the person, the role's session begins, the console opens.
fn sign_in(
    stage: &mut Stage,
    random: &mut Random,
    cast: &Cast,
    admin: &Admin,
    time: i64,
) -> Caller {
    let address = admin.addresses[usize::from(random.percent(20))];
    let role = &cast.administrators;
    let key = random.unique_id("ASIA", ACCOUNT);
    let request =
        SessionRequest { role, session: admin.name, region: HOME, kind: SessionKind::Plain };
    let person = Caller {
        identity: identity::saml_user("d-9067a3c1f5", admin.name),
        arn: String::new(),
        address: address.to_owned(),
        agent: "aws-internal/3 aws-sdk-java/1.12.788".to_owned(),
        channel: Channel::Client,
    };
    let call = Call::read("sts", "AssumeRoleWithSAML")
        .request(|o| {
            o.text("roleArn", &role.arn())
                .text("roleSessionName", admin.name)
                .text(
                    "principalArn",
                    &format!("arn:aws:iam::{ACCOUNT}:saml-provider/AWSSSO_5e1f0c7a_DO_NOT_DELETE"),
                )
                .number("durationSeconds", 3600);
        })
        .response(|o| granted(o, &request, &key, time))
        .resource("AWS::IAM::Role", &role.arn());
    stage.add(random, time, &person, call);

    let kind = SessionKind::Plain;
    let session = Session { role, name: admin.name, key: &key, since: time, kind };
    let who = Caller {
        identity: identity::session_signing_in(&session),
        arn: role.session_arn(admin.name),
        address: address.to_owned(),
        agent: admin.agent.to_owned(),
        channel: Channel::Console,
    };
    stage.add(random, time + 2, &who, console_login("Success", false));
    Caller { identity: identity::session(&session), ..who }
}

fn console_login(answer: &str, mfa: bool) -> Call {
    Call::change("signin", "ConsoleLogin")
        .event_type("AwsConsoleSignIn")
        .response(|o| {
            o.text("ConsoleLogin", answer);
        })
        .additional(|o| {
            o.text("LoginTo", "https://console.aws.amazon.com/console/home")
                .text("MobileVersion", "No")
                .text("MFAUsed", if mfa { "Yes" } else { "No" });
        })
}

/// Returns when it ends.
fn look_around(stage: &mut Stage, random: &mut Random, who: &Caller, start: i64) -> i64 {
    let mut time = start;
    for _ in 0..random.between(8, 20) {
        time += random.between(1, 70);
        let &(service, name) = random.pick_skewed(&PAGES);
        let regional = !matches!(service, "iam" | "s3" | "ce" | "health");
        let region = if regional && random.percent(15) { "eu-west-1" } else { HOME };
        let mut call = Call::read(service, name).region(region);
        if name == "ListAttachedUserPolicies" {
            call = call.request(|o| {
                o.text("userName", "invoice-app");
            });
        } else if name == "DescribeAlarms" && random.percent(6) {
            call = call.throttled();
        }
        stage.add(random, time, who, call);
    }
    time
}

/// Changes that administrators make now and then, each once.
fn extraordinary(stage: &mut Stage, random: &mut Random, who: &Caller, after: i64) {
    let time = after + 60;
    let is_on = |day: i64| (day + 17 * HOUR..day + 24 * HOUR).contains(&time);
    if is_on(midnight(2026, 10, 29)) {
        // A colleague joins.
        for name in ["CreateUser", "AddUserToGroup", "CreateLoginProfile"] {
            let call = Call::change("iam", name).request(|o| {
                o.text("userName", "erik");
            });
            let later = time + random.between(0, 50);
            stage.add(random, later, who, call);
        }
    }
    if is_on(midnight(2026, 11, 6)) {
        let call = Call::change("s3", "PutBucketLogging").request(|o| {
            o.text("bucketName", super::bucket::INVOICES).object("BucketLoggingStatus", |o| {
                o.object("LoggingEnabled", |o| {
                    o.text("TargetBucket", "acme-logs").text("TargetPrefix", "s3-access-logs/");
                });
            });
        });
        stage.add(random, time, who, call);
    }
}

/// Bob's old user, with some mistyped passwords before the right one.
fn bob_without_single_sign_on(
    stage: &mut Stage,
    random: &mut Random,
    cast: &Cast,
    start: i64,
    mistakes: usize,
) {
    let user = &cast.bob;
    let at_the_door = Caller {
        identity: identity::user_signing_in(ACCOUNT, user.name, &user.id),
        channel: Channel::Console,
        ..user.caller(BOB.addresses[0], FIREFOX)
    };
    let mut time = start + random.between(0, 40 * MINUTE);
    for _ in 0..mistakes {
        let mut call = console_login("Failure", true);
        call.error_message = "Failed authentication".to_owned();
        stage.add(random, time, &at_the_door, call);
        time += random.between(9, 25);
    }
    stage.add(random, time, &at_the_door, console_login("Success", true));
    let key = random.unique_id("ASIA", ACCOUNT);
    let who = Caller {
        identity: identity::user_in_console(ACCOUNT, user.name, &user.id, &key, time),
        ..at_the_door
    };
    look_around(stage, random, &who, time + 8);
}
