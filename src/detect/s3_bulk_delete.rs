//! Many objects deleted, or read and overwritten, in a short time: destruction or ransomware.
//!
//! A burst must reach `min_objects` with `objects_per_ten_minutes`, and its busiest ten minutes must lie far above the
//! principal's usual ones (`ratio`). Changes that never fill ten minutes add up over a day, which must reach five times
//! as many, and over weeks from a network that was not the principal's own when they began. An unfamiliar network and ten times as many objects raise the severity. False
//! positives: planned clean-ups, re-encryptions and migrations.

use std::collections::HashMap;

use polars::prelude::PolarsResult;

use super::build::Build;
use super::object_bursts::{Burst, Limits, Pace, bursts, through, without_repeats};
use super::text::list;
use super::{Cx, Detector, Meta, advice};
use crate::clock::{HOUR, length};
use crate::config::{Resolved, Setting};
use crate::event::action::ObjectAction;
use crate::finding::{Cause, Finding, Severity};
use crate::rollup::Sym;
use crate::ui::number::{counted, grouped};
use crate::ui::shell::CommandLine;

const MIN_OBJECTS: Setting = Setting {
    name: "min_objects",
    default: 50.0,
    unit: "objects",
    help: "Distinct objects or batch deletes that a burst must reach; overwriting needs twice as many",
};
const PER_SLOT: Setting = Setting {
    name: "objects_per_ten_minutes",
    default: 20.0,
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
    id: "s3.bulk-delete",
    finds: "Many objects deleted, or read and overwritten, in a short time",
    ordinary: "A planned clean-up, re-encryption or migration",
    means: "Data is being destroyed, or replaced so that a ransom can be asked for it. Without versioning it is gone. A planned clean-up or re-encryption looks the same.",
    attack: &["T1485"],
    settings: &[MIN_OBJECTS, PER_SLOT, RATIO],
};

pub struct S3BulkDelete;

impl Detector for S3BulkDelete {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn detect(&self, cx: &Cx<'_>) -> PolarsResult<Vec<Finding>> {
        let settings = cx.settings(&META);
        let min = settings.get(&MIN_OBJECTS) as u64;
        let limits = Limits {
            slot_objects: settings.get(&PER_SLOT) as u64,
            slot_bytes: u64::MAX,
            day_objects: DAY_TIMES * min,
            weeks_objects: min,
        };
        let fires = |b: &Burst, min: u64| match b.pace {
            Pace::Burst => b.objects >= min && b.is_unusual(settings.get(&RATIO)),
            Pace::Day => b.objects >= DAY_TIMES * min && b.is_unusual(settings.get(&RATIO)),
            Pace::Weeks => b.objects >= min,
        };
        let deletes = bursts(cx, &[ObjectAction::Delete], &limits);
        let writes = bursts(cx, &[ObjectAction::Write], &limits);
        let deleted = without_repeats(deletes, |b| fires(b, min));
        let writes = without_repeats(writes, |b| fires(b, 2 * min));
        let reads = match writes.is_empty() {
            true => Vec::new(),
            false => bursts(cx, &[ObjectAction::Read, ObjectAction::CopyOut], &limits),
        };
        let mut by_principal: HashMap<Sym, Vec<&Burst>> = HashMap::new();
        for read in &reads {
            by_principal.entry(read.principal).or_default().push(read);
        }
        let overwritten = writes.iter().filter(|b| {
            let mut reads = by_principal.get(&b.principal).into_iter().flatten();
            reads.any(|r| precedes(r, b))
        });
        let mut found: Vec<Finding> =
            deleted.iter().map(|b| finding(cx, b, &settings, Way::Delete)).collect();
        found.extend(overwritten.map(|b| finding(cx, b, &settings, Way::Overwrite)));
        Ok(found)
    }
}

/// A day of changes that never fill a slot must reach so many times the objects of a burst.
const DAY_TIMES: u64 = 5;

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Delete,
    Overwrite,
}

