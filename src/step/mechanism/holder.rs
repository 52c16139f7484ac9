//! The identity that a policy is put on: a user or a role.

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

    pub fn arn(self, cx: &Context) -> String {
        match self {
            Holder::User => cx.user_arn(self.name(cx)),
            Holder::Role => cx.role_arn(self.name(cx)),
        }
    }
}
