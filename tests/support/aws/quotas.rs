//! Quotas that are used up, answered by the proxy in the words of AWS.

use std::sync::atomic::{AtomicBool, Ordering};

use super::answers::Answer;
use super::calls::Exchange;
use super::http::Message;
use super::rules::refusal;

/// Refuses these calls of IAM, whoever makes them, until there is room.
pub struct Full {
    calls: &'static [&'static str],
    room: AtomicBool,
}

impl Full {
    pub fn new(calls: &'static [&'static str]) -> Full {
        Full { calls, room: AtomicBool::new(false) }
    }

    /// From now on, everything fits.
    pub fn make_room(&self) {
        self.room.store(true, Ordering::SeqCst);
    }
}

/// No inline policy of ours fits.
pub const INLINE: &[&str] = &["PutUserPolicy", "PutRolePolicy"];
/// Nor can a policy be attached.
pub const INLINE_AND_ATTACHED: &[&str] =
    &["PutUserPolicy", "PutRolePolicy", "AttachUserPolicy", "AttachRolePolicy"];

impl Answer for Full {
    fn answer(&self, call: &Exchange) -> Option<Message> {
        if self.room.load(Ordering::SeqCst) {
            return None;
        }
        if call.service != "iam" || !self.calls.contains(&call.operation.as_str()) {
            return None;
        }
        let name = |name: &str| call.parameter(name).unwrap_or_default();
        let message = match call.operation.as_str() {
            "PutUserPolicy" => {
                format!("Maximum policy size of 2048 bytes exceeded for user {}", name("UserName"))
            }
            "PutRolePolicy" => {
                format!("Maximum policy size of 10240 bytes exceeded for role {}", name("RoleName"))
            }
            "AttachUserPolicy" => "Cannot exceed quota for PoliciesPerUser: 10".into(),
            _ => "Cannot exceed quota for PoliciesPerRole: 10".into(),
        };
        Some(refusal(call, 409, "LimitExceeded", &message))
    }
}
