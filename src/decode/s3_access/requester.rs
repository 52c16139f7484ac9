//! Resolves the requester field of an access log line to an actor.

use std::borrow::Cow;

use crate::event::{Actor, identity};

/// The kinds of requester that S3 writes.
enum Requester<'a> {
    Anonymous,
    /// An AWS service, by its DNS name.
    Service(&'a str),
    Arn(&'a str),
    /// A canonical user ID: the root user of an account, or an account as a whole.
    Canonical(&'a str),
    Account(&'a str),
    Unknown(&'a str),
}

impl<'a> Requester<'a> {
    fn read(text: &'a str) -> Requester<'a> {
        match text {
            "" | "Anonymous" => Requester::Anonymous,
            // Lifecycle rules act under this name.
            "AmazonS3" => Requester::Service("s3.amazonaws.com"),
            _ if text.starts_with("arn:") => Requester::Arn(text),
            _ if text.starts_with("svc:") => Requester::Service(text.get(4..).unwrap_or("")),
            _ if text.ends_with(".amazonaws.com") => Requester::Service(text),
            _ if is_number(text, 12) => Requester::Account(text),
            _ if is_hex(text, 64) => Requester::Canonical(text),
            _ => Requester::Unknown(text),
        }
    }
}

/// The requester's lasting identity, as `Actor::principal` defines it.
pub(super) fn principal(requester: &str) -> Cow<'_, str> {
    match Requester::read(requester) {
        Requester::Anonymous => Cow::Borrowed("anonymous"),
        Requester::Service(name) => Cow::Borrowed(name),
        Requester::Arn(arn) => identity::session_principal(arn).0,
        Requester::Canonical(id) => Cow::Owned(format!("canonical:{id}")),
        Requester::Account(id) => Cow::Owned(format!("AWSAccount:{id}")),
        Requester::Unknown(text) => Cow::Owned(format!("Unknown:{text}")),
    }
}

/// The actor without its principal, which the caller has to own.
pub(super) fn actor(requester: &str) -> Actor<'_> {
    let of_kind = |kind| Actor { kind, ..Actor::default() };
    match Requester::read(requester) {
        Requester::Anonymous => of_kind("Anonymous"),
        Requester::Service(_) => Actor { by_service: true, ..of_kind("AWSService") },
        Requester::Arn(arn) => Actor {
            account: identity::arn_account(arn),
            session: identity::session_name(arn),
            ..of_kind(arn_kind(arn))
        },
        Requester::Canonical(_) => of_kind("Canonical"),
        Requester::Account(id) => Actor { account: id, ..of_kind("AWSAccount") },
        Requester::Unknown(_) => of_kind("Unknown"),
    }
}

/// CloudTrail's `userIdentity.type` for an ARN.
fn arn_kind(arn: &str) -> &'static str {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or("");
    match resource.split('/').next() {
        Some("assumed-role") => "AssumedRole",
        Some("user") => "IAMUser",
        Some("root") => "Root",
        Some("federated-user") => "FederatedUser",
        Some("role") => "Role",
        _ => "Unknown",
    }
}

fn is_number(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