/// True if the same caller read at least half as many objects of the same buckets in the hour before or meanwhile.
fn precedes(read: &Burst, write: &Burst) -> bool {
    read.first <= write.last
        && read.last + HOUR >= write.first
        && !read.buckets.is_disjoint(&write.buckets)
        && read.objects * 2 >= write.objects
}

fn finding(cx: &Cx<'_>, b: &Burst, settings: &Resolved, way: Way) -> Finding {
    let mut build = Build::new(cx, &META, Cause::BulkDestroy);
    let name = if way == Way::Delete { "s3:DeleteObject" } else { "s3:PutObject" };
    for (key, value) in b.rows.iter().filter_map(|n| cx.frames.object_rows.get(*n)) {
        build.objects(key, value, name, b.log());
    }
    let buckets = b.bucket_names(cx);
    let foreign = cx.is_unfamiliar(b.principal, b.source, b.first);
    let did = if way == Way::Delete { "deleted from" } else { "overwritten in" };
    build.reason(format!(
        "{} {did} {} in {}, {:.0} a minute",
        counted(b.objects, "object", "objects"),
        list(buckets.iter().copied(), 3),
        length(b.last - b.first),
        b.per_minute(),
    ));
    build.reason(match b.ratio() {
        Some(ratio) => format!(
            "{} in {}, {ratio:.0} times the principal's usual {} ({})",
            grouped(b.peak),
            b.unit(),
            grouped(b.usual_peak),
            counted(b.earlier_days, "earlier day", "earlier days"),
        ),
        None => format!(
            "the principal did this on no earlier day ({} of logs)",
            length(cx.history_before(b.first))
        ),
    });
    match b.pace {
        Pace::Burst => {}
        Pace::Day => build.reason("spread over a day, too thin for a burst"),
        Pace::Weeks => build
            .reason("a few a day, from a network that was not the principal's own when it began"),
    }
    if b.batches > 0 {
        build.reason(format!(
            "{} of up to 1,000 objects each, whose keys CloudTrail does not name",
            counted(b.batches, "batch delete", "batch deletes")
        ));
    }
    if way == Way::Overwrite {
        build.reason("the same caller read as many objects of the bucket just before, as ransomware that encrypts in place does");
        build.attack("T1486");
    }
    if foreign {
        build.reason(format!(
            "from {}, a network the principal had not used before",
            cx.networks.name(b.source)
        ));
    }
    if let Some(reason) = through(cx, b) {
        build.reason(reason);
    }
    for setting in META.settings {
        build.setting(settings, setting);
    }
    build.scope().buckets = buckets.iter().map(|b| b.to_string()).collect();
    let actions: &[&str] = match way {
        Way::Delete => &["DeleteObject", "DeleteObjects", "DeleteObjectVersion"],
        Way::Overwrite => &["PutObject", "CopyObject", "CompleteMultipartUpload"],
    };
    build.scope().actions =
        actions.iter().map(|a| ("s3.amazonaws.com".to_string(), a.to_string())).collect();
    let key = b
        .rows
        .iter()
        .filter_map(|n| cx.frames.object_rows.get(*n))
        .map(|(_, v)| v.access_key)
        .find(|k| *k != 0);
    advice::contain_credential(cx, &mut build, b.principal, key.unwrap_or(0));
    if let Some(bucket) = buckets.first() {
        build.next("Stop lifecycle rules that expire versions");
        let versioning =
            CommandLine::new("aws s3api get-bucket-versioning").option("--bucket", bucket);
        build.next(versioning.after("Check whether versions can be restored"));
        let principal = advice::policy_principal(cx.text(b.principal));
        build.playbook("s3-ransomware", &[("bucket", bucket), ("principal", principal)]);
    }
    let severity = match (foreign, b.objects >= settings.get(&MIN_OBJECTS) as u64 * 10) {
        _ if b.pace == Pace::Weeks => Severity::High,
        (true, _) => Severity::Critical,
        (false, true) => Severity::High,
        (false, false) => Severity::Medium,
    };
    let title = format!(
        "{} {did} {} in {}",
        counted(b.objects, "object", "objects"),
        list(buckets.iter().copied(), 2),
        length(b.last - b.first)
    );
    build.finish(severity, title)
}
