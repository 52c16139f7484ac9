//! Nightly jobs: a backup that reads and snapshots a lot, and a batch job that deletes expired objects.

use super::cast::{Cast, NAT};
use super::script::{Play, Script};
use crate::calendar::{DAY, HOUR, MINUTE};
use crate::identity::SessionKind;
use crate::random::Random;
use crate::story::bucket::{self, INVOICES, Request};
use crate::story::call::HOME;
use crate::story::cast::Caller;
use crate::story::session::{SessionRequest, assume};
use crate::story::stage::Stage;

const BACKUP: &str = "rclone/v1.71.1";
const BOTO: &str = "Boto3/1.40.45 md/Botocore#1.40.45 ua/2.1 os/linux#6.8.0-1040-aws md/arch#x86_64 \
                    lang/python#3.12.3 md/pyimpl#CPython cfg/retry-mode#standard Botocore/1.40.45";
const MACHINE: &str = "i-0b91ad4ce7f2305d8";

pub fn play(stage: &mut Stage, cast: &Cast) {
    let random = &mut stage.random("month nightly");
    let script = Script::parse(include_str!("nightly.steps"));
    for day in stage.period.days() {
        let ec2 = Caller::service("ec2.amazonaws.com");
        let request = SessionRequest {
            role: &cast.backup,
            session: MACHINE,
            region: HOME,
            kind: SessionKind::Instance,
        };
        let start = day + HOUR + random.between(0, 5 * MINUTE);
        let who = assume(stage, random, start, &ec2, &request).at(NAT[0]);
        backup(stage, random, &who, &script, start + 60, day);

        let lambda = Caller::service("ecs-tasks.amazonaws.com");
        let session = random.hex(32);
        let request = SessionRequest {
            role: &cast.retention,
            session: &session,
            region: HOME,
            kind: SessionKind::Plain,
        };
        let start = day + 4 * HOUR + random.between(0, 20 * MINUTE);
        let who = assume(stage, random, start, &lambda, &request).at(NAT[1]).with(BOTO);
        retention(stage, random, &who, start + 3, day);
    }
}

fn backup(
    stage: &mut Stage,
    random: &mut Random,
    who: &Caller,
    script: &Script,
    start: i64,
    day: i64,
) {
    let play = Play { region: HOME, gaps: &[], pace: (1, 4) };
    let mut time = play.steps(stage, random, start, &who.with(BOTO), script.steps("snapshots"));
    // Once a week everything is read, on the other nights what is new.
    let full = (day / DAY) % 7 == 3;
    for _ in 0..if full { random.between(170, 230) } else { random.between(60, 90) } {
        let number = random.between(1, 4_000);
        let key = format!("invoice/2026/{number:06}.bin");
        let size = random.between(20_000, 900_000) as u64;
        let bucket = if random.percent(60) { INVOICES } else { "acme-uploads" };
        bucket::send(stage, random, time, &who.with(BACKUP), &Request::get(bucket, &key, size));
        time += random.between(1, 3);
    }
    for part in 0..random.between(6, 10) {
        let key = format!("nightly/{}/part-{part:03}.zst", day / DAY);
        let request = Request::put("acme-backup", &key, 48_000_000);
        bucket::send(stage, random, time + part * 9, &who.with(BACKUP), &request);
    }
}

fn retention(stage: &mut Stage, random: &mut Random, who: &Caller, start: i64, day: i64) {
    let mut time = start;
    let list = Request::list("acme-uploads", "list-type=2&prefix=tmp%2F");
    bucket::send(stage, random, time, who, &list);
    for number in 0..random.between(50, 95) {
        time += random.between(1, 4);
        let key = format!("tmp/{}/{number:05}", day / DAY - 30);
        let request = Request {
            key: &key,
            ..Request::about("acme-uploads", "DeleteObject", "REST.DELETE.OBJECT")
        };
        bucket::send(stage, random, time, who, &request);
    }
}
