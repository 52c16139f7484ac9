//! User agents as sent. They name a machine's system and versions, and so can tell whether two addresses
//! are those of one machine.

use std::collections::{BTreeSet, HashMap};

use super::Cx;
use super::rows::Row;
use crate::rollup::{Sym, agents};

/// By access key; calls that sent none are left out.
pub struct UserAgents<'c>(HashMap<Sym, Vec<&'c agents::Key>>);

impl<'c> UserAgents<'c> {
    pub fn new(cx: &'c Cx<'_>) -> UserAgents<'c> {
        let mut by_key: HashMap<Sym, Vec<&agents::Key>> = HashMap::new();
        for seen in cx.rollups.agents.keys().filter(|seen| !cx.text(seen.agent).is_empty()) {
            by_key.entry(seen.access_key).or_default().push(seen);
        }
        UserAgents(by_key)
    }

    /// Those that the key sent, where `wanted` takes them.
    pub fn of(&self, key: Sym, wanted: impl Fn(&agents::Key) -> bool) -> BTreeSet<Sym> {
        let seen = self.0.get(&key).into_iter().flatten().filter(|seen| wanted(seen));
        seen.map(|seen| seen.agent).collect()
    }

    /// Those that the key sent from where the rows came from.
    pub fn beside(&self, key: Sym, rows: &[Row<'_>]) -> BTreeSet<Sym> {
        let sources: BTreeSet<Sym> = rows.iter().map(|row| row.0.source).collect();
        self.of(key, |seen| sources.contains(&seen.source))
    }
}
