//! The newest digest check of a case, as `incident verify` saved it.

use serde_json::Value;

use super::input::DigestVerdict;
use crate::clock::{SECOND, length, plain};
use crate::event::time;
use crate::ui::number::counted;

/// The most gaps and problems that a report lists. The file has all of them.
const NAMED: usize = 10;

/// Sentences of the document `incident.digests/1`.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub fn read(bytes: &[u8]) -> Result<DigestVerdict, String> {
    let document: Value =
        serde_json::from_slice(bytes).map_err(|e| format!("it cannot be read: {e}"))?;
    if document["schema"] != "incident.digests/1" {
        return Err("incident did not write this digest check".into());
    }
    let result = &document["cloudtrail"];
    let number = |pointer: &str| result.pointer(pointer).and_then(Value::as_u64).unwrap_or(0);
    let checked = moment(&document["time"]);
    let (logs, chains) = (number("/counts/logs"), list(&result["chains"]).len() as u64);
    let of = format!(
        "{} in {}, checked at {checked} UTC",
        counted(logs, "log file", "log files"),
        counted(chains, "digest chain", "digest chains"),
    );
    let (whole, text) = match document["verdict"].as_str() {
        Some("valid") => {
            (true, format!("CloudTrail's digest chains are complete and valid: {of}."))
        }
        Some("incomplete") => (
            false,
            format!("CloudTrail's digests show no change, but do not cover every log file: {of}."),
        ),
        Some("invalid") => (
            false,
            format!(
                "CloudTrail's digests do not match: something was changed, moved or removed: {of}."
            ),
        ),
        _ => return Err("it has no verdict".into()),
    };
    let mut details = Vec::new();
    first(&mut details, gaps(result), "gap in the digests", "gaps in the digests");
    let uncovered = number("/counts/logs_uncovered");
    if uncovered > 0 {
        details.push(format!(
            "{} in no digest: nothing proves what CloudTrail delivered.",
            counted(uncovered, "log file is", "log files are")
        ));
    }
    for (grade, what) in [("invalid", "Not as delivered"), ("not-checked", "Not checked")] {
        let problems = list(&result["problems"]).iter().filter(|p| p["grade"] == grade);
        let sentences = problems.map(|p| format!("{what}: {}.", problem(p))).collect();
        first(&mut details, sentences, "problem", "problems");
    }
    Ok(DigestVerdict { whole, text, details })
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("not known")
}

fn moment(value: &Value) -> String {
    value.as_str().and_then(time::parse).map_or_else(|| "an unknown time".into(), plain)
}

/// Adds the first ones, and says how many more there are.
fn first(details: &mut Vec<String>, sentences: Vec<String>, one: &str, many: &str) {
    let more = sentences.len().saturating_sub(NAMED);
    details.extend(sentences.into_iter().take(NAMED));
    if more > 0 {
        let more = counted(more as u64, &format!("more {one}"), &format!("more {many}"));
        details.push(format!("And {more}; the case lists all of them."));
    }
}

fn gaps(result: &Value) -> Vec<String> {
    let of_chain = |chain: &Value| {
        let (account, region) = (text(&chain["account"]), text(&chain["region"]));
        let trail = text(&chain["trail"]);
        let gap = |gap: &Value| {
            let seconds = gap["seconds"].as_i64().unwrap_or(0);
            let cause = match text(&gap["cause"]) {
                "off" => "validation or logging was off",
                "digest-missing" => "digest files are missing",
                "digest-invalid" => "the digest files are not valid",
                _ => "the chain continues across the gap",
            };
            format!(
                "No digest of {account} {region} (trail {trail}) covers {} to {} UTC ({}): {cause}.",
                moment(&gap["from"]),
                moment(&gap["to"]),
                length(seconds.saturating_mul(SECOND))
            )
        };
        list(&chain["gaps"]).iter().map(gap).collect::<Vec<_>>()
    };
    list(&result["chains"]).iter().flat_map(of_chain).collect()
}

fn problem(problem: &Value) -> String {
    let subject = problem["file"].as_str().or(problem["object"].as_str());
    let detail = text(&problem["detail"]).trim_end_matches('.');
    subject.map_or_else(|| detail.to_string(), |subject| format!("{subject}: {detail}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(verdict: &str, cloudtrail: Value) -> Vec<u8> {
        let document = json!({"schema": "incident.digests/1", "time": "2026-11-21T00:00:00Z",
            "verdict": verdict, "cloudtrail": cloudtrail});
        document.to_string().into_bytes()
    }

    #[test]
    fn a_whole_chain_is_one_sentence() {
        let result = json!({"chains": [{"gaps": []}], "counts": {"logs": 1200}});
        let read = read(&document("valid", result)).unwrap();
        let text = "CloudTrail's digest chains are complete and valid: 1,200 log files in 1 digest chain, checked at \
             2026-11-21 00:00:00 UTC.";
        assert_eq!(read, DigestVerdict { whole: true, text: text.into(), details: Vec::new() });
    }

    #[test]
    fn gaps_uncovered_files_and_what_was_not_checked_are_told() {
        let gap = json!({"from": "2026-11-01T01:01:31Z", "to": "2026-11-01T03:01:31Z",
            "seconds": 7200, "cause": "digest-missing"});
        let chain = json!({"account": "111122223333", "region": "eu-west-1", "trail": "main",
            "gaps": [gap]});
        let missing = |n: u32| json!({"grade": "invalid", "object": format!("s3://b/{n}"), "detail": "not found"});
        let mut problems: Vec<Value> = (0..12).map(missing).collect();
        problems.push(json!({"grade": "not-checked", "detail": "no public keys"}));
        problems.push(json!({"grade": "not-covered", "detail": "newer"}));
        let counts = json!({"logs": 4, "logs_uncovered": 1});
        let result = json!({"chains": [chain], "problems": problems, "counts": counts});
        let read = read(&document("invalid", result)).unwrap();
        assert!(!read.whole && read.text.contains("something was changed"), "{}", read.text);
        assert_eq!(
            read.details[..2],
            [
                "No digest of 111122223333 eu-west-1 (trail main) covers 2026-11-01 01:01:31 to \
                 2026-11-01 03:01:31 UTC (2 h): digest files are missing.",
                "1 log file is in no digest: nothing proves what CloudTrail delivered.",
            ]
        );
        assert_eq!(read.details[2], "Not as delivered: s3://b/0: not found.");
        let end: Vec<&str> = read.details[12..].iter().map(String::as_str).collect();
        assert_eq!(
            end,
            ["And 2 more problems; the case lists all of them.", "Not checked: no public keys."]
        );
    }

    #[test]
    fn another_document_is_refused() {
        assert!(read(b"{").is_err() && read(b"{}").is_err());
        assert!(read(&document("perhaps", json!({}))).is_err());
    }
}
