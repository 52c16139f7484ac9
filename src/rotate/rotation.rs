//! The stages of a re-issue. The journal records each before and after, so that a crash leaves no key behind.

use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::secret_versions::{self, CURRENT, PENDING};
use super::{ReissueRequest, RotateError, journal_phases, key_destination, probe, user_keys};
use crate::clock::rfc3339;
use crate::cloud::{Api, Client, ErrorKind, IssuedKey};
use crate::event::time;
use crate::journal::{Event, Journal, Phase};
use crate::ui::Ui;
use crate::ui::shell::CommandLine;

pub struct Rotation<'a, 'b> {
    pub client: &'a Client,
    pub journal: &'b mut Journal,
    pub ui: &'a Ui,
    pub request: &'b ReissueRequest<'b>,
}

impl Rotation<'_, '_> {
    /// Continues after the last recorded phase. Returns the new key's id.
    pub fn resume(&mut self, phases: &[(Phase, Value)]) -> Result<String, RotateError> {
        let Some((last, detail)) = phases.last() else { return self.create() };
        let key = journal_phases::recorded_key(phases).map(|key| key.id);
        match (last, key) {
            (Phase::Finished, Some(id)) => Ok(id),
            (Phase::Promoted, Some(id)) => self.finish(&id),
            (Phase::Created | Phase::Staged | Phase::Checked | Phase::Promoting, Some(id)) => {
                self.resume_with(id)
            }
            (Phase::Creating, _) => {
                self.remove_orphans(detail)?;
                self.create()
            }
            (Phase::Deleting | Phase::Deleted | Phase::Removed, _) => self.create(),
            (phase, _) => Err(RotateError::Stopped(format!(
                "the journal's re-issue for {} ends in the phase '{}', which names no key: check the \
                 user's keys by hand",
                self.request.user,
                phase.name()
            ))),
        }
    }

    /// Removes the keys that an interrupted run requested and did not record.
    pub fn remove_orphans_of(&mut self, phases: &[(Phase, Value)]) -> Result<(), RotateError> {
        match phases.last() {
            Some((Phase::Creating, detail)) => self.remove_orphans(detail),
            _ => Ok(()),
        }
    }

    fn record(&mut self, phase: Phase, detail: Value) -> Result<(), RotateError> {
        let change = self.request.number;
        self.journal.append(Event::Reissue { change, phase, detail })?;
        Ok(())
    }

    fn keys(&self) -> Result<Vec<String>, RotateError> {
        user_keys::list(self.client, self.request.user)
    }

    fn delete(&self, key: &str) -> Result<(), RotateError> {
        user_keys::delete(self.client, self.request.user, key)
    }

    /// The same version id for the same key, so that staging it twice creates one version.
    fn version(&self, key: &str) -> String {
        let ReissueRequest { case, number, user, .. } = self.request;
        let digest = Sha256::digest(format!("{case}/{number}/{user}/{key}"));
        digest.iter().take(16).map(|b| format!("{b:02x}")).collect()
    }

    /// Deletes the key that an interrupted call created: nobody uses it, because nobody ever saw its secret. Keys that
    /// somebody else created since stay, and several that may be ours are left to the responder.
    fn remove_orphans(&mut self, detail: &Value) -> Result<(), RotateError> {
        let user = self.request.user;
        let before: Option<Vec<&str>> =
            detail["before"].as_array().and_then(|keys| keys.iter().map(Value::as_str).collect());
        let before = before.ok_or_else(|| {
            RotateError::Stopped(format!(
                "the journal does not say which keys {user} had before the re-issue: check them by hand"
            ))
        })?;
        let at = detail["at"].as_str().and_then(time::parse);
        let new = user_keys::new_since(self.client, user, &before, at)?;
        let (ours, others): (Vec<_>, Vec<_>) = new.into_iter().partition(|key| key.may_be_ours);
        for key in others {
            self.ui.warning(&format!(
                "{user} has a new key {}: not from the interrupted run, by its creation time; it stays",
                key.id
            ));
        }
        let [key] = &ours[..] else {
            return if ours.is_empty() { Ok(()) } else { Err(self.several(&ours)) };
        };
        self.ui.warning(&format!(
            "deleting {}: an interrupted run created it, and its secret is lost",
            key.id
        ));
        self.delete(&key.id)?;
        self.record(Phase::Removed, json!({"user": user, "key": key.id, "why": "orphan"}))
    }

