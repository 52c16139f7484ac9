//! A user's console password as IAM shows it: what the steps on it have in common.

use serde_json::{Value, json};

use super::{Context, Item, StepError};
use crate::cloud::{Api, Call};

/// `#login-profile`: `null` without one, else `CreateDate`, `PasswordResetRequired` and `ResetByCase`.
///
/// IAM shows neither the password nor when it was set, so a reset of ours looks like one that somebody else
/// asked for, under which the old password still opens the way to a new one. `ResetByCase` tells them apart:
/// it is true when this case wrote to this very profile ([`Context::written`]).
pub fn observe(api: &dyn Api, cx: &Context) -> Result<Item, StepError> {
    let user = cx.args.text("user");
    let resource = format!("{}#login-profile", cx.user_arn(user));
    let state = match api.call(&Call::new("iam", "GetLoginProfile", [("UserName", user.into())])) {
        Ok(profile) => json!({
            "CreateDate": profile["CreateDate"],
            "PasswordResetRequired": profile["PasswordResetRequired"],
            "ResetByCase": profile["PasswordResetRequired"] == true
                && cx.written.get(&resource).is_some_and(|o| o["CreateDate"] == profile["CreateDate"]),
        }),
        Err(e) if e.is_not_found() => Value::Null,
        Err(e) => return Err(e.into()),
    };
    Ok(Item { resource, state })
}
