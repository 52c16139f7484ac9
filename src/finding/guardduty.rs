//! GuardDuty's findings joined to ours: by access key, principal or bucket, and by time.

use super::Finding;
use crate::clock::{HOUR, Millis};
use crate::source::discover::GuardDutyFinding;

/// GuardDuty's times are those of the events it analyzed, which may be other events than ours.
const NEAR: Millis = HOUR;

/// One GuardDuty finding, and the ids of our findings on the same activity.
#[derive(Debug, Clone, PartialEq)]
pub struct GuardDutyMatch {
    pub by: GuardDutyFinding,
    pub findings: Vec<String>,
}

/// Joins each GuardDuty finding to all of our findings that it fits, in the order of ours.
pub fn join(all: Vec<GuardDutyFinding>, findings: &[Finding]) -> Vec<GuardDutyMatch> {
    let joined = |by: GuardDutyFinding| {
        let same =
            |f: &&Finding| near(&by, f) && (key(&by, f) || principal(&by, f) || bucket(&by, f));
        let findings = findings.iter().filter(same).map(|f| f.id.clone()).collect();
        GuardDutyMatch { by, findings }
    };
    all.into_iter().map(joined).collect()
}

fn near(by: &GuardDutyFinding, f: &Finding) -> bool {
    by.first <= f.last_seen.saturating_add(NEAR) && by.last >= f.first_seen.saturating_sub(NEAR)
}

fn key(by: &GuardDutyFinding, f: &Finding) -> bool {
    !by.access_key.is_empty() && by.access_key == f.who.access_key
}

/// GuardDuty names users and roles without their account's ARN (GuardDuty API reference, AccessKeyDetails).
fn principal(by: &GuardDutyFinding, f: &Finding) -> bool {
    // `arn:aws:iam::ACCOUNT:user/PATH/NAME`, `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`
    let mut parts = f.who.principal.splitn(6, ':').skip(4);
    let (Some(account), Some(resource)) = (parts.next(), parts.next()) else { return false };
    if account != by.account {
        return false;
    }
    if by.user_type == "Root" {
        return resource == "root";
    }
    let mut names = resource.split('/');
    let name = match names.next() {
        Some("assumed-role") => names.next(),
        Some("user" | "role") => names.next_back(),
        _ => None,
    };
    let role = resource.starts_with("assumed-role/") || resource.starts_with("role/");
    let is_role = matches!(by.user_type.as_str(), "AssumedRole" | "Role");
    !by.user.is_empty() && name == Some(&by.user) && role == is_role
}

fn bucket(by: &GuardDutyFinding, f: &Finding) -> bool {
    let of_resource = |resource: &str| {
        let rest =
            resource.strip_prefix("s3://").or_else(|| Some(resource.split_once(":s3:::")?.1));
        rest.and_then(|rest| rest.split('/').next())
            .is_some_and(|b| by.buckets.iter().any(|n| n == b))
    };
    f.resources.iter().any(|resource| of_resource(resource))
        || f.targets.iter().any(|t| t.kind == "bucket" && by.buckets.contains(&t.name))
}
