//! Keys, sessions and sign-ins as reports show them.

use crate::clock::Millis;

/// One access key or console session: where it came from, and how it was used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Session {
    /// The key's id. A console session has many keys, so it has an id of its own: `console-…`.
    pub access_key: String,
    pub kind: SessionKind,
    /// ARN where there is one.
    pub principal: String,
    /// Role session name.
    pub name: String,
    pub account: String,
    /// Id of the session that it came from; empty at the start of a chain, as far as the logs show.
    pub parent_key: String,
    /// Who requested it.
    pub parent: String,
    /// `AssumeRole`, `CreateAccessKey`, `console`, `instance`, `service`, …; empty if not known.
    pub how: String,
    pub issued_at: Option<Millis>,
    pub issued_from: String,
    /// `None` if it was not used.
    pub first_seen: Option<Millis>,
    pub last_seen: Option<Millis>,
    pub events: u64,
    pub denied: u64,
    pub bytes_out: u64,
    /// Source addresses in the order of first use, capped.
    pub addresses: Vec<String>,
    /// Services such as `s3`, in the order of first use.
    pub services: Vec<String>,
    pub mfa: Option<bool>,
    pub source_identity: String,
    /// The start of its chain, in words.
    pub origin: String,
    /// Records disagree about who received the key.
    pub contested: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SessionKind {
    LongTerm,
    #[default]
    Temporary,
    Console,
}

impl SessionKind {
    pub fn name(self) -> &'static str {
        match self {
            SessionKind::LongTerm => "long-term",
            SessionKind::Temporary => "temporary",
            SessionKind::Console => "console",
        }
    }
}

/// Sessions that were issued and never used in the logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusedSessions {
    /// `AssumeRole`, …
    pub how: String,
    /// The role that was assumed.
    pub role: String,
    /// Who requested them, with which key, from where.
    pub parent: String,
    pub parent_key: String,
    pub issued_from: String,
    pub keys: u64,
    pub first: Millis,
    pub last: Millis,
}

/// One line of the session tree, with its details and the sessions that came from it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Branch {
    pub title: String,
    pub details: Vec<String>,
    pub branches: Vec<Branch>,
    /// The user selected it.
    pub chosen: bool,
}

/// The tree of sessions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forest {
    pub roots: Vec<Branch>,
    /// Keys and sign-ins, in all.
    pub sessions: u64,
    /// Roots that are not shown.
    pub left_out: u64,
    /// Keys that were issued and never used in the logs.
    pub unused: u64,
}
