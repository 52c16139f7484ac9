//! Tests of [`CreateTrail`].

use super::*;
use crate::step::Args;
use crate::step::testing::{Fake, context};

const BUCKET: &str = "incident-trail-123456789012-eu-west-1";
const ARN: &str = "arn:aws:cloudtrail:eu-west-1:123456789012:trail/incident-case-trail";

#[test]
fn five_calls_make_a_trail_and_its_bucket() {
    let args = Args::default();
    let cx = context(&args);
    let items = CreateTrail.observe(&Fake::default(), &cx).unwrap();
    let changes: Vec<Change> =
        items.iter().map(|i| CreateTrail.change(&cx, i).unwrap().unwrap()).collect();
    let names: Vec<&str> = changes.iter().map(|c| c.call.operation.as_str()).collect();
    assert_eq!(
        names,
        ["CreateBucket", "PutPublicAccessBlock", "PutBucketPolicy", "CreateTrail", "StartLogging"]
    );
    assert_eq!(changes[0].call.text("Bucket"), BUCKET);
    let policy: Value = serde_json::from_str(changes[2].call.text("Policy")).unwrap();
    let condition = &policy["Statement"][0]["Condition"]["StringEquals"]["aws:SourceArn"];
    assert_eq!(condition, ARN);
    let create = &changes[3].call;
    assert_eq!(
        (create.text("S3BucketName"), create.region.as_deref()),
        (BUCKET, Some("eu-west-1"))
    );
    assert!(create.value("IsMultiRegionTrail") == true);
    for (item, change) in items.iter().zip(&changes) {
        let now = Item { resource: item.resource.clone(), state: change.after.clone() };
        assert_eq!(CreateTrail.change(&cx, &now).unwrap(), None, "{}", item.resource);
        assert_eq!(CreateTrail.undo(&cx, item, &item.state, &change.after).unwrap(), Undo::Nothing);
    }
    // Somebody narrows it during the hold.
    let narrow = json!({"S3BucketName": BUCKET, "IsMultiRegionTrail": false,
        "LogFileValidationEnabled": true});
    let now = Item { resource: ARN.into(), state: narrow };
    let again = CreateTrail.change(&cx, &now).unwrap().unwrap();
    assert_eq!(again.call.operation, "UpdateTrail");
}

#[test]
fn undo_stops_and_deletes_the_trail_and_leaves_its_logs() {
    let args = Args::default();
    let cx = context(&args);
    let undo = |resource: &str, state: Value| {
        let now = Item { resource: resource.into(), state: state.clone() };
        CreateTrail.undo(&cx, &now, &Value::Null, &state).unwrap()
    };
    let stop = undo(&format!("{ARN}#logging"), json!({"IsLogging": true}));
    assert!(matches!(stop, Undo::Change(c) if c.call.operation == "StopLogging"));
    assert!(
        matches!(undo(ARN, wanted(BUCKET)), Undo::Change(c) if c.call.operation == "DeleteTrail")
    );
    let bucket = format!("arn:aws:s3:::{BUCKET}");
    assert!(matches!(undo(&bucket, json!({"Region": "eu-west-1"})), Undo::Refused(_)));
}

#[test]
fn where_a_trail_suffices_nothing_is_made() {
    let args: Args =
        [(trails::CHOSEN, "arn:aws:cloudtrail:eu-west-1:123456789012:trail/main")].into();
    assert_eq!(CreateTrail.observe(&Fake::default(), &context(&args)).unwrap(), []);
}
