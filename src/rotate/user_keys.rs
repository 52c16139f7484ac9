//! The access keys of a user: which exist, and deleting one.

use serde_json::Value;

use super::RotateError;
use super::removal::remove;
use crate::clock::{MINUTE, Millis};
use crate::cloud::{Api, Call, Client};
use crate::event::time;

/// The ids of the user's keys, active or not.
///
/// # Errors
/// When AWS refuses the read or answers without the ids: an unknown key could be deleted as an orphan.
pub fn list(client: &Client, user: &str) -> Result<Vec<String>, RotateError> {
    Ok(keys(client, user)?.into_iter().map(|(id, _)| id).collect())
}

/// Ids and creation times.
fn keys(client: &Client, user: &str) -> Result<Vec<(String, Option<Millis>)>, RotateError> {
    let call = Call::new("iam", "ListAccessKeys", [("UserName", user.into())]);
    let answer = client.call(&call)?;
    let created = |key: &Value| time::parse(key["CreateDate"].as_str()?);
    let keys = answer.as_array().and_then(|keys| {
        keys.iter()
            .map(|key| Some((key["AccessKeyId"].as_str()?.to_string(), created(key))))
            .collect()
    });
    keys.ok_or_else(|| {
        RotateError::Stopped(format!("{} answered without the key ids of {user}", call.name()))
    })
}

/// How far from the moment before the call a key may have been created by it, in AWS's time: clocks differ a little
/// before it, and a lost call is on its way for a while.
const BEFORE: Millis = MINUTE;
const AFTER: Millis = 5 * MINUTE;

/// A key that was not there before an interrupted call.
#[derive(Debug, PartialEq, Eq)]
pub struct NewKey {
    pub id: String,
    /// The interrupted call may have created it, by its time.
    pub may_be_ours: bool,
}

/// The keys of the user that are not among `before`. `at` is AWS's time before the interrupted call.
///
/// # Errors
/// As [`list`].
pub fn new_since(
    client: &Client,
    user: &str,
    before: &[&str],
    at: Option<Millis>,
) -> Result<Vec<NewKey>, RotateError> {
    let new = keys(client, user)?.into_iter().filter(|(id, _)| !before.contains(&id.as_str()));
    Ok(new.map(|(id, created)| NewKey { id, may_be_ours: is_near(created, at) }).collect())
}

/// Whether a key of this creation time may come from a call that was made at `at`. What is not known is not ours.
fn is_near(created: Option<Millis>, at: Option<Millis>) -> bool {
    matches!((created, at), (Some(created), Some(at)) if (at - BEFORE..=at + AFTER).contains(&created))
}

/// Deletes a key.
///
/// # Errors
/// When AWS refuses, or the answer is lost and the key still exists.
pub fn delete(client: &Client, user: &str, key: &str) -> Result<(), RotateError> {
    let params = [("UserName", user.into()), ("AccessKeyId", key.into())];
    let call = Call::new("iam", "DeleteAccessKey", params);
    remove(client, &call, || Ok(!list(client, user)?.iter().any(|id| id == key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_key_of_the_minutes_after_the_call_may_be_ours() {
        let at = 1_000_000_000_000;
        assert!(is_near(Some(at + 2_000), Some(at)));
        assert!(is_near(Some(at - 1_000), Some(at)));
        assert!(!is_near(Some(at + 10 * MINUTE), Some(at)));
        assert!(!is_near(Some(at - 10 * MINUTE), Some(at)));
        assert!(!is_near(None, Some(at)));
        assert!(!is_near(Some(at), None));
    }
}
