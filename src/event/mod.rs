//! The typed view of one log record.

pub mod action;
pub mod address;
pub mod agent;
pub mod effect;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
pub mod identity;
pub mod outcome;
pub mod session;
pub mod target;
pub mod time;

pub use address::{SourceClass, source_class};
pub use outcome::Outcome;
pub use session::{Context, Issued, IssuedKind, SignIn, SignInKind};

use crate::clock::Millis;

/// Which log a record came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Log {
    CloudTrail,
    S3Access,
}

impl Log {
    pub const ALL: [Log; 2] = [Log::CloudTrail, Log::S3Access];

    pub fn name(self) -> &'static str {
        match self {
            Log::CloudTrail => "cloudtrail",
            Log::S3Access => "s3-access",
        }
    }
}

/// One record, borrowed from the buffer it was decoded from. An absent value is `""`.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    pub log: Log,
    /// CloudTrail `eventTime` (request completed) or the access log's time (request received).
    pub time: Millis,
    /// CloudTrail `eventID`, or the access log's request ID.
    pub id: &'a str,
    /// Request ID of the call; equal in CloudTrail and the S3 access log.
    pub request_id: &'a str,
    pub account: &'a str,
    pub region: &'a str,
    /// `s3.amazonaws.com`.
    pub service: &'a str,
    /// `GetObject`. Access log operations are mapped to the API call's name.
    pub action: &'a str,
    /// `sourceIPAddress` as logged: an address, an AWS service's DNS name, or `AWS Internal`.
    pub source: &'a str,
    pub user_agent: &'a str,
    pub error: &'a str,
    pub outcome: Outcome,
    pub actor: Actor<'a>,
    pub vpc_endpoint: &'a str,
    pub bytes_out: u64,
    pub object: Option<ObjectAccess<'a>>,
    /// Bucket and key that a server-side copy read from.
    pub copied_from: Option<(&'a str, &'a str)>,
    /// Credentials that this call issued.
    pub issued: Option<Issued<'a>>,
    pub sign_in: Option<SignIn<'a>>,
    /// `sessionCredentialFromConsole`: signed with the credentials of a console session.
    pub from_console: bool,
}

/// Who made the call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Actor<'a> {
    /// `userIdentity.type`: `IAMUser`, `AssumedRole`, `Root`, `AWSService`, …; access logs: derived.
    pub kind: &'a str,
    /// The principal: user ARN, root ARN or role ARN; for a session that names a person (IAM Identity Center, an e-mail
    /// as session name) the session's ARN; a service's DNS name; else `kind:principalId`.
    pub principal: &'a str,
    /// Owner account of the identity.
    pub account: &'a str,
    pub access_key: &'a str,
    /// Role session name.
    pub session: &'a str,
    /// When the temporary credentials were issued; 0 if unknown.
    pub session_created: Millis,
    /// True for calls that an AWS service made on the account's behalf.
    pub by_service: bool,
    pub context: Context<'a>,
    /// Equal for records with equal `userIdentity` texts; 0 if not computed.
    pub fingerprint: u32,
}

/// What an S3 call did to which object or bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ObjectAccess<'a> {
    pub bucket: &'a str,
    /// Empty for calls on the bucket itself.
    pub key: &'a str,
    /// The version that the call named, if logged (access logs only).
    pub version: &'a str,
    pub kind: action::ObjectAction,
    /// The object's size in bytes, if logged (access logs only).
    pub size: u64,
}
