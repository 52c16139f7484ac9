//! Many objects read in a short time: GetObject and similar calls, server-side copies out of a bucket, and the same
//! reads in the S3 access log. Exfiltration is what notification duties depend on.
//!
//! A burst must reach `min_objects` or `min_bytes` with `objects_per_ten_minutes`, and its busiest ten minutes must lie
//! far above the principal's usual ones (`ratio`). Reads that never fill ten minutes add up: over a day, which must
//! reach five times `min_objects` and lie as far above the usual day, and over weeks from a network that was not the
//! principal's own when they began. An unfamiliar network, large volume and anonymous access raise the
//! severity. False positives: first backups, migrations, new batch jobs.

use polars::prelude::PolarsResult;

use super::build::Build;
use super::object_bursts::{Burst, Limits, Pace, bursts, through, without_repeats};
use super::text::list;
use super::{Cx, Detector, Meta, advice};
use crate::clock::{length, plain};
use crate::config::{Resolved, Setting};
use crate::event::action::ObjectAction;
use crate::finding::{Cause, Finding, Severity};
use crate::rollup::Phase;
use crate::ui::number::{bytes, counted, grouped};
use crate::ui::shell::CommandLine;

const MIN_OBJECTS: Setting = Setting {
    name: "min_objects",
    default: 100.0,
    unit: "objects",
    help: "Distinct objects that a burst must reach; five times as many in a day of thin reads",
};
const MIN_BYTES: Setting = Setting {
    name: "min_bytes",
    default: 1_073_741_824.0,
    unit: "bytes",
    help: "Bytes sent that also make a burst, with at least a tenth of min_objects",
};
const PER_SLOT: Setting = Setting {
    name: "objects_per_ten_minutes",
    default: 50.0,
    unit: "objects",
    help: "Ten minutes with fewer objects are not part of a burst",
};
const RATIO: Setting = Setting {
    name: "ratio",
    default: 5.0,
    unit: "times",
    help: "Multiple of the principal's usual busiest ten minutes on earlier days",
};

static META: Meta = Meta {
    id: "s3.bulk-read",
    finds: "Many objects read or copied out of buckets in a short time, far above what the principal usually reads",
    ordinary: "A first backup, a migration or a new batch job",
    means: "Data may be leaving the account: far more objects were read than this principal usually reads. A first backup or a migration looks the same.",
    attack: &["T1530", "T1619"],
    settings: &[MIN_OBJECTS, MIN_BYTES, PER_SLOT, RATIO],
};

/// A day of reads that never fill a slot must reach so many times the objects of a burst.
const DAY_TIMES: u64 = 5;

const READS: [ObjectAction; 2] = [ObjectAction::Read, ObjectAction::CopyOut];

pub struct S3BulkRead;

impl Detector for S3BulkRead {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn detect(&self, cx: &Cx<'_>) -> PolarsResult<Vec<Finding>> {
        let settings = cx.settings(&META);
        let limits = Limits {
            slot_objects: settings.get(&PER_SLOT) as u64,
            slot_bytes: (settings.get(&MIN_BYTES) as u64).max(1),
            day_objects: DAY_TIMES * settings.get(&MIN_OBJECTS) as u64,
            weeks_objects: settings.get(&MIN_OBJECTS) as u64,
        };
        let found = without_repeats(bursts(cx, &READS, &limits), |b| fires(b, &settings));
        Ok(found.iter().map(|b| finding(cx, b, &settings)).collect())
    }
}

fn fires(b: &Burst, settings: &Resolved) -> bool {
    let objects = settings.get(&MIN_OBJECTS);
    match b.pace {
        Pace::Burst => {}
        Pace::Day => {
            let enough = b.objects as f64 >= DAY_TIMES as f64 * objects;
            return enough && b.is_unusual(settings.get(&RATIO));
        }
        Pace::Weeks => return b.objects as f64 >= objects,
    }
    let enough = b.objects as f64 >= objects
        || (b.bytes as f64 >= settings.get(&MIN_BYTES) && b.objects as f64 >= objects / 10.0);
    enough && b.is_unusual(settings.get(&RATIO))
}

fn finding(cx: &Cx<'_>, b: &Burst, settings: &Resolved) -> Finding {
    let mut build = Build::new(cx, &META, Cause::BulkRead);
    for (key, value) in b.rows.iter().filter_map(|n| cx.frames.object_rows.get(*n)) {
        build.objects(key, value, read_name(key.action), b.log());
    }
    let buckets = b.bucket_names(cx);
    let foreign = cx.is_unfamiliar(b.principal, b.source, b.first);
    for reason in reasons(cx, b, &buckets, foreign) {
        build.reason(reason);
    }
    for setting in META.settings {
        build.setting(settings, setting);
    }
    for bucket in &buckets {
        build.resource(format!("arn:aws:s3:::{bucket}"));
    }
    build.scope().buckets = buckets.iter().map(|b| b.to_string()).collect();
    build.scope().actions =
        ["GetObject", "CopyObject", "UploadPartCopy", "SelectObjectContent", "GetObjectTorrent"]
            .map(s3)
            .to_vec();
    next(cx, b, &buckets, &mut build);
    let title = format!(
        "{}{} ({}) read from {} in {}",
        if b.exact { "" } else { "about " },
        counted(b.objects, "object", "objects"),
        bytes(b.bytes),
        list(buckets.iter().copied(), 2),
        length(b.last - b.first),
    );
    build.finish(severity(cx, b, foreign, settings), title)
}

