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
        if let Some((_, arn)) = &current {
            let actions = [
                "secretsmanager:DescribeSecret",
                "secretsmanager:GetSecretValue",
                "secretsmanager:PutSecretValue",
                "secretsmanager:UpdateSecretVersionStage",
            ];
            draft.needed.add(&actions, arn);
        }
        Ok(Some(Reissue {
            number: draft.number,
            user,
            keys,
            delete,
            secret,
            current: current.map(|(version, _)| version),
            file,
            probe: text("probe"),
        }))
    }

    /// The version with AWSCURRENT, and the secret's ARN.
    fn current_version(&self, id: &str) -> Result<(String, String), PlanError> {
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
        let current = has("AWSCURRENT").ok_or_else(|| {
            PlanError::Refused(format!("the secret {id} has no current version to replace"))
        })?;
        let call = "secretsmanager:DescribeSecret";
        let arn = secret["ARN"].as_str().ok_or(PlanError::Answer { call, member: "the ARN" })?;
        Ok((current, arn.to_string()))
    }
}
