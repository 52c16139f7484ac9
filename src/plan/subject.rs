//! Resolves what a playbook acts on: a key to its user, an ARN to a name, a bucket to its region.

use std::collections::BTreeMap;

use crate::cloud::{Api, ApiError, Arn, Call, Caller, ErrorKind};
use crate::playbook::Playbook;
use crate::step::Args;

use super::error::PlanError;

/// Sets the arguments that are derived from others. A playbook for one user takes only that user's keys; one for many
/// takes the owner of each key.
///
/// # Errors
/// When a key is unknown, or belongs to root or to another user than the one named.
pub fn resolve(
    api: &dyn Api,
    caller: &Caller,
    playbook: &Playbook,
    args: &mut Args,
) -> Result<(), PlanError> {
    let many = playbook.parameters.get("user").is_some_and(|user| user.many);
    let mut users = args.all("user").to_vec();
    for key in args.all("access-key").iter().filter(|key| !key.is_empty()) {
        let user = owner(api, caller, key)?;
        match users.first() {
            Some(named) if !many && *named != user => {
                return Err(PlanError::Refused(format!(
                    "{key} belongs to the user {user}, not to {named}"
                )));
            }
            _ => users.push(user),
        }
    }
    let roles = args.all("role").iter().map(|role| role_name(caller, role));
    let roles = roles.collect::<Result<Vec<String>, PlanError>>()?;
    for (name, values) in [("user", users), ("role", roles)] {
        if !values.is_empty() {
            args.set_all(name, each_once(values));
        }
    }
    Ok(())
}

fn each_once(values: Vec<String>) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for value in values {
        if !once.contains(&value) {
            once.push(value);
        }
    }
    once
}

/// The name of a role of the caller's account.
fn role_name(caller: &Caller, role: &str) -> Result<String, PlanError> {
    let Some(arn) = Arn::parse(role) else { return Ok(role.to_string()) };
    if !arn.account.is_empty() && arn.account != caller.account {
        return Err(PlanError::Refused(format!(
            "the role is in account {}, but these credentials are of account {}",
            arn.account, caller.account
        )));
    }
    let name = arn.role().map(str::to_string);
    name.ok_or_else(|| PlanError::Usage(format!("--role: {role} is not a role")))
}

/// The complete ARN of every user and role, by the ARN without the path.
///
/// # Errors
/// When the user or role does not exist.
pub fn arns(
    api: &dyn Api,
    caller: &Caller,
    args: &Args,
) -> Result<BTreeMap<String, String>, PlanError> {
    let mut found = BTreeMap::new();
    let of = |kind: &'static str, operation: &'static str, parameter: &'static str| {
        let names = args.all(kind).iter().filter(|name| !name.is_empty());
        names.map(move |name| (kind, operation, parameter, name.as_str()))
    };
    for (kind, operation, parameter, name) in
        of("user", "GetUser", "UserName").chain(of("role", "GetRole", "RoleName"))
    {
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

/// The user to whom a long-term key belongs.
///
/// # Errors
/// A refusal for a temporary key, for root's and for one of another account; AWS's error when it does not tell.
pub fn owner(api: &dyn Api, caller: &Caller, key: &str) -> Result<String, PlanError> {
    if key.starts_with("ASIA") {
        return Err(PlanError::Refused(format!(
            "{key} is a temporary key. It ends with its session; contain its role or user instead. \
             `incident analyze` (or sts:AssumeRole in CloudTrail) shows the issuer; then use the playbook \
             compromised-role, or --user"
        )));
    }
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

/// Why the lookup of the key failed. IAM refuses a key of another account like one that the caller may not read; STS
/// knows the account of any key (AWS STS API Reference, `GetAccessKeyInfo`).
fn foreign(api: &dyn Api, caller: &Caller, key: &str, e: ApiError) -> PlanError {
    let info = api.call(&Call::new("sts", "GetAccessKeyInfo", [("AccessKeyId", key.into())]));
    let here = &caller.account;
    let account = info.map(|info| info["Account"].as_str().unwrap_or_default().to_string());
    PlanError::Refused(match account {
        Ok(account) if account == *here && e.is_not_found() => {
            format!("{key} is of account {here}, but no user has it any more: it was deleted")
        }
        Ok(account) if account == *here => format!(
            "{key} is of account {here}, but you may not read whose it is ({e}); name its user with --user"
        ),
        Ok(account) if !account.is_empty() => format!(
            "{key} belongs to account {account}, but these credentials are of account {here}; use a profile of that \
             account, or report the key to its owner"
        ),
        Ok(_) => return PlanError::Api(e),
        Err(unknown) => format!(
            "nobody tells whose key {key} is, so it may be of another account than {here}: {e}; {unknown}; if it is a \
             key of this account, name its user with --user"
        ),
    })
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::step::testing::Fake;

    #[test]
    fn a_key_of_another_account_is_told_from_one_that_may_not_be_read() {
        let caller = Caller { account: "123456789012".into(), ..Caller::default() };
        let refused = |info: Option<&str>, kind: ErrorKind, code: &str| {
            let api = match info {
                Some(account) => {
                    Fake::default().answers("sts:GetAccessKeyInfo", json!({"Account": account}))
                }
                None => Fake::default(),
            };
            let e = ApiError::new("iam:GetAccessKeyLastUsed", kind, code, "");
            foreign(&api, &caller, "AKIAX", e).to_string()
        };
        for (info, kind, code, says) in [
            (
                Some("999988887777"),
                ErrorKind::Denied,
                "AccessDenied",
                "belongs to account 999988887777",
            ),
            (
                Some("999988887777"),
                ErrorKind::NotFound,
                "NoSuchEntity",
                "belongs to account 999988887777",
            ),
            (
                Some("123456789012"),
                ErrorKind::Denied,
                "AccessDenied",
                "you may not read whose it is",
            ),
            (Some("123456789012"), ErrorKind::NotFound, "NoSuchEntity", "it was deleted"),
            (
                None,
                ErrorKind::Denied,
                "AccessDenied",
                "it may be of another account than 123456789012",
            ),
            (Some(""), ErrorKind::Denied, "AccessDenied", "iam:GetAccessKeyLastUsed: AccessDenied"),
        ] {
            let said = refused(info, kind, code);
            assert!(said.contains(says), "{info:?} {code}: {said}");
        }
    }
}
