//! AWS calls as data: one call in, JSON out. The only layer with SDK clients and credentials.

mod arn;
mod caller;
mod client;
mod connect;
mod credentials;
mod error;
mod opt_in;
mod partition;
mod patience;
mod record;
mod s3_clients;
mod s3_store;
mod secret;
mod service;
mod store;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use arn::Arn;
pub use caller::Caller;
#[cfg(test)]
pub use caller::SessionSource;
pub use client::{Client, cutoff};
pub use connect::{Connect, ConnectError};
pub use error::{ApiError, ErrorKind};
pub use partition::global_region;
pub use patience::Notice;
pub use record::{Exchange, Sink};
pub use secret::{IssuedKey, Secret};
pub use store::{GetRequest, Head, ListRequest, Listed, Page, Store};

use crate::clock::Millis;

/// One API call, as a plan shows it, a journal records it and [`Api`] sends it.
///
/// Strings in `params` may contain `${cutoff}` and `${password}`, see [`placeholder`]. A call never contains a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// `account`, `iam`, `s3`, `s3control`, `cloudtrail`, `guardduty`, `secretsmanager`, `sts`.
    pub service: String,
    /// The operation as in the service's API reference: `UpdateAccessKey`.
    pub operation: String,
    /// The region of a regional service; `None` for the run's home region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The operation's parameters by their names in the API reference.
    pub params: Map<String, Value>,
}

impl Call {
    pub fn new<const N: usize>(service: &str, operation: &str, params: [(&str, Value); N]) -> Call {
        let params = params.into_iter().map(|(k, v)| (k.to_string(), v)).collect();
        Call { service: service.into(), operation: operation.into(), region: None, params }
    }

    #[must_use]
    pub fn in_region(mut self, region: &str) -> Call {
        self.region = Some(region.to_string());
        self
    }

    /// `iam:UpdateAccessKey`.
    pub fn name(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }

    /// True for read-only calls. All others are journaled before they are sent.
    pub fn reads(&self) -> bool {
        ["Get", "List", "Describe", "Lookup", "Head", "Generate", "Simulate"]
            .iter()
            .any(|verb| self.operation.starts_with(verb))
    }

    /// A parameter's value; `null` if absent.
    pub fn value(&self, name: &str) -> &Value {
        self.params.get(name).unwrap_or(&Value::Null)
    }

    /// A text parameter; `None` if absent.
    pub fn optional(&self, name: &str) -> Option<String> {
        self.value(name).as_str().map(str::to_string)
    }

    /// A list of texts; empty if absent.
    pub fn list(&self, name: &str) -> Vec<String> {
        let texts =
            |list: &Vec<Value>| list.iter().filter_map(Value::as_str).map(str::to_string).collect();
        self.value(name).as_array().map(texts).unwrap_or_default()
    }

    /// A text parameter; empty if absent.
    pub fn text(&self, name: &str) -> &str {
        self.params.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// Placeholders in calls for values that are only known when the call is sent.
pub mod placeholder {
    /// AWS's current time in whole seconds, plus [`CUTOFF_MARGIN`]. Sessions issued before it are denied.
    pub const CUTOFF: &str = "${cutoff}";
    /// A new random password that is shown to nobody.
    pub const PASSWORD: &str = "${password}";
    /// IAM is eventually consistent, so a key may issue sessions for some seconds after it was deactivated.
    pub const CUTOFF_MARGIN: crate::clock::Millis = 30_000;
}

/// Whether a read may still go on.
pub type GoesOn<'a> = &'a (dyn Fn() -> bool + Sync);

/// Access to AWS. Steps and plans use only this trait, so tests can replace it.
pub trait Api: Sync {
    /// Sends one call and returns its response with the names of the API reference. Lists are complete: all pages are
    /// read.
    ///
    /// # Errors
    /// [`ErrorKind::Unknown`] means that the call may or may not have taken effect. Mutating calls are repeated only
    /// after the service answered that it did not execute them.
    fn call(&self, call: &Call) -> Result<Value, ApiError>;

    /// The same for a read that must not last longer than `goes_on` is true: with all its attempts and pages, it is then
    /// cut off.
    ///
    /// # Errors
    /// As [`Api::call`]; [`ApiError::is_cut_off`] tells when its time was over.
    fn call_while(&self, call: &Call, goes_on: GoesOn<'_>) -> Result<Value, ApiError> {
        if goes_on() { self.call(call) } else { Err(ApiError::cut_off(call)) }
    }

    /// The current time by AWS's clock, derived from its last response.
    fn now(&self) -> Millis;

    /// The run's region.
    fn region(&self) -> &str;
}
