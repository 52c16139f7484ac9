//! Which denies of this program are in force in an account, whoever put them there: found by their Sids, case or no case.

use serde_json::Value;

use super::subject::BucketRegions;
use crate::cloud::{Api, ApiError, Call};
use crate::step::Mark;

/// One deny in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InForce {
    /// The ARN of the user, role or bucket.
    pub on: String,
    /// Where it stands: `inline policy NAME`, `trust policy`, `bucket policy`, `attached policy AWSDenyAll` …
    pub place: String,
    /// The moment before which sessions are denied, for a cutoff.
    pub cutoff: Option<String>,
    /// Whose it is. `None` for `AWSDenyAll` on an identity that no tag of ours marks.
    pub mark: Option<Mark>,
}

/// Every deny of ours on users, roles and buckets, and the buckets whose policies could not be read, with the reason.
///
/// # Errors
/// When AWS refuses to list the users and roles, or the buckets.
pub fn in_force(api: &dyn Api, partition: &str) -> Result<(Vec<InForce>, Vec<String>), ApiError> {
    let mut found = Vec::new();
    let all = api.call(&Call::new("iam", "GetAccountAuthorizationDetails", []))?;
    for identity in ["Users", "Roles"].iter().flat_map(|kind| each(&all[*kind])) {
        of_identity(identity, &mut found);
    }
    let (mut unread, mut regions) = (Vec::new(), BucketRegions::default());
    for bucket in each(&api.call(&Call::new("s3", "ListBuckets", []))?) {
        let Some(name) = bucket["Name"].as_str() else { continue };
        match policy_of(api, &mut regions, name) {
            Ok(document) => {
                let on = format!("arn:{partition}:s3:::{name}");
                of_document(&document, &on, "bucket policy", &mut found);
            }
            Err(why) => unread.push(format!("bucket {name}: {why}")),
        }
    }
    Ok((found, unread))
}

/// The policy of a bucket, asked in the bucket's region; `null` if it has none.
fn policy_of(api: &dyn Api, regions: &mut BucketRegions, name: &str) -> Result<Value, String> {
    let region = regions.of(api, name).map_err(|e| e.to_string())?;
    let call = Call::new("s3", "GetBucketPolicy", [("Bucket", name.into())]).in_region(&region);
    match api.call(&call) {
        Ok(policy) => {
            let text = policy["Policy"].as_str().unwrap_or_default();
            serde_json::from_str(text).map_err(|e| format!("its policy is no JSON: {e}"))
        }
        Err(e) if e.is_not_found() => Ok(Value::Null),
        Err(e) => Err(e.to_string()),
    }
}

fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn of_identity(identity: &Value, found: &mut Vec<InForce>) {
    let on = identity["Arn"].as_str().unwrap_or_default();
    for policy in each(&identity["Policies"]) {
        let place = format!("inline policy {}", policy["Name"].as_str().unwrap_or_default());
        of_document(&policy["Document"], on, &place, found);
    }
    of_document(&identity["Trust"], on, "trust policy", found);
    // Nothing on AWS's own policy says whose decision it was, but a tag beside it may. Of several, none is left out.
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let tags = each(&identity["Tags"]);
    let tags = tags.filter_map(|tag| Mark::of_tag(&text(&tag["Key"]), &text(&tag["Value"])));
    let mut owners: Vec<Option<Mark>> = tags.map(Some).collect();
    if owners.is_empty() {
        owners.push(None);
    }
    let denies_all =
        |arn: &Value| arn.as_str().is_some_and(|arn| arn.ends_with(":iam::aws:policy/AWSDenyAll"));
    let attached = each(&identity["Attached"]).any(|policy| denies_all(&policy["PolicyArn"]));
    let places = [
        (attached, "attached policy AWSDenyAll"),
        (denies_all(&identity["Boundary"]), "permissions boundary AWSDenyAll"),
    ];
    for (_, place) in places.iter().filter(|(there, _)| *there) {
        found.extend(owners.iter().map(|mark| InForce {
            on: on.into(),
            place: (*place).into(),
            cutoff: None,
            mark: mark.clone(),
        }));
    }
}

/// The marked statements of a document. One that does not deny is somebody's forgery.
fn of_document(document: &Value, on: &str, place: &str, found: &mut Vec<InForce>) {
    let statements = &document["Statement"];
    let one = statements.is_object().then_some(statements);
    for statement in one.into_iter().chain(each(statements)) {
        let mark = statement["Sid"].as_str().and_then(Mark::parse);
        let Some(mark) = mark.filter(|_| statement["Effect"] == "Deny") else { continue };
        let cutoff = &statement["Condition"]["DateLessThan"]["aws:TokenIssueTime"];
        found.push(InForce {
            on: on.into(),
            place: place.into(),
            cutoff: cutoff.as_str().map(str::to_string),
            mark: Some(mark),
        });
    }
}
