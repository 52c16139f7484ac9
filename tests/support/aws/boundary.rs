//! The permissions boundary of a user, which moto lacks, answered by the proxy in AWS's own form.

use std::sync::{Mutex, PoisonError};

use super::answers::{Answer, xml};
use super::calls::Exchange;
use super::http::Message;

/// One user's boundary: its policy's ARN.
#[derive(Default)]
pub struct UserBoundary {
    policy: Mutex<Option<String>>,
}

impl UserBoundary {
    pub fn policy(&self) -> Option<String> {
        self.policy.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Answer for UserBoundary {
    fn answer(&self, call: &Exchange) -> Option<Message> {
        let mut policy = self.policy.lock().unwrap();
        match call.name().as_str() {
            "iam:PutUserPermissionsBoundary" => {
                *policy = call.parameter("PermissionsBoundary");
                Some(xml(call, ""))
            }
            "iam:DeleteUserPermissionsBoundary" => {
                *policy = None;
                Some(xml(call, ""))
            }
            "iam:GetUser" => {
                let (policy, user) = (policy.as_ref()?, call.parameter("UserName")?);
                Some(xml(
                    call,
                    &format!(
                        "<User><Path>/</Path><UserName>{user}</UserName><UserId>AIDA</UserId>\
                         <Arn>arn:aws:iam::123456789012:user/{user}</Arn>\
                         <CreateDate>2026-01-02T03:04:05Z</CreateDate><PermissionsBoundary>\
                         <PermissionsBoundaryType>PermissionsBoundaryPolicy</PermissionsBoundaryType>\
                         <PermissionsBoundaryArn>{policy}</PermissionsBoundaryArn></PermissionsBoundary></User>"
                    ),
                ))
            }
            _ => None,
        }
    }
}
