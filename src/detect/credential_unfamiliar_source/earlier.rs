//! What uses are compared with, in one pass over the rows for all of them.

use std::collections::{HashMap, HashSet};

use rustc_hash::FxHashMap;

use super::Use;
use crate::clock::Millis;
use crate::detect::Cx;
use crate::event::{Outcome, SignInKind, agent};
use crate::rollup::Sym;

/// The networks from which one credential succeeded, earliest first.
#[derive(Default)]
struct Path<'a> {
    /// First success, network, and the events of this and all earlier networks.
    networks: Vec<(Millis, &'a str, u64)>,
}

/// The networks of a credential before a use.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    pub networks: usize,
    pub events: u64,
    /// First success from any of them.
    pub since: Millis,
    /// The first few, in the order of their first use.
    pub names: [&'a str; NAMED],
}

/// Networks that a reason names.
pub const NAMED: usize = 3;

impl<'a> Known<'a> {
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.names.into_iter().filter(|name| !name.is_empty())
    }
}

/// The calls before a use.
#[derive(Debug, Clone, Copy, Default)]
pub struct Before {
    pub account_events: u64,
    /// Calls of the principal that succeeded.
    pub own_events: u64,
}

/// The calls before every use, by principal.
pub struct Earlier<'a> {
    /// By principal and time of the use.
    before: FxHashMap<(Sym, Millis), Before>,
    paths: HashMap<(Sym, Sym), Path<'a>>,
    /// First success of each action, agent family and region by principal.
    actions: FxHashMap<(Sym, Sym, Sym), Millis>,
    agents: FxHashMap<(Sym, Sym), Millis>,
    regions: FxHashMap<(Sym, Sym), Millis>,
    /// Attack tools that user agents name, by principal and source.
    tools: FxHashMap<(Sym, Sym), &'static str>,
    /// Successful console sign-ins by principal and source: true if one was made with a password alone.
    sign_ins: FxHashMap<(Sym, Sym), bool>,
}

