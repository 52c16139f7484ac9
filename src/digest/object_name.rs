//! CloudTrail's object names and what they contain (AWS CloudTrail user guide, *Getting and viewing your CloudTrail log
//! files* and *CloudTrail digest file structure*).
//!
//! ```text
//! [prefix/]AWSLogs/[o-…/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/
//!     ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHmmZ_UNIQUE.json.gz
//! [prefix/]AWSLogs/[o-…/]ACCOUNT/CloudTrail-Digest/REGION/YYYY/MM/DD/
//!     ACCOUNT_CloudTrail-Digest_REGION_TRAIL_HOMEREGION_YYYYMMDDTHHMMSSZ[_backfill].json.gz
//! ```

use std::path::{Component, Path};

use serde::Serialize;

use crate::clock::Millis;
use crate::event::time;

/// The folder below which CloudTrail chooses every name.
const ROOT: &str = "AWSLogs";

/// The role of a file, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Digest,
    Log,
    /// `objects.jsonl`: S3 metadata of collected objects.
    Objects,
    /// `cloudtrail-public-keys*.json`.
    Keys,
    /// JSON that could be a log or a digest under another name.
    Stray,
    Other,
}

/// The role of a path or key with `/` between its parts.
pub fn role(path: &str) -> Role {
    let name = file_name(path);
    let json = name.ends_with(".json") || name.ends_with(".json.gz");
    let below = tail(path).unwrap_or("");
    let folder = |name: &str| below.split('/').rev().skip(1).any(|part| part == name);
    match name {
        "objects.jsonl" => Role::Objects,
        _ if !json => Role::Other,
        _ if name.starts_with("cloudtrail-public-keys") => Role::Keys,
        _ if folder("CloudTrail-Digest") || name.contains("_CloudTrail-Digest_") => Role::Digest,
        _ if LOG_FOLDERS.iter().any(|f| folder(f)) || log_name(name).is_some() => Role::Log,
        _ => Role::Stray,
    }
}

const LOG_FOLDERS: [&str; 4] =
    ["CloudTrail", "CloudTrail-Insight", "CloudTrail-NetworkActivity", "CloudTrail-Aggregated"];

/// A local path with `/` between its parts. It is made absolute if only that shows its `AWSLogs` folder.
pub fn joined(path: &Path) -> String {
    let text = |path: &Path| {
        let parts = path.components().filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy()),
            _ => None,
        });
        parts.collect::<Vec<_>>().join("/")
    };
    let given = text(path);
    if tail(&given).is_some() {
        return given;
    }
    match std::path::absolute(path).map(|path| text(&path)) {
        Ok(whole) if tail(&whole).is_some() => whole,
        _ => given,
    }
}

/// The part from the last `AWSLogs` on, without `.gz`: it stays the same wherever a tree is copied to, unpacked or not.
pub fn tail(path: &str) -> Option<&str> {
    let mut at = None;
    let mut start = 0;
    for part in path.split('/') {
        if part == ROOT {
            at = Some(start);
        }
        start += part.len() + 1;
    }
    path.get(at?..).map(unpacked)
}

/// The last part, without `.gz`.
pub fn unpacked_name(path: &str) -> &str {
    unpacked(file_name(path))
}