    /// Several keys of the moment of the interrupted call: one of them may be somebody else's.
    fn several(&self, keys: &[user_keys::NewKey]) -> RotateError {
        let user = self.request.user;
        let ids: Vec<&str> = keys.iter().map(|key| key.id.as_str()).collect();
        let delete = CommandLine::new("aws iam delete-access-key").option("--user-name", user);
        RotateError::Stopped(format!(
            "{user} has {} keys that were created when the run was interrupted ({}), and one of them may be in use: \
             delete the ones that nobody uses, then resume\n{}",
            ids.len(),
            ids.join(", "),
            delete.then("--access-key-id ID").after("delete one")
        ))
    }

    fn create(&mut self) -> Result<String, RotateError> {
        let request = *self.request;
        if let Some(file) = request.file.filter(|_| request.secret.is_none()) {
            super::check_new_file(file).map_err(RotateError::Stopped)?;
        }
        if let Some(key) = request.delete
            && self.keys()?.iter().any(|k| k == key)
        {
            self.record(Phase::Deleting, json!({"user": request.user, "key": key}))?;
            self.delete(key)?;
            self.record(Phase::Deleted, json!({"user": request.user, "key": key}))?;
        }
        let before = self.keys()?;
        let creating =
            json!({"user": request.user, "before": before, "at": rfc3339(self.client.now())});
        self.record(Phase::Creating, creating.clone())?;
        let key = match self.client.create_access_key(request.user) {
            Ok(key) => key,
            Err(e) if e.kind == ErrorKind::Unknown => {
                self.remove_orphans(&creating)?;
                return Err(RotateError::Stopped(format!(
                    "{e}; no new key exists: resume to try again"
                )));
            }
            Err(e) => return Err(e.into()),
        };
        self.record(Phase::Created, json!({"user": request.user, "key": key.id}))?;
        self.ui.status(&format!("     new key {} for {}", key.id, request.user));
        self.stage(&key)
    }

    /// Stores the new key where its consumers will read it, but not as the current one yet.
    fn stage(&mut self, key: &IssuedKey) -> Result<String, RotateError> {
        let stored = match (self.request.secret, self.request.file) {
            (Some(secret), _) => self.stage_in_secret(secret, key),
            (None, Some(file)) => key_destination::write(file, key).map_err(RotateError::from),
            (None, None) => Err(RotateError::Stopped("the new key has no destination".into())),
        };
        if let Err(e) = stored {
            return Err(self.roll_back(&key.id, &e.to_string()));
        }
        self.record(
            Phase::Staged,
            json!({"user": self.request.user, "key": key.id, "version": self.version(&key.id)}),
        )?;
        self.test(key)
    }

    fn stage_in_secret(&self, secret: &str, key: &IssuedKey) -> Result<(), RotateError> {
        let current = self.client.read_secret(secret, CURRENT)?;
        let value = key_destination::with_key(&current, key).ok_or_else(|| {
            RotateError::Stopped(format!("the secret {secret} contains no access key"))
        })?;
        Ok(self.client.stage_secret(secret, &self.version(&key.id), &value)?)
    }

