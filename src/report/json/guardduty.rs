//! The `guardduty` part of the JSON document.

use serde::Serialize;

use super::{Text, Time};
use crate::finding::guardduty::GuardDutyMatch;

#[derive(Serialize)]
pub(super) struct SaidJson<'a> {
    id: &'a str,
    r#type: &'a str,
    title: &'a str,
    severity: f64,
    account: &'a str,
    region: &'a str,
    first_seen: Time,
    last_seen: Time,
    access_key: Text<'a>,
    user: Text<'a>,
    user_type: Text<'a>,
    buckets: &'a [String],
    findings: &'a [String],
}

impl<'a> From<&'a GuardDutyMatch> for SaidJson<'a> {
    fn from(said: &'a GuardDutyMatch) -> SaidJson<'a> {
        let by = &said.by;
        SaidJson {
            id: &by.id,
            r#type: &by.kind,
            title: &by.title,
            severity: by.severity,
            account: &by.account,
            region: &by.region,
            first_seen: Time(by.first),
            last_seen: Time(by.last),
            access_key: Text(&by.access_key),
            user: Text(&by.user),
            user_type: Text(&by.user_type),
            buckets: &by.buckets,
            findings: &said.findings,
        }
    }
}