impl<'a> Earlier<'a> {
    pub fn new(cx: &'a Cx<'_>, uses: &[Use<'_>]) -> Earlier<'a> {
        let principals: HashSet<Sym> = uses.iter().map(|using| using.principal).collect();
        let mut earlier = Earlier {
            before: FxHashMap::default(),
            paths: paths(cx, uses),
            actions: FxHashMap::default(),
            agents: FxHashMap::default(),
            regions: FxHashMap::default(),
            tools: tools(cx, &principals),
            sign_ins: sign_ins(cx),
        };
        let mut ends: Vec<(Millis, Sym)> = uses.iter().map(|u| (u.origin, u.principal)).collect();
        ends.sort_unstable();
        ends.dedup();
        let mut ends = ends.into_iter().peekable();
        let mut own_events: FxHashMap<Sym, u64> = FxHashMap::default();
        let mut account_events = 0;
        let times = cx.history.start..=cx.history.end;
        let rows = cx.frames.activity_rows.iter();
        // The rows are in the order of their first events.
        for (k, v) in rows.filter(|(k, v)| !k.by_service && times.contains(&v.first.time)) {
            while let Some((at, who)) = ends.next_if(|(at, _)| *at <= v.first.time) {
                let own_events = own_events.get(&who).copied().unwrap_or_default();
                earlier.before.insert((who, at), Before { account_events, own_events });
            }
            account_events += v.events();
            if k.outcome == Outcome::Success && principals.contains(&k.principal) {
                *own_events.entry(k.principal).or_default() += v.events();
                let at = v.first.time;
                earlier.actions.entry((k.principal, k.service, k.action)).or_insert(at);
                earlier.agents.entry((k.principal, k.agent)).or_insert(at);
                earlier.regions.entry((k.principal, k.region)).or_insert(at);
            }
        }
        earlier
    }

    pub fn before(&self, using: &Use<'_>) -> Before {
        self.before.get(&(using.principal, using.origin)).copied().unwrap_or_default()
    }

    /// The networks from which the credential succeeded before the use.
    pub fn known(&self, using: &Use<'_>) -> Known<'a> {
        let Some(path) = self.paths.get(&(using.principal, using.key)) else {
            return Known::default();
        };
        let networks = path.networks.partition_point(|(first, ..)| *first < using.origin);
        let Some(before) = path.networks.get(..networks) else { return Known::default() };
        let mut names = [""; NAMED];
        names.iter_mut().zip(before).for_each(|(name, (_, network, _))| *name = network);
        Known {
            networks,
            events: before.last().map_or(0, |(.., events)| *events),
            since: before.first().map_or(0, |(first, ..)| *first),
            names,
        }
    }

    pub fn is_new_action(&self, using: &Use<'_>, service: Sym, action: Sym) -> bool {
        is_new(self.actions.get(&(using.principal, service, action)), using)
    }

    pub fn is_new_agent(&self, using: &Use<'_>, agent: Sym) -> bool {
        is_new(self.agents.get(&(using.principal, agent)), using)
    }

    pub fn is_new_region(&self, using: &Use<'_>, region: Sym) -> bool {
        is_new(self.regions.get(&(using.principal, region)), using)
    }

    /// An attack tool that a user agent of the use names.
    pub fn tool(&self, using: &Use<'_>) -> Option<&'static str> {
        let tools = using.rows.iter().filter_map(|(k, _)| self.tools.get(&(k.principal, k.source)));
        tools.min().copied()
    }

    /// Whether the use signed in to the console, and then whether with a password alone.
    pub fn signed_in(&self, using: &Use<'_>) -> Option<bool> {
        let rows = using.rows.iter();
        rows.filter_map(|(k, _)| self.sign_ins.get(&(k.principal, k.source))).max().copied()
    }
}

fn is_new(first: Option<&Millis>, using: &Use<'_>) -> bool {
    first.is_none_or(|first| *first >= using.origin)
}

fn paths<'a>(cx: &'a Cx<'_>, uses: &[Use<'_>]) -> HashMap<(Sym, Sym), Path<'a>> {
    let mut paths: HashMap<(Sym, Sym), Path<'a>> = HashMap::new();
    for using in uses {
        paths.entry((using.principal, using.key)).or_insert_with(|| {
            let mut networks: Vec<(Millis, &str, u64)> = match using.key {
                0 => {
                    let all = cx.history.networks_of(using.principal);
                    all.map(|(name, seen)| (seen.first_success, name, seen.events)).collect()
                }
                key => {
                    let all = cx.history.networks_of_key(key);
                    all.map(|(name, seen)| (seen.first_success, name, seen.events)).collect()
                }
            };
            networks.sort_unstable();
            let mut sum = 0;
            for (.., events) in &mut networks {
                sum += *events;
                *events = sum;
            }
            Path { networks }
        });
    }
    paths
}

fn tools(cx: &Cx<'_>, principals: &HashSet<Sym>) -> FxHashMap<(Sym, Sym), &'static str> {
    let mut notable: FxHashMap<Sym, Option<&'static str>> = FxHashMap::default();
    let mut tools: FxHashMap<(Sym, Sym), &'static str> = FxHashMap::default();
    for key in cx.rollups.agents.keys().filter(|key| principals.contains(&key.principal)) {
        let tool = *notable.entry(key.agent).or_insert_with(|| agent::notable(cx.text(key.agent)));
        if let Some(tool) = tool {
            let known = tools.entry((key.principal, key.source)).or_insert(tool);
            *known = tool.min(*known);
        }
    }
    tools
}

/// The identity provider asks for the second factor of everybody but users and root.
fn sign_ins(cx: &Cx<'_>) -> FxHashMap<(Sym, Sym), bool> {
    let mut sign_ins: FxHashMap<(Sym, Sym), bool> = FxHashMap::default();
    let logins = cx.rollups.sessions.sign_ins.iter();
    for login in logins.filter(|login| {
        login.kind == SignInKind::ConsoleLogin
            && cx.selection.phase(login.at).is_some_and(is_window)
    }) {
        let local = matches!(cx.identity_type(login.principal), "IAMUser" | "Root");
        let alone = local && login.mfa == Some(false);
        *sign_ins.entry((login.principal, login.source)).or_default() |= alone;
    }
    sign_ins
}

fn is_window(phase: crate::rollup::Phase) -> bool {
    phase == crate::rollup::Phase::Window
}
