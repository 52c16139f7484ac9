//! The trails that a CloudTrail step is about, and the calls about them in their home region.
//!
//! A trail is changed in its home region only, and an organization's trail only by the account that made it
//! (CloudTrail User Guide, "Creating a trail for an organization").

use serde_json::{Value, json};

use super::{Change, Context, Item, StepError};
use crate::cloud::{Api, Arn, Call};

/// A trail as DescribeTrails shows it.
pub struct Trail {
    pub arn: String,
    /// Shown by name, in the answer's members.
    pub described: Value,
    /// The account that may change it, where that is not ours.
    owner: Option<String>,
}

/// Those named by `trail` (name or ARN), or all.
///
/// # Errors
/// When there is none of that name, or AWS refuses the read.
fn all(api: &dyn Api, cx: &Context) -> Result<Vec<Trail>, StepError> {
    let wanted = cx.args.text("trail");
    let answer = api.call(&Call::new("cloudtrail", "DescribeTrails", []))?;
    let each = answer.as_array().into_iter().flatten().filter_map(|t| {
        let (arn, name) = (t["TrailARN"].as_str()?, t["Name"].as_str()?);
        let account = Arn::parse(arn)?.account;
        let owner = Some(account).filter(|a| a != cx.account);
        let meant = wanted.is_empty() || wanted == arn || wanted == name;
        meant.then(|| Trail { arn: arn.to_string(), described: t.clone(), owner })
    });
    let trails: Vec<Trail> = each.collect();
    if trails.is_empty() && !wanted.is_empty() {
        return Err(StepError::Refused(format!("there is no trail {wanted} in this region")));
    }
    Ok(trails)
}

/// An item for each trail. One of another account has the state `{"ManagedBy": account}` and is not changed;
/// where there is no trail, one item says so: `{"ManagedBy": "nobody"}`.
///
/// # Errors
/// When a read is refused, or there is no trail of the name that was given.
pub fn observe(
    api: &dyn Api,
    cx: &Context,
    part: &str,
    state: impl Fn(&Trail) -> Result<Value, StepError>,
) -> Result<Vec<Item>, StepError> {
    let item = |trail: Trail| {
        let state = match &trail.owner {
            Some(owner) => json!({"ManagedBy": owner}),
            None => state(&trail)?,
        };
        Ok(Item { resource: format!("{}#{part}", trail.arn), state })
    };
    let trails = all(api, cx)?;
    if trails.is_empty() {
        let resource = format!(
            "arn:{}:cloudtrail:{}:{}:trail/*#{part}",
            cx.partition,
            api.region(),
            cx.account
        );
        return Ok(vec![Item { resource, state: json!({"ManagedBy": NOBODY}) }]);
    }
    trails.into_iter().map(item).collect()
}

/// Who manages a trail that is not there.
const NOBODY: &str = "nobody";

/// A call about a trail, in the region that its ARN names.
pub fn call<const N: usize>(arn: &str, operation: &str, params: [(&str, Value); N]) -> Call {
    let call = Call::new("cloudtrail", operation, params);
    match arn.split(':').nth(3).filter(|r| !r.is_empty()) {
        Some(region) => call.in_region(region),
        None => call,
    }
}

/// The trail that an item is about.
pub fn arn(item: &Item) -> &str {
    item.resource.split('#').next().unwrap_or_default()
}

/// The change of one member of the state by UpdateTrail.
pub fn update(item: &Item, param: &str, member: &str, on: bool) -> Change {
    let call = call(arn(item), "UpdateTrail", [("Name", arn(item).into()), (param, on.into())]);
    Change::new(json!({ member: on }), call)
}

/// Why an item is not ours to change.
pub fn notes(item: &Item) -> Vec<String> {
    let owner = item.state["ManagedBy"].as_str();
    let note = |owner: &str| {
        if owner == NOBODY {
            return "there is no trail in this region: events are kept for 90 days in the event history, \
                    management events only; create a trail"
                .to_string();
        }
        format!("{} is the trail of an organization: only account {owner} changes it", arn(item))
    };
    owner.map(note).into_iter().collect()
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::step::testing::{Fake, context};
    use crate::step::{Args, Step, Undo};

    pub const ARN: &str = "arn:aws:cloudtrail:eu-west-1:123456789012:trail/main";

    /// A trail of ours with home eu-west-1 and one of the organization.
    pub fn two(member: &str, on: bool) -> Fake {
        let other = ARN.replace("123456789012", "999999999999").replace("main", "org");
        Fake::default().answers(
            "cloudtrail:DescribeTrails",
            json!([
                {"Name": "main", "TrailARN": ARN, member: on},
                {"Name": "org", "TrailARN": other, "IsOrganizationTrail": true, member: on},
            ]),
        )
    }

    /// Change, holding and the way back for a step that turns one thing on.
    pub fn check(step: &dyn Step, off: &Fake, on: &Fake, calls: [&str; 2]) {
        let args = Args::default();
        let cx = context(&args);
        let items = step.observe(off, &cx).unwrap();
        assert_eq!(items.len(), 2);
        let change = step.change(&cx, &items[0]).unwrap().unwrap();
        assert_eq!((change.call.operation.as_str(), change.call.text("Name")), (calls[0], ARN));
        assert_eq!(change.call.region.as_deref(), Some("eu-west-1"));
        assert_eq!(step.change(&cx, &items[1]).unwrap(), None);
        assert!(step.notes(&cx, &items[1])[0].contains("999999999999"));
        assert_eq!(step.notes(&cx, &items[0]), [""; 0]);

        let now = step.observe(on, &cx).unwrap();
        assert_eq!(now[0].state, change.after);
        assert_eq!(step.change(&cx, &now[0]).unwrap(), None);
        let undo = |now: &Item, before: &Value| step.undo(&cx, now, before, &change.after).unwrap();
        let Undo::Change(back) = undo(&now[0], &items[0].state) else { panic!("no way back") };
        assert_eq!((back.call.operation.as_str(), &back.after), (calls[1], &items[0].state));
        assert_eq!(undo(&items[0], &items[0].state), Undo::Nothing, "twice");
        assert_eq!(undo(&now[0], &now[0].state), Undo::Nothing, "it was on before");
        let gone = Item { state: Value::Null, ..now[0].clone() };
        assert_eq!(undo(&gone, &items[0].state), Undo::Nothing);

        let named = [("trail", "main")].into();
        assert_eq!(step.observe(off, &context(&named)).unwrap().len(), 1);
        let missing = [("trail", "other")].into();
        assert!(step.observe(off, &context(&missing)).is_err());
        let none = Fake::default().answers("cloudtrail:DescribeTrails", json!([]));
        let nothing = step.observe(&none, &cx).unwrap();
        assert_eq!(step.change(&cx, &nothing[0]).unwrap(), None);
        assert!(step.notes(&cx, &nothing[0])[0].contains("no trail"));
    }
}
