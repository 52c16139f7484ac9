//! Builds findings from the rows that a detector picked: one place for counting, sampling and naming.

use std::collections::BTreeMap;

use super::{Cx, Meta};
use crate::clock::Millis;
use crate::config::{Resolved, Setting};
use crate::event::{Log, Outcome};
use crate::finding::{
    ActionSeen, Cause, Evidence, Finding, Proposal, Reason, Scope, SettingUsed, Severity,
    SourceSeen, Target, Who, id, tactic,
};
use crate::rollup::{EventLocation, Sym, activity, matches, objects};

/// Evidence that a finding names; its count says how many events there are.
const MOST_EVIDENCE: usize = 20;
const MOST_AGENTS: usize = 10;
const MOST_RESOURCES: usize = 20;

/// A finding in the making.
pub struct Build<'a, 'c> {
    cx: &'a Cx<'c>,
    finding: Finding,
    scope: Scope,
    evidence: BTreeMap<(Millis, String), Evidence>,
    sources: BTreeMap<Sym, SourceSeen>,
    actions: BTreeMap<(Sym, Sym), ActionSeen>,
    principals: BTreeMap<Sym, u64>,
    keys: BTreeMap<Sym, u64>,
    accounts: BTreeMap<Sym, u64>,
}

impl<'a, 'c> Build<'a, 'c> {
    pub fn new(cx: &'a Cx<'c>, meta: &'static Meta, cause: Cause) -> Build<'a, 'c> {
        let attack: Vec<String> = meta.attack.iter().map(|a| a.to_string()).collect();
        Build::of(cx, meta.id.to_string(), &attack, cause)
    }

    /// For a rule that is no detector.
    pub fn of(cx: &'a Cx<'c>, rule: String, attack: &[String], cause: Cause) -> Build<'a, 'c> {
        let finding = Finding {
            id: String::new(),
            rules: vec![rule.clone()],
            rule,
            cause,
            title: String::new(),
            severity: Severity::Info,
            attack: attack.to_vec(),
            tactics: tactic::of_cause(cause).into_iter().map(str::to_string).collect(),
            description: String::new(),
            tried: false,
            story: String::new(),
            first_seen: Millis::MAX,
            last_seen: Millis::MIN,
            events: 0,
            who: Who::default(),
            sources: Vec::new(),
            user_agents: Vec::new(),
            actions: Vec::new(),
            resources: Vec::new(),
            targets: Vec::new(),
            reasons: Vec::new(),
            baseline: Vec::new(),
            settings: Vec::new(),
            evidence: Vec::new(),
            scopes: Vec::new(),
            rows: BTreeMap::new(),
            playbook: None,
            next: Vec::new(),
        };
        Build {
            cx,
            finding,
            scope: Scope::default(),
            evidence: BTreeMap::new(),
            sources: BTreeMap::new(),
            actions: BTreeMap::new(),
            principals: BTreeMap::new(),
            keys: BTreeMap::new(),
            accounts: BTreeMap::new(),
        }
    }

    /// Counts an activity row into the finding.
    pub fn activity(&mut self, key: &activity::Key, value: &activity::Value) {
        self.calls(key, &value.first, &value.first, value.last(), value.events);
    }

    /// Counts a rule's matches into the finding. `counted_in` is the first event of the activity row that
    /// holds them.
    pub fn matched(&mut self, key: &activity::Key, row: &matches::Row, counted_in: &EventLocation) {
        self.calls(key, counted_in, &row.first, row.last(), row.events);
    }

    fn calls(
        &mut self,
        key: &activity::Key,
        row: &EventLocation,
        first: &EventLocation,
        last: Millis,
        events: u64,
    ) {
        self.span(row, first.time, last, events);
        self.source(key.source, first.time, last, events);
        *self.principals.entry(key.principal).or_default() += events;
        *self.keys.entry(key.access_key).or_default() += events;
        *self.accounts.entry(key.account).or_default() += events;
        let name = self.action_name(key.service, key.action);
        let action = self.action(key.service, key.action, name.clone());
        action.events += events;
        match key.outcome {
            Outcome::Success => {}
            Outcome::Denied => action.denied += events,
            Outcome::Failed => action.failed += events,
        }
        self.prove(first, name, key.log.name());
    }

    pub fn target(&mut self, kind: &str, name: &str) {
        let list = &mut self.finding.targets;
        if list.len() < MOST_RESOURCES {
            list.push(Target { kind: kind.to_string(), name: name.to_string() });
        }
    }

