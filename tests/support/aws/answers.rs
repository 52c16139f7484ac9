//! Operations that the servers lack, answered by the proxy in AWS's own form.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::DateTime;
use serde_json::{Value, json};

use super::bucket_settings::BucketSettings;
use super::calls::Exchange;
use super::http::Message;
use super::proxy::Proxy;
use super::rules::failure;
use super::servers::Server;
use super::simulation::Simulation;

/// Takes the calls that it knows.
pub trait Answer: Send + Sync {
    fn answer(&self, call: &Exchange) -> Option<Message>;
}

/// All answers at hand, for a test to fill and to look at.
pub struct Answers {
    pub credentials: Arc<ServiceCredentials>,
    pub history: Arc<EventHistory>,
    pub simulation: Arc<Simulation>,
}

impl Answers {
    /// Makes the proxy answer what `server` lacks.
    pub fn install(proxy: &Proxy, server: &Server) -> Answers {
        let answers = Answers {
            credentials: Arc::default(),
            history: Arc::default(),
            simulation: Arc::new(Simulation::at(server.url())),
        };
        proxy.answer_with(&answers.simulation);
        proxy.answer_with(&answers.credentials);
        proxy.answer_with(&answers.history);
        proxy.answer_with(&Arc::new(BucketSettings::default()));
        if server.is_ministack() {
            proxy.answer_with(&Arc::new(AccountPublicAccess::default()));
            proxy.answer_with(&Arc::new(NoUserCertificates));
        }
        answers
    }
}

pub fn xml(call: &Exchange, result: &str) -> Message {
    let op = &call.operation;
    let body = format!(
        "<{op}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><{op}Result>{result}</{op}Result>\
         <ResponseMetadata><RequestId>0</RequestId></ResponseMetadata></{op}Response>"
    );
    Message::response(200, "text/xml", body)
}

/// IAM's empty lists that MiniStack does not know.
pub struct NoUserCertificates;

impl Answer for NoUserCertificates {
    fn answer(&self, call: &Exchange) -> Option<Message> {
        let list = match call.name().as_str() {
            "iam:ListSigningCertificates" => "<Certificates/>",
            "iam:ListSSHPublicKeys" => "<SSHPublicKeys/>",
            _ => return None,
        };
        Some(xml(call, &format!("{list}<IsTruncated>false</IsTruncated>")))
    }
}

/// IAM's service-specific credentials (CodeCommit, Keyspaces, Bedrock).
#[derive(Default)]
pub struct ServiceCredentials {
    table: Mutex<Vec<ServiceCredential>>,
}

struct ServiceCredential {
    user: String,
    id: String,
    status: String,
}

impl ServiceCredentials {
    pub fn add(&self, user: &str, id: &str, status: &str) {
        let credential =
            ServiceCredential { user: user.into(), id: id.into(), status: status.into() };
        self.table.lock().unwrap().push(credential);
    }

    pub fn status(&self, id: &str) -> Option<String> {
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.iter().find(|c| c.id == id).map(|c| c.status.clone())
    }
}

impl Answer for ServiceCredentials {
    fn answer(&self, call: &Exchange) -> Option<Message> {
        let user = call.parameter("UserName");
        let id = call.parameter("ServiceSpecificCredentialId");
        let mut table = self.table.lock().unwrap();
        let place = table.iter().position(|c| {
            Some(&c.id) == id.as_ref() && user.as_ref().is_none_or(|user| *user == c.user)
        });
        match (call.name().as_str(), place) {
            ("iam:ListServiceSpecificCredentials", _) => {
                let mine = table.iter().filter(|c| user.as_ref().is_none_or(|u| *u == c.user));
                let members: String = mine.map(ServiceCredential::member).collect();
                let list = format!(
                    "<ServiceSpecificCredentials>{members}</ServiceSpecificCredentials>\
                     <IsTruncated>false</IsTruncated>"
                );
                Some(xml(call, &list))
            }
            ("iam:UpdateServiceSpecificCredential", Some(place)) => {
                table[place].status = call.parameter("Status").unwrap_or_default();
                Some(xml(call, ""))
            }
            ("iam:DeleteServiceSpecificCredential", Some(place)) => {
                table.remove(place);
                Some(xml(call, ""))
            }
            (
                "iam:UpdateServiceSpecificCredential" | "iam:DeleteServiceSpecificCredential",
                None,
            ) => Some(failure(call, 404, "NoSuchEntity")),
            _ => None,
        }
    }
}

impl ServiceCredential {
    fn member(&self) -> String {
        let ServiceCredential { user, id, status } = self;
        format!(
            "<member><UserName>{user}</UserName><Status>{status}</Status>\
             <ServiceSpecificCredentialId>{id}</ServiceSpecificCredentialId>\
             <ServiceUserName>{user}-at-123456789012</ServiceUserName>\
             <ServiceName>codecommit.amazonaws.com</ServiceName>\
             <CreateDate>2026-01-02T03:04:05Z</CreateDate></member>"
        )
    }
}

