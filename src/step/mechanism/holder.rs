//! The identity that a policy is put on: a user or a role.

use crate::clock::{self, Millis};
use crate::step::model::Context;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    User,
    Role,
}

impl Holder {
    /// `User`, `Role`: part of the names of operations and parameters.
    pub fn kind(self) -> &'static str {
        match self {
            Holder::User => "User",
            Holder::Role => "Role",
        }
    }

    /// The holder's name, from the arguments.
    pub fn name<'a>(self, cx: &Context<'a>) -> &'a str {
        cx.args.text(match self {
            Holder::User => "user",
            Holder::Role => "role",
        })
    }

    /// How long a session of the holder can last.
    ///
    /// A user: GetSessionToken and GetFederationToken give up to 129,600 seconds (STS API reference). A role: up to 12
    /// hours, whatever its MaxSessionDuration says now: whoever may update the role can lower that number after a
    /// session was issued, and credentials from EC2 are not subject to it (IAM API reference, UpdateRole).
    pub fn longest_session(self) -> Millis {
        match self {
            Holder::User => 36 * clock::HOUR,
            Holder::Role => 12 * clock::HOUR,
        }
    }

    pub fn arn(self, cx: &Context) -> String {
        match self {
            Holder::User => cx.user_arn(self.name(cx)),
            Holder::Role => cx.role_arn(self.name(cx)),
        }
    }
}
