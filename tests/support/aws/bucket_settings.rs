//! Settings of buckets that the servers know in part only, answered by the proxy byte for byte as they were put.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::answers::Answer;
use super::calls::Exchange;
use super::http::Message;
use super::rules::failure;

/// Lifecycle, replication and encryption, by bucket. A bucket without encryption of its own has what the
/// server says.
#[derive(Default)]
pub struct BucketSettings {
    bodies: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl Answer for BucketSettings {
    fn answer(&self, call: &Exchange) -> Option<Message> {
        let missing = match call.operation.get(3..)? {
            "BucketLifecycleConfiguration" => Some("NoSuchLifecycleConfiguration"),
            "BucketReplication" => Some("ReplicationConfigurationNotFoundError"),
            "BucketEncryption" => None,
            _ => return None,
        };
        let bucket = call.path().trim_matches('/');
        let name = format!("{bucket} {}", call.operation.get(3..)?);
        let mut bodies = self.bodies.lock().unwrap();
        match call.method.as_str() {
            "PUT" => {
                bodies.insert(name, call.request_body.clone());
                Some(Message::response(200, "application/xml", ""))
            }
            "GET" => match bodies.get(&name) {
                Some(body) => Some(Message::response(200, "application/xml", body.clone())),
                None => missing.map(|code| failure(call, 404, code)),
            },
            _ => None,
        }
    }
}