/// The account's public access block, by `s3control`.
#[derive(Default)]
pub struct AccountPublicAccess {
    configuration: Mutex<Option<Vec<u8>>>,
}

impl Answer for AccountPublicAccess {
    fn answer(&self, call: &Exchange) -> Option<Message> {
        let mut configuration = self.configuration.lock().unwrap();
        match call.name().as_str() {
            "s3control:GetPublicAccessBlock" => Some(match configuration.clone() {
                Some(body) => Message::response(200, "application/xml", body),
                None => failure(call, 404, "NoSuchPublicAccessBlockConfiguration"),
            }),
            "s3control:PutPublicAccessBlock" => {
                *configuration = Some(call.request_body.clone());
                Some(Message::response(201, "application/xml", ""))
            }
            "s3control:DeletePublicAccessBlock" => {
                *configuration = None;
                Some(Message::response(204, "application/xml", ""))
            }
            _ => None,
        }
    }
}

/// CloudTrail's event history: replays the records of the test, newest first, by pages.
#[derive(Default)]
pub struct EventHistory {
    records: Mutex<Vec<Value>>,
}

impl EventHistory {
    /// Adds records as CloudTrail writes them to files.
    pub fn add(&self, records: impl IntoIterator<Item = Value>) {
        self.records.lock().unwrap().extend(records);
    }

    fn page(&self, request: &Value) -> Result<Value, &'static str> {
        let none = Vec::new();
        let attributes = request["LookupAttributes"].as_array().unwrap_or(&none);
        if attributes.len() > 1 {
            return Err("InvalidLookupAttributesException");
        }
        let size = match request["MaxResults"].as_u64() {
            None => 50,
            Some(size @ 1..=50) => size as usize,
            _ => return Err("InvalidMaxResultsException"),
        };
        let from = request["StartTime"].as_f64().unwrap_or(f64::MIN);
        let to = request["EndTime"].as_f64().unwrap_or(f64::MAX);
        if from > to {
            return Err("InvalidTimeRangeException");
        }
        let skip = match request["NextToken"].as_str() {
            None => 0,
            Some(token) => token.parse().map_err(|_| "InvalidNextTokenException")?,
        };
        let mut events: Vec<Value> = self.records.lock().unwrap().iter().map(event).collect();
        events.retain(|e| {
            let time = e["EventTime"].as_f64().unwrap();
            from <= time && time <= to && attributes.iter().all(|a| has(e, a))
        });
        events.sort_by(|a, b| {
            b["EventTime"].as_f64().unwrap().total_cmp(&a["EventTime"].as_f64().unwrap())
        });
        let more = events.len() > skip + size;
        let page: Vec<Value> = events.into_iter().skip(skip).take(size).collect();
        let mut answer = json!({"Events": page});
        if more {
            answer["NextToken"] = (skip + size).to_string().into();
        }
        Ok(answer)
    }
}

impl Answer for EventHistory {
    fn answer(&self, call: &Exchange) -> Option<Message> {
        if call.name() != "cloudtrail:LookupEvents" {
            return None;
        }
        let request: Value = serde_json::from_slice(&call.request_body).unwrap_or_default();
        Some(match self.page(&request) {
            Ok(page) => Message::response(200, "application/x-amz-json-1.1", page.to_string()),
            Err(code) => failure(call, 400, code),
        })
    }
}

/// A record as LookupEvents gives it.
fn event(record: &Value) -> Value {
    let identity = &record["userIdentity"];
    let session = || identity["principalId"].as_str()?.split_once(':').map(|(_, name)| name);
    let resources = record["resources"].as_array().into_iter().flatten();
    let resources: Vec<Value> =
        resources.map(|r| json!({"ResourceType": r["type"], "ResourceName": r["ARN"]})).collect();
    let time = record["eventTime"].as_str().expect("an event time");
    let mut event = json!({
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "EventSource": record["eventSource"],
        "EventTime": DateTime::parse_from_rfc3339(time).unwrap().timestamp(),
        "ReadOnly": record["readOnly"].as_bool().unwrap_or_default().to_string(),
        "Resources": resources,
        "CloudTrailEvent": record.to_string(),
    });
    if let Some(key) = identity["accessKeyId"].as_str() {
        event["AccessKeyId"] = key.into();
    }
    if let Some(user) = identity["userName"].as_str().or_else(session) {
        event["Username"] = user.into();
    }
    event
}

fn has(event: &Value, attribute: &Value) -> bool {
    let (key, value) = (attribute["AttributeKey"].as_str(), &attribute["AttributeValue"]);
    match key.unwrap_or_default() {
        key @ ("ResourceType" | "ResourceName") => {
            event["Resources"].as_array().unwrap().iter().any(|r| r[key] == *value)
        }
        key => event.get(key) == Some(value),
    }
}
