//! Data pipelines: Glue, EMR and Batch read, write and tidy up much; people ask Athena.

use crate::calendar::{DAY, HOUR, MINUTE, is_weekday};
use crate::identity::{Role, SessionKind};
use crate::month::cast::role;
use crate::random::Random;
use crate::record::ACCOUNT;
use crate::story::bucket::{self, Request};
use crate::story::call::{Call, HOME};
use crate::story::cast::{Caller, Channel};
use crate::story::session::{SessionRequest, assume};
use crate::story::stage::Stage;

const GLUE: &str = "ElasticMapReduce/1.0.0 emrfs/s3n aws-sdk-java/1.12.715 Linux/5.10.244 \
                    OpenJDK_64-Bit_Server_VM/17.0.16 java/17.0.16 exec-env/AWS_Glue_5.0";
const EMR: &str = "ElasticMapReduce/1.0.0 emrfs/s3n aws-sdk-java/2.31.20 ua/2.1 os/Linux#6.1.150 lang/java#17.0.16 \
                   md/OpenJDK_64-Bit_Server_VM#17.0.16+8-LTS";
const BOTO: &str = "Boto3/1.40.45 md/Botocore#1.40.45 ua/2.1 os/linux#6.8.0-1040-aws md/arch#x86_64 \
                    lang/python#3.12.3 md/pyimpl#CPython cfg/retry-mode#standard Botocore/1.40.45";
const RAW: &str = "acme-lake-raw";
const CURATED: &str = "acme-lake-curated";
const NAT: [&str; 2] = ["198.51.100.10", "198.51.100.11"];

pub fn play(stage: &mut Stage) {
    let random = &mut stage.random("pipelines");
    let mut named = |path: &str, name: &str| role(random, path, name);
    let glue = named("service-role/", "AWSGlueServiceRole-lake");
    let emr = named("", "EMR_EC2_DefaultRole");
    let batch = named("", "batch-job");
    let analyst = named("", "analyst");
    for day in stage.period.days() {
        for (hour, table) in [(1, "orders"), (2, "clicks"), (3, "stock")] {
            let start = day + hour * HOUR + random.between(0, 4 * MINUTE);
            glue_job(stage, random, &glue, table, start, day);
        }
        let start = day + 4 * HOUR + random.between(0, 9 * MINUTE);
        emr_cluster(stage, random, &emr, start, day);
        for hour in [6, 10, 14, 18] {
            for _ in 0..random.between(2, 5) {
                let start = day + hour * HOUR + random.between(0, 40 * MINUTE);
                batch_job(stage, random, &batch, start);
            }
        }
        if is_weekday(day) {
            for _ in 0..random.between(3, 8) {
                let start = day + 8 * HOUR + random.between(0, 8 * HOUR);
                query(stage, random, &analyst, start, day);
            }
        }
    }
}

fn taken(
    stage: &mut Stage,
    random: &mut Random,
    time: i64,
    host: &str,
    role: &Role,
    session: &str,
    kind: SessionKind<'_>,
) -> Caller {
    let request = SessionRequest { role, session, region: HOME, kind };
    assume(stage, random, time, &Caller::service(host), &request)
}

/// Reads a day of a table, writes it as parts, and removes what it wrote on the way.
fn moves(
    stage: &mut Stage,
    random: &mut Random,
    who: &Caller,
    table: &str,
    (start, day): (i64, i64),
    parts: i64,
) {
    let date = day / DAY;
    let mut time = start;
    let list = Request::list(RAW, "list-type=2&prefix=landing%2F");
    bucket::send(stage, random, time, who, &list);
    for part in 0..parts {
        time += random.between(0, 2);
        let key = format!("landing/{table}/day={date}/part-{part:05}.json.gz");
        let size = random.between(1_000_000, 60_000_000) as u64;
        bucket::send(stage, random, time, who, &Request::get(RAW, &key, size));
    }
    for part in 0..parts / 2 {
        time += random.between(0, 2);
        let folder = format!("{table}/day={date}");
        let temporary = format!("{folder}/_temporary/0/task_{part:04}/part-{part:05}.parquet");
        let last = format!("{folder}/part-{part:05}.parquet");
        for key in [&temporary, &last] {
            let size = random.between(800_000, 30_000_000) as u64;
            bucket::send(stage, random, time, who, &Request::put(CURATED, key, size));
        }
        let about = Request::about(CURATED, "DeleteObject", "REST.DELETE.OBJECT");
        let deleted = Request { key: &temporary, ..about };
        bucket::send(stage, random, time + 1, who, &deleted);
    }
}

