//! The `userIdentity` of a record, for the kinds of callers that the generated logs contain.

use crate::calendar;
use crate::json::{Object, object};

/// An IAM role: `path` is empty or ends in a slash.
#[derive(Clone, Debug)]
pub struct Role {
    pub account: String,
    pub path: String,
    pub name: String,
    pub id: String,
}

impl Role {
    pub fn arn(&self) -> String {
        format!("arn:aws:iam::{}:role/{}{}", self.account, self.path, self.name)
    }

    /// The ARN of one session. It leaves the path out.
    pub fn session_arn(&self, session: &str) -> String {
        format!("arn:aws:sts::{}:assumed-role/{}/{session}", self.account, self.name)
    }
}

/// One session of a role.
pub struct Session<'a> {
    pub role: &'a Role,
    pub name: &'a str,
    pub key: &'a str,
    pub since: i64,
    pub kind: SessionKind<'a>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SessionKind<'a> {
    Plain,
    /// Credentials that an instance fetched from its metadata service.
    Instance,
    /// A service works with the session on the caller's behalf.
    Via(&'a str),
}

/// An IAM user with a long-term key.
pub fn user(account: &str, name: &str, id: &str, key: &str) -> String {
    object(|o| user_members(o, account, name, id, Some(key)))
}

/// An IAM user at the console sign-in page, where no key is involved.
pub fn user_signing_in(account: &str, name: &str, id: &str) -> String {
    object(|o| user_members(o, account, name, id, None))
}

/// An IAM user who browses the console with temporary credentials.
pub fn user_in_console(account: &str, name: &str, id: &str, key: &str, since: i64) -> String {
    object(|o| {
        user_members(o, account, name, id, Some(key));
        o.object("sessionContext", |o| attributes(o, since, true));
    })
}

pub fn session(session: &Session) -> String {
    object(|o| session_members(o, session, true))
}

/// A role session at the console sign-in page.
pub fn session_signing_in(session: &Session) -> String {
    object(|o| session_members(o, session, false))
}

/// An AWS service acting for itself.
pub fn service(host: &str) -> String {
    object(|o| {
        o.text("type", "AWSService").text("invokedBy", host);
    })
}

/// Somebody who comes from the identity provider, before a role is assumed.
pub fn saml_user(provider: &str, user: &str) -> String {
    object(|o| {
        o.text("type", "SAMLUser")
            .text("principalId", &format!("{provider}:{user}"))
            .text("userName", user)
            .text("identityProvider", provider);
    })
}

/// A workload that shows a token of another provider, before a role is assumed.
pub fn web_identity(provider: &str, subject: &str) -> String {
    object(|o| {
        o.text("type", "WebIdentityUser")
            .text("principalId", &format!("{provider}:sts.amazonaws.com:{subject}"))
            .text("userName", subject)
            .text("identityProvider", provider);
    })
}

/// A role session of another account, as the account sees it whose role it assumes.
pub fn other_account(account: &str, principal_id: &str) -> String {
    object(|o| {
        o.text("type", "AWSAccount").text("principalId", principal_id).text("accountId", account);
    })
}

/// Somebody at the sign-in page of IAM Identity Center.
pub fn identity_center_user(account: &str, store: &str, user_id: &str) -> String {
    object(|o| {
        o.text("type", "IdentityCenterUser").text("accountId", account).object("onBehalfOf", |o| {
            o.text("userId", user_id).text(
                "identityStoreArn",
                &format!("arn:aws:identitystore::{account}:identitystore/{store}"),
            );
        });
    })
}

fn user_members(o: &mut Object, account: &str, name: &str, id: &str, key: Option<&str>) {
    o.text("type", "IAMUser")
        .text("principalId", id)
        .text("arn", &format!("arn:aws:iam::{account}:user/{name}"))
        .text("accountId", account);
    if let Some(key) = key {
        o.text("accessKeyId", key);
    }
    o.text("userName", name);
}

fn session_members(o: &mut Object, session: &Session, with_key: bool) {
    let role = session.role;
    o.text("type", "AssumedRole")
        .text("principalId", &format!("{}:{}", role.id, session.name))
        .text("arn", &role.session_arn(session.name))
        .text("accountId", &role.account);
    if with_key {
        o.text("accessKeyId", session.key);
    }
    o.object("sessionContext", |o| {
        o.object("sessionIssuer", |o| {
            o.text("type", "Role")
                .text("principalId", &role.id)
                .text("arn", &role.arn())
                .text("accountId", &role.account)
                .text("userName", &role.name);
        });
        attributes(o, session.since, false);
        if session.kind == SessionKind::Instance {
            o.text("ec2RoleDelivery", "2.0");
        }
    });
    if let SessionKind::Via(host) = session.kind {
        o.text("invokedBy", host);
    }
}

fn attributes(o: &mut Object, since: i64, mfa: bool) {
    o.object("attributes", |o| {
        o.text("creationDate", &calendar::iso(since))
            .text("mfaAuthenticated", if mfa { "true" } else { "false" });
    });
}
