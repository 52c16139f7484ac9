//! AWS calls as data: one call in, JSON out. The only layer that holds SDK clients and credentials.

mod arn;
mod caller;
mod client;
mod error;
mod objects;
mod record;
mod secret;
mod service;
mod session;
mod store;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use arn::Arn;
pub use caller::{Caller, Source};
pub use client::{Client, cutoff};
pub use error::{ApiError, ErrorKind};
pub use record::{Exchange, Sink};
pub use secret::{IssuedKey, Secret};
pub use session::{Connect, ConnectError};
pub use store::{GetRequest, Head, ListRequest, Listed, Page, Store};

use crate::clock::Millis;

/// One API call: what a plan shows, a journal records and [`Api`] makes.
///
/// Strings in `params` may hold `${cutoff}` and `${password}`, see [`placeholder`]. Nothing secret is ever
/// in a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// `account`, `iam`, `s3`, `s3control`, `cloudtrail`, `guardduty`, `secretsmanager`, `sts`.
    pub service: String,
    /// The operation as in the service's API reference: `UpdateAccessKey`.
    pub operation: String,
    /// Where a regional service is meant; none for the home region of the run.
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

    /// True for calls that only read. Everything else is journaled before it is made.
    pub fn reads(&self) -> bool {
        ["Get", "List", "Describe", "Lookup", "Head", "Generate"]
            .iter()
            .any(|verb| self.operation.starts_with(verb))
    }

    /// A parameter's value; `null` when it is absent.
    pub fn value(&self, name: &str) -> &Value {
        self.params.get(name).unwrap_or(&Value::Null)
    }

    /// A text parameter that may be absent.
    pub fn optional(&self, name: &str) -> Option<String> {
        self.value(name).as_str().map(str::to_string)
    }

    /// A list of texts; empty when it is absent.
    pub fn list(&self, name: &str) -> Vec<String> {
        let texts =
            |list: &Vec<Value>| list.iter().filter_map(Value::as_str).map(str::to_string).collect();
        self.value(name).as_array().map(texts).unwrap_or_default()
    }

    /// A text parameter; empty when it is absent.
    pub fn text(&self, name: &str) -> &str {
        self.params.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// What a call may hold in place of a value that is known only when it is made.
pub mod placeholder {
    /// AWS's own time, whole seconds, plus [`CUTOFF_MARGIN`]: sessions issued before it are refused.
    pub const CUTOFF: &str = "${cutoff}";
    /// A fresh random password that nobody is told.
    pub const PASSWORD: &str = "${password}";
    /// IAM is eventually consistent, so a key may mint sessions for some seconds after it was deactivated.
    pub const CUTOFF_MARGIN: crate::clock::Millis = 30_000;
}

/// The way to AWS. Steps and plans know only this, so tests can stand in for it.
pub trait Api: Sync {
    /// Makes one call and gives its answer with the names of the API reference (lists are complete: paging
    /// is followed).
    ///
    /// # Errors
    /// [`ErrorKind::Unknown`] means that the call may or may not have taken effect. Mutating calls are sent
    /// again only when the service said that it did not carry them out.
    fn call(&self, call: &Call) -> Result<Value, ApiError>;

    /// Now by AWS's clock, as of its last answer.
    fn now(&self) -> Millis;

    /// The run's region.
    fn region(&self) -> &str;
}
