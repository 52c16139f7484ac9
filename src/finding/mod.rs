//! Findings: statements of detectors and rules that a responder can act on. Knows no polars and no formats.

pub mod change;
pub mod credentials;
pub mod guardduty;
pub mod id;
pub mod merge;
pub mod scope;
pub mod seen;
pub mod session;
pub mod severity;
pub mod story;
pub mod summary;
pub mod tactic;

pub use scope::Scope;
pub use severity::Severity;
pub use story::Story;
pub use summary::{Row, Summary};

use std::collections::BTreeMap;

use crate::clock::Millis;

/// One burst of one behaviour by one principal.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Stable over runs: hash of rule, principal and start of the burst.
    pub id: String,
    /// Id of the most severe detector or rule.
    pub rule: String,
    /// Every detector that saw the same cause, `rule` first.
    pub rules: Vec<String>,
    /// Findings merge if this is equal and their times touch.
    pub cause: Cause,
    pub title: String,
    pub severity: Severity,
    /// MITRE ATT&CK technique ids, sorted, once each.
    pub attack: Vec<String>,
    /// MITRE ATT&CK tactics in words, in the order of an attack.
    pub tactics: Vec<String>,
    /// The meaning and the ordinary causes, as the rule or the detector in the heading describes them; may be empty.
    pub description: String,
    /// No call succeeded.
    pub tried: bool,
    /// Id of the finding's story; may be empty.
    pub story: String,
    pub first_seen: Millis,
    pub last_seen: Millis,
    /// Number of events the finding rests on.
    pub events: u64,
    pub who: Who,
    /// Source addresses, most events first.
    pub sources: Vec<SourceSeen>,
    /// As sent, most used first, capped.
    pub user_agents: Vec<String>,
    pub actions: Vec<ActionSeen>,
    /// ARNs or `s3://bucket/key`, capped.
    pub resources: Vec<String>,
    /// Users, keys, buckets … that the calls acted on, capped.
    pub targets: Vec<Target>,
    pub reasons: Vec<Reason>,
    /// What was usual for the principal, one statement each.
    pub baseline: Vec<String>,
    /// Thresholds that decided, with the value in force.
    pub settings: Vec<SettingUsed>,
    /// Capped; `events` has the full number.
    pub evidence: Vec<Evidence>,
    /// Scopes that find the finding's events in the logs again: every event that one of them matches.
    pub scopes: Vec<Scope>,
    /// Events by the rollup row that counted them, so that merged findings count each event once. The row's first event
    /// names it.
    pub rows: BTreeMap<(Millis, String), u64>,
    pub playbook: Option<Proposal>,
    /// What to do next, one imperative sentence each.
    pub next: Vec<String>,
}

/// Groups detectors that look at one behaviour from several sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// A credential used from an unfamiliar source.
    ForeignUse,
    /// Trying what the credential can do.
    Discovery,
    /// Data read in bulk.
    BulkRead,
    /// Data deleted or overwritten in bulk.
    BulkDestroy,
    /// Guessing passwords.
    SignIn,
    /// Far more traffic than usual, without a more specific cause.
    Volume,
    /// A single act that a rule names.
    Act,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Who {
    pub account: String,
    /// ARN where there is one.
    pub principal: String,
    pub kind: String,
    pub access_key: String,
    /// Role session name.
    pub session: String,
    /// Where the session's credentials came from, in words.
    pub origin: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SourceSeen {
    pub address: String,
    /// `service`, `aws-internal`, `private`, `own`, `cloud`, `other`.
    pub class: String,
    /// `203.0.113.0/24`, or the /64 of an IPv6 address.
    pub network: String,
    /// ISO 3166-1 alpha-2, empty when no GeoIP file was given.
    pub country: String,
    /// `AS64500 Example Net`, empty when no GeoIP file was given.
    pub asn: String,
    pub first: Millis,
    pub last: Millis,
    pub events: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionSeen {
    /// `s3:GetObject`.
    pub action: String,
    pub events: u64,
    pub denied: u64,
    pub failed: u64,
}

/// A resource that calls acted on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// `user`, `access-key`, `bucket`, …
    pub kind: String,
    pub name: String,
}

/// One reason in words, with its number and the number that it was compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    pub rule: String,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct SettingUsed {
    /// `s3.bulk-read.min_objects`: the key in `incident.toml`.
    pub name: String,
    pub value: f64,
    pub unit: String,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    pub time: Millis,
    pub event_id: String,
    /// `s3:GetObject`.
    pub action: String,
    /// Path as found; members of archives as `archive.zip!member`.
    pub file: String,
    /// Byte offset of the record in the uncompressed file.
    pub offset: u64,
    /// `cloudtrail` or `s3-access`.
    pub log: String,
}

/// The playbook that would contain the finding, with its parameters filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    pub id: String,
    pub params: Vec<(String, String)>,
}

/// Findings that an allow-list entry suppressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    /// The allow-list entry in words: `cidr 198.51.100.0/24 (pentest, until 2026-12-31)`.
    pub entry: String,
    pub findings: u64,
}
