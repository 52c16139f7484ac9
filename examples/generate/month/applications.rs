//! Fifteen applications on instances, in containers and as functions, each with its role, bucket, queue and
//! secrets.

use super::cast::{Cast, NAT, function_address, role};
use super::ci::{Token, take_role};
use super::services::every;
use crate::calendar::{DAY, HOUR, MINUTE};
use crate::identity::{Role, SessionKind};
use crate::random::Random;
use crate::record::ACCOUNT;
use crate::story::bucket::{self, INVOICES, Request};
use crate::story::call::{Call, HOME};
use crate::story::cast::{Caller, Channel};
use crate::story::session::{SessionRequest, assume};
use crate::story::stage::Stage;

const PYTHON: &str = "Boto3/1.40.45 md/Botocore#1.40.45 ua/2.1 os/linux#6.1.150-174.273.amzn2023.x86_64 \
                      md/arch#x86_64 lang/python#3.13.7 md/pyimpl#CPython cfg/retry-mode#standard \
                      Botocore/1.40.45";
const JAVA: &str = "aws-sdk-java/2.34.9 md/io#async md/http#NettyNio ua/2.1 os/Linux#6.1.150 lang/java#21.0.8 \
                    md/OpenJDK_64-Bit_Server_VM#21.0.8+9-LTS md/vendor#Amazon.com_Inc. cfg/retry-mode#legacy";
const FUNCTION: &str = "aws-sdk-js/3.888.0 ua/2.1 os/linux#5.10.244 lang/js md/nodejs#22.18.0 \
                        exec-env/AWS_Lambda_nodejs22.x";

const GO: &str = "aws-sdk-go-v2/1.39.2 ua/2.1 os/linux lang/go#1.25.1 md/GOOS#linux md/GOARCH#amd64 \
                  api/sts#1.38.6 m/g";

/// Whose secrets are copied into the cluster.
const COPIED: [&str; 9] = [
    "search",
    "basket",
    "loyalty",
    "shipping",
    "returns",
    "reports",
    "gift-cards",
    "reviews",
    "web",
];

#[derive(Clone, Copy, PartialEq)]
enum Host {
    /// A machine, which takes its credentials from EC2.
    Instance,
    /// A container, which takes them from ECS.
    Task,
    /// A workload of a Kubernetes cluster, which takes them for a token of the cluster.
    Cluster,
    /// A function inside the account's network.
    Function,
    /// A function outside of it, which has another address each time.
    OutsideFunction,
}

struct Application {
    name: &'static str,
    host: Host,
    bucket: &'static str,
    /// Reads and writes of an ordinary hour in the daytime.
    busy: i64,
}

const fn on(host: Host, name: &'static str, bucket: &'static str, busy: i64) -> Application {
    Application { name, host, bucket, busy }
}

const APPLICATIONS: [Application; 15] = [
    on(Host::Instance, "webshop", "acme-assets", 4),
    on(Host::Instance, "search", "acme-search", 2),
    on(Host::Instance, "legacy-reports", "acme-reports", 1),
    on(Host::Instance, "mail-gateway", "acme-uploads", 1),
    on(Host::Task, "checkout", "", 3),
    on(Host::Task, "catalog", "acme-assets", 2),
    on(Host::Task, "invoice", INVOICES, 4),
    on(Host::Task, "notify", "", 2),
    on(Host::Task, "payments", "", 2),
    on(Host::Task, "sessions", "", 2),
    on(Host::Cluster, "secrets-operator", "", 0),
    on(Host::Function, "order-events", "", 2),
    on(Host::Function, "nightly-report", "acme-reports", 1),
    on(Host::OutsideFunction, "image-resizer", "acme-uploads", 2),
    on(Host::OutsideFunction, "mailer", "", 1),
];

/// One instance, container or run of an application, with the credentials that it was given.
struct Worker {
    who: Caller,
    session: String,
}

pub fn play(stage: &mut Stage, cast: &Cast) {
    for application in &APPLICATIONS {
        let random = &mut stage.random(application.name);
        let (path, suffix) = match application.host {
            Host::Instance => ("", "instance"),
            Host::Task | Host::Cluster => ("", "task"),
            _ => ("service-role/", "function"),
        };
        let role = role(random, path, &format!("{}-{suffix}", application.name));
        let session = format!("i-0{}", random.hex(16));
        for start in every(stage, random, 8 * 60) {
            // Machines are replaced every few days.
            let session = match (application.host, (start / (3 * DAY)) % 2) {
                (Host::Instance, 0) => session.clone(),
                (Host::Instance, _) => format!("{}{}", &session[..10], &session[2..11]),
                (Host::Task, _) => random.hex(32),
                _ => application.name.to_owned(),
            };
            let worker = begin(stage, random, application, &role, session, start);
            reads_its_secrets(stage, random, cast, application, &worker, start + 4);
            if application.host == Host::Cluster {
                copies_secrets(stage, random, &worker.who, start + 9);
                continue;
            }
            for hour in 0..8 {
                work(stage, random, application, &worker, start + hour * HOUR + MINUTE);
            }
        }
    }
}

