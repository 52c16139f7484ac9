//! Resolves what a playbook acts on: a key to its user, an ARN to a name, a bucket to its region.

use std::collections::BTreeMap;

use crate::cloud::{Api, ApiError, Arn, Call, Caller, ErrorKind};
use crate::step::Args;

use super::build::PlanError;

/// Sets the arguments that are derived from others.
///
/// # Errors
/// When a key is unknown, or belongs to root or to another user than the one named.
pub fn resolve(api: &dyn Api, caller: &Caller, args: &mut Args) -> Result<(), PlanError> {
    let key = args.text("access-key").to_string();
    if key.starts_with("ASIA") {
        return Err(PlanError::Refused(format!(
            "{key} is a temporary key. It ends with its session; contain its role or user instead. \
             `incident analyze` (or sts:AssumeRole in CloudTrail) shows the issuer; then use the playbook \
             compromised-role, or --user"
        )));
    }
    if !key.is_empty() {
        let user = owner(api, caller, &key)?;
        if args.given("user") && args.text("user") != user {
            return Err(PlanError::Refused(format!(
                "{key} belongs to the user {user}, not to {}",
                args.text("user")
            )));
        }
        args.set("user", user);
    }
    if let Some(arn) = Arn::parse(args.text("role")) {
        if !arn.account.is_empty() && arn.account != caller.account {
            return Err(PlanError::Refused(format!(
                "the role is in account {}, but these credentials are of account {}",
                arn.account, caller.account
            )));
        }
        let Some(name) = arn.role() else {
            return Err(PlanError::Usage(format!("--role: {} is not a role", args.text("role"))));
        };
        let name = name.to_string();
        args.set("role", name);
    }
    Ok(())
}

/// The complete ARN of the user and the role, by the ARN without the path.
///
/// # Errors
/// When the user or role does not exist.
pub fn arns(
    api: &dyn Api,
    caller: &Caller,
    args: &Args,
) -> Result<BTreeMap<String, String>, PlanError> {
    let mut found = BTreeMap::new();
    for (kind, operation, parameter) in
        [("user", "GetUser", "UserName"), ("role", "GetRole", "RoleName")]
    {
        let name = args.text(kind);
        if name.is_empty() {
            continue;
        }
        match api.call(&Call::new("iam", operation, [(parameter, name.into())])) {
            Ok(answer) => {
                let short =
                    format!("arn:{}:iam::{}:{kind}/{name}", caller.partition(), caller.account);
                let call = if kind == "user" { "iam:GetUser" } else { "iam:GetRole" };
                let whole = answer["Arn"].as_str();
                let whole = whole.ok_or(PlanError::Answer { call, member: "the ARN" })?;
                found.insert(short, whole.to_string());
            }
            Err(e) if e.is_not_found() => {
                return Err(PlanError::Refused(format!(
                    "there is no {kind} {name} in account {}",
                    caller.account
                )));
            }
            // The steps decide whether they need it.
            Err(_) => {}
        }
    }
    Ok(found)
}

fn owner(api: &dyn Api, caller: &Caller, key: &str) -> Result<String, PlanError> {
    let used = api.call(&Call::new("iam", "GetAccessKeyLastUsed", [("AccessKeyId", key.into())]));
    match used {
        Ok(used) => match used["UserName"].as_str() {
            Some(user) if !user.is_empty() && user != "root" && user != "<root_account>" => {
                Ok(user.to_string())
            }
            _ => Err(PlanError::Refused(format!(
                "{key} belongs to the account's root user, and no policy can limit root. Sign in as root and \
                 delete the key there, once `incident analyze` has shown what it did"
            ))),
        },
        Err(e) if matches!(e.kind, ErrorKind::NotFound | ErrorKind::Denied) => {
            Err(foreign(api, caller, key, e))
        }
        Err(e) => Err(e.into()),
    }
}

/// Why the lookup of the key failed. STS knows the account of any key.
fn foreign(api: &dyn Api, caller: &Caller, key: &str, e: ApiError) -> PlanError {
    let info = api.call(&Call::new("sts", "GetAccessKeyInfo", [("AccessKeyId", key.into())]));
    let account = info.ok().and_then(|i| i["Account"].as_str().map(str::to_string));
    match account {
        Some(account) if account != caller.account => PlanError::Refused(format!(
            "{key} belongs to account {account}, but these credentials are of account {}; use a profile of \
             that account, or report the key to its owner",
            caller.account
        )),
        _ => PlanError::Api(e),
    }
}

/// Regions of buckets; each is read once.
#[derive(Default)]
pub struct BucketRegions(BTreeMap<String, String>);

impl BucketRegions {
    /// # Errors
    /// When the bucket does not exist or is not ours.
    pub fn of(&mut self, api: &dyn Api, bucket: &str) -> Result<String, PlanError> {
        if let Some(region) = self.0.get(bucket) {
            return Ok(region.clone());
        }
        let asked = api.call(&Call::new("s3", "GetBucketLocation", [("Bucket", bucket.into())]));
        let region = match asked {
            // us-east-1 has no constraint (S3 API reference, GetBucketLocation).
            Ok(answer) => answer["LocationConstraint"].as_str().unwrap_or("us-east-1").to_string(),
            Err(e) if e.is_not_found() => {
                return Err(PlanError::Refused(format!("there is no bucket {bucket}")));
            }
            Err(e) => return Err(e.into()),
        };
        self.0.insert(bucket.to_string(), region.clone());
        Ok(region)
    }
}
