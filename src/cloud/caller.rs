//! The caller: the identity of the credentials in use, and the identities that they were derived from.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Api, ApiError, Arn, Call};

/// An identity that the caller's session was derived from. Containing it would end the session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionSource {
    pub arn: String,
    /// How it is connected to the caller: `the source profile 'base'`.
    pub through: String,
}

/// The answer of STS GetCallerIdentity, and the sources of its session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    pub arn: String,
    pub account: String,
    /// The id of the access key in use; empty if it is not known. A plan does not keep it.
    #[serde(skip)]
    pub access_key: String,
    #[serde(rename = "behind", default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<SessionSource>,
}

impl Caller {
    pub fn parsed(&self) -> Option<Arn> {
        Arn::parse(&self.arn)
    }

    pub fn partition(&self) -> String {
        self.parsed().map_or_else(|| "aws".to_string(), |a| a.partition)
    }

    /// The users among the caller and its sources.
    pub fn users(&self) -> Vec<String> {
        self.identities().filter_map(|a| a.user().map(str::to_string)).collect()
    }

    /// The roles among the caller and its sources.
    pub fn roles(&self) -> Vec<String> {
        self.identities().filter_map(|a| a.role().map(str::to_string)).collect()
    }

    fn identities(&self) -> impl Iterator<Item = Arn> {
        let sources = self.sources.iter().filter_map(|s| Arn::parse(&s.arn));
        self.parsed().into_iter().chain(sources)
    }
}

/// Asks STS for the caller's identity. `access_key` and `sources` are copied to the result.
///
/// # Errors
/// Without credentials, or when AWS does not answer.
pub fn identify(
    api: &dyn Api,
    access_key: String,
    sources: Vec<SessionSource>,
) -> Result<Caller, ApiError> {
    let me = api.call(&Call::new("sts", "GetCallerIdentity", []))?;
    Ok(of_answer(&me, access_key, sources))
}

/// The caller by the answer of GetCallerIdentity.
pub fn of_answer(me: &Value, access_key: String, sources: Vec<SessionSource>) -> Caller {
    let text = |name: &str| me[name].as_str().unwrap_or_default().to_string();
    Caller { arn: text("Arn"), account: text("Account"), access_key, sources }
}
