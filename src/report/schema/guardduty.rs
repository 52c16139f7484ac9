//! One of GuardDuty's findings in the document.

use serde::{Deserialize, Serialize};

use super::field::{self, At};
use crate::finding::guardduty::GuardDutyMatch;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GuardDuty {
    pub id: String,
    pub r#type: String,
    pub title: String,
    /// 1.0 to 10.0.
    pub severity: f64,
    pub account: String,
    pub region: String,
    #[serde(deserialize_with = "field::time")]
    pub first_seen: Option<At>,
    #[serde(deserialize_with = "field::time")]
    pub last_seen: Option<At>,
    #[serde(with = "field::text")]
    pub access_key: String,
    #[serde(with = "field::text")]
    pub user: String,
    #[serde(with = "field::text")]
    pub user_type: String,
    pub buckets: Vec<String>,
    /// Ids of our findings on the same access key, principal or bucket.
    pub findings: Vec<String>,
}

impl From<&GuardDutyMatch> for GuardDuty {
    fn from(matched: &GuardDutyMatch) -> GuardDuty {
        let by = matched.by.clone();
        GuardDuty {
            id: by.id,
            r#type: by.kind,
            title: by.title,
            severity: by.severity,
            account: by.account,
            region: by.region,
            first_seen: Some(At(by.first)),
            last_seen: Some(At(by.last)),
            access_key: by.access_key,
            user: by.user,
            user_type: by.user_type,
            buckets: by.buckets,
            findings: matched.findings.clone(),
        }
    }
}
