//! Plans the re-issue of an access key: IAM allows two keys, and the new one needs a destination.

use super::build::{Draft, Planner};
use super::error::PlanError;
use super::model::{Form, Kind, Reissue};
use super::spare::{UserKey, keys_of};
use crate::clock;
use crate::cloud::Call;
use crate::step::Args;

/// How long consumers may take to read a new key from Secrets Manager, in seconds, if nobody says.
const GRACE: u64 = 60;

impl Planner<'_> {
    /// Plans the re-issue. Without a destination for the new key, the step is blocked: a run must not end as if there
    /// was one.
    pub(super) fn reissue(&self, args: &Args, draft: &mut Draft) -> Result<Kind, PlanError> {
        let text = |name: &str| Some(args.text(name).to_string()).filter(|t| !t.is_empty());
        let (user, secret, file) =
            (args.text("user").to_string(), text("secret"), text("new-key-file"));
        let form = match args.text("form") {
            "seamless" => Form::Seamless,
            _ => Form::StopNow,
        };
        if secret.is_none() && file.is_none() {
            let give = "give --secret NAME (Secrets Manager) or --new-key-file FILE";
            return match form {
                Form::StopNow => {
                    Ok(Kind::Blocked(format!("no new key: it has no destination; {give}")))
                }
                Form::Seamless => Err(PlanError::Usage(format!(
                    "--mode seamless makes a new key before the leaked one dies: {give}"
                ))),
            };
        }
        let keys = keys_of(self.api, &user)?;
        let delete = text("delete-key");
        check_slots(&user, &keys, delete.as_deref(), form, args)?;
        let grace = grace(form, args, secret.is_some())?;
        if form == Form::Seamless {
            let leaked = args.text("access-key");
            let used =
                keys.iter().find(|key| key.active && (leaked.is_empty() || key.id == leaked));
            let used = used.map(|key| format!("{}: {}", key.id, self.last_used(&key.id)));
            draft.needed.add(&["iam:GetAccessKeyLastUsed"], "*");
            draft.notes.push(format!(
                "The leaked key works until the new one does. If an attacker uses it, stop it now: --mode rotate ({})",
                used.as_deref().unwrap_or("no key is active")
            ));
        }
        let current = secret.as_ref().map(|id| self.current_version(id)).transpose()?;
        let probe = text("probe");
        self.try_probe(probe.as_deref(), draft)?;
        draft.number += 1;
        let arn = format!("arn:{}:iam::{}:user/{user}", draft.made.partition, self.caller.account);
        let actions = ["iam:CreateAccessKey", "iam:DeleteAccessKey", "iam:ListAccessKeys"];
        draft.needed.add(&actions, &arn);
        if let Some(Current { arn, key, .. }) = &current {
            let actions = [
                "secretsmanager:DescribeSecret",
                "secretsmanager:GetSecretValue",
                "secretsmanager:PutSecretValue",
                "secretsmanager:UpdateSecretVersionStage",
            ];
            draft.needed.add(&actions, arn);
            if let Some(key) = key {
                draft.needed.add(&["kms:Decrypt", "kms:GenerateDataKey"], &key_arn(arn, key));
            }
        }
        Ok(Kind::Reissue(Reissue {
            number: draft.number,
            form,
            grace,
            user,
            keys: keys.into_iter().map(|key| key.id).collect(),
            delete,
            secret,
            current: current.map(|current| current.version),
            file,
            probe,
        }))
    }

    /// Finds a mistyped bucket with the caller's own credentials, before anything is approved.
    fn try_probe(&self, probe: Option<&str>, draft: &mut Draft) -> Result<(), PlanError> {
        let Some(bucket) = probe.and_then(|probe| probe.strip_prefix("s3:")) else {
            return Ok(());
        };
        let arn = format!("arn:{}:s3:::{bucket}", draft.made.partition);
        draft.needed.add(&["s3:ListBucket"], &arn);
        match self.api.call(&Call::new("s3", "HeadBucket", [("Bucket", bucket.into())])) {
            Err(e) if e.is_not_found() => {
                Err(PlanError::Refused(format!("--probe: there is no bucket {bucket}")))
            }
            Err(e) => {
                draft.notes.push(format!("The probe s3:{bucket} fails with your own key: {e}"));
                Ok(())
            }
            Ok(_) => Ok(()),
        }
    }

    fn current_version(&self, id: &str) -> Result<Current, PlanError> {
        let call = Call::new("secretsmanager", "DescribeSecret", [("SecretId", id.into())]);
        let secret = self.api.call(&call)?;
        if secret["RotationEnabled"] == true {
            return Err(PlanError::Refused(format!(
                "automatic rotation of the secret {id} is on, and both would use AWSPENDING: cancel it first \
                 (aws secretsmanager cancel-rotate-secret)"
            )));
        }
        let versions = secret["VersionIdsToStages"].as_object();
        let has = |label: &str| {
            versions.and_then(|v| {
                v.iter()
                    .find(|(_, stages)| {
                        stages.as_array().is_some_and(|s| s.contains(&label.into()))
                    })
                    .map(|(id, _)| id.clone())
            })
        };
        if let Some(pending) = has("AWSPENDING").filter(|p| has("AWSCURRENT").as_ref() != Some(p)) {
            return Err(PlanError::Refused(format!(
                "the secret {id} has a pending version already ({pending}): another rotation is in progress"
            )));
        }
        let version = has("AWSCURRENT").ok_or_else(|| {
            PlanError::Refused(format!("the secret {id} has no current version to replace"))
        })?;
        let call = "secretsmanager:DescribeSecret";
        let arn = secret["ARN"].as_str().ok_or(PlanError::Answer { call, member: "the ARN" })?;
        let key = secret["KmsKeyId"].as_str().map(str::to_string);
        Ok(Current { version, arn: arn.to_string(), key })
    }
}

