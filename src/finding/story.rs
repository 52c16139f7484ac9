//! Stories: the findings of one actor, in order.

use super::{Proposal, Severity, Target};
use crate::clock::Millis;

/// The activity of one actor, as far as the findings show it.
#[derive(Debug, Clone, PartialEq)]
pub struct Story {
    /// The same in every run over the same logs.
    pub id: String,
    /// One sentence.
    pub headline: String,
    pub severity: Severity,
    pub account: String,
    pub first_seen: Millis,
    pub last_seen: Millis,
    pub actor: Actor,
    /// In order of time.
    pub steps: Vec<Step>,
    /// Access that the actor gained, in words.
    pub gained: Vec<String>,
    pub touched: Vec<Touched>,
    /// Playbooks, each once; those of the most severe findings first.
    pub playbooks: Vec<Proposal>,
    /// Ids.
    pub findings: Vec<String>,
}

/// The actor, as far as the logs show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Actor {
    /// The key or sign-in that the activity started with, in words.
    pub origin: String,
    /// ARNs.
    pub principals: Vec<String>,
    pub access_keys: Vec<String>,
    pub addresses: Vec<String>,
}

/// One finding as a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub time: Millis,
    pub last: Millis,
    /// ATT&CK tactic in words; may be empty.
    pub tactic: String,
    pub text: String,
    /// Id.
    pub finding: String,
    pub severity: Severity,
    /// No call succeeded.
    pub tried: bool,
}

/// A resource that was read, changed or created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    pub target: Target,
    pub events: u64,
    /// Sent by AWS; 0 for anything but a bucket.
    pub bytes: u64,
}