    /// What the rule says of itself, and whether nothing succeeded.
    pub fn describe(&mut self, description: &str, tactics: Vec<String>, tried: bool) {
        self.finding.description = description.to_string();
        self.finding.tried = tried;
        if !tactics.is_empty() {
            self.finding.tactics = tactics;
        }
    }

    /// Counts an objects row into the finding. Where both logs hold the same requests, `counted` says which
    /// one counts; the other still gives evidence.
    pub fn objects(
        &mut self,
        key: &objects::Key,
        value: &objects::Value,
        action: &str,
        counted: Log,
    ) {
        let events = if key.log == counted { value.requests } else { 0 };
        self.span(&value.first, value.first.time, value.last, events);
        self.source(key.source, value.first.time, value.last, events);
        *self.principals.entry(key.principal).or_default() += events;
        *self.keys.entry(value.access_key).or_default() += events;
        *self.accounts.entry(value.account).or_default() += events;
        let seen = self.action(0, key.action as Sym, action.to_string());
        seen.events += events;
        self.prove(&value.first, action.to_string(), key.log.name());
        for sample in value.samples.iter() {
            self.resource(format!("s3://{}/{}", self.cx.text(sample.bucket), sample.key));
            self.prove(&sample.place, action.to_string(), key.log.name());
        }
    }

    /// `row` names the rollup row that the events were counted in.
    fn span(&mut self, row: &EventLocation, first: Millis, last: Millis, events: u64) {
        let f = &mut self.finding;
        f.first_seen = f.first_seen.min(first);
        f.last_seen = f.last_seen.max(last);
        f.events += events;
        *f.rows.entry((row.time, row.id.to_string())).or_default() += events;
    }

    fn source(&mut self, source: Sym, first: Millis, last: Millis, events: u64) {
        let cx = self.cx;
        let seen = self.sources.entry(source).or_insert_with(|| {
            let place = cx.places.get(source);
            SourceSeen {
                address: cx.text(source).to_string(),
                class: place.map_or("", |p| p.class.name()).to_string(),
                network: place.map_or("", |p| &p.network).to_string(),
                country: place.map_or("", |p| &p.country).to_string(),
                asn: place.map_or("", |p| &p.asn).to_string(),
                first,
                last,
                events: 0,
            }
        });
        seen.first = seen.first.min(first);
        seen.last = seen.last.max(last);
        seen.events += events;
    }

    fn action(&mut self, service: Sym, action: Sym, name: String) -> &mut ActionSeen {
        let none = || ActionSeen { action: name, events: 0, denied: 0, failed: 0 };
        self.actions.entry((service, action)).or_insert_with(none)
    }

    /// `s3:GetObject`.
    fn action_name(&self, service: Sym, action: Sym) -> String {
        action_name(self.cx.text(service), self.cx.text(action))
    }

    fn prove(&mut self, place: &EventLocation, action: String, log: &str) {
        let evidence = Evidence {
            time: place.time,
            event_id: place.id.to_string(),
            action,
            file: self.cx.files.name(place.file).to_string(),
            offset: place.offset,
            log: log.to_string(),
        };
        self.evidence.insert((place.time, place.id.to_string()), evidence);
    }

    pub fn resource(&mut self, resource: String) {
        let list = &mut self.finding.resources;
        if list.len() < MOST_RESOURCES && !list.contains(&resource) {
            list.push(resource);
        }
    }

    pub fn reason(&mut self, text: impl Into<String>) {
        let reason = Reason { rule: self.finding.rule.clone(), text: text.into() };
        self.finding.reasons.push(reason);
    }

    /// A threshold that decided.
    pub fn setting(&mut self, settings: &Resolved, setting: &Setting) {
        self.finding.settings.push(SettingUsed {
            name: format!("{}.{}", self.finding.rule, setting.name),
            value: settings.get(setting),
            unit: setting.unit.to_string(),
        });
    }

    pub fn next(&mut self, step: impl Into<String>) {
        self.finding.next.push(step.into());
    }

    pub fn playbook(&mut self, id: &str, params: &[(&str, &str)]) {
        let params = params.iter().filter(|(_, v)| !v.is_empty());
        let params = params.map(|(k, v)| (k.to_string(), v.to_string())).collect();
        self.finding.playbook = Some(Proposal { id: id.to_string(), params });
    }

