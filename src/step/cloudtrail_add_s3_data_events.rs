//! `cloudtrail.add-s3-data-events`: the trail records reads and writes of S3 objects from now on.
//!
//! The trail still records everything that it records now: the step converts basic selectors and adds one of
//! ours, known by its name. It is not retroactive, and AWS charges for each event. LookupEvents never shows
//! data events (CloudTrail User Guide, "Logging data events").

use serde_json::{Value, json};

use super::mechanism::event_selectors::{self as selectors, ADVANCED, BASIC, put};
use super::mechanism::{bucket, trails};
use super::model::{
    Change, ChangeKind, Context, Item, Meta, Risk, Step, StepError, TrailChoice, Undo, UndoKind,
};
use crate::cloud::Api;

pub struct AddS3DataEvents;

static META: Meta = Meta {
    id: "cloudtrail.add-s3-data-events",
    title: "Record S3 data events in the trail",
    risk: Risk::Low,
    undo: UndoKind::Exact,
    loss: "",
    needs: &[],
    takes: &["trail", "bucket"],
    reads: &["cloudtrail:DescribeTrails", "cloudtrail:GetEventSelectors", "cloudtrail:GetTrail"],
    writes: &["cloudtrail:PutEventSelectors"],
};

/// The name of our selector.
fn name(cx: &Context) -> String {
    format!("incident {} S3 data events", cx.case)
}

/// The ARN prefixes of the given buckets' objects; none for all buckets.
fn arns(cx: &Context) -> Vec<String> {
    let named = cx.args.all("bucket").iter().filter(|b| !b.is_empty());
    named.map(|b| format!("{}/", cx.bucket_arn(bucket::name_of(b)))).collect()
}

/// The advanced selectors; none in a state with basic ones.
fn advanced(state: &Value) -> Vec<Value> {
    state[ADVANCED].as_array().into_iter().flatten().cloned().collect()
}

impl Step for AddS3DataEvents {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn kind(&self) -> ChangeKind {
        ChangeKind::Hardening
    }