fn unpacked(name: &str) -> &str {
    name.strip_suffix(".gz").unwrap_or(name)
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Identifies a chain of digests.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ChainId {
    /// Twelve digits.
    pub account: String,
    /// The region of the events.
    pub region: String,
    pub trail: String,
    /// The region in which the trail was created.
    pub home_region: String,
    /// `o-…` for an organization trail.
    pub organization: Option<String>,
    /// Backfill digests list delayed log files that the ordinary digests omit. They form a chain of their own.
    pub backfill: bool,
}

/// The chain and the end time in a digest's key.
pub fn digest_name(key: &str) -> Option<(ChainId, Option<Millis>)> {
    let (account, rest) = file_name(key).split_once("_CloudTrail-Digest_")?;
    let rest = unpacked(rest).strip_suffix(".json")?;
    let (rest, backfill) = match rest.strip_suffix("_backfill") {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    let (region, rest) = rest.split_once('_')?;
    let (rest, ended) = rest.rsplit_once('_')?;
    let (trail, home_region) = rest.rsplit_once('_')?;
    let id = ChainId {
        account: account.to_string(),
        region: region.to_string(),
        trail: trail.to_string(),
        home_region: home_region.to_string(),
        organization: organization(key),
        backfill,
    };
    Some((id, time::parse(ended)))
}

fn organization(key: &str) -> Option<String> {
    let above = tail(key)?.split('/').nth(1)?;
    above.starts_with("o-").then(|| above.to_string())
}

/// Account, region and time (to the minute) in a log file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogName<'a> {
    pub account: &'a str,
    pub region: &'a str,
    pub time: Option<Millis>,
}

pub fn log_name(path: &str) -> Option<LogName<'_>> {
    let mut parts = file_name(path).split('_');
    let account =
        parts.next().filter(|a| a.len() == 12 && a.bytes().all(|b| b.is_ascii_digit()))?;
    parts.next().filter(|kind| kind.starts_with("CloudTrail") && *kind != "CloudTrail-Digest")?;
    let region = parts.next()?;
    // The name has no seconds.
    let minute = parts.next()?.get(..13)?;
    Some(LogName { account, region, time: time::parse(&format!("{minute}00Z")) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::rfc3339;

    const DIGEST: &str = "p/AWSLogs/o-abc/111122223333/CloudTrail-Digest/us-east-2/2026/08/17/\
        111122223333_CloudTrail-Digest_us-east-2_my_trail_eu-west-1_20260817T150131Z_backfill.json.gz";
    const LOG: &str = "AWSLogs/111122223333/CloudTrail/us-east-2/2026/08/17/\
        111122223333_CloudTrail_us-east-2_20260817T1445Z_9nYN7gp2eWAJHIfT.json.gz";

    #[test]
    fn documented_names_are_parsed() {
        let (id, end) = digest_name(DIGEST).unwrap();
        assert_eq!((id.account.as_str(), id.region.as_str()), ("111122223333", "us-east-2"));
        assert_eq!((id.trail.as_str(), id.home_region.as_str()), ("my_trail", "eu-west-1"));
        assert_eq!((id.organization.as_deref(), id.backfill), (Some("o-abc"), true));
        assert_eq!(end.map(rfc3339).as_deref(), Some("2026-08-17T15:01:31Z"));
        let log = log_name(LOG).unwrap();
        assert_eq!((log.account, log.region), ("111122223333", "us-east-2"));
        assert_eq!(log.time.map(rfc3339).as_deref(), Some("2026-08-17T14:45:00Z"));
        assert!(log_name("0001-cloudtrail-DescribeTrails.json").is_none());
        assert!(log_name("111122223333_CloudTrail_us-east-2_é20260817T1445Z_x.json").is_some());
    }

    #[test]
    fn the_tail_survives_copying_and_unpacking() {
        let local = format!("evidence/copy of AWSLogs/x/{}", LOG.trim_end_matches(".gz"));
        assert_eq!(tail(&local), tail(LOG));
        assert_eq!(tail("AWSLogs/a/AWSLogs/b.json.gz"), Some("AWSLogs/b.json"));
        assert_eq!(tail("myAWSLogs/b.json.gz"), None);
        assert_eq!(joined(Path::new("./a//b/../c")), "a/b/c");
    }

    #[test]
    fn roles_are_recognized_by_folder_and_name() {
        assert_eq!(role(DIGEST), Role::Digest);
        assert_eq!(role(LOG), Role::Log);
        assert_eq!(role("AWSLogs/1/CloudTrail/planted.json"), Role::Log);
        assert_eq!(role("AWSLogs/1/CloudTrail/notes.txt"), Role::Other);
        assert_eq!(role("AWSLogs/1/CloudTrail-Lake/Query/x.json"), Role::Stray);
        assert_eq!(role("evidence/cloudtrail-public-keys-us-east-1.json"), Role::Keys);
        assert_eq!(role("evidence/s3/objects.jsonl"), Role::Objects);
        assert_eq!(role("evidence/0001-iam-GetUser.json"), Role::Stray);
    }
}
