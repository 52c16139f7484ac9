//! The moves of a re-issue, each in the journal before and after, so that a crash leaves no key behind.

use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Order, RotateError, check, key_destination};
use crate::case::CaseError;
use crate::cloud::{Api, Call, Client, ErrorKind, IssuedKey};
use crate::journal::{Event, Journal, Phase};
use crate::ui::Ui;

/// How often a removal whose answer was lost is tried.
const LOST: usize = 3;

pub struct Rotation<'a, 'b> {
    pub client: &'a Client,
    pub journal: &'b mut Journal,
    pub ui: &'a Ui,
    pub order: &'b Order<'b>,
}

impl Rotation<'_, '_> {
    pub fn go(&mut self, moves: &[(Phase, Value)]) -> Result<String, RotateError> {
        let last = moves.last().map(|(phase, _)| *phase);
        let detail = moves.last().map_or(&Value::Null, |(_, detail)| detail);
        let issued = super::issued(moves).map(|key| key.id);
        match (last, issued) {
            (Some(Phase::Finished), Some(id)) => Ok(id),
            (Some(Phase::Promoted), Some(id)) => self.finish(&id),
            (
                Some(Phase::Created | Phase::Staged | Phase::Checked | Phase::Promoting),
                Some(id),
            ) => self.go_on(id),
            (Some(Phase::Creating), _) => {
                self.remove_orphans(detail)?;
                self.anew()
            }
            _ => self.anew(),
        }
    }

    /// Removes what a run left that ended between asking for a key and knowing it.
    pub fn clear(&mut self, moves: &[(Phase, Value)]) -> Result<(), RotateError> {
        match moves.last() {
            Some((Phase::Creating, detail)) => self.remove_orphans(detail),
            _ => Ok(()),
        }
    }

    fn note(&mut self, phase: Phase, detail: Value) -> Result<(), RotateError> {
        let change = self.order.number;
        self.journal.append(Event::Reissue { change, phase, detail })?;
        Ok(())
    }

    fn keys(&self) -> Result<Vec<String>, RotateError> {
        let call = Call::new("iam", "ListAccessKeys", [("UserName", self.order.user.into())]);
        let keys = self.client.call(&call)?;
        let ids = keys.as_array().into_iter().flatten().filter_map(|k| k["AccessKeyId"].as_str());
        Ok(ids.map(str::to_string).collect())
    }

    fn delete(&self, key: &str) -> Result<(), RotateError> {
        let call = Call::new(
            "iam",
            "DeleteAccessKey",
            [("UserName", self.order.user.into()), ("AccessKeyId", key.into())],
        );
        self.remove(&call, || Ok(!self.keys()?.iter().any(|k| k == key)))
    }

