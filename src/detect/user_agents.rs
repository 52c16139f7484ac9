//! User agents as sent. They name a machine's system and versions, and so can show that two addresses belong
//! to one machine.

use std::collections::BTreeSet;

use super::Cx;
use super::rows::Row;
use crate::rollup::{Sym, agents};

/// The callers of the rollup with something of each, which finds them by a binary search.
struct Callers<'c> {
    table: &'c agents::Table,
    sorted: Vec<(Sym, u32)>,
}

impl<'c> Callers<'c> {
    fn by(table: &'c agents::Table, of: impl Fn(&agents::Caller) -> Sym) -> Callers<'c> {
        let mut sorted: Vec<(Sym, u32)> = table.callers().map(of).zip(0..).collect();
        sorted.sort_unstable();
        Callers { table, sorted }
    }

    /// What each caller sent that has `of`.
    fn with(&self, of: Sym) -> impl Iterator<Item = agents::OfCaller<'c>> {
        let from = self.sorted.partition_point(|(other, _)| *other < of);
        let rest = self.sorted.get(from..).unwrap_or_default();
        let same = rest.iter().take_while(move |(other, _)| *other == of);
        let table = self.table;
        same.map(move |(_, caller)| table.of_caller(*caller))
    }
}

/// By access key, without calls that sent no user agent.
pub struct UserAgents<'c>(Callers<'c>);

impl<'c> UserAgents<'c> {
    pub fn new(cx: &'c Cx<'_>) -> UserAgents<'c> {
        UserAgents(Callers::by(&cx.rollups.agents, |caller| caller.access_key))
    }

    /// User agents that the key sent in calls that `filter` takes.
    pub fn sent_by(&self, key: Sym, filter: impl Fn(&agents::Key) -> bool) -> BTreeSet<Sym> {
        let seen = self.0.with(key).flat_map(agents::OfCaller::iter).map(|(seen, _)| seen);
        // The empty text has the number 0.
        seen.filter(|seen| seen.agent != 0 && filter(seen)).map(|seen| seen.agent).collect()
    }

    /// User agents that the key sent from the sources of the rows.
    pub fn sent_from_sources_of(&self, key: Sym, rows: &[Row<'_>]) -> BTreeSet<Sym> {
        let sources: BTreeSet<Sym> = rows.iter().map(|row| row.0.source).collect();
        let mut agents = BTreeSet::new();
        for sent in self.0.with(key) {
            from_sources(sent, &sources, &mut |seen, _| _ = agents.insert(seen.agent));
        }
        agents.remove(&0);
        agents
    }
}

/// By principal. Each may have sent any number of them.
pub struct AgentsByPrincipal<'c>(Callers<'c>);

impl<'c> AgentsByPrincipal<'c> {
    pub fn new(table: &'c agents::Table) -> AgentsByPrincipal<'c> {
        AgentsByPrincipal(Callers::by(table, |caller| caller.principal))
    }

    /// Calls `each` with what the principal sent from the sources.
    pub fn sent(
        &self,
        principal: Sym,
        sources: &BTreeSet<Sym>,
        mut each: impl FnMut(agents::Key, &agents::Row),
    ) {
        for sent in self.0.with(principal) {
            from_sources(sent, sources, &mut each);
        }
    }
}

fn from_sources(
    sent: agents::OfCaller<'_>,
    sources: &BTreeSet<Sym>,
    each: &mut dyn FnMut(agents::Key, &agents::Row),
) {
    // Whichever is less work.
    if sent.len() / 32 <= sources.len() {
        let seen = sent.iter().filter(|(seen, _)| sources.contains(&seen.source));
        return seen.for_each(|(seen, row)| each(seen, row));
    }
    for source in sources {
        sent.at_source(*source).iter().for_each(|(seen, row)| each(seen, row));
    }
}
