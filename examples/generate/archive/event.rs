//! Generates one event of the archive: a principal takes an action from an address.

use std::fmt::Write as _;

use super::actions::{Action, Shape};
use super::population::{Population, Principal};
use super::template;
use crate::calendar::{self, HOUR};
use crate::identity;
use crate::random::Random;
use crate::record::{ACCOUNT, BLANK, Record};

/// In percent, as are all of these.
const BY_SERVICES: u64 = 16;
const BY_SERVICE_ROLES: u64 = 9;
const ERRORS: u64 = 6;

/// How many things go on at the same time.
const RUNS: usize = 16;

/// Writes the events of one block. The buffers live as long as it does.
pub struct Writer<'a> {
    population: &'a Population,
    random: Random,
    region: &'a str,
    runs: Vec<Run<'a>>,
    request: String,
    response: String,
    additional: String,
    resources: String,
    agent: String,
    host: String,
}

/// Programs repeat themselves: the same call by the same caller, some number of times.
#[derive(Clone, Copy)]
struct Run<'a> {
    action: &'static Action,
    /// Nobody: the service itself.
    principal: Option<&'a Principal>,
    address: &'a str,
    agent: &'a str,
    from_client: bool,
    left: i64,
}

/// Who calls and how it looks.
struct Scene<'a> {
    identity: &'a str,
    arn: &'a str,
    address: &'a str,
    agent: &'a str,
    shared: bool,
    from_client: bool,
    from_console: bool,
}

