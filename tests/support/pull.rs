//! An account with logs in its buckets, and the binary that reads them through the proxy.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::aws::account::{CERTIFICATE, DATA, LOGS, TRAIL_BUCKET};
use super::aws::client::Key;
use super::aws::log_answers::Regions;
use super::aws::{Account, Aws, Proxy, Server};
use super::logs::{document, record, with};
use super::run::NOW;
use super::{Analysis, Env, Run};

pub struct Pull {
    pub env: Env,
    pub proxy: Proxy,
    pub regions: Arc<Regions>,
    pub account: Account,
    /// Whose credentials the binary has.
    pub key: Key,
    /// The moment that runs take for now.
    pub now: &'static str,
    running: Killer,
    _server: Server,
}

/// Kills the run that is under way.
#[derive(Clone, Default)]
pub struct Killer(Arc<Mutex<Option<Child>>>);

impl Killer {
    pub fn kill(&self) {
        if let Some(child) = self.0.lock().unwrap().as_mut() {
            child.kill().unwrap();
        }
    }
}

/// The window of most tests: days of November 2026, with nothing before them.
pub fn days(from: u32, to: u32) -> Vec<String> {
    let day = |d: u32| format!("2026-11-{d:02}");
    vec!["--since".into(), day(from), "--until".into(), day(to)]
}

impl Pull {
    /// The account of the containment tests; its trail delivers to [`TRAIL_BUCKET`].
    pub fn new() -> Pull {
        let (server, account) = Account::on_moto();
        Pull::at(server, account)
    }

    pub fn at(server: Server, account: Account) -> Pull {
        let proxy = Proxy::new(&server);
        let regions = Arc::new(Regions::default());
        regions.add("us-east-1", []);
        proxy.answer_with(&regions);
        let env = Env::in_memory();
        env.write("roots.pem", CERTIFICATE);
        let key = account.responder.clone();
        let running = Killer::default();
        Pull { env, proxy, regions, account, key, now: NOW, running, _server: server }
    }

    pub fn put(&self, bucket: &str, key: &str, body: &[u8]) {
        put(&self.account.aws, bucket, key, body, json!({}));
    }

    /// A log file of the account's trail with one event at noon of that day of November; `n` tells events apart.
    pub fn trail_file(&self, region: &str, day: u32, n: u64) -> String {
        let id = &self.account.id;
        let date = format!("2026/11/{day:02}");
        let name = format!("{id}_CloudTrail_{region}_202611{day:02}T1205Z_{n:016}.json.gz");
        let key = format!("AWSLogs/{id}/CloudTrail/{region}/{date}/{name}");
        self.put(TRAIL_BUCKET, &key, &gzip(&document(&[noon(day, n)])));
        key
    }

    /// A digest of the account's trail, signed by nobody.
    pub fn digest(&self, region: &str, day: u32) -> String {
        let id = &self.account.id;
        let date = format!("2026/11/{day:02}");
        let name = format!(
            "{id}_CloudTrail-Digest_{region}_audit_us-east-1_202611{day:02}T120000Z.json.gz"
        );
        let key = format!("AWSLogs/{id}/CloudTrail-Digest/{region}/{date}/{name}");
        let metadata = json!({"signature": "00ff", "signature-algorithm": "SHA256withRSA"});
        let body = gzip(br#"{"awsAccountId":"123456789012","digestEndTime":"2026-11-04T12:00:00Z","logFiles":[]}"#);
        put(&self.account.aws, TRAIL_BUCKET, &key, &body, metadata);
        key
    }

    /// Sends the data bucket's access logs to the log bucket.
    pub fn log_access(&self, prefix: &str) {
        let to = json!({"TargetBucket": LOGS, "TargetPrefix": prefix});
        let args = json!({"Bucket": DATA, "BucketLoggingStatus": {"LoggingEnabled": to}});
        self.account.aws.call("s3", "put_bucket_logging", args);
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.env.command(args);
        command.args(["--endpoint-url", &self.proxy.url(), "--now", self.now]);
        command.env("AWS_REGION", "us-east-1");
        command.envs(self.key.variables());
        // The proxy speaks no TLS: the system's many roots need not be read.
        command.env("SSL_CERT_FILE", self.env.path("roots.pem"));
        command
    }

    pub fn run(&self, args: &[&str]) -> Run {
        let mut command = self.command(args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Run::from(command.output().unwrap())
    }

    /// `analyze ARGS` for these days, without a baseline.
    pub fn analyze(&self, window: &[String], args: &[&str]) -> Analysis {
        let mut all = vec!["analyze", "--format", "json", "--baseline", "0"];
        all.extend(window.iter().map(String::as_str));
        all.extend(args);
        Analysis::new(self.run(&all))
    }

    /// Runs until it ends or is killed; true when it was killed.
    pub fn run_killed(&self, args: &[&str]) -> bool {
        let mut command = self.command(args);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        *self.running.0.lock().unwrap() = Some(command.spawn().unwrap());
        loop {
            let mut running = self.running.0.lock().unwrap();
            if let Some(status) = running.as_mut().unwrap().try_wait().unwrap() {
                *running = None;
                return status.code().is_none();
            }
            drop(running);
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    pub fn killer(&self) -> Killer {
        self.running.clone()
    }

    /// Keys that were fetched, in their order.
    pub fn fetched(&self) -> Vec<String> {
        let log = self.proxy.log().into_iter();
        let mut keys: Vec<String> = log
            .filter(|e| e.name() == "s3:GetObject" && (200..300).contains(&e.status))
            .map(|e| super::aws::calls::decoded(e.path()))
            .collect();
        keys.sort();
        keys
    }
}

/// A record at noon of a day of November 2026.
pub fn noon(day: u32, n: u64) -> Value {
    with(record(n), json!({"eventTime": format!("2026-11-{day:02}T12:00:00Z")}))
}

pub fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(plain).unwrap();
    gz.finish().unwrap()
}

pub fn put(aws: &Aws, bucket: &str, key: &str, body: &[u8], metadata: Value) {
    let body = json!({"base64": BASE64_STANDARD.encode(body)});
    aws.call(
        "s3",
        "put_object",
        json!({"Bucket": bucket, "Key": key, "Body": body, "Metadata": metadata}),
    );
}
