//! The context that every detector works with.

use std::collections::HashMap;

use super::Meta;
use super::history::History;
use super::rows::Row;
use super::source_networks::SourceNetworks;
use super::user_agents::AgentsByPrincipal;
use crate::clock::{DAY, Millis};
use crate::config::{Config, Resolved};
use crate::event::agent;
use crate::rollup::activity::Key;
use crate::rollup::lineage::Lineage;
use crate::rollup::{Frames, Names, Rollups, Selection, Sym, activity};
use crate::sigma::{Outcome, RuleSet};
use crate::source::FileNames;
use crate::source::coverage::Coverage;

/// The rollups as frames, the texts behind their numbers, and the history to compare with.
pub struct Cx<'a> {
    pub frames: &'a Frames,
    pub rollups: &'a Rollups,
    pub names: &'a Names,
    pub files: &'a FileNames,
    pub coverage: &'a Coverage,
    pub config: &'a Config,
    pub selection: Selection,
    pub networks: SourceNetworks,
    pub history: History,
    /// Which key came from which sign-in or key, and the keys that it made.
    pub lineage: Lineage<'a>,
    pub rules: &'a RuleSet,
    pub agents: AgentsByPrincipal<'a>,
    /// Correlations that fired; their events are marks of the matches' rollup.
    pub correlated: &'a Outcome,
    /// `userIdentity.type` of each principal, from CloudTrail or else from the access log.
    identity_types: HashMap<Sym, Sym>,
    /// Some records say that the console issued their session's key.
    console_is_told: bool,
}

impl<'a> Cx<'a> {
    pub fn new(
        frames: &'a Frames,
        rollups: &'a Rollups,
        (files, coverage): (&'a FileNames, &'a Coverage),
        config: &'a Config,
        selection: Selection,
        networks: SourceNetworks,
        (rules, correlated): (&'a RuleSet, &'a Outcome),
    ) -> Cx<'a> {
        let names = &rollups.names;
        let history = History::new(frames, &networks, names);
        let identity_types = identity_types(&frames.activity_rows);
        let lineage = Lineage::new(rollups, &frames.activity_rows);
        let console_is_told = rollups.sessions.select(|brief| brief.from_console).next().is_some();
        Cx {
            frames,
            rollups,
            names,
            files,
            coverage,
            config,
            selection,
            networks,
            history,
            lineage,
            agents: AgentsByPrincipal::new(&rollups.agents),
            rules,
            correlated,
            identity_types,
            console_is_told,
        }
    }

    pub fn text(&self, sym: Sym) -> &'a str {
        self.names.text(sym)
    }

    pub fn settings(&self, meta: &Meta) -> Resolved {
        self.config.settings().of(&meta.group())
    }

    /// `userIdentity.type`; `""` if unknown.
    pub fn identity_type(&self, principal: Sym) -> &'a str {
        self.text(self.identity_types.get(&principal).copied().unwrap_or(0))
    }

    /// True for principals that are AWS services.
    pub fn is_service(&self, principal: Sym) -> bool {
        self.identity_type(principal) == "AWSService"
    }

    pub fn is_long_term(&self, key: Sym) -> bool {
        self.text(key).starts_with("AKIA")
    }

    /// True for calls of the web console's pages. The user agent is believed only for sessions that AWS marks as the
    /// console's (`sessionCredentialFromConsole`), or, where no record of the logs has that mark, for temporary keys:
    /// the console never works with a long-term one.
    pub fn is_console(&self, key: &Key<'_>) -> bool {
        let session = || self.rollups.sessions.get(&key.access_key);
        agent::is_console(self.text(key.agent))
            && match self.console_is_told {
                true => session().is_some_and(|session| session.from_console),
                false => !self.is_long_term(key.access_key),
            }
    }

    /// True if the source's network is not the principal's own at `at`, and the logs can show that this is unusual:
    /// they cover a day before, and the account does not know the network or the principal has a longer history
    /// elsewhere.
    pub fn is_unfamiliar(&self, principal: Sym, source: Sym, at: Millis) -> bool {
        let h = &self.history;
        let network = self.networks.name(source);
        if !self.networks.is_outside(source) || h.is_own(principal, network, at) {
            return false;
        }
        let compared = self.history_before(at) >= DAY && !self.roams(principal, source, at);
        let new_to_account = h.known_since(network) >= at - DAY / 2;
        compared && (new_to_account || self.has_history(principal, at))
    }

    /// True for workloads that use new networks all the time, so that one more says nothing, unless it belongs to
    /// an operator they have not used. Never true for people and long-term keys.
    pub fn roams(&self, principal: Sym, source: Sym, at: Millis) -> bool {
        let workload = match self.identity_type(principal) {
            "AssumedRole" => self.text(principal).contains(":role/"),
            kind => kind == "WebIdentityUser",
        };
        let operator = self.networks.get(source).map_or("", |network| &network.asn);
        let usual = operator.is_empty()
            || self.history.has_used_operator(principal, operator, at - DAY / 2);
        workload && usual && self.history.roams(principal, at)
    }

    /// True if a call of the principal succeeded a day or more before `at`.
    pub fn has_history(&self, principal: Sym, at: Millis) -> bool {
        self.history.first_success(principal).is_some_and(|first| first < at - DAY)
    }

    /// The time before `at` that the logs cover.
    pub fn history_before(&self, at: Millis) -> Millis {
        (at - self.history.start).max(0)
    }

    /// Activity rows, without access-log rows that repeat CloudTrail's.
    pub fn rows(&self) -> impl Iterator<Item = Row<'a>> {
        self.frames
            .activity_rows
            .iter()
            .zip(&self.frames.also_in_cloudtrail)
            .filter(|(_, repeated)| !**repeated)
            .map(|(row, _)| row)
    }

    /// Calls by people and programs. Excludes calls that AWS services make on the account's behalf.
    pub fn calls(&self) -> impl Iterator<Item = Row<'a>> {
        self.rows().filter(|(k, _)| !k.by_service)
    }
}

/// Of each principal that of its last row.
fn identity_types(rows: &activity::Rows) -> HashMap<Sym, Sym> {
    let mut types: HashMap<Sym, Sym> = HashMap::new();
    let mut last = None;
    for (behaviour, (key, _)) in rows.numbered() {
        if last.replace(behaviour) != Some(behaviour) {
            types.insert(key.principal, key.kind);
        }
    }
    types
}
