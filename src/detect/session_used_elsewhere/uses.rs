//! Where temporary keys were issued and used, and which networks their principals work from.

use std::collections::{BTreeMap, HashMap};

use crate::clock::Millis;
use crate::detect::Cx;
use crate::detect::rows::Row;
use crate::detect::source_networks::SourceNetwork;
use crate::event::identity::is_instance;
use crate::event::{Outcome, SourceClass};
use crate::rollup::sessions::Session;
use crate::rollup::{Sym, activity};

/// One temporary key in one outside network.
pub struct Use<'c> {
    pub key: Sym,
    pub session: Session,
    pub principal: Sym,
    pub network: &'c str,
    pub source: &'c SourceNetwork,
    pub rows: Vec<Row<'c>>,
    pub first: Millis,
    pub last: Millis,
}

/// Where temporary keys were used, baseline included, earliest first.
pub fn uses<'c>(cx: &'c Cx<'_>) -> Vec<Use<'c>> {
    let mut sessions: HashMap<Sym, Option<Session>> = HashMap::new();
    let mut uses: BTreeMap<(Sym, &str), Use<'c>> = BTreeMap::new();
    for row in cx.calls() {
        let (key, value) = row;
        let session = sessions
            .entry(key.access_key)
            .or_insert_with(|| cx.rollups.sessions.get(&key.access_key).map(Session::only_direct));
        let source = cx.networks.get(key.source).filter(|source| source.is_outside());
        let (Some(session), Some(source)) = (session, source) else { continue };
        let network = source.name.as_str();
        let used = uses.entry((key.access_key, network)).or_insert_with(|| Use {
            key: key.access_key,
            session: *session,
            principal: key.principal,
            network,
            source,
            rows: Vec::new(),
            first: value.first.time,
            last: value.last(),
        });
        used.rows.push(row);
        used.last = used.last.max(value.last());
    }
    let mut uses: Vec<_> =
        uses.into_values().filter(|used| !cx.is_service(used.principal)).collect();
    uses.sort_by_key(|used| (used.first, cx.text(used.key), used.network));
    uses
}

/// When a call of each principal first succeeded from a network, not counting sessions that were issued elsewhere or belong to
/// instances: repeat visits with stolen credentials do not make a network known.
pub fn own_networks<'c>(cx: &'c Cx<'_>) -> HashMap<(Sym, &'c str), Millis> {
    let mut own_networks = HashMap::new();
    let worked = |key: &activity::Key<'_>| key.outcome == Outcome::Success;
    let times = cx.history.start..=cx.history.end;
    let rows = cx.calls().filter(|row| worked(&row.0) && times.contains(&row.1.first.time));
    for (key, value) in rows {
        let network = cx.networks.name(key.source);
        let session = cx.rollups.sessions.get(&key.access_key).map(Session::only_direct);
        let belongs = session.is_none_or(|session| {
            let issued = issued_to(cx, &session);
            issued.is_none_or(|home| home.name == network) && !is_instance(cx.text(session.name))
        });
        if belongs {
            own_networks.entry((key.principal, network)).or_insert(value.first.time);
        }
    }
    own_networks
}

/// The address, or the own network, that requested the session; `None` if AWS did.
pub fn issued_to<'c>(cx: &'c Cx<'_>, session: &Session) -> Option<&'c SourceNetwork> {
    let issued = cx.networks.get(session.issued_to).filter(|_| session.issued_at != 0);
    issued.filter(|network| network.is_outside() || network.class == SourceClass::Own)
}
