//! Saves the public keys of CloudTrail's digests (CloudTrail API reference, ListPublicKeys): AWS does not list them
//! forever.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::case::{Case, CaseError};
use crate::clock::{self, DAY, HOUR, Millis};
use crate::cloud::{Api, ApiError, Call};

/// Also saves keys that were valid this long before or after the window: collected digests reach a day further on both
/// sides.
const SLACK: Millis = DAY + 2 * HOUR;

/// The most files for one region.
const MOST: u32 = 1_000;

/// Writes `evidence/cloudtrail-public-keys-REGION.json` for each region: `{"Region", "StartTime", "EndTime",
/// "PublicKeyList": [{"Value", "ValidityStartTime", "ValidityEndTime", "Fingerprint"}]}`. Keys that no such file has
/// yet go into a further one, `…-REGION-2.json`. Returns the regions that did not answer.
///
/// # Errors
/// When the case cannot be written.
pub fn save(
    api: &dyn Api,
    case: &Case,
    regions: &BTreeSet<String>,
    since: Millis,
    until: Millis,
) -> Result<Vec<(String, ApiError)>, CaseError> {
    let mut failed = Vec::new();
    let (start, end) = (clock::rfc3339(since - SLACK), clock::rfc3339(until + SLACK));
    for region in regions {
        let times = [("StartTime", start.as_str().into()), ("EndTime", end.as_str().into())];
        match api.call(&Call::new("cloudtrail", "ListPublicKeys", times).in_region(region)) {
            Ok(keys) => {
                let document = json!({
                    "Region": region,
                    "StartTime": start,
                    "EndTime": end,
                    "PublicKeyList": keys,
                });
                write(case, region, &document)?;
            }
            Err(e) => failed.push((region.clone(), e)),
        }
    }
    Ok(failed)
}

fn write(case: &Case, region: &str, document: &Value) -> Result<(), CaseError> {
    let mut known = BTreeSet::new();
    for n in 1..=MOST {
        let more = if n == 1 { String::new() } else { format!("-{n}") };
        let name = format!("evidence/cloudtrail-public-keys-{region}{more}.json");
        let Some(there) = case.bytes(&name)? else {
            return case.add(&name, format!("{document:#}").as_bytes());
        };
        // An unreadable file counts as empty: its keys are saved again, in the next file.
        if let Ok(there) = serde_json::from_slice(&there) {
            known.extend(fingerprints(&there));
        }
        if fingerprints(document).is_subset(&known) {
            return Ok(());
        }
    }
    let why = format!("{MOST} files have public keys of {region}, and none of them has these keys");
    Err(CaseError::Unfit(case.evidence(), why))
}

fn fingerprints(document: &Value) -> BTreeSet<String> {
    let keys = document["PublicKeyList"].as_array().into_iter().flatten();
    keys.filter_map(|key| key["Fingerprint"].as_str()).map(str::to_string).collect()
}
