//! The enabled regions of an account.

use super::{Access, Discovered};
use crate::cloud::{Call, ErrorKind};

/// Regions by partition, for credentials that may not list them (AWS General Reference, "AWS regions").
pub const PARTITIONS: &[(&str, &[&str])] = &[
    (
        "aws",
        &[
            "af-south-1",
            "ap-east-1",
            "ap-east-2",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-south-2",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-southeast-6",
            "ap-southeast-7",
            "ca-central-1",
            "ca-west-1",
            "eu-central-1",
            "eu-central-2",
            "eu-north-1",
            "eu-south-1",
            "eu-south-2",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "il-central-1",
            "me-central-1",
            "me-south-1",
            "mx-central-1",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ],
    ),
    ("aws-cn", &["cn-north-1", "cn-northwest-1"]),
    ("aws-us-gov", &["us-gov-east-1", "us-gov-west-1"]),
];

/// The regions that the account uses, or the built-in list with a note if they cannot be listed.
pub fn of(access: &Access, found: &mut Discovered) -> Vec<String> {
    let reason = match access.api.call(&Call::new("account", "ListRegions", [])) {
        Ok(regions) => {
            let names = regions.as_array().into_iter().flatten().filter_map(|r| r.as_str());
            let names: Vec<String> = names.map(str::to_string).collect();
            if !names.is_empty() {
                return names;
            }
            "the answer is empty".to_string()
        }
        Err(e) => {
            if e.kind == ErrorKind::Denied {
                found.missing_permission("account:ListRegions", "*");
            }
            e.to_string()
        }
    };
    let known = PARTITIONS.iter().find(|(partition, _)| *partition == access.partition);
    let mut names: Vec<String> =
        known.map_or(&[][..], |(_, names)| names).iter().map(|r| (*r).to_string()).collect();
    let own = access.api.region().to_string();
    if !names.contains(&own) {
        names.push(own);
    }
    found.notes.push(format!(
        "The account's regions could not be listed ({reason}); used the built-in list of {} regions.",
        names.len()
    ));
    names
}