    fn set_by(&self) -> &'static [&'static str] {
        &["PutEventSelectors"]
    }

    fn trails(&self) -> Option<TrailChoice> {
        Some(TrailChoice::Own)
    }

    fn observe(&self, api: &dyn Api, cx: &Context) -> Result<Vec<Item>, StepError> {
        selectors::observe(api, cx)
    }

    fn change(&self, cx: &Context, item: &Item) -> Result<Option<Change>, StepError> {
        trails::refuse_gone(item)?;
        if item.state["ManagedBy"].is_string() {
            return Ok(None);
        }
        let mut all = selectors::to_advanced(&item.state)?;
        let missing = selectors::missing(&all, &arns(cx));
        if missing.is_empty() {
            return Ok(None);
        }
        let (name, mut covered) = (name(cx), Vec::new());
        if !missing.contains(&String::new()) {
            // Buckets that an earlier run of this case added stay.
            let earlier = all.iter().filter(|s| s["Name"] == name.as_str());
            covered = earlier.flat_map(selectors::recorded).collect();
            covered.extend(missing);
        }
        all.retain(|s| s["Name"] != name.as_str());
        all.push(selectors::ours(&name, &covered));
        Ok(Some(
            put(item, json!({ADVANCED: all}))?.affects(
                "the account pays CloudTrail for each recorded read and write of an object",
            ),
        ))
    }

    fn undo(
        &self,
        cx: &Context,
        now: &Item,
        before: &Value,
        after: &Value,
    ) -> Result<Undo, StepError> {
        let name = name(cx);
        let ours = |s: &Value| s["Name"] == name.as_str();
        let basic_without = before[BASIC].as_array().is_some_and(Vec::is_empty);
        if now.state == *after && !basic_without {
            return Ok(Undo::Change(put(now, before.clone())?));
        }
        let earlier: Vec<Value> = advanced(before).into_iter().filter(ours).collect();
        let mut left = advanced(&now.state);
        if now.state == *before || !left.iter().any(ours) {
            return Ok(Undo::Nothing);
        }
        left.retain(|s| !ours(s));
        left.extend(earlier);
        if left == advanced(&now.state) {
            return Ok(Undo::Nothing);
        }
        if left.is_empty() {
            return Ok(Undo::Refused(
                "our selector is the only one left, and a trail must have one: add another selector first".into(),
            ));
        }
        Ok(Undo::Change(put(now, json!({ADVANCED: left}))?))
    }

    fn notes(&self, _: &Context, item: &Item) -> Vec<String> {
        trails::notes(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::Args;
    use crate::step::mechanism::bucket_policy_laws::Dice;
    use crate::step::mechanism::trails::tests::{ARN, two_trails};
    use crate::step::testing::context;

    fn item(state: Value) -> Item {
        Item { resource: format!("{ARN}#event-selectors"), state }
    }

    fn undo(cx: &Context, now: Value, before: &Value, after: &Value) -> Undo {
        AddS3DataEvents.undo(cx, &item(now), before, after).unwrap()
    }

    #[test]
    fn our_trail_is_read_and_the_organizations_stays() {
        let answer = json!({BASIC: [{"ReadWriteType": "All"}], ADVANCED: []});
        let api = two_trails("x", true).answers("cloudtrail:GetEventSelectors", answer);
        let args = Args::default();
        let cx = context(&args);
        let items = AddS3DataEvents.observe(&api, &cx).unwrap();
        assert_eq!(items[0], item(json!({BASIC: [{"ReadWriteType": "All"}]})));
        assert_eq!(AddS3DataEvents.change(&cx, &items[1]).unwrap(), None);
        assert!(!AddS3DataEvents.notes(&cx, &items[1]).is_empty());
    }

    #[test]
    fn undo_restores_generated_selectors() {
        let mut dice = Dice(3);
        let mut args = Args::default();
        args.set_all("bucket", vec!["records".into(), "scans".into()]);
        for (round, args) in [Args::default(), args].iter().cycle().take(200).enumerate() {
            let cx = context(args);
            let theirs: Vec<Value> = (0..=dice.roll(5))
                .map(|i| {
                    let category = if dice.roll(2) == 0 { "Management" } else { "Data" };
                    json!({"Name": format!("t{i}"), "FieldSelectors": [
                        {"Field": "eventCategory", "Equals": [category]},
                        {"Field": "resources.ARN", "StartsWith": [format!("arn:x{}", dice.roll(9))]},
                    ]})
                })
                .collect();
            let basic = json!([{"ReadWriteType": "All", "IncludeManagementEvents": true}]);
            let before =
                if round % 3 == 0 { json!({BASIC: basic}) } else { json!({ADVANCED: theirs}) };
            let change = AddS3DataEvents.change(&cx, &item(before.clone())).unwrap().unwrap();
            assert_eq!(change.call.value(ADVANCED), &change.after[ADVANCED]);
            let after = advanced(&change.after);
            assert_eq!(after[..after.len() - 1], selectors::to_advanced(&before).unwrap());
            assert_eq!(AddS3DataEvents.change(&cx, &item(change.after.clone())).unwrap(), None);

            let back = undo(&cx, change.after.clone(), &before, &change.after);
            assert!(matches!(back, Undo::Change(c) if c.after == before));
            assert_eq!(undo(&cx, before.clone(), &before, &change.after), Undo::Nothing);
            let mut grown = after.clone();
            grown.insert(0, json!({"Name": "later", "FieldSelectors": []}));
            let back = undo(&cx, json!({ADVANCED: grown}), &before, &change.after);
            let Undo::Change(back) = back else { panic!("no undo") };
            assert_eq!(advanced(&back.after), grown[..grown.len() - 1]);
            assert_eq!(undo(&cx, back.after, &before, &change.after), Undo::Nothing);
        }
    }

    #[test]
    fn a_second_run_adds_to_the_first() {
        let (one, two) = ([("bucket", "a")].into(), [("bucket", "b")].into());
        let (one, two) = (context(&one), context(&two));
        let before = json!({BASIC: []});
        let first = AddS3DataEvents.change(&one, &item(before.clone())).unwrap().unwrap().after;
        let second = AddS3DataEvents.change(&two, &item(first.clone())).unwrap().unwrap().after;
        assert_eq!(advanced(&second).len(), 2);
        assert_eq!(
            selectors::recorded(&advanced(&second)[1]),
            ["arn:aws:s3:::a/", "arn:aws:s3:::b/"]
        );
        assert_eq!(AddS3DataEvents.change(&one, &item(second.clone())).unwrap(), None);
        let back = undo(&two, second.clone(), &first, &second);
        assert!(matches!(back, Undo::Change(c) if c.after == first));
        // A put needs a selector, so a trail that had none keeps one for management events.
        let back = undo(&one, first.clone(), &before, &first);
        assert!(matches!(back, Undo::Change(c) if advanced(&c.after).len() == 1));
    }

    #[test]
    fn our_selector_stays_when_it_is_the_only_one() {
        let args = Args::default();
        let cx = context(&args);
        let before = json!({BASIC: [{"ReadWriteType": "All"}]});
        let after = AddS3DataEvents.change(&cx, &item(before.clone())).unwrap().unwrap().after;
        let alone = json!({ADVANCED: [advanced(&after)[1]]});
        assert!(matches!(undo(&cx, alone, &before, &after), Undo::Refused(_)));
        assert_eq!(undo(&cx, Value::Null, &before, &after), Undo::Nothing);
    }
}