    /// Narrows the scope that [`Build::finish`] sets: principals, keys, sources and the span.
    pub fn scope(&mut self) -> &mut Scope {
        &mut self.scope
    }

    pub fn attack(&mut self, id: &str) {
        self.finding.attack.push(id.to_string());
    }

    pub fn first(&self) -> Millis {
        self.finding.first_seen
    }

    pub fn last(&self) -> Millis {
        self.finding.last_seen
    }

    pub fn events(&self) -> u64 {
        self.finding.events
    }

    /// Names who, sorts the lists and gives the id.
    pub fn finish(self, severity: Severity, title: impl Into<String>) -> Finding {
        let cx = self.cx;
        let most = |counts: &BTreeMap<Sym, u64>| {
            let named = counts.iter().filter(|(sym, _)| **sym != 0);
            named
                .max_by_key(|(sym, n)| (**n, std::cmp::Reverse(cx.text(**sym))))
                .map_or(0, |(sym, _)| *sym)
        };
        let (principal, key) = (most(&self.principals), most(&self.keys));
        let mut f = self.finding;
        f.title = title.into();
        f.severity = severity;
        f.who = who(cx, principal, key, cx.text(most(&self.accounts)));
        f.user_agents = agents(cx, &self.principals, &self.sources);
        f.baseline = cx.history.usual(principal, f.first_seen);
        let mut scope = self.scope;
        scope.from = f.first_seen;
        scope.until = f.last_seen;
        scope.principals = texts(cx, self.principals.keys());
        scope.sources = self.sources.values().map(|s| s.address.clone()).collect();
        scope.sources.sort();
        f.scopes = vec![scope];
        f.sources = self.sources.into_values().collect();
        f.sources.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.address.cmp(&b.address)));
        f.actions = self.actions.into_values().collect();
        f.actions.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.action.cmp(&b.action)));
        f.evidence = spread(self.evidence.into_values().collect());
        f.attack.sort();
        f.attack.dedup();
        f.id = id::finding_id(
            &f.rule,
            &f.who,
            f.sources.first().map_or("", |s| &s.address),
            f.first_seen,
        );
        f
    }
}

/// `s3:GetObject`.
pub fn action_name(service: &str, action: &str) -> String {
    format!("{}:{action}", service.strip_suffix(".amazonaws.com").unwrap_or(service))
}

fn texts<'s>(cx: &Cx<'_>, syms: impl Iterator<Item = &'s Sym>) -> Vec<String> {
    let mut texts: Vec<_> = syms.map(|s| cx.text(*s).to_string()).collect();
    texts.sort();
    texts
}

fn who(cx: &Cx<'_>, principal: Sym, key: Sym, account: &str) -> Who {
    let session = cx.rollups.sessions.get(&key);
    Who {
        account: account.to_string(),
        principal: cx.text(principal).to_string(),
        kind: cx.kind(principal).to_string(),
        access_key: cx.text(key).to_string(),
        session: session.map_or("", |s| cx.text(s.name)).to_string(),
        origin: super::sessions::origin(cx, key),
    }
}

/// User agents that these principals sent from these sources.
fn agents(
    cx: &Cx<'_>,
    principals: &BTreeMap<Sym, u64>,
    sources: &BTreeMap<Sym, SourceSeen>,
) -> Vec<String> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (key, value) in &cx.rollups.agents {
        if principals.contains_key(&key.principal) && sources.contains_key(&key.source) {
            *counts.entry(cx.text(key.agent)).or_default() +=
                value.success + value.denied + value.failed;
        }
    }
    let mut agents: Vec<_> = counts.into_iter().filter(|(agent, _)| !agent.is_empty()).collect();
    agents.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    agents.into_iter().take(MOST_AGENTS).map(|(agent, _)| agent.to_string()).collect()
}

/// Keeps first, last and evenly between, with every action that can be kept.
fn spread(all: Vec<Evidence>) -> Vec<Evidence> {
    if all.len() <= MOST_EVIDENCE {
        return all;
    }
    let last = all.len() - 1;
    (0..MOST_EVIDENCE).filter_map(|i| all.get(i * last / (MOST_EVIDENCE - 1)).cloned()).collect()
}

/// The first few, and how many more.
pub fn list<'s>(items: impl Iterator<Item = &'s str>, most: usize) -> String {
    let all: Vec<&str> = items.collect();
    let shown = all.iter().take(most).copied().collect::<Vec<_>>().join(", ");
    if all.len() > most { format!("{shown} and {} more", all.len() - most) } else { shown }
}