    /// Continues with a key whose secret this run did not see: the secret is in the destination, or lost.
    fn resume_with(&mut self, id: String) -> Result<String, RotateError> {
        let staged = match (self.request.secret, self.request.file) {
            (Some(secret), _) => {
                let version = self.version(&id);
                if self.has_label(secret, CURRENT, &version)? {
                    return self.promoted(&id);
                }
                let value = if self.has_label(secret, PENDING, &version)? {
                    Some(self.client.read_secret(secret, PENDING)?)
                } else {
                    None
                };
                value.and_then(|value| key_destination::key_in(&value)).filter(|key| key.id == id)
            }
            (None, Some(file)) => key_destination::read_file(Path::new(file), &id)?,
            (None, None) => None,
        };
        // An interrupted rollback may have deleted the key already.
        let exists = self.keys()?.contains(&id);
        match staged.filter(|_| exists) {
            Some(key) => self.test(&key),
            None => {
                self.ui.warning(&format!(
                    "deleting {id}: an interrupted run created it, and its secret is lost"
                ));
                self.remove_new_key(&id)?;
                self.record(
                    Phase::Removed,
                    json!({"user": self.request.user, "key": id, "why": "orphan"}),
                )?;
                self.create()
            }
        }
    }

    /// Deletes a key that nobody uses yet, and removes it from its destination.
    fn remove_new_key(&self, id: &str) -> Result<(), RotateError> {
        self.delete(id)?;
        match (self.request.secret, self.request.file) {
            (Some(secret), _) => {
                secret_versions::remove_pending(self.client, secret, &self.version(id))
            }
            (None, Some(file)) => Ok(key_destination::remove_file(Path::new(file), id)?),
            (None, None) => Ok(()),
        }
    }

    fn test(&mut self, key: &IssuedKey) -> Result<String, RotateError> {
        let ReissueRequest { user, probe, propagation, .. } = *self.request;
        self.ui.status("     testing the new key with itself");
        if let Err(why) = probe::test_key(self.client, key, user, probe, propagation) {
            return Err(self.roll_back(&key.id, &format!("the new key does not work: {why}")));
        }
        self.record(Phase::Checked, json!({"user": user, "key": key.id}))?;
        let Some(secret) = self.request.secret else { return self.finish(&key.id) };
        let version = self.version(&key.id);
        let from = secret_versions::labelled(self.client, secret, CURRENT)?;
        self.record(
            Phase::Promoting,
            json!({"user": user, "key": key.id, "version": version, "from": from}),
        )?;
        match secret_versions::promote(self.client, secret, &version, &from) {
            Ok(()) => self.promoted(&key.id),
            Err(_) if self.has_label(secret, CURRENT, &version)? => self.promoted(&key.id),
            Err(e) => Err(self.roll_back(&key.id, &e.to_string())),
        }
    }

    fn promoted(&mut self, id: &str) -> Result<String, RotateError> {
        self.record(Phase::Promoted, json!({"user": self.request.user, "key": id}))?;
        self.ui.status("     AWSCURRENT is the new key; AWSPREVIOUS is the compromised one");
        self.finish(id)
    }

    fn finish(&mut self, id: &str) -> Result<String, RotateError> {
        if let Some(secret) = self.request.secret {
            secret_versions::remove_pending(self.client, secret, &self.version(id))?;
        }
        let at = rfc3339(self.client.now());
        self.record(Phase::Finished, json!({"user": self.request.user, "key": id, "at": at}))?;
        Ok(id.to_string())
    }

    /// Before the promotion: removes the new key and its label. No consumer has read it yet.
    fn roll_back(&mut self, id: &str, why: &str) -> RotateError {
        self.ui.warning(&format!("rolling back: {why}"));
        let removed = self.remove_new_key(id).and_then(|()| {
            self.record(Phase::Removed, json!({"user": self.request.user, "key": id, "why": why}))
        });
        match removed {
            Ok(()) => RotateError::Stopped(format!("{why}; the new key was removed again")),
            Err(e) => RotateError::Stopped(format!(
                "{why}; and rolling back FAILED: {e}; check whether the key {id} still exists"
            )),
        }
    }

    fn has_label(&self, secret: &str, label: &str, version: &str) -> Result<bool, RotateError> {
        secret_versions::has_label(self.client, secret, label, version)
    }
}
