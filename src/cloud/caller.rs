//! Who is calling, and which identities stand behind the credentials in use.

use serde::{Deserialize, Serialize};

use super::{Api, ApiError, Arn, Call};

/// An identity that the caller's session came from: containing it would end the session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub arn: String,
    /// Where this is known from: `the profile 'base'`.
    pub through: String,
}

/// STS GetCallerIdentity, and what is known about how its session came to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    pub arn: String,
    pub account: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub behind: Vec<Source>,
}

impl Caller {
    pub fn parsed(&self) -> Option<Arn> {
        Arn::parse(&self.arn)
    }

    pub fn partition(&self) -> String {
        self.parsed().map_or_else(|| "aws".to_string(), |a| a.partition)
    }

    /// The user that makes the calls, or stands behind the session.
    pub fn users(&self) -> Vec<String> {
        self.identities().filter_map(|a| a.user().map(str::to_string)).collect()
    }

    /// The role that makes the calls, and those behind it.
    pub fn roles(&self) -> Vec<String> {
        self.identities().filter_map(|a| a.role().map(str::to_string)).collect()
    }

    fn identities(&self) -> impl Iterator<Item = Arn> {
        let behind = self.behind.iter().filter_map(|s| Arn::parse(&s.arn));
        self.parsed().into_iter().chain(behind)
    }
}

/// Asks STS who is calling. The sources are kept as they are.
///
/// # Errors
/// Without credentials, or when AWS does not answer.
pub fn identify(api: &dyn Api, behind: Vec<Source>) -> Result<Caller, ApiError> {
    let me = api.call(&Call::new("sts", "GetCallerIdentity", []))?;
    let text = |name: &str| me[name].as_str().unwrap_or_default().to_string();
    Ok(Caller { arn: text("Arn"), account: text("Account"), behind })
}
