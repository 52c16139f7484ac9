//! A user's console password as IAM shows it (its login profile).

use serde_json::{Value, json};

use super::answer;
use crate::cloud::{Api, Call};
use crate::step::model::{Context, Item, StepError, Undo};

/// The loss that steps on the password report.
pub const LOSS: &str = "the old password is gone; an administrator must set a new one";

/// `#login-profile`: `null` without one, else `CreateDate`, `PasswordResetRequired` and `ResetByCase`.
///
/// IAM shows neither the password nor when it was set. A reset of ours therefore looks like one that somebody
/// else required; but after theirs, the old password still works until the next sign-in. `ResetByCase` is true
/// only when this case wrote to this very profile ([`Context::written`]).
///
/// # Errors
/// When AWS refuses the read or leaves out a field.
pub fn observe(api: &dyn Api, cx: &Context) -> Result<Item, StepError> {
    let user = cx.args.text("user");
    let resource = format!("{}#login-profile", cx.user_arn(user));
    let get = Call::new("iam", "GetLoginProfile", [("UserName", user.into())]);
    let state = match api.call(&get) {
        Ok(profile) => {
            let created = answer::text(&get, &profile, "CreateDate")?;
            let must_reset = answer::member(&get, &profile, "PasswordResetRequired")?;
            let written = cx.written.get(&resource);
            json!({
                "CreateDate": created,
                "PasswordResetRequired": must_reset,
                "ResetByCase":
                    must_reset == true && written.is_some_and(|ours| ours["CreateDate"] == created),
            })
        }
        Err(e) if e.is_not_found() => Value::Null,
        Err(e) => return Err(e.into()),
    };
    Ok(Item { resource, state })
}

/// Why undo cannot restore the old password.
pub fn undo_refused(cx: &Context) -> Undo {
    Undo::Refused(format!(
        "AWS does not give the old password back: set a new one for {} once you trust the user again",
        cx.args.text("user")
    ))
}
