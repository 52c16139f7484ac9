//! One finding of the document.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::field::{self, At, NamedValues};
use crate::finding::{self, Severity};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Finding {
    pub id: String,
    pub rule: String,
    pub rules: Vec<String>,
    pub title: String,
    #[serde(deserialize_with = "field::severity")]
    pub severity: Severity,
    pub attack: Vec<String>,
    pub tactics: Vec<String>,
    #[serde(with = "field::text")]
    pub description: String,
    /// `done` or `tried`.
    pub outcome: String,
    /// Id of the finding's story.
    #[serde(with = "field::text")]
    pub story: String,
    #[serde(deserialize_with = "field::time")]
    pub first_seen: Option<At>,
    #[serde(deserialize_with = "field::time")]
    pub last_seen: Option<At>,
    pub events: u64,
    #[serde(with = "field::text")]
    pub account: String,
    #[serde(with = "field::text")]
    pub principal: String,
    #[serde(with = "field::text")]
    pub principal_type: String,
    #[serde(with = "field::text")]
    pub access_key: String,
    #[serde(with = "field::text")]
    pub session: String,
    #[serde(with = "field::text")]
    pub origin: String,
    #[serde(with = "field::text")]
    pub source_address: String,
    pub sources: Vec<Source>,
    pub user_agents: Vec<String>,
    pub actions: Vec<String>,
    pub action_counts: Vec<Action>,
    pub targets: Vec<Target>,
    pub resources: Vec<String>,
    pub reasons: Vec<String>,
    pub baseline: Vec<String>,
    pub settings: NamedValues,
    pub evidence: Vec<Evidence>,
    pub playbook: Option<Playbook>,
    pub next: Vec<String>,
}

impl From<&finding::Finding> for Finding {
    fn from(f: &finding::Finding) -> Finding {
        Finding {
            id: f.id.clone(),
            rule: f.rule.clone(),
            rules: f.rules.clone(),
            title: f.title.clone(),
            severity: f.severity,
            attack: f.attack.clone(),
            tactics: f.tactics.clone(),
            description: f.description.clone(),
            outcome: outcome(f.tried),
            story: f.story.clone(),
            first_seen: Some(At(f.first_seen)),
            last_seen: Some(At(f.last_seen)),
            events: f.events,
            account: f.who.account.clone(),
            principal: f.who.principal.clone(),
            principal_type: f.who.kind.clone(),
            access_key: f.who.access_key.clone(),
            session: f.who.session.clone(),
            origin: f.who.origin.clone(),
            source_address: f.sources.first().map_or_else(String::new, |s| s.address.clone()),
            sources: f.sources.iter().map(Source::from).collect(),
            user_agents: f.user_agents.clone(),
            actions: f.actions.iter().map(|a| a.action.clone()).collect(),
            action_counts: f.actions.iter().map(Action::from).collect(),
            targets: f.targets.iter().map(Target::from).collect(),
            resources: f.resources.clone(),
            reasons: f.reasons.iter().map(|r| r.text.clone()).collect(),
            baseline: f.baseline.clone(),
            settings: settings(&f.settings),
            evidence: f.evidence.iter().map(Evidence::from).collect(),
            playbook: f.playbook.as_ref().map(Playbook::from),
            next: f.next.clone(),
        }
    }
}

/// Whether any call succeeded.
pub fn outcome(tried: bool) -> String {
    if tried { "tried".into() } else { "done".into() }
}

/// Values by name. A name that several detectors used appears once.
fn settings(used: &[finding::SettingUsed]) -> NamedValues {
    let mut pairs: Vec<(String, Value)> = Vec::new();
    for setting in used {
        if pairs.iter().any(|(name, _)| *name == setting.name) {
            continue;
        }
        // `100`, not `100.0`; above 2^53 the difference no longer exists.
        let whole = setting.value.fract() == 0.0 && setting.value.abs() < 9_007_199_254_740_992.0;
        let value = if whole { (setting.value as i64).into() } else { setting.value.into() };
        pairs.push((setting.name.clone(), value));
    }
    NamedValues(pairs)
}

/// An address that the events came from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Source {
    pub address: String,
    /// `service`, `aws-internal`, `private`, `own`, `cloud` or `other`.
    #[serde(with = "field::text")]
    pub class: String,
    #[serde(with = "field::text")]
    pub network: String,
    #[serde(with = "field::text")]
    pub country: String,
    #[serde(with = "field::text")]
    pub asn: String,
    #[serde(deserialize_with = "field::time")]
    pub first_seen: Option<At>,
    #[serde(deserialize_with = "field::time")]
    pub last_seen: Option<At>,
    pub events: u64,
}

impl From<&finding::SourceSeen> for Source {
    fn from(source: &finding::SourceSeen) -> Source {
        Source {
            address: source.address.clone(),
            class: source.class.clone(),
            network: source.network.clone(),
            country: source.country.clone(),
            asn: source.asn.clone(),
            first_seen: Some(At(source.first)),
            last_seen: Some(At(source.last)),
            events: source.events,
        }
    }
}

/// Calls of one action.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Action {
    pub action: String,
    pub events: u64,
    pub denied: u64,
    pub failed: u64,
}

impl From<&finding::ActionSeen> for Action {
    fn from(seen: &finding::ActionSeen) -> Action {
        let finding::ActionSeen { action, events, denied, failed } = seen.clone();
        Action { action, events, denied, failed }
    }
}

/// A resource that calls acted on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Target {
    pub kind: String,
    pub name: String,
}

impl From<&finding::Target> for Target {
    fn from(target: &finding::Target) -> Target {
        Target { kind: target.kind.clone(), name: target.name.clone() }
    }
}

/// One event that the finding rests on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    pub event_id: String,
    #[serde(deserialize_with = "field::time")]
    pub time: Option<At>,
    pub action: String,
    pub file: String,
    /// Bytes of the uncompressed file.
    pub offset: u64,
    pub log: String,
}

impl From<&finding::Evidence> for Evidence {
    fn from(evidence: &finding::Evidence) -> Evidence {
        Evidence {
            event_id: evidence.event_id.clone(),
            time: Some(At(evidence.time)),
            action: evidence.action.clone(),
            file: evidence.file.clone(),
            offset: evidence.offset,
            log: evidence.log.clone(),
        }
    }
}

/// A playbook that would contain the finding, with its parameters.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Playbook {
    pub id: String,
    pub params: NamedValues,
}

impl From<&finding::Proposal> for Playbook {
    fn from(proposal: &finding::Proposal) -> Playbook {
        let params = proposal.params.iter();
        let params = params.map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        Playbook { id: proposal.id.clone(), params: NamedValues(params) }
    }
}