fn s3(action: &str) -> (String, String) {
    ("s3.amazonaws.com".to_string(), action.to_string())
}

fn read_name(action: ObjectAction) -> &'static str {
    if action == ObjectAction::CopyOut { "s3:CopyObject (source)" } else { "s3:GetObject" }
}

fn severity(cx: &Cx<'_>, b: &Burst, foreign: bool, settings: &Resolved) -> Severity {
    let anonymous = cx.text(b.principal) == "anonymous";
    let much = b.objects as f64 >= 10.0 * settings.get(&MIN_OBJECTS)
        || b.bytes as f64 >= settings.get(&MIN_BYTES);
    let points = 2 * i32::from(foreign) + i32::from(much) + i32::from(anonymous);
    let outside = cx.networks.is_outside(b.source);
    if b.pace == Pace::Weeks && !much {
        return Severity::Medium;
    }
    match points {
        0 => Severity::Medium,
        1 => Severity::High,
        _ if outside => Severity::Critical,
        _ => Severity::High,
    }
}

fn reasons(cx: &Cx<'_>, b: &Burst, buckets: &[&str], foreign: bool) -> Vec<String> {
    let mut reasons = vec![format!(
        "{} in {} ({} to {} UTC), {:.0} a minute, {} sent",
        counted(b.objects, "object", "objects"),
        length(b.last - b.first),
        plain(b.first),
        plain(b.last),
        b.per_minute(),
        bytes(b.bytes),
    )];
    reasons.push(match b.ratio() {
        Some(ratio) => format!(
            "{} in {}, {ratio:.0} times the principal's usual {} ({})",
            match b.pace {
                Pace::Burst => counted(b.peak, "object", "objects"),
                _ => counted(b.peak, "request", "requests"),
            },
            b.unit(),
            grouped(b.usual_peak),
            counted(b.earlier_days, "earlier day with reads", "earlier days with reads"),
        ),
        None => {
            format!(
                "the principal read no object on any earlier day ({} of logs)",
                length(cx.history_before(b.first))
            )
        }
    });
    match b.pace {
        Pace::Burst => {}
        Pace::Day => reasons.push("spread over a day, too thin for a burst".to_string()),
        Pace::Weeks => reasons.push(
            "a few a day, from a network that was not the principal's own when it began"
                .to_string(),
        ),
    }
    if foreign {
        reasons.push(format!(
            "read from {}, a network the principal had not used before",
            cx.networks.name(b.source)
        ));
    }
    reasons.extend(through(cx, b));
    let prefixes: Vec<String> = b
        .prefixes
        .iter()
        .map(|p| if p.is_empty() { "(top level)".into() } else { format!("{p}/") })
        .collect();
    reasons.push(format!("prefixes: {}", list(prefixes.iter().map(String::as_str), 6)));
    reasons.push(share(cx, b, buckets));
    if b.cloudtrail > 0 && b.access_log > 0 {
        reasons.push(format!(
            "both logs have it: {} in CloudTrail, {} in the S3 access log",
            counted(b.cloudtrail, "request", "requests"),
            grouped(b.access_log)
        ));
    } else if b.access_log > 0 {
        reasons.push(
            "only the S3 access log has it: CloudTrail data events were off, so the access key is unknown"
                .to_string(),
        );
    }
    reasons
}

/// The burst's share of all reads of these buckets in the window, by requests in the log that has more.
fn share(cx: &Cx<'_>, b: &Burst, buckets: &[&str]) -> String {
    let log = b.log();
    let all: u64 = (cx.rollups.buckets.iter())
        .filter(|(k, _)| k.phase == Phase::Window && k.log == log && b.buckets.contains(&k.bucket))
        .map(|(_, v)| v.reads)
        .sum();
    let own = b.cloudtrail.max(b.access_log);
    let percent = 100.0 * own as f64 / all.max(1) as f64;
    format!(
        "{percent:.0} % of all {} reads of {} in the window",
        grouped(all),
        list(buckets.iter().copied(), 3)
    )
}

fn next(cx: &Cx<'_>, b: &Burst, buckets: &[&str], build: &mut Build<'_, '_>) {
    let key = b
        .rows
        .iter()
        .filter_map(|n| cx.frames.object_rows.get(*n))
        .map(|(_, v)| v.access_key)
        .find(|k| *k != 0);
    advice::contain_credential(cx, build, b.principal, key.unwrap_or(0));
    if let Some(bucket) = buckets.first() {
        build.next(format!(
            "Check whether {bucket} contains personal or health data: notification clocks may be running since {} UTC",
            plain(b.first)
        ));
        let policy = CommandLine::new("aws s3api get-bucket-policy").option("--bucket", bucket);
        build.next(policy.after("Check who may read it"));
        let params = [
            ("bucket", *bucket),
            ("principal", advice::policy_principal(cx.text(b.principal))),
            ("address", advice::deniable_address(cx.text(b.source))),
        ];
        build.playbook("s3-exfiltration", &params);
    }
}
