//! User agents as sent. They name a machine's system and versions, and so can show that two addresses belong
//! to one machine.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::Cx;
use super::rows::Row;
use crate::rollup::{Sym, agents};

/// By access key, without calls that sent no user agent.
pub struct UserAgents<'c>(HashMap<Sym, Vec<&'c agents::Key>>);

impl<'c> UserAgents<'c> {
    pub fn new(cx: &'c Cx<'_>) -> UserAgents<'c> {
        let mut by_key: HashMap<Sym, Vec<&agents::Key>> = HashMap::new();
        for seen in cx.rollups.agents.keys().filter(|seen| !cx.text(seen.agent).is_empty()) {
            by_key.entry(seen.access_key).or_default().push(seen);
        }
        UserAgents(by_key)
    }

    /// User agents that the key sent in calls that `filter` takes.
    pub fn sent_by(&self, key: Sym, filter: impl Fn(&agents::Key) -> bool) -> BTreeSet<Sym> {
        let seen = self.0.get(&key).into_iter().flatten().filter(|seen| filter(seen));
        seen.map(|seen| seen.agent).collect()
    }

    /// User agents that the key sent from the sources of the rows.
    pub fn sent_from_sources_of(&self, key: Sym, rows: &[Row<'_>]) -> BTreeSet<Sym> {
        let sources: BTreeSet<Sym> = rows.iter().map(|row| row.0.source).collect();
        self.sent_by(key, |seen| sources.contains(&seen.source))
    }
}

type Seen<'c> = (&'c agents::Key, &'c agents::Value);

/// By principal and source. A principal may have sent any number of them, and from any number of sources.
pub struct AgentsOfPrincipals<'c>(HashMap<Sym, HashMap<Sym, Vec<Seen<'c>>>>);

impl<'c> AgentsOfPrincipals<'c> {
    pub fn new(table: &'c agents::Table) -> AgentsOfPrincipals<'c> {
        let mut by_principal: HashMap<_, HashMap<_, Vec<_>>> = HashMap::new();
        for (key, value) in table {
            let by_source = by_principal.entry(key.principal).or_default();
            by_source.entry(key.source).or_default().push((key, value));
        }
        AgentsOfPrincipals(by_principal)
    }

    /// Those that the principal sent from the sources, unordered.
    pub fn sent(&self, principal: Sym, sources: &HashSet<Sym>) -> Vec<Seen<'c>> {
        let Some(own) = self.0.get(&principal) else { return Vec::new() };
        let seen: Vec<&Vec<_>> = if own.len() <= sources.len() {
            own.iter().filter(|(source, _)| sources.contains(source)).map(|(_, s)| s).collect()
        } else {
            sources.iter().filter_map(|source| own.get(source)).collect()
        };
        seen.into_iter().flatten().copied().collect()
    }
}
