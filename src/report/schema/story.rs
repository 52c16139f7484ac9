//! One story of the document.

use serde::{Deserialize, Serialize};

use super::field::{self, At};
use super::finding::{Playbook, outcome};
use crate::finding::{Severity, story};

/// Findings of one actor in order of time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Story {
    pub id: String,
    pub headline: String,
    #[serde(deserialize_with = "field::severity")]
    pub severity: Severity,
    #[serde(deserialize_with = "field::time")]
    pub first_seen: Option<At>,
    #[serde(deserialize_with = "field::time")]
    pub last_seen: Option<At>,
    #[serde(with = "field::text")]
    pub account: String,
    pub actor: Actor,
    pub steps: Vec<Step>,
    pub gained: Vec<String>,
    pub touched: Vec<Touched>,
    pub playbooks: Vec<Playbook>,
    /// Ids.
    pub findings: Vec<String>,
}

impl From<&story::Story> for Story {
    fn from(s: &story::Story) -> Story {
        Story {
            id: s.id.clone(),
            headline: s.headline.clone(),
            severity: s.severity,
            first_seen: Some(At(s.first_seen)),
            last_seen: Some(At(s.last_seen)),
            account: s.account.clone(),
            actor: Actor::from(&s.actor),
            steps: s.steps.iter().map(Step::from).collect(),
            gained: s.gained.clone(),
            touched: s.touched.iter().map(Touched::from).collect(),
            playbooks: s.playbooks.iter().map(Playbook::from).collect(),
            findings: s.findings.clone(),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Actor {
    #[serde(with = "field::text")]
    pub origin: String,
    pub principals: Vec<String>,
    pub access_keys: Vec<String>,
    pub addresses: Vec<String>,
}

impl From<&story::Actor> for Actor {
    fn from(actor: &story::Actor) -> Actor {
        let story::Actor { origin, principals, access_keys, addresses } = actor.clone();
        Actor { origin, principals, access_keys, addresses }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Step {
    #[serde(deserialize_with = "field::time")]
    pub time: Option<At>,
    #[serde(deserialize_with = "field::time")]
    pub last: Option<At>,
    #[serde(with = "field::text")]
    pub tactic: String,
    pub text: String,
    /// The finding's id.
    pub finding: String,
    #[serde(deserialize_with = "field::severity")]
    pub severity: Severity,
    /// `done` or `tried`.
    pub outcome: String,
}

impl From<&story::Step> for Step {
    fn from(step: &story::Step) -> Step {
        Step {
            time: Some(At(step.time)),
            last: Some(At(step.last)),
            tactic: step.tactic.clone(),
            text: step.text.clone(),
            finding: step.finding.clone(),
            severity: step.severity,
            outcome: outcome(step.tried),
        }
    }
}

/// A resource that was read, changed or created.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Touched {
    /// `bucket`, `secret`, `user`, `role`, `key`, `instance` …
    pub kind: String,
    pub name: String,
    pub events: u64,
    /// Sent by AWS; 0 for anything but a bucket.
    pub bytes: u64,
}

impl From<&story::Touched> for Touched {
    fn from(touched: &story::Touched) -> Touched {
        let story::Touched { target, events, bytes } = touched.clone();
        Touched { kind: target.kind, name: target.name, events, bytes }
    }
}