    /// Takes something away. A lost answer is asked after, and the call made again while it is still there.
    fn remove(
        &self,
        call: &Call,
        gone: impl Fn() -> Result<bool, RotateError>,
    ) -> Result<(), RotateError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.client.call(call) {
                Ok(_) => return Ok(()),
                Err(e) if e.is_not_found() => return Ok(()),
                Err(e) if e.kind == ErrorKind::Unknown => {
                    if gone()? {
                        return Ok(());
                    }
                    if tries == LOST {
                        return Err(e.into());
                    }
                }
                Err(e) => return Err(e.into()),
            }
        }
    }

    /// A version id that is the same for the same key: putting it twice is putting it once.
    fn version(&self, key: &str) -> String {
        let Order { case, number, user, .. } = self.order;
        let digest = Sha256::digest(format!("{case}/{number}/{user}/{key}"));
        hex::encode(&digest[..16])
    }

    /// A run that ended between asking for a key and knowing it: every key that was not there before is
    /// nobody's, because its secret was never seen.
    fn remove_orphans(&mut self, detail: &Value) -> Result<(), RotateError> {
        let before: Vec<&str> =
            detail["before"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for key in self.keys()?.into_iter().filter(|key| !before.contains(&key.as_str())) {
            self.ui.warning(&format!(
                "removing {key}: made by the run that ended, its secret is lost"
            ));
            self.delete(&key)?;
            self.note(
                Phase::Removed,
                json!({"user": self.order.user, "key": key, "why": "orphan"}),
            )?;
        }
        Ok(())
    }

    fn anew(&mut self) -> Result<String, RotateError> {
        let order = *self.order;
        if let Some(file) = order.file.filter(|_| order.secret.is_none()) {
            super::fresh(file).map_err(RotateError::Stopped)?;
        }
        if let Some(key) = order.delete
            && self.keys()?.iter().any(|k| k == key)
        {
            self.note(Phase::Deleting, json!({"user": order.user, "key": key}))?;
            self.delete(key)?;
            self.note(Phase::Deleted, json!({"user": order.user, "key": key}))?;
        }
        let before = self.keys()?;
        self.note(Phase::Creating, json!({"user": order.user, "before": before}))?;
        let key = match self.client.create_access_key(order.user) {
            Ok(key) => key,
            Err(e) if e.kind == ErrorKind::Unknown => {
                self.remove_orphans(&json!({"before": before}))?;
                return Err(RotateError::Stopped(format!(
                    "{e}; no key was kept: resume to try again"
                )));
            }
            Err(e) => return Err(e.into()),
        };
        self.note(Phase::Created, json!({"user": order.user, "key": key.id}))?;
        self.ui.status(&format!("     new key {} for {}", key.id, order.user));
        self.place(&key)
    }

    /// Puts the new key where its consumers will find it; not yet as the current one.
    fn place(&mut self, key: &IssuedKey) -> Result<String, RotateError> {
        let placed = match (self.order.secret, self.order.file) {
            (Some(secret), _) => self.stage(secret, key),
            (None, Some(file)) => key_destination::write(file, key).map_err(RotateError::from),
            (None, None) => Err(RotateError::Stopped("there is nowhere to put the new key".into())),
        };
        if let Err(e) = placed {
            return Err(self.roll_back(&key.id, &e.to_string()));
        }
        self.note(
            Phase::Staged,
            json!({"user": self.order.user, "key": key.id, "version": self.version(&key.id)}),
        )?;
        self.check(key)
    }

    fn stage(&self, secret: &str, key: &IssuedKey) -> Result<(), RotateError> {
        let current = self.client.read_secret(secret, "AWSCURRENT")?;
        let value = key_destination::with_key(&current, key).ok_or_else(|| {
            RotateError::Stopped(format!("the secret {secret} holds no access key"))
        })?;
        Ok(self.client.stage_secret(secret, &self.version(&key.id), &value)?)
    }

    /// A key is there and this run does not know its secret: it is in the staged version, or lost.
    fn go_on(&mut self, id: String) -> Result<String, RotateError> {
        let staged = match (self.order.secret, self.order.file) {
            (Some(secret), _) => {
                let version = self.version(&id);
                if self.has(secret, "AWSCURRENT", &version)? {
                    return self.promoted(&id);
                }
                let pending = self.has(secret, "AWSPENDING", &version)?;
                let value = if pending {
                    Some(self.client.read_secret(secret, "AWSPENDING")?)
                } else {
                    None
                };
                value.and_then(|value| key_destination::key_in(&value)).filter(|key| key.id == id)
            }
            (None, Some(file)) => match std::fs::read(file) {
                Ok(text) => read_file(&String::from_utf8_lossy(&text), &id),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
                // The key may be in use: it is not removed for a file that cannot be read.
                Err(e) => return Err(CaseError::Io(file.into(), e).into()),
            },
            (None, None) => None,
        };
        // A rollback that was cut short has deleted the key already.
        let there = self.keys()?.contains(&id);
        match staged.filter(|_| there) {
            Some(key) => self.check(&key),
            None => {
                self.ui.warning(&format!(
                    "removing {id}: its secret was lost with the run that ended"
                ));
                self.take_away(&id)?;
                self.note(
                    Phase::Removed,
                    json!({"user": self.order.user, "key": id, "why": "orphan"}),
                )?;
                self.anew()
            }
        }
    }

    /// Deletes a key that is not in use yet, and what was put where its consumers look.
    fn take_away(&self, id: &str) -> Result<(), RotateError> {
        self.delete(id)?;
        match (self.order.secret, self.order.file) {
            (Some(secret), _) => self.unlabel(secret, &self.version(id)),
            (None, Some(file)) => Ok(key_destination::remove_file(Path::new(file), id)?),
            (None, None) => Ok(()),
        }
    }

    fn check(&mut self, key: &IssuedKey) -> Result<String, RotateError> {
        let Order { user, probe, propagation, .. } = *self.order;
        self.ui.status("     checking the new key with itself");
        if let Err(why) = check::check(self.client, key, user, probe, propagation) {
            return Err(self.roll_back(&key.id, &format!("the new key does not work: {why}")));
        }
        self.note(Phase::Checked, json!({"user": user, "key": key.id}))?;
        let Some(secret) = self.order.secret else { return self.finish(&key.id) };
        let version = self.version(&key.id);
        let from = self.holder(secret, "AWSCURRENT")?;
        self.note(
            Phase::Promoting,
            json!({"user": user, "key": key.id, "version": version, "from": from}),
        )?;
        let call = Call::new(
            "secretsmanager",
            "UpdateSecretVersionStage",
            [
                ("SecretId", secret.into()),
                ("VersionStage", "AWSCURRENT".into()),
                ("MoveToVersionId", version.as_str().into()),
                ("RemoveFromVersionId", from.into()),
            ],
        );
        match self.client.call(&call) {
            Ok(_) => self.promoted(&key.id),
            Err(_) if self.has(secret, "AWSCURRENT", &version)? => self.promoted(&key.id),
            Err(e) => Err(self.roll_back(&key.id, &e.to_string())),
        }
    }

    fn promoted(&mut self, id: &str) -> Result<String, RotateError> {
        self.note(Phase::Promoted, json!({"user": self.order.user, "key": id}))?;
        self.ui.status("     AWSCURRENT is the new key; AWSPREVIOUS holds the burnt one");
        self.finish(id)
    }

    fn finish(&mut self, id: &str) -> Result<String, RotateError> {
        if let Some(secret) = self.order.secret {
            self.unlabel(secret, &self.version(id))?;
        }
        self.note(Phase::Finished, json!({"user": self.order.user, "key": id}))?;
        Ok(id.to_string())
    }

    /// Takes AWSPENDING off our version, where it is still on it.
    fn unlabel(&self, secret: &str, version: &str) -> Result<(), RotateError> {
        if !self.has(secret, "AWSPENDING", version)? {
            return Ok(());
        }
        let call = Call::new(
            "secretsmanager",
            "UpdateSecretVersionStage",
            [
                ("SecretId", secret.into()),
                ("VersionStage", "AWSPENDING".into()),
                ("RemoveFromVersionId", version.into()),
            ],
        );
        self.remove(&call, || Ok(!self.has(secret, "AWSPENDING", version)?))
    }

    /// Before the promotion: the new key and its label go, and nobody has noticed.
    fn roll_back(&mut self, id: &str, why: &str) -> RotateError {
        self.ui.warning(&format!("rolling back: {why}"));
        let noted = self.take_away(id).and_then(|()| {
            self.note(Phase::Removed, json!({"user": self.order.user, "key": id, "why": why}))
        });
        match noted {
            Ok(()) => RotateError::Stopped(format!("{why}; the new key was removed again")),
            Err(e) => {
                RotateError::Stopped(format!("{why}; and the new key {id} was NOT removed: {e}"))
            }
        }
    }

    fn holder(&self, secret: &str, label: &str) -> Result<String, RotateError> {
        let versions = self.versions(secret)?;
        let labelled =
            |stages: &Value| stages.as_array().is_some_and(|s| s.contains(&label.into()));
        let found = versions.as_object().and_then(|v| v.iter().find(|(_, s)| labelled(s)));
        found.map(|(id, _)| id.clone()).ok_or_else(|| {
            RotateError::Stopped(format!("no version of the secret {secret} is labelled {label}"))
        })
    }

    fn has(&self, secret: &str, label: &str, version: &str) -> Result<bool, RotateError> {
        let versions = self.versions(secret)?;
        Ok(versions[version].as_array().is_some_and(|stages| stages.contains(&label.into())))
    }

    fn versions(&self, secret: &str) -> Result<Value, RotateError> {
        let call = Call::new("secretsmanager", "DescribeSecret", [("SecretId", secret.into())]);
        Ok(self.client.call(&call)?["VersionIdsToStages"].take())
    }
}

/// The key in a file that a run before wrote.
fn read_file(text: &str, id: &str) -> Option<IssuedKey> {
    let value = |name: &str| {
        text.lines()
            .find_map(|l| l.strip_prefix(name)?.trim_start().strip_prefix('='))
            .map(str::trim)
    };
    (value("aws_access_key_id")? == id).then_some(())?;
    let secret = crate::cloud::Secret::new(value("aws_secret_access_key")?);
    Some(IssuedKey { id: id.to_string(), secret })
}
