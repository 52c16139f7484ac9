//! What leads to logs and the servers lack: the account's regions, a history for each, the keys of digests.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::answers::{Answer, EventHistory};
use super::calls::Exchange;
use super::http::Message;
use super::rules::failure;

/// Answers by region; a region that is not in here is not enabled.
#[derive(Default)]
pub struct Regions {
    regions: Mutex<BTreeMap<String, Region>>,
}

#[derive(Default)]
struct Region {
    history: EventHistory,
    keys: Vec<Value>,
}

impl Regions {
    /// Records as CloudTrail writes them to files.
    pub fn add(&self, region: &str, records: impl IntoIterator<Item = Value>) {
        let mut regions = self.regions.lock().unwrap();
        regions.entry(region.into()).or_default().history.add(records);
    }

    /// Keys of an answer of ListPublicKeys.
    pub fn add_keys(&self, region: &str, answer: &Value) {
        let keys = answer["PublicKeyList"].as_array().unwrap().clone();
        self.regions.lock().unwrap().entry(region.into()).or_default().keys.extend(keys);
    }
}

impl Answer for Regions {
    fn answer(&self, call: &Exchange) -> Option<Message> {
        let json = |value: Value| {
            Some(Message::response(200, "application/x-amz-json-1.1", value.to_string()))
        };
        let regions = self.regions.lock().unwrap();
        let region = regions.get(&call.region);
        match call.name().as_str() {
            "account:ListRegions" => {
                let named =
                    |r: &String| json!({"RegionName": r, "RegionOptStatus": "ENABLED_BY_DEFAULT"});
                json(json!({"Regions": regions.keys().map(named).collect::<Vec<_>>()}))
            }
            "cloudtrail:LookupEvents" | "cloudtrail:ListPublicKeys" if region.is_none() => {
                Some(failure(call, 400, "UnrecognizedClientException"))
            }
            "cloudtrail:LookupEvents" => region?.history.answer(call),
            "cloudtrail:ListPublicKeys" => json(json!({"PublicKeyList": region?.keys})),
            _ => None,
        }
    }
}

/// GuardDuty of one region, with one detector.
#[derive(Default)]
pub struct GuardDuty {
    /// As GetFindings has them.
    pub findings: Mutex<Vec<Value>>,
}

impl Answer for GuardDuty {
    fn answer(&self, call: &Exchange) -> Option<Message> {
        let findings = self.findings.lock().unwrap();
        let here = call.region == "us-east-1";
        let answer = match call.name().as_str() {
            "guardduty:ListDetectors" if here => json!({"detectorIds": ["d-1"]}),
            "guardduty:ListDetectors" => json!({"detectorIds": []}),
            "guardduty:ListFindings" => {
                json!({"findingIds": findings.iter().map(|f| &f["id"]).collect::<Vec<_>>()})
            }
            "guardduty:GetFindings" => json!({"findings": *findings}),
            _ => return None,
        };
        Some(Message::response(200, "application/json", answer.to_string()))
    }
}
