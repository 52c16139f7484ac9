//! The invoice application: reads and writes its bucket all day, a few objects an hour.

use super::bucket::{self, INVOICES, Object, Request};
use super::call::Call;
use super::cast::{APPLICATION_ADDRESSES, Caller, Cast};
use super::stage::Stage;
use crate::calendar::{DAY, HOUR, MINUTE, hour_of_day, midnight};
use crate::identity;
use crate::json::object;
use crate::random::Random;
use crate::record::ACCOUNT;

const AGENT: &str = "Boto3/1.26.90 Python/3.11.9 Linux/6.1.147-172.266.amzn2023.x86_64 \
                     Botocore/1.29.90";

/// How many objects a month has in the catalogue.
const RECENT: usize = 120;

pub fn play(stage: &mut Stage, cast: &Cast) {
    let random = &mut stage.random("application");
    let objects = bucket::catalogue(stage.seed);
    let recent = &objects[objects.len() - RECENT..];
    let period = stage.period;

    for hour in (period.start..period.end).step_by(HOUR as usize) {
        work_of_an_hour(stage, random, cast, hour, recent);
    }
    for day in period.days() {
        let time = day + 4 * HOUR + random.between(0, 600);
        reads_its_password(stage, random, cast, time);
        if (day - midnight(2026, 10, 26)) % (7 * DAY) == 0 {
            weekly_statements(stage, random, cast, day + 3 * HOUR, recent);
        }
    }
    only_in_the_access_log(stage, random, cast, recent);
}

fn caller(random: &mut Random, cast: &Cast) -> Caller {
    let address: &&str = random.pick(&APPLICATION_ADDRESSES);
    cast.invoice_app.caller(address, AGENT)
}

fn work_of_an_hour(
    stage: &mut Stage,
    random: &mut Random,
    cast: &Cast,
    hour: i64,
    recent: &[Object],
) {
    let most = if (8..22).contains(&hour_of_day(hour)) { 4 } else { 1 };
    for _ in 0..random.between(1, most) {
        let object = random.pick(recent);
        let request = Request::get(INVOICES, &object.key, object.size);
        let who = caller(random, cast);
        let time = hour + random.between(0, HOUR - 1);
        bucket::send(stage, random, time, &who, &request);
    }
    if random.percent(25) {
        let object = random.pick(recent);
        let request = Request::put(INVOICES, &object.key, object.size);
        let who = caller(random, cast);
        let time = hour + random.between(0, HOUR - 1);
        bucket::send(stage, random, time, &who, &request);
    }
}

/// An ordinary burst: every Monday night the new invoices are read in one go.
fn weekly_statements(
    stage: &mut Stage,
    random: &mut Random,
    cast: &Cast,
    start: i64,
    recent: &[Object],
) {
    let who = cast.invoice_app.caller(APPLICATION_ADDRESSES[0], AGENT);
    let mut time = start + random.between(0, 5 * MINUTE);
    for object in &recent[recent.len() - 40..] {
        time += random.between(10, 26);
        bucket::send(stage, random, time, &who, &Request::get(INVOICES, &object.key, object.size));
    }
}

/// Once a day it fetches the database password, and the key service decrypts it on its behalf.
fn reads_its_password(stage: &mut Stage, random: &mut Random, cast: &Cast, time: i64) {
    let secret =
        format!("arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:prod/invoice-db-Xk29Qa");
    let who = caller(random, cast);
    let call = Call::read("secretsmanager", "GetSecretValue").request(|o| {
        o.text("secretId", "prod/invoice-db");
    });
    stage.add(random, time, &who, call);
    let decrypt = Call::read("kms", "Decrypt")
        .request(|o| {
            o.text("encryptionAlgorithm", "SYMMETRIC_DEFAULT").object("encryptionContext", |o| {
                o.text("SecretARN", &secret);
            });
        })
        .resource(
            "AWS::KMS::Key",
            &format!("arn:aws:kms:us-east-1:{ACCOUNT}:key/5b0e7d34-91c6-4f0a-8a57-2f6c1d8e9b03"),
        );
    let via = Caller {
        identity: on_behalf(cast),
        channel: super::cast::Channel::OnBehalf,
        ..who.at("secretsmanager.amazonaws.com").with("secretsmanager.amazonaws.com")
    };
    stage.add(random, time, &via, decrypt);
}

/// The application's user with `invokedBy`, as in calls that a service makes for it.
fn on_behalf(cast: &Cast) -> String {
    let user = &cast.invoice_app;
    let plain = identity::user(ACCOUNT, user.name, &user.id, &user.key);
    let invoked_by = object(|o| {
        o.text("invokedBy", "secretsmanager.amazonaws.com");
    });
    format!("{},{}", plain.trim_end_matches('}'), invoked_by.trim_start_matches('{'))
}

fn only_in_the_access_log(stage: &mut Stage, random: &mut Random, cast: &Cast, recent: &[Object]) {
    let period = stage.period;
    for day in (period.access_logs_from..period.end).step_by(DAY as usize) {
        for number in 0..3 {
            let key = format!("tmp/render-{}-{number}.html", random.hex(8));
            let time = day + random.between(600, 1500);
            bucket::expire(stage, random, time, &key);
        }
        let object = random.pick(recent);
        let who = caller(random, cast);
        let head = Request {
            key: &object.key,
            ..Request::about(INVOICES, "HeadObject", "REST.HEAD.OBJECT")
        };
        let time = day + random.between(6 * HOUR, 18 * HOUR);
        bucket::send_unrecorded(stage, random, time, &who, &head);
    }
}