fn begin(
    stage: &mut Stage,
    random: &mut Random,
    application: &Application,
    role: &Role,
    session: String,
    time: i64,
) -> Worker {
    if application.host == Host::Cluster {
        let token = Token {
            provider: "oidc.eks.us-east-1.amazonaws.com/id/6A1D539D4633E53DE1B716D3041E5C08",
            subject: "system:serviceaccount:platform:secrets-operator",
            session: "secrets-operator",
        };
        return Worker { who: take_role(stage, random, time, role, &token, NAT[1], GO), session };
    }
    let (host, kind, agent) = match application.host {
        Host::Instance => ("ec2.amazonaws.com", SessionKind::Instance, JAVA),
        Host::Task => ("ecs-tasks.amazonaws.com", SessionKind::Plain, PYTHON),
        _ => ("lambda.amazonaws.com", SessionKind::Plain, FUNCTION),
    };
    let request = SessionRequest { role, session: &session, region: HOME, kind };
    let who = assume(stage, random, time, &Caller::service(host), &request).with(agent);
    let address = match application.host {
        Host::OutsideFunction => function_address(random),
        _ => (*random.pick(&NAT)).to_owned(),
    };
    Worker { who: who.at(&address), session }
}

/// A container's secrets are fetched for it before it starts; the others fetch their own.
fn reads_its_secrets(
    stage: &mut Stage,
    random: &mut Random,
    cast: &Cast,
    application: &Application,
    worker: &Worker,
    time: i64,
) {
    let by = if application.host == Host::Task {
        let request = SessionRequest {
            role: &cast.ecs_execution,
            session: &worker.session,
            region: HOME,
            kind: SessionKind::Plain,
        };
        let service = Caller::service("ecs-tasks.amazonaws.com");
        let agent = "Amazon ECS Fargate Agent/1.98.0 (+http://aws.amazon.com/ecs/) (linux)";
        let by = assume(stage, random, time - 2, &service, &request).with(agent).at(NAT[0]);
        for name in ["GetAuthorizationToken", "BatchGetImage", "GetDownloadUrlForLayer"] {
            let call = Call::read("ecr", name).request(|o| {
                o.text("registryId", ACCOUNT).text("repositoryName", application.name);
            });
            stage.add(random, time - 1, &by, call);
        }
        by
    } else {
        worker.who.clone()
    };
    for kind in ["database", "session-key"] {
        let secret = format!(
            "arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:production/{}/{kind}-Xk29Qa",
            application.name
        );
        let call = Call::read("secretsmanager", "GetSecretValue").request(|o| {
            o.text("secretId", &secret);
        });
        stage.add(random, time, &by, call);
        let via = Caller {
            identity: on_behalf(&by.identity),
            channel: Channel::OnBehalf,
            ..by.at("secretsmanager.amazonaws.com").with("secretsmanager.amazonaws.com")
        };
        let call = Call::read("kms", "Decrypt")
            .request(|o| {
                o.text("encryptionAlgorithm", "SYMMETRIC_DEFAULT").object(
                    "encryptionContext",
                    |o| {
                        o.text("SecretARN", &secret);
                    },
                );
            })
            .resource("AWS::KMS::Key", &key());
        stage.add(random, time, &via, call);
    }
}

fn key() -> String {
    format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/5b0e7d34-91c6-4f0a-8a57-2f6c1d8e9b03")
}

/// The identity with `invokedBy`, as in calls that a service makes for it.
fn on_behalf(identity: &str) -> String {
    let open = identity.strip_suffix('}').unwrap_or(identity);
    format!("{open},\"invokedBy\":\"secretsmanager.amazonaws.com\"}}")
}

/// The operator keeps what the cluster holds in step with the store: all of it, three times a day.
fn copies_secrets(stage: &mut Stage, random: &mut Random, who: &Caller, start: i64) {
    let mut time = start;
    for name in COPIED {
        for kind in ["database", "api-key"] {
            time += random.between(0, 2);
            let secret = format!("production/{name}/{kind}");
            let call = Call::read("secretsmanager", "GetSecretValue").request(|o| {
                o.text("secretId", &secret);
            });
            stage.add(random, time, who, call);
        }
    }
}

fn work(
    stage: &mut Stage,
    random: &mut Random,
    application: &Application,
    worker: &Worker,
    hour: i64,
) {
    let daytime = (6 * HOUR..21 * HOUR).contains(&hour.rem_euclid(DAY));
    let most = if daytime { application.busy } else { 1 };
    for _ in 0..random.between(0, most) {
        let time = hour + random.between(0, 58 * MINUTE);
        if application.bucket.is_empty() || random.percent(45) {
            data_call(stage, random, application, worker, time);
            continue;
        }
        let number = random.between(1, 4_000);
        let key = format!("{}/2026/{number:06}.bin", application.name);
        let size = random.between(20_000, 900_000) as u64;
        let request = if random.percent(70) {
            Request::get(application.bucket, &key, size)
        } else {
            Request::put(application.bucket, &key, size)
        };
        bucket::send(stage, random, time, &worker.who, &request);
    }
}

fn data_call(
    stage: &mut Stage,
    random: &mut Random,
    application: &Application,
    worker: &Worker,
    time: i64,
) {
    let name = application.name;
    let table = format!("arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{name}");
    let queue = format!("https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/{name}");
    let mut call = match random.below(5) {
        0 => Call::read("dynamodb", "GetItem").resource("AWS::DynamoDB::Table", &table),
        1 => Call::change("dynamodb", "PutItem").resource("AWS::DynamoDB::Table", &table),
        2 => Call::read("dynamodb", "Query").resource("AWS::DynamoDB::Table", &table),
        3 => Call::change("sqs", "SendMessage"),
        _ => Call::change("sqs", "ReceiveMessage"),
    };
    call.data = true;
    let call = match call.service {
        "sqs" => call.request(|o| {
            o.text("queueUrl", &queue);
        }),
        _ => call.request(|o| {
            o.text("tableName", name);
        }),
    };
    let call = if random.percent(1) { call.throttled() } else { call };
    stage.add(random, time, &worker.who, call);
}