/// Refuses when there is no room for a new key, or when the key to delete would still be in use.
fn check_slots(
    user: &str,
    keys: &[UserKey],
    delete: Option<&str>,
    form: Form,
    args: &Args,
) -> Result<(), PlanError> {
    let Some(delete) = delete else {
        if keys.len() < 2 {
            return Ok(());
        }
        let ids: Vec<&str> = keys.iter().map(|key| key.id.as_str()).collect();
        return Err(PlanError::Refused(format!(
            "{user} has two keys ({}), and IAM allows only two, also when they are inactive. Save the evidence of \
             one, then name it with --delete-key (deleting is irreversible), or re-issue to a new user",
            ids.join(", ")
        )));
    };
    let Some(key) = keys.iter().find(|key| key.id == delete) else {
        return Err(PlanError::Usage(format!("--delete-key: {user} has no key {delete}")));
    };
    let leaked = args.text("access-key");
    let dies_first =
        form == Form::StopNow && (args.given("all-keys") || leaked.is_empty() || leaked == delete);
    if key.active && !dies_first {
        return Err(PlanError::Refused(format!(
            "--delete-key: {delete} is active, and this plan does not stop it before the new key is made: \
             deactivate it first, or give --mode rotate --all-keys"
        )));
    }
    Ok(())
}

/// The seconds that consumers have to read the new key.
fn grace(form: Form, args: &Args, in_secret: bool) -> Result<u64, PlanError> {
    if form == Form::StopNow {
        return Ok(0);
    }
    match (args.text("grace"), in_secret) {
        ("", true) => Ok(GRACE),
        ("", false) => Err(PlanError::Usage(
            "--mode seamless with --new-key-file: give --grace TIME, in which you bring the new key to its consumers"
                .into(),
        )),
        // A run waits for it.
        (text, _) => match clock::seconds(text) {
            Some(seconds) if seconds <= 24 * 3600 => Ok(seconds),
            Some(_) => Err(PlanError::Usage(format!("--grace: {text} is more than a day"))),
            None => Err(PlanError::Usage(format!(
                "--grace: '{text}' is not a time such as 90s, 5m or 1h"
            ))),
        },
    }
}

/// A secret's current version.
struct Current {
    version: String,
    /// The secret's ARN.
    arn: String,
    /// The KMS key that encrypts it, if it is not the AWS managed one: an ARN, an id or an alias.
    key: Option<String>,
}

/// The ARN of a secret's key. An alias is a name that may move, so it stands for every key of the region: a policy
/// cannot grant the use of a key by its alias (AWS KMS Developer Guide, "Using aliases to control access").
fn key_arn(secret: &str, key: &str) -> String {
    if key.starts_with("arn:") && key.contains(":key/") {
        return key.to_string();
    }
    let id = if key.contains("alias/") { "*" } else { key };
    match secret.split(':').collect::<Vec<_>>()[..] {
        [arn, partition, _, region, account, ..] => {
            format!("{arn}:{partition}:kms:{region}:{account}:key/{id}")
        }
        _ => "*".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::key_arn;

    #[test]
    fn a_key_becomes_the_arn_that_a_policy_names() {
        let secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/key-AbCdEf";
        let region = "arn:aws:kms:eu-west-1:123456789012:key";
        let whole = format!("{region}/1234abcd");
        assert_eq!(key_arn(secret, &whole), whole);
        assert_eq!(key_arn(secret, "1234abcd"), whole);
        for alias in ["alias/app", "arn:aws:kms:eu-west-1:123456789012:alias/app"] {
            assert_eq!(key_arn(secret, alias), format!("{region}/*"));
        }
    }
}
