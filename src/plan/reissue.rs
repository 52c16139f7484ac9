//! Plans the re-issue of an access key: IAM allows two keys, and the new one needs a destination.

use super::build::{Draft, PlanError, Planner};
use super::model::Reissue;
use crate::cloud::Call;
use crate::step::Args;

impl Planner<'_> {
    /// Plans the re-issue. `None` without a destination for the new key.
    pub(super) fn reissue(
        &self,
        args: &Args,
        draft: &mut Draft,
    ) -> Result<Option<Reissue>, PlanError> {
        let text = |name: &str| Some(args.text(name).to_string()).filter(|t| !t.is_empty());
        let (user, secret, file) =
            (args.text("user").to_string(), text("secret"), text("new-key-file"));
        if secret.is_none() && file.is_none() {
            draft.notes.push(
                "No new key is issued: give --secret NAME (Secrets Manager) or --new-key-file FILE to re-issue \
                 one in the same run"
                    .into(),
            );
            return Ok(None);
        }
        let list = Call::new("iam", "ListAccessKeys", [("UserName", user.as_str().into())]);
        let keys = self.api.call(&list)?;
        let keys: Vec<String> = keys
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|k| k["AccessKeyId"].as_str().map(str::to_string))
            .collect();
        let delete = text("delete-key");
        if keys.len() >= 2 && delete.is_none() {
            return Err(PlanError::Refused(format!(
                "{user} has two keys ({}), and IAM allows only two, also when they are inactive. Save the \
                 evidence of one, then name it with --delete-key (deleting is irreversible), or re-issue to \
                 a new user",
                keys.join(", ")
            )));
        }
        if let Some(key) = delete.as_ref().filter(|key| !keys.contains(key)) {
            return Err(PlanError::Usage(format!("--delete-key: {user} has no key {key}")));
        }
        let current = secret.as_ref().map(|id| self.current_version(id)).transpose()?;
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
        Ok(Some(Reissue {
            number: draft.number,
            user,
            keys,
            delete,
            secret,
            current: current.map(|current| current.version),
            file,
            probe: text("probe"),
        }))
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
