//! The access keys of a user: which exist, and deleting one.

use super::RotateError;
use super::removal::remove;
use crate::cloud::{Api, Call, Client};

/// The ids of the user's keys, active or not.
///
/// # Errors
/// When AWS refuses the read or answers without the ids: an unknown key could be deleted as an orphan.
pub fn list(client: &Client, user: &str) -> Result<Vec<String>, RotateError> {
    let call = Call::new("iam", "ListAccessKeys", [("UserName", user.into())]);
    let answer = client.call(&call)?;
    let ids = answer.as_array().and_then(|keys| {
        keys.iter().map(|key| key["AccessKeyId"].as_str().map(str::to_string)).collect()
    });
    ids.ok_or_else(|| {
        RotateError::Stopped(format!("{} answered without the key ids of {user}", call.name()))
    })
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
