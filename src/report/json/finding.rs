//! One finding of the JSON document.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::{Each, Text, Time};
use crate::finding::{
    ActionSeen, Evidence, Finding, Proposal, Reason, SettingUsed, SourceSeen, Target,
};

#[derive(Serialize)]
pub(super) struct FindingJson<'a> {
    id: &'a str,
    rule: &'a str,
    rules: &'a [String],
    title: &'a str,
    severity: &'static str,
    attack: &'a [String],
    tactics: &'a [String],
    description: Text<'a>,
    outcome: &'static str,
    story: Text<'a>,
    first_seen: Time,
    last_seen: Time,
    events: u64,
    account: Text<'a>,
    principal: Text<'a>,
    principal_type: Text<'a>,
    access_key: Text<'a>,
    session: Text<'a>,
    origin: Text<'a>,
    source_address: Text<'a>,
    sources: Each<'a, SourceSeen, SourceJson<'a>>,
    user_agents: &'a [String],
    actions: Each<'a, ActionSeen, &'a str>,
    action_counts: Each<'a, ActionSeen, ActionJson<'a>>,
    targets: Each<'a, Target, TargetJson<'a>>,
    resources: &'a [String],
    reasons: Each<'a, Reason, &'a str>,
    baseline: &'a [String],
    settings: Settings<'a>,
    evidence: Each<'a, Evidence, EvidenceJson<'a>>,
    playbook: Option<PlaybookJson<'a>>,
    next: &'a [String],
}

impl<'a> From<&'a Finding> for FindingJson<'a> {
    fn from(f: &'a Finding) -> FindingJson<'a> {
        FindingJson {
            id: &f.id,
            rule: &f.rule,
            rules: &f.rules,
            title: &f.title,
            severity: f.severity.name(),
            attack: &f.attack,
            tactics: &f.tactics,
            description: Text(&f.description),
            outcome: outcome(f.tried),
            story: Text(&f.story),
            first_seen: Time(f.first_seen),
            last_seen: Time(f.last_seen),
            events: f.events,
            account: Text(&f.who.account),
            principal: Text(&f.who.principal),
            principal_type: Text(&f.who.kind),
            access_key: Text(&f.who.access_key),
            session: Text(&f.who.session),
            origin: Text(&f.who.origin),
            source_address: Text(f.sources.first().map_or("", |s| &s.address)),
            sources: Each(&f.sources, SourceJson::from),
            user_agents: &f.user_agents,
            actions: Each(&f.actions, |a| &a.action),
            action_counts: Each(&f.actions, ActionJson::from),
            targets: Each(&f.targets, TargetJson::from),
            resources: &f.resources,
            reasons: Each(&f.reasons, |r| &r.text),
            baseline: &f.baseline,
            settings: Settings(&f.settings),
            evidence: Each(&f.evidence, EvidenceJson::from),
            playbook: f.playbook.as_ref().map(PlaybookJson::from),
            next: &f.next,
        }
    }
}

#[derive(Serialize)]
struct SourceJson<'a> {
    address: &'a str,
    class: Text<'a>,
    network: Text<'a>,
    country: Text<'a>,
    asn: Text<'a>,
    first_seen: Time,
    last_seen: Time,
    events: u64,
}

impl<'a> From<&'a SourceSeen> for SourceJson<'a> {
    fn from(source: &'a SourceSeen) -> SourceJson<'a> {
        SourceJson {
            address: &source.address,
            class: Text(&source.class),
            network: Text(&source.network),
            country: Text(&source.country),
            asn: Text(&source.asn),
            first_seen: Time(source.first),
            last_seen: Time(source.last),
            events: source.events,
        }
    }
}

/// Whether anything succeeded.
pub(super) fn outcome(tried: bool) -> &'static str {
    if tried { "tried" } else { "done" }
}

#[derive(Serialize)]
struct TargetJson<'a> {
    kind: &'a str,
    name: &'a str,
}

impl<'a> From<&'a Target> for TargetJson<'a> {
    fn from(target: &'a Target) -> TargetJson<'a> {
        TargetJson { kind: &target.kind, name: &target.name }
    }
}

#[derive(Serialize)]
struct ActionJson<'a> {
    action: &'a str,
    events: u64,
    denied: u64,
    failed: u64,
}

impl<'a> From<&'a ActionSeen> for ActionJson<'a> {
    fn from(seen: &'a ActionSeen) -> ActionJson<'a> {
        let ActionSeen { action, events, denied, failed } = seen;
        ActionJson { action, events: *events, denied: *denied, failed: *failed }
    }
}

/// Name to value; a name that several detectors used is written once.
struct Settings<'a>(&'a [SettingUsed]);

impl Serialize for Settings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (i, setting) in self.0.iter().enumerate() {
            if self.0[..i].iter().any(|earlier| earlier.name == setting.name) {
                continue;
            }
            // `100`, not `100.0`; above 2^53 the difference no longer exists.
            if setting.value.fract() == 0.0 && setting.value.abs() < 9_007_199_254_740_992.0 {
                map.serialize_entry(&setting.name, &(setting.value as i64))?;
            } else {
                map.serialize_entry(&setting.name, &setting.value)?;
            }
        }
        map.end()
    }
}

#[derive(Serialize)]
struct EvidenceJson<'a> {
    event_id: &'a str,
    time: Time,
    action: &'a str,
    file: &'a str,
    offset: u64,
    log: &'a str,
}

impl<'a> From<&'a Evidence> for EvidenceJson<'a> {
    fn from(evidence: &'a Evidence) -> EvidenceJson<'a> {
        EvidenceJson {
            event_id: &evidence.event_id,
            time: Time(evidence.time),
            action: &evidence.action,
            file: &evidence.file,
            offset: evidence.offset,
            log: &evidence.log,
        }
    }
}

#[derive(Serialize)]
pub(super) struct PlaybookJson<'a> {
    id: &'a str,
    params: Params<'a>,
}

impl<'a> From<&'a Proposal> for PlaybookJson<'a> {
    fn from(proposal: &'a Proposal) -> PlaybookJson<'a> {
        PlaybookJson { id: &proposal.id, params: Params(&proposal.params) }
    }
}

struct Params<'a>(&'a [(String, String)]);

impl Serialize for Params<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