fn glue_job(
    stage: &mut Stage,
    random: &mut Random,
    role: &Role,
    table: &str,
    start: i64,
    day: i64,
) {
    let kind = SessionKind::Plain;
    let host = "glue.amazonaws.com";
    let who = taken(stage, random, start, host, role, "GlueJobRunnerSession", kind);
    // Workers of a job have addresses of AWS, others each time.
    let address = format!("198.19.{}.{}", random.between(0, 40), random.between(2, 250));
    let who = who.at(&address).with(GLUE);
    for (service, name) in [
        ("glue", "GetDatabase"),
        ("glue", "GetTable"),
        ("glue", "GetPartitions"),
        ("logs", "CreateLogStream"),
    ] {
        let call = if name == "CreateLogStream" {
            Call::change(service, name)
        } else {
            Call::read(service, name)
        };
        stage.add(random, start + 20, &who, call);
    }
    let parts = random.between(60, 110);
    moves(stage, random, &who, table, (start + 30, day), parts);
    stage.add(random, start + 900, &who, Call::change("glue", "BatchCreatePartition"));
}

fn emr_cluster(stage: &mut Stage, random: &mut Random, role: &Role, start: i64, day: i64) {
    for node in 0..3 {
        let instance = format!("i-0{}", random.hex(16));
        let kind = SessionKind::Instance;
        let time = start + node * 20;
        let who = taken(stage, random, time, "ec2.amazonaws.com", role, &instance, kind);
        let who = who.at(NAT[node as usize % NAT.len()]).with(EMR);
        let full = (day / DAY) % 7 == 3;
        let parts = if full { random.between(180, 260) } else { random.between(70, 100) };
        moves(stage, random, &who, "sessions", (time + 60, day), parts);
    }
}

fn batch_job(stage: &mut Stage, random: &mut Random, role: &Role, start: i64) {
    let session = random.hex(32);
    let host = "ecs-tasks.amazonaws.com";
    let who = taken(stage, random, start, host, role, &session, SessionKind::Plain);
    let address = format!("10.0.{}.{}", random.between(1, 6), random.between(5, 250));
    let who = who.at(&address).with(BOTO);
    let secret = Call::read("secretsmanager", "GetSecretValue").request(|o| {
        o.text("secretId", "production/lake/warehouse");
    });
    stage.add(random, start + 3, &who, secret);
    let mut time = start + 5;
    for _ in 0..random.between(5, 40) {
        time += random.between(1, 9);
        let key = format!("models/{}/weights.bin", random.below(300));
        bucket::send(stage, random, time, &who, &Request::get(CURATED, &key, 9_000_000));
    }
    let key = format!("scores/{session}.parquet");
    bucket::send(stage, random, time + 9, &who, &Request::put(CURATED, &key, 3_000_000));
}

/// Athena reads with the session of whoever asks.
fn query(stage: &mut Stage, random: &mut Random, role: &Role, start: i64, day: i64) {
    let kind = SessionKind::Plain;
    let who = taken(stage, random, start, "quicksight.amazonaws.com", role, "dashboards", kind);
    let who = who.at("203.0.113.20").with(BOTO);
    let asked = Call::read("athena", "StartQueryExecution").request(|o| {
        o.text("queryString", "***OMITTED***").text("workGroup", "primary");
    });
    stage.add(random, start + 2, &who, asked);
    let host = "athena.amazonaws.com";
    let members = who.identity.strip_suffix('}').unwrap_or_default();
    let identity = format!("{members},\"invokedBy\":\"{host}\"}}");
    let through = Caller { identity, channel: Channel::OnBehalf, ..who.at(host).with(host) };
    for part in 0..random.between(10, 80) {
        let key = format!("orders/day={}/part-{part:05}.parquet", day / DAY - 1);
        let time = start + 4 + part / 8;
        bucket::send(stage, random, time, &through, &Request::get(CURATED, &key, 4_000_000));
    }
    let call = Call::read("kms", "Decrypt")
        .resource("AWS::KMS::Key", &format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/lake"));
    stage.add(random, start + 5, &through, call);
    stage.add(random, start + 30, &who, Call::read("athena", "GetQueryResults"));
}
