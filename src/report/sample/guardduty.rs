//! GuardDuty's findings on the sample: on a key, on a role, on a bucket, and on a resource that no finding of ours
//! names.

use super::{HOSTILE, KEY, START};
use crate::clock::{DAY, HOUR, MINUTE};
use crate::finding::Finding;
use crate::finding::guardduty::{GuardDutyMatch, join};
use crate::source::discover::GuardDutyFinding;

/// A finding on the sample's first minutes.
pub fn by(id: &str) -> GuardDutyFinding {
    GuardDutyFinding {
        id: id.into(),
        kind: "UnauthorizedAccess:IAMUser/MaliciousIPCaller".into(),
        title: "API GetObject was invoked from a known malicious IP address.".into(),
        severity: 5.0,
        account: "111122223333".into(),
        region: "us-east-1".into(),
        first: START + MINUTE,
        last: START + 9 * MINUTE,
        ..GuardDutyFinding::default()
    }
}

pub fn matches(findings: &[Finding]) -> Vec<GuardDutyMatch> {
    let key = GuardDutyFinding { access_key: KEY.into(), severity: 8.0, ..by("key") };
    let late = GuardDutyFinding { first: START + 20 * DAY, last: START + 21 * DAY, ..key.clone() };
    let user = GuardDutyFinding {
        user: "ci-deploy".into(),
        user_type: "IAMUser".into(),
        // GuardDuty noticed it later.
        first: START + HOUR,
        last: START + HOUR,
        ..by("user")
    };
    let other = GuardDutyFinding { account: "999988887777".into(), ..user.clone() };
    let hostile = GuardDutyFinding {
        kind: HOSTILE.into(),
        title: HOSTILE.repeat(20),
        user: HOSTILE.into(),
        ..by(HOSTILE)
    };
    let late = GuardDutyFinding { id: "late".into(), ..late };
    let other = GuardDutyFinding { id: "other-account".into(), ..other };
    join(vec![key, user, late, other, hostile], findings)
}
