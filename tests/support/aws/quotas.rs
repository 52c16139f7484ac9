//! Quotas that are used up, answered by the proxy in the words of AWS.

use super::answers::Answer;
use super::calls::Exchange;
use super::http::Message;
use super::rules::refusal;

/// Refuses these calls of IAM, whoever makes them.
pub struct Full(pub &'static [&'static str]);

/// No inline policy of ours fits.
pub const INLINE: &[&str] = &["PutUserPolicy", "PutRolePolicy"];
/// Nor can a policy be attached.
pub const INLINE_AND_ATTACHED: &[&str] =
    &["PutUserPolicy", "PutRolePolicy", "AttachUserPolicy", "AttachRolePolicy"];

impl Answer for Full {
    fn answer(&self, call: &Exchange) -> Option<Message> {
        if call.service != "iam" || !self.0.contains(&call.operation.as_str()) {
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
