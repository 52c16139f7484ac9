//! Builds findings from the rows that a detector selected: counts events, samples evidence and names the principal.

use std::collections::{BTreeMap, BTreeSet};

use super::text::action_name;
use super::{Cx, Meta};
use crate::clock::Millis;
use crate::config::{Resolved, Setting};
use crate::event::{Log, Outcome};
use crate::finding::{
    ActionSeen, Cause, Evidence, Finding, Proposal, Reason, Scope, SettingUsed, Severity,
    SourceSeen, Target, Who, id, tactic,
};
use crate::rollup::{EventLocation, Sym, activity, matches, objects};

/// Events that a finding names as evidence; `events` counts them all.
const MOST_EVIDENCE: usize = 20;
const MOST_AGENTS: usize = 10;
const MOST_RESOURCES: usize = 20;

/// A finding while it is built.
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
        let mut build = Build::for_rule(cx, meta.id.to_string(), &attack, cause);
        build.finding.description = meta.means.to_string();
        build
    }

    /// Starts a finding of a Sigma rule, which has no [`Meta`].
    pub fn for_rule(
        cx: &'a Cx<'c>,
        rule: String,
        attack: &[String],
        cause: Cause,
    ) -> Build<'a, 'c> {
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
    pub fn activity(&mut self, key: &activity::Key<'_>, value: &activity::Value) {
        self.calls(key, &value.first, &value.first, value.last(), value.events());
    }

    /// Counts a rule's matches into the finding. `counted_in` is the first event of the activity row that
    /// contains them.
    pub fn matched(
        &mut self,
        key: &activity::Key<'_>,
        row: &matches::Row,
        counted_in: &EventLocation,
    ) {
        self.calls(key, counted_in, &row.first, row.last(), row.events);
    }

    fn calls(
        &mut self,
        key: &activity::Key<'_>,
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
        let name = action_name(self.cx.text(key.service), self.cx.text(key.action));
        let action = self.action(key.service, key.action, name.clone());
        action.events += events;
        match key.outcome {
            Outcome::Success => {}
            Outcome::Denied => action.denied += events,
            Outcome::Failed => action.failed += events,
        }
        self.add_evidence(first, name, key.log.name());
    }

    pub fn target(&mut self, kind: &str, name: &str) {
        let target = Target { kind: kind.to_string(), name: name.to_string() };
        self.finding.targets.push(target);
    }

    /// The rule's description and tactics, and whether every call failed.
    pub fn describe(&mut self, description: &str, tactics: Vec<String>, tried: bool) {
        self.finding.description = description.to_string();
        self.finding.tried = tried;
        if !tactics.is_empty() {
            self.finding.tactics = tactics;
        }
    }

    /// Counts an objects row into the finding. Where both logs have the same requests, only those of the log
    /// `counted` count; the other log still gives evidence.
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
        self.add_evidence(&value.first, action.to_string(), key.log.name());
        for sample in value.samples.iter() {
            self.resource(format!("s3://{}/{}", self.cx.text(sample.bucket), sample.key));
            self.add_evidence(&sample.location, action.to_string(), key.log.name());
        }
    }

    /// `row` is the first event of the rollup row that the events were counted in.
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
            let network = cx.networks.get(source);
            SourceSeen {
                address: cx.text(source).to_string(),
                class: network.map_or("", |n| n.class.name()).to_string(),
                network: network.map_or("", |n| &n.name).to_string(),
                country: network.map_or("", |n| &n.country).to_string(),
                asn: network.map_or("", |n| &n.asn).to_string(),
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
        let new = || ActionSeen { action: name, events: 0, denied: 0, failed: 0 };
        self.actions.entry((service, action)).or_insert_with(new)
    }

    fn add_evidence(&mut self, location: &EventLocation, action: String, log: &str) {
        let evidence = Evidence {
            time: location.time,
            event_id: location.id.to_string(),
            action,
            file: self.cx.files.name(location.file).to_string(),
            offset: location.offset,
            log: log.to_string(),
        };
        self.evidence.insert((location.time, location.id.to_string()), evidence);
    }

    /// Counts a record that no rollup row stands for, and names it as evidence. It makes nobody the principal.
    pub fn record(&mut self, evidence: Evidence) {
        let Evidence { event_id, action, file, offset, .. } = &evidence;
        let name = format!("{event_id} {action} {file}:{offset}");
        let f = &mut self.finding;
        f.first_seen = f.first_seen.min(evidence.time);
        f.last_seen = f.last_seen.max(evidence.time);
        f.events += 1;
        f.rows.insert((evidence.time, name.clone()), 1);
        self.evidence.insert((evidence.time, name), evidence);
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

    /// A threshold that decided whether the finding fires.
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

    /// The scope, to narrow it: [`Build::finish`] sets principals, sources and the span.
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

    /// Names the principal, sorts the lists and sets the id.
    pub fn finish(self, severity: Severity, title: impl Into<String>) -> Finding {
        let cx = self.cx;
        let most_events = |counts: &BTreeMap<Sym, u64>| {
            let named = counts.iter().filter(|(sym, _)| **sym != 0);
            named
                .max_by_key(|(sym, n)| (**n, std::cmp::Reverse(cx.text(**sym))))
                .map_or(0, |(sym, _)| *sym)
        };
        let (principal, key) = (most_events(&self.principals), most_events(&self.keys));
        let mut f = self.finding;
        f.title = title.into();
        f.severity = severity;
        f.who = who(cx, principal, key, cx.text(most_events(&self.accounts)));
        f.user_agents = agents(cx, &self.principals, &self.sources);
        f.baseline = cx.history.usual_networks(principal, f.first_seen);
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
        f.evidence = sample_evenly(self.evidence.into_values().collect());
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
        kind: cx.identity_type(principal).to_string(),
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
    let mut counts: BTreeMap<Sym, u64> = BTreeMap::new();
    let sources: BTreeSet<Sym> = sources.keys().copied().collect();
    for principal in principals.keys() {
        cx.agents.sent(*principal, &sources, |key, row| {
            *counts.entry(key.agent).or_default() += u64::from(row.calls);
        });
    }
    let counts = counts.into_iter().map(|(agent, calls)| (cx.text(agent), calls));
    let mut agents: Vec<_> = counts.filter(|(agent, _)| !agent.is_empty()).collect();
    agents.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    agents.into_iter().take(MOST_AGENTS).map(|(agent, _)| agent.to_string()).collect()
}

/// The first, the last and evenly spaced ones between, at most [`MOST_EVIDENCE`].
fn sample_evenly(all: Vec<Evidence>) -> Vec<Evidence> {
    if all.len() <= MOST_EVIDENCE {
        return all;
    }
    let last = all.len() - 1;
    (0..MOST_EVIDENCE).filter_map(|i| all.get(i * last / (MOST_EVIDENCE - 1)).cloned()).collect()
}
