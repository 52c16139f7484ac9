//! Collects the records and access log lines of all actors, in any order.

use super::Period;
use super::call::Call;
use super::cast::{Caller, Channel};
use crate::random::Random;
use crate::record::Record;

/// Through which private addresses reach AWS.
const ENDPOINT: &str = "vpce-0a71c3e5d9b24f680";

pub struct Stage {
    pub seed: u64,
    pub period: Period,
    pub events: Vec<Event>,
    /// Time and text of each access log line.
    pub lines: Vec<(i64, String)>,
}

pub struct Event {
    pub time: i64,
    pub region: &'static str,
    /// JSON.
    pub record: String,
}

impl Stage {
    pub fn new(seed: u64, period: Period) -> Stage {
        Stage { seed, period, events: Vec::new(), lines: Vec::new() }
    }

    /// One actor's random stream.
    pub fn random(&self, actor: &str) -> Random {
        Random::new(self.seed, actor, 0)
    }

    /// Records that `caller` made `call`. Calls after the end of the story are left out.
    pub fn add(&mut self, random: &mut Random, time: i64, caller: &Caller, call: Call) {
        if time >= self.period.end {
            return;
        }
        let from_client = caller.channel == Channel::Client;
        let by_service = caller.channel == Channel::Service;
        let is_private = caller.address.starts_with("10.");
        let request_id = match call.request_id {
            Some(id) => id,
            None if call.service == "s3" => random.upper_hex_16(),
            None => random.uuid(),
        };
        let mut record = String::with_capacity(1500);
        Record {
            time,
            identity: &caller.identity,
            service: call.service,
            name: call.name,
            region: call.region,
            address: &caller.address,
            agent: &agent(caller, call.service),
            error_code: call.error_code,
            error_message: &call.error_message,
            request: &call.request,
            response: &call.response,
            additional: &call.additional,
            request_id: if call.event_type == "AwsApiCall" { &request_id } else { "" },
            event_id: &random.uuid(),
            read_only: call.read_only,
            resources: &call.resources,
            event_type: call.event_type,
            data: call.data,
            shared_event_id: &if by_service { random.uuid() } else { String::new() },
            endpoint_id: if is_private { ENDPOINT } else { "" },
            tls_host: if from_client { &call.host } else { "" },
            from_console: caller.channel == Channel::Console && call.event_type == "AwsApiCall",
        }
        .write(&mut record);
        self.events.push(Event { time, region: call.region, record });
    }

    /// Adds an access log line, unless logging was not enabled yet or the story is over.
    pub fn add_line(&mut self, time: i64, line: String) {
        if (self.period.access_logs_from..self.period.end).contains(&time) {
            self.lines.push((time, line));
        }
    }
}

/// S3 puts the user agent of a client in square brackets.
fn agent(caller: &Caller, service: &str) -> String {
    let from_outside = matches!(caller.channel, Channel::Client | Channel::Console);
    if service == "s3" && from_outside {
        return format!("[{}]", caller.agent);
    }
    caller.agent.clone()
}
