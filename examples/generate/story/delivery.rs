//! Sorts the events into files, as AWS would have delivered them.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::call::HOME;
use super::stage::{Event, Stage};
use crate::calendar::{self, DAY, HOUR, MINUTE};
use crate::json::{array, object};
use crate::output::{Output, Result, digest_path, trail_path};
use crate::random::Random;
use crate::record::ACCOUNT;

const TRAIL: &str = "acme-trail";
const TRAIL_BUCKET: &str = "acme-logs";

/// How much was delivered.
pub struct Delivered {
    pub events: usize,
    pub trail_files: usize,
    pub lines: usize,
    pub line_files: usize,
}

/// A CloudTrail file that was written.
struct TrailFile {
    path: String,
    sha256: String,
    region: &'static str,
    delivered: i64,
    oldest: i64,
    newest: i64,
}

pub fn deliver(stage: Stage, output: &Output) -> Result<Delivered> {
    let mut random = stage.random("delivery");
    let (events, lines) = (stage.events.len(), stage.lines.len());
    let files = trail_files(stage.events, stage.period.attack_day(), output, &mut random)?;
    let ended = stage.period.attack_day() + 16 * HOUR + 3 * MINUTE + 12;
    digest(&files, output, &mut random, ended)?;
    let line_files = access_logs(stage.lines, output, &mut random)?;
    Ok(Delivered { events, trail_files: files.len(), lines, line_files })
}

/// Fewer files than in reality: two a day for the home region, more on the day of the attack, and one a day for the
/// others.
fn trail_files(
    events: Vec<Event>,
    busy_day: i64,
    output: &Output,
    random: &mut Random,
) -> Result<Vec<TrailFile>> {
    let mut groups: BTreeMap<(&'static str, i64), Vec<Event>> = BTreeMap::new();
    for event in events {
        let length = match event.region {
            HOME if event.time >= busy_day => 4 * HOUR,
            HOME => 12 * HOUR,
            _ => DAY,
        };
        groups.entry((event.region, event.time / length * length)).or_default().push(event);
    }
    let mut files = Vec::new();
    for ((region, _), mut events) in groups {
        let oldest = events.iter().map(|event| event.time).min().unwrap_or_default();
        let newest = events.iter().map(|event| event.time).max().unwrap_or_default();
        // CloudTrail promises no order. The order of the text brings each caller's records
        // together, which packs best.
        events.sort_by(|one, other| one.record.cmp(&other.record));
        // A file comes a few minutes after the last event in it.
        let delivered = newest + 5 * MINUTE;
        let records: Vec<String> = events.into_iter().map(|event| event.record).collect();
        let content = object(|o| {
            o.raw("Records", &array(&records));
        });
        let path = trail_path(region, delivered, &random.file_tail());
        output.write_gzip(&path, content.as_bytes())?;
        let sha256 = hex::encode(Sha256::digest(content.as_bytes()));
        files.push(TrailFile { path, sha256, region, delivered, oldest, newest });
    }
    Ok(files)
}

/// One digest: the files of the last hour before it, chained to a digest that is not part of the
/// story.
fn digest(files: &[TrailFile], output: &Output, random: &mut Random, ended: i64) -> Result<()> {
    let started = ended - HOUR;
    let listed: Vec<&TrailFile> = files
        .iter()
        .filter(|file| file.region == HOME && (started..ended).contains(&file.delivered))
        .collect();
    let log_files: Vec<String> = listed.iter().map(|file| log_file(file)).collect();
    let time = |time: Option<i64>| match time {
        Some(time) => format!("\"{}\"", calendar::iso(time)),
        None => "null".to_owned(),
    };
    let path = digest_path(HOME, TRAIL, ended);
    let content = object(|o| {
        o.text("awsAccountId", ACCOUNT)
            .text("digestStartTime", &calendar::iso(started))
            .text("digestEndTime", &calendar::iso(ended))
            .text("digestS3Bucket", TRAIL_BUCKET)
            .text("digestS3Object", &path)
            .text("digestPublicKeyFingerprint", &random.hex(32))
            .text("digestSignatureAlgorithm", "SHA256withRSA")
            .raw("newestEventTime", &time(listed.iter().map(|file| file.newest).max()))
            .raw("oldestEventTime", &time(listed.iter().map(|file| file.oldest).min()))
            .text("previousDigestS3Bucket", TRAIL_BUCKET)
            .text("previousDigestS3Object", &digest_path(HOME, TRAIL, started))
            .text("previousDigestHashValue", &random.hex(64))
            .text("previousDigestHashAlgorithm", "SHA-256")
            .text("previousDigestSignature", &random.hex(512))
            .raw("logFiles", &array(&log_files));
    });
    output.write_gzip(&path, content.as_bytes())?;
    Ok(())
}

fn log_file(file: &TrailFile) -> String {
    object(|o| {
        o.text("s3Bucket", TRAIL_BUCKET)
            .text("s3Object", &file.path)
            .text("hashValue", &file.sha256)
            .text("hashAlgorithm", "SHA-256")
            .text("newestEventTime", &calendar::iso(file.newest))
            .text("oldestEventTime", &calendar::iso(file.oldest));
    })
}

/// Returns how many files there are.
fn access_logs(lines: Vec<(i64, String)>, output: &Output, random: &mut Random) -> Result<usize> {
    let mut groups: BTreeMap<i64, Vec<(i64, String)>> = BTreeMap::new();
    for (time, line) in lines {
        groups.entry((time / (4 * HOUR) + 1) * 4 * HOUR).or_default().push((time, line));
    }
    for (end, lines) in &mut groups {
        lines.sort_by_key(|(time, _)| *time);
        let mut content = String::new();
        for (_, line) in lines {
            content.push_str(line);
            content.push('\n');
        }
        let name = calendar::dashed(end + random.between(20, 3000));
        let path = format!("s3-access-logs/{name}-{}", random.upper_hex_16());
        output.write(&path, content.as_bytes())?;
    }
    Ok(groups.len())
}
