//! Generated accounts: ordinary days of a few people and roles, then a theft, all from one seed.

use fastrand::Rng;
use serde_json::{Value, json};

use super::logs::{ACCOUNT, at, call, get_object, id, role, user, with};
use super::rule_acts;

const DAY: i64 = 24 * 3600;
/// Ordinary days before the theft.
const DAYS: i64 = 6;
/// Where the thief is.
pub const AWAY: &str = "192.0.2.77";
const PEOPLE: [&str; 4] = ["alice", "bob", "carol", "dana"];
const ORDINARY: [(&str, &str); 8] = [
    ("ec2", "DescribeInstances"),
    ("ec2", "DescribeVolumes"),
    ("cloudwatch", "DescribeAlarms"),
    ("logs", "DescribeLogGroups"),
    ("ecs", "DescribeServices"),
    ("rds", "DescribeDBInstances"),
    ("sqs", "GetQueueAttributes"),
    ("lambda", "ListFunctions20150331"),
];
const RECONNAISSANCE: [(&str, &str); 16] = [
    ("sts", "GetCallerIdentity"),
    ("iam", "ListUsers"),
    ("iam", "ListRoles"),
    ("iam", "ListGroups"),
    ("iam", "ListPolicies"),
    ("iam", "ListAccessKeys"),
    ("iam", "GetAccountSummary"),
    ("s3", "ListBuckets"),
    ("s3", "GetBucketAcl"),
    ("ec2", "DescribeSecurityGroups"),
    ("ec2", "DescribeSnapshots"),
    ("ec2", "DescribeVpcs"),
    ("secretsmanager", "ListSecrets"),
    ("kms", "ListKeys"),
    ("organizations", "DescribeOrganization"),
    ("cloudtrail", "DescribeTrails"),
];

pub struct Account {
    pub ordinary: Vec<Value>,
    /// By the thief, and acts that rules are about.
    pub theft: Vec<Value>,
    /// The identity of whose credential was stolen.
    pub victim: Value,
    /// When the theft is over, in seconds behind the start.
    pub end: i64,
    random: Rng,
    /// Of the last record.
    number: u64,
}

impl Account {
    pub fn new(seed: u64) -> Account {
        let mut random = Rng::with_seed(seed);
        let victim = match random.bool() {
            true => user(PEOPLE[random.usize(..PEOPLE.len())]),
            false => role("engineers", "eva@example.com"),
        };
        let end = DAYS * DAY + random.i64(0..10) * 3600;
        let (ordinary, theft) = (Vec::new(), Vec::new());
        let mut account = Account { ordinary, theft, victim, end, random, number: 0 };
        account.ordinary = account.days(0..DAYS);
        account.theft = account.stolen();
        account
    }

    pub fn records(&self) -> Vec<Value> {
        [&self.ordinary[..], &self.theft].concat()
    }

    /// What everybody does on these days, each from a place of their own.
    pub fn days(&mut self, days: std::ops::Range<i64>) -> Vec<Value> {
        let mut all = Vec::new();
        for day in days {
            for (n, who) in everybody().into_iter().enumerate() {
                for _ in 0..self.random.usize(3..7) {
                    let time = day * DAY + self.random.i64(0..9 * 3600);
                    let (service, action) = ORDINARY[self.random.usize(..ORDINARY.len())];
                    all.push(self.record(time, &who, &home(n), service, action));
                }
            }
        }
        all
    }

    /// A call at this second, with an id of its own.
    pub fn record(
        &mut self,
        time: i64,
        who: &Value,
        from: &str,
        service: &str,
        action: &str,
    ) -> Value {
        let record = call(0, who.clone(), service, action);
        self.placed(record, time, from)
    }

    fn placed(&mut self, record: Value, time: i64, from: &str) -> Value {
        self.number += 1;
        let set =
            json!({"eventTime": at(time), "eventID": id(self.number), "sourceIPAddress": from});
        with(record, set)
    }

    fn stolen(&mut self) -> Vec<Value> {
        let (victim, mut time) = (self.victim.clone(), self.end);
        let mut all = Vec::new();
        let mut scenes: Vec<u8> = (0..4).collect();
        self.random.shuffle(&mut scenes);
        for scene in scenes.into_iter().take(3) {
            let many = self.random.u64(110..160);
            for n in 0..if scene == 0 { RECONNAISSANCE.len() as u64 } else { many } {
                let key = format!("in/{n}.csv");
                let record = match scene {
                    0 => {
                        let (service, action) = RECONNAISSANCE[n as usize];
                        call(0, victim.clone(), service, action)
                    }
                    1 => get_object(0, victim.clone(), "acme", &key, 9_000.0),
                    2 => deleted(&victim, &key),
                    _ => refused(call(0, victim.clone(), "kms", "Decrypt")),
                };
                time += self.random.i64(1..4);
                all.push(self.placed(record, time, AWAY));
            }
            time += 600;
        }
        let mut acts = rule_acts::all();
        self.random.shuffle(&mut acts);
        for act in acts.into_iter().take(12) {
            time += 60;
            let from = act["sourceIPAddress"].as_str().unwrap_or(AWAY).to_string();
            all.push(self.placed(act, time, &from));
        }
        self.end = time;
        all
    }

    /// Calls that AWS refused, by everybody, from their places and the thief's, at any time.
    pub fn refused_calls(&mut self, count: u64) -> Vec<Value> {
        let mut all = Vec::new();
        for n in 0..count {
            let who = match self.random.usize(..3) {
                0 => self.victim.clone(),
                _ => everybody()[n as usize % everybody().len()].clone(),
            };
            let from = if self.random.bool() { AWAY.to_string() } else { home(n as usize % 9) };
            let time = self.random.i64(0..self.end);
            all.push(refused(self.record(time, &who, &from, "ec2", "DescribeInstances")));
        }
        all
    }

    /// Successful calls with credentials that nobody else uses, also from the thief's place, at any time.
    pub fn other_credentials(&mut self, count: u64) -> Vec<Value> {
        let mut all = Vec::new();
        for _ in 0..count {
            let who = user(["erin", "frank", "grace"][self.random.usize(..3)]);
            let from = if self.random.bool() { AWAY } else { "198.51.100.200" };
            let time = self.random.i64(0..self.end);
            let (service, action) = ORDINARY[self.random.usize(..ORDINARY.len())];
            all.push(self.record(time, &who, from, service, action));
        }
        all
    }
}

fn everybody() -> Vec<Value> {
    let mut all: Vec<Value> = PEOPLE.into_iter().map(user).collect();
    all.push(role("engineers", "eva@example.com"));
    all.push(role("deploy", "build-7"));
    all
}

fn home(n: usize) -> String {
    format!("198.51.{}.7", 100 + n)
}

fn refused(record: Value) -> Value {
    let message = format!("User: arn:aws:iam::{ACCOUNT}:user/x is not authorized to perform this");
    with(record, json!({ "errorCode": "AccessDenied", "errorMessage": message }))
}

fn deleted(who: &Value, key: &str) -> Value {
    let record = get_object(0, who.clone(), "acme", key, 0.0);
    with(record, json!({ "eventName": "DeleteObject", "readOnly": false }))
}