impl<'a> Writer<'a> {
    pub fn new(population: &'a Population, random: Random, region: &'a str) -> Writer<'a> {
        let mut writer = Writer {
            population,
            random,
            region,
            runs: Vec::with_capacity(RUNS),
            request: String::new(),
            response: String::new(),
            additional: String::new(),
            resources: String::new(),
            agent: String::new(),
            host: String::new(),
        };
        for _ in 0..RUNS {
            let run = writer.start_run();
            writer.runs.push(run);
        }
        writer
    }

    pub fn write(&mut self, out: &mut String, time: i64) {
        let number = self.random.below(RUNS as u64) as usize;
        if self.runs[number].left == 0 {
            self.runs[number] = self.start_run();
        }
        self.runs[number].left -= 1;
        let run = self.runs[number];
        let own_identity;
        let (identity, arn) = match run.principal {
            Some(principal) => (self.population.identity(principal, time), principal.arn.as_str()),
            None => {
                own_identity = identity::service(run.action.host);
                (own_identity.as_str(), run.action.host)
            }
        };
        let scene = Scene {
            identity,
            arn,
            address: run.address,
            agent: run.agent,
            shared: run.principal.is_none(),
            from_client: run.from_client,
            from_console: run.principal.is_some_and(|principal| principal.from_console),
        };
        self.write_action(out, time, run.action, &scene);
    }

    fn start_run(&mut self) -> Run<'a> {
        let left = match self.random.below(20) {
            0..9 => self.random.between(1, 3),
            9..17 => self.random.between(4, 15),
            _ => self.random.between(16, 60),
        };
        let chance = self.random.below(100);
        if chance < BY_SERVICES {
            let action = self.population.service_action(&mut self.random);
            return Run {
                action,
                principal: None,
                address: action.host,
                agent: action.host,
                from_client: false,
                left,
            };
        }
        let (action, mut principal) = self.action();
        let by_role = chance < BY_SERVICES + BY_SERVICE_ROLES;
        let by_role = by_role && action.read_only && !action.is_data();
        if by_role {
            principal = self.population.linked(&mut self.random);
        }
        let address: &String = self.random.pick_skewed(&principal.addresses);
        let agent: &String = self.random.pick_skewed(&principal.agents);
        Run {
            action,
            principal: Some(principal),
            address,
            agent,
            from_client: !by_role && !principal.from_console,
            left,
        }
    }

    /// Global services leave their records in us-east-1 only.
    fn action(&mut self) -> (&'static Action, &'a Principal) {
        loop {
            let (action, principal) = self.population.action(&mut self.random);
            if self.region == "us-east-1" || action.service != "iam" {
                return (action, principal);
            }
        }
    }

    fn write_action(&mut self, out: &mut String, time: i64, action: &Action, scene: &Scene) {
        let failed = self.random.percent(ERRORS);
        self.make_bodies(action, time, failed);
        self.host.clear();
        if scene.from_client && action.service != "s3" {
            let _ = write!(self.host, "{}.{}.amazonaws.com", action.service, self.region);
        } else if scene.from_client {
            let start = self.request.find("\"Host\":\"").map_or(0, |place| place + 8);
            let host = self.request[start..].split('"').next().unwrap_or_default();
            self.host.push_str(host);
        }
        self.agent.clear();
        if action.service == "s3" && scene.from_client {
            let _ = write!(self.agent, "[{}]", scene.agent);
        } else {
            self.agent.push_str(scene.agent);
        }
        let error = if failed { self.error(action, scene) } else { ("", String::new()) };
        let is_s3 = action.service == "s3";
        Record {
            time,
            identity: scene.identity,
            service: action.service,
            name: action.name,
            region: self.region,
            address: scene.address,
            agent: &self.agent,
            error_code: error.0,
            error_message: &error.1,
            request: &self.request,
            response: &self.response,
            additional: &self.additional,
            request_id: &if is_s3 { self.random.upper_hex_16() } else { self.random.uuid() },
            event_id: &self.random.uuid(),
            read_only: action.read_only,
            resources: &self.resources,
            data: action.is_data(),
            shared_event_id: &if scene.shared { self.random.uuid() } else { String::new() },
            endpoint_id: if scene.from_client && self.random.percent(8) {
                "vpce-0a1f5c97e3d2b4860"
            } else {
                ""
            },
            tls_host: &self.host,
            from_console: scene.from_console,
            ..BLANK
        }
        .write(out);
    }

    fn make_bodies(&mut self, action: &Action, time: i64, failed: bool) {
        self.request.clear();
        self.response.clear();
        self.additional.clear();
        self.resources.clear();
        match action.shape {
            Shape::Template => {
                template::fill(&mut self.request, action.request, &mut self.random, self.region);
                if failed {
                    self.response.push_str("null");
                } else {
                    template::fill(
                        &mut self.response,
                        action.response,
                        &mut self.random,
                        self.region,
                    );
                }
                template::fill(
                    &mut self.resources,
                    action.resources,
                    &mut self.random,
                    self.region,
                );
            }
            Shape::Object | Shape::Bucket => self.s3(action),
            Shape::Assume => self.assume(time, failed),
        }
    }

    fn s3(&mut self, action: &Action) {
        let bucket = self.random.pick_skewed(&self.population.buckets);
        let region = self.region;
        let _ = write!(
            self.request,
            r#"{{"bucketName":"{bucket}","Host":"{bucket}.s3.{region}.amazonaws.com""#
        );
        self.resources.push('[');
        if action.shape == Shape::Object {
            let day = self.random.between(1, 31);
            let (table, part) = (self.random.below(12), self.random.below(400));
            let mut key = String::with_capacity(64);
            let _ = write!(
                key,
                "warehouse/table_{table:02}/dt=2026-10-{day:02}/part-{part:05}.parquet"
            );
            let _ = write!(self.request, r#","key":"{key}""#);
            let _ = write!(
                self.resources,
                r#"{{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::{bucket}/{key}"}},"#
            );
        }
        self.request.push('}');
        let _ = write!(
            self.resources,
            r#"{{"accountId":"{ACCOUNT}","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::{bucket}"}}]"#
        );
        self.response.push_str("null");
        let most = if action.is_data() { 4_000_000 } else { 4_000 };
        let size = self.random.below(most);
        let (bytes_in, bytes_out) = if action.read_only { (0, size) } else { (size, 0) };
        let spelling = if self.random.percent(25) { ".0" } else { "" };
        let id = self.random.host_id();
        let _ = write!(
            self.additional,
            r#"{{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":{bytes_in}{spelling},"AuthenticationMethod":"AuthHeader","x-amz-id-2":"{id}","bytesTransferredOut":{bytes_out}{spelling}}}"#
        );
    }

    fn assume(&mut self, time: i64, failed: bool) {
        let role = self.random.pick_skewed(&self.population.assumable);
        let (arn, name) = (role.arn(), format!("run-{}", self.random.hex(8)));
        let _ = write!(
            self.request,
            r#"{{"roleArn":"{arn}","roleSessionName":"{name}","durationSeconds":3600}}"#
        );
        let _ = write!(
            self.resources,
            r#"[{{"accountId":"{ACCOUNT}","type":"AWS::IAM::Role","ARN":"{arn}"}}]"#
        );
        if failed {
            return self.response.push_str("null");
        }
        let key = self.random.unique_id("ASIA", ACCOUNT);
        let expires = calendar::in_words(time + HOUR);
        let (id, session) = (&role.id, role.session_arn(&name));
        let _ = write!(
            self.response,
            r#"{{"credentials":{{"accessKeyId":"{key}","expiration":"{expires}"}},"assumedRoleUser":{{"assumedRoleId":"{id}:{name}","arn":"{session}"}}}}"#
        );
    }

    fn error(&mut self, action: &Action, scene: &Scene) -> (&'static str, String) {
        let (arn, service, name) = (scene.arn, action.service, action.name);
        match (self.random.below(10), service) {
            (0..=3, "ec2") => (
                "Client.UnauthorizedOperation",
                "You are not authorized to perform this operation.".to_owned(),
            ),
            (0..=3, _) => {
                let code = match service {
                    "iam" | "sts" | "s3" | "rds" | "cloudformation" => "AccessDenied",
                    _ => "AccessDeniedException",
                };
                let why = format!(
                    "User: {arn} is not authorized to perform: {service}:{name} because no \
                     identity-based policy allows the {service}:{name} action"
                );
                (code, why)
            }
            (4..=6, "ec2") => ("Client.RequestLimitExceeded", "Request limit exceeded.".to_owned()),
            (4..=6, "s3") => ("SlowDown", "Please reduce your request rate.".to_owned()),
            (4..=6, _) => ("ThrottlingException", "Rate exceeded".to_owned()),
            (_, "s3") => ("NoSuchKey", "The specified key does not exist.".to_owned()),
            _ => ("ResourceNotFoundException", "The resource does not exist".to_owned()),
        }
    }
}
