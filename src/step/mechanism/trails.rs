//! Finds the trails of a CloudTrail step and makes calls about them in their home region.
//!
//! A trail can be changed in its home region only, and an organization's trail only by the account that
//! created it (CloudTrail User Guide, "Creating a trail for an organization").

use serde_json::{Value, json};

use super::answer;
use crate::cloud::{Api, Arn, Call};
use crate::step::model::{Context, Item, StepError};

/// A trail as DescribeTrails shows it.
#[derive(Debug, Clone)]
pub struct Trail {
    pub arn: String,
    /// Its entry in the answer of DescribeTrails.
    pub described: Value,
    /// The account that may change the trail, if it is not ours.
    pub owner: Option<String>,
}

impl Trail {
    /// A trail from its entry in the answer of `call`.
    ///
    /// # Errors
    /// When the entry has no ARN.
    pub fn of(call: &Call, described: &Value, account: &str) -> Result<Trail, StepError> {
        let arn = answer::text(call, described, "TrailARN")?;
        let parsed = Arn::parse(arn).ok_or_else(|| invalid_arn(arn))?;
        let owner = Some(parsed.account).filter(|owner| owner != account);
        Ok(Trail { arn: arn.to_string(), described: described.clone(), owner })
    }

    /// Its home region, from its ARN.
    pub fn region(&self) -> Option<&str> {
        region_of(&self.arn)
    }
}

fn region_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(3).filter(|region| !region.is_empty())
}

/// A trail by its ARN, asked in its home region; `None` when it does not exist.
///
/// # Errors
/// When AWS refuses the read.
pub fn get(api: &dyn Api, arn: &str, account: &str) -> Result<Option<Trail>, StepError> {
    let read = call(arn, "GetTrail", [("Name", arn.into())])?;
    match api.call(&read) {
        Ok(Value::Null) => Ok(None),
        Ok(described) => Ok(Some(Trail::of(&read, &described, account)?)),
        Err(e) if e.is_not_found() => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// The call that lists the trails of the run's region.
pub fn describe() -> Call {
    Call::new("cloudtrail", "DescribeTrails", [])
}

/// The trails that the argument `trail` names (names or ARNs), or those that the plan chose, or all that record the run's
/// region. A trail of another region is found by its ARN. One that the plan chose may be gone since: then it has no entry.
///
/// # Errors
/// When no trail has a given name, or AWS refuses the read or leaves out an ARN.
fn all(api: &dyn Api, cx: &Context) -> Result<Vec<Trail>, StepError> {
    let call = describe();
    let answer = api.call(&call)?;
    let mut here = Vec::new();
    for described in answer::list(&call, &answer)? {
        here.push(Trail::of(&call, described, cx.account)?);
    }
    let given = cx.args.given("trail");
    let wanted = cx.args.all(if given { "trail" } else { CHOSEN });
    if wanted.is_empty() {
        return Ok(here);
    }
    let mut named = Vec::new();
    for wanted in wanted {
        let is = |t: &&Trail| *wanted == t.arn || t.described["Name"] == wanted.as_str();
        let trail = match here.iter().find(is) {
            Some(trail) => Some(trail.clone()),
            None if region_of(wanted).is_some() => get(api, wanted, cx.account)?,
            None => None,
        };
        if trail.is_none() && given {
            return Err(StepError::Refused(format!(
                "no trail {wanted} in this region: give another --region, or the trail's ARN"
            )));
        }
        named.extend(trail);
    }
    Ok(named)
}

/// The argument that has the ARNs of the trails that a plan chose.
pub const CHOSEN: &str = "chosen-trails";

/// Refuses an item without a state: its trail was deleted.
///
/// # Errors
/// With the reason.
pub fn refuse_gone(item: &Item) -> Result<(), StepError> {
    match item.state {
        Value::Null => Err(StepError::Refused(format!(
            "{} does not exist any more: somebody deleted the trail; plan again",
            item.arn()
        ))),
        _ => Ok(()),
    }
}

/// One item for each trail. A trail of another account has the state `{"ManagedBy": account}` and stays as
/// it is. Without any trail, the one item has the state `{"ManagedBy": "nobody"}`.
///
/// # Errors
/// When AWS refuses a read, or no trail has the given name.
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
    if trails.is_empty() && !cx.args.given(CHOSEN) {
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

/// The owner in the item of a region without trails.
const NOBODY: &str = "nobody";

/// A call about a trail, in the region that its ARN names.
///
/// # Errors
/// When the ARN names no region.
pub fn call<const N: usize>(
    arn: &str,
    operation: &str,
    params: [(&str, Value); N],
) -> Result<Call, StepError> {
    let region = region_of(arn).ok_or_else(|| invalid_arn(arn))?;
    Ok(Call::new("cloudtrail", operation, params).in_region(region))
}

fn invalid_arn(arn: &str) -> StepError {
    StepError::Refused(format!("'{arn}' is not the ARN of a trail"))
}

/// The reason why we leave an item unchanged.
pub fn notes(item: &Item) -> Vec<String> {
    let owner = item.state["ManagedBy"].as_str();
    let note = |owner: &str| {
        if owner == NOBODY {
            return "no trail: AWS stores management events for 90 days in the event history, and nothing \
                    else; the step cloudtrail.create-trail makes one"
                .to_string();
        }
        format!("{} is an organization's trail: only account {owner} can change it", item.arn())
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
    pub fn two_trails(member: &str, on: bool) -> Fake {
        let other = ARN.replace("123456789012", "999999999999").replace("main", "org");
        Fake::default().answers(
            "cloudtrail:DescribeTrails",
            json!([
                {"Name": "main", "TrailARN": ARN, member: on},
                {"Name": "org", "TrailARN": other, "IsOrganizationTrail": true, member: on},
            ]),
        )
    }

    /// Change, hold and undo of a step that turns one setting on.
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
        let Undo::Change(back) = undo(&now[0], &items[0].state) else { panic!("no undo") };
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
