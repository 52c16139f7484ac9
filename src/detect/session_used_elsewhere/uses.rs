//! Where temporary keys were used, and which places were already their principals' own.

use std::collections::{BTreeMap, HashMap};

use polars::prelude::*;

use super::handed_out::issued_to;
use crate::clock::Millis;
use crate::detect::Cx;
use crate::detect::cx::syms;
use crate::detect::rows::Row;
use crate::detect::source_networks::SourceNetwork;
use crate::event::identity::is_instance;
use crate::rollup::Sym;
use crate::rollup::sessions::Session;

/// One temporary key in one outside network.
pub struct Use<'c> {
    pub key: Sym,
    pub session: Session,
    pub principal: Sym,
    pub network: &'c str,
    pub place: &'c SourceNetwork,
    pub rows: Vec<Row<'c>>,
    pub first: Millis,
    pub last: Millis,
}

/// Where temporary keys were used, baseline included, earliest first.
pub fn uses<'c>(cx: &'c Cx<'_>) -> PolarsResult<Vec<Use<'c>>> {
    let keys =
        cx.calls().select([col("access_key")]).unique(None, UniqueKeepStrategy::Any).collect()?;
    let keys: HashMap<Sym, Session> = syms(&keys, "access_key")?
        .into_iter()
        .filter_map(|key| Some((key, cx.rollups.sessions.get(&key)?.directly())))
        .collect();
    let mut uses: BTreeMap<(Sym, &str), Use<'c>> = BTreeMap::new();
    for row in cx.rows().filter(|row| !row.0.by_service) {
        let (key, value) = row;
        let place = cx.places.get(key.source).filter(|place| place.outside());
        let (Some(session), Some(place)) = (keys.get(&key.access_key), place) else { continue };
        let network = place.network.as_str();
        let used = uses.entry((key.access_key, network)).or_insert_with(|| Use {
            key: key.access_key,
            session: *session,
            principal: key.principal,
            network,
            place,
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
    Ok(uses)
}

/// First sights by principal and network, without sessions that were handed out elsewhere and without those
/// of instances: a stranger must not become an acquaintance by coming again.
pub fn proper<'c>(cx: &'c Cx<'_>) -> HashMap<(Sym, &'c str), Millis> {
    let mut proper = HashMap::new();
    for (key, value) in cx.rows().filter(|row| !row.0.by_service) {
        let network = cx.places.network(key.source);
        let session = cx.rollups.sessions.get(&key.access_key).map(Session::directly);
        let belongs = session.is_none_or(|session| {
            let issued = issued_to(cx, &session);
            issued.is_none_or(|home| home.network == network) && !is_instance(cx.text(session.name))
        });
        if belongs {
            proper.entry((key.principal, network)).or_insert(value.first.time);
        }
    }
    proper
}
