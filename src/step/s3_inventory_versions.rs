//! `s3.inventory-versions`: counts the versions and delete markers of a bucket. Changes nothing.
//!
//! An object with an older version or a delete marker is recoverable; an object without either is lost.

use serde_json::{Value, json};

use super::mechanism::bucket;
use super::model::{
    Change, ChangeKind, Context, Item, Meta, Risk, Step, StepError, Undo, UndoKind,
};
use crate::cloud::Api;

pub struct InventoryVersions;

static META: Meta = Meta {
    id: "s3.inventory-versions",
    title: "Count the bucket's versions and delete markers",
    risk: Risk::Low,
    undo: UndoKind::None,
    loss: "there is nothing to undo: the step changes nothing",
    needs: &["bucket"],
    takes: &["bucket-region", "inventory-limit"],
    reads: &["s3:ListBucketVersions"],
    writes: &[],
};

/// Entries to read without `inventory-limit`: 100 requests.
const DEFAULT_LIMIT: u64 = 100_000;

fn limit(cx: &Context) -> Result<u64, StepError> {
    match cx.args.text("inventory-limit") {
        "" => Ok(DEFAULT_LIMIT),
        text => text.parse().ok().filter(|n| *n > 0).ok_or_else(|| {
            StepError::Refused(format!(
                "invalid inventory-limit '{text}' (expected a number of entries, 1 or more)"
            ))
        }),
    }
}

/// Counts and bytes; times are RFC 3339, of the delete markers that currently hide an object.
fn summary(answer: &Value) -> Value {
    let each = |name: &str| answer[name].as_array().into_iter().flatten();
    let bytes = |current: bool| {
        let these = each("Versions").filter(|v| (v["IsLatest"] == true) == current);
        these.filter_map(|v| v["Size"].as_u64()).fold(0_u64, u64::saturating_add)
    };
    let current = each("Versions").filter(|v| v["IsLatest"] == true).count();
    let mut hiding: Vec<&str> = each("DeleteMarkers")
        .filter(|m| m["IsLatest"] == true)
        .filter_map(|m| m["LastModified"].as_str())
        .collect();
    hiding.sort_unstable();
    json!({
        "Current": current,
        "CurrentBytes": bytes(true),
        "Noncurrent": each("Versions").count() - current,
        "NoncurrentBytes": bytes(false),
        "DeleteMarkers": each("DeleteMarkers").count(),
        "HidingMarkers": each("DeleteMarkers").filter(|m| m["IsLatest"] == true).count(),
        "FirstHidden": hiding.first(),
        "LastHidden": hiding.last(),
        "Capped": answer["IsTruncated"] == true,
    })
}

impl Step for InventoryVersions {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn kind(&self) -> ChangeKind {
        ChangeKind::Nothing
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        let list = [("MaxEntries", limit(cx)?.into())];
        let answer = api.call(&bucket::call(cx, "ListObjectVersions", list))?;
        Ok(vec![Item { resource: bucket::resource(cx, "versions"), state: summary(&answer) }])
    }

    fn change(&self, _: &Context, _: &Item) -> Result<Option<Change>, StepError> {
        Ok(None)
    }

    fn undo(&self, _: &Context, _: &Item, _: &Value, _: &Value) -> Result<Undo, StepError> {
        Ok(Undo::Nothing)
    }

    fn notes(&self, cx: &Context, item: &Item) -> Vec<String> {
        let s = &item.state;
        let count = |name: &str, one: &str, many: &str| {
            let n = s[name].as_u64().unwrap_or_default();
            format!("{n} {}", if n == 1 { one } else { many })
        };
        let mut notes = vec![
            format!(
                "{}, {}",
                count("Current", "current object", "current objects"),
                count("CurrentBytes", "byte", "bytes")
            ),
            format!(
                "{}, {}",
                count("Noncurrent", "noncurrent version", "noncurrent versions"),
                count("NoncurrentBytes", "byte", "bytes")
            ),
        ];
        let markers = format!(
            "{}, {}",
            count("DeleteMarkers", "delete marker", "delete markers"),
            count("HidingMarkers", "hides an object", "hide an object")
        );
        notes.push(match (s["FirstHidden"].as_str(), s["LastHidden"].as_str()) {
            (Some(first), Some(last)) => {
                format!("{markers}: those objects are recoverable, deleted {first} to {last}")
            }
            _ => markers,
        });
        if s["Capped"] == true {
            let limit = limit(cx).map_or_else(|_| "the limit of".into(), |n| n.to_string());
            notes.push(format!(
                "the count stopped at {limit} entries: the bucket has more (raise --inventory-limit)"
            ));
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::testing::{Fake, context};

    fn counted(args: &crate::step::Args, answer: Value) -> (Item, Vec<String>, Fake) {
        let api = Fake::default().answers("s3:ListObjectVersions", answer);
        let cx = context(args);
        let item = InventoryVersions.observe(&api, &cx).unwrap().remove(0);
        assert_eq!(InventoryVersions.change(&cx, &item).unwrap(), None);
        let undo = InventoryVersions.undo(&cx, &item, &item.state, &item.state).unwrap();
        assert_eq!(undo, Undo::Nothing);
        let notes = InventoryVersions.notes(&cx, &item);
        (item, notes, api)
    }

    #[test]
    fn versions_and_markers_are_counted() {
        let args = [("bucket", "records"), ("inventory-limit", "5")].into();
        let at = |h: u8| format!("2026-01-01T{h:02}:00:00Z");
        let (item, notes, api) = counted(
            &args,
            json!({
                "Versions": [{"IsLatest": true, "Size": 5}, {"IsLatest": false, "Size": 7},
                    {"IsLatest": false, "Size": 8}],
                "DeleteMarkers": [{"IsLatest": true, "LastModified": at(3)},
                    {"IsLatest": true, "LastModified": at(1)},
                    {"IsLatest": false, "LastModified": at(9)}],
                "IsTruncated": true,
            }),
        );
        assert_eq!(api.made.lock().unwrap()[0].value("MaxEntries"), 5);
        assert_eq!(
            (&item.state["Noncurrent"], &item.state["NoncurrentBytes"]),
            (&json!(2), &json!(15))
        );
        assert_eq!(
            notes,
            [
                "1 current object, 5 bytes",
                "2 noncurrent versions, 15 bytes",
                "3 delete markers, 2 hide an object: those objects are recoverable, deleted \
                 2026-01-01T01:00:00Z to 2026-01-01T03:00:00Z",
                "the count stopped at 5 entries: the bucket has more (raise --inventory-limit)",
            ]
        );
    }

    #[test]
    fn an_empty_bucket_and_invalid_limits() {
        let args = [("bucket", "records")].into();
        let (item, notes, _) = counted(&args, json!({}));
        assert_eq!((&item.state["Current"], notes.len()), (&json!(0), 3));
        for odd in ["0", "-1", "many"] {
            let args = [("bucket", "records"), ("inventory-limit", odd)].into();
            assert!(InventoryVersions.observe(&Fake::default(), &context(&args)).is_err(), "{odd}");
        }
    }
}
