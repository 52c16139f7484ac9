//! The network, class, country and operator of every source address.

use rustc_hash::FxHashMap;

use crate::config::{Config, Geo, geo::is_hosting};
use crate::event::SourceClass;
use crate::event::address::{network, parse_ip, source_class};
use crate::rollup::{Names, Sym};

/// The network of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceNetwork {
    pub class: SourceClass,
    /// The /24 or /64; the source as logged where it is not an address.
    pub name: String,
    /// ISO 3166-1 alpha-2; empty without GeoIP.
    pub country: String,
    /// `AS64500 Example Net`; empty without GeoIP.
    pub asn: String,
}

impl SourceNetwork {
    /// True where a person or program with credentials may be: not AWS itself, not an own range.
    pub fn is_outside(&self) -> bool {
        matches!(self.class, SourceClass::Other | SourceClass::Cloud | SourceClass::Private)
    }

    /// True if one operator runs both. Always false for hosting providers, whose networks anybody can rent.
    pub fn same_operator(&self, other: &SourceNetwork) -> bool {
        !self.asn.is_empty() && self.asn == other.asn && self.class != SourceClass::Cloud
    }

    /// True if one is IPv6 and the other is not, like the two addresses of one machine.
    pub fn is_other_protocol(&self, other: &SourceNetwork) -> bool {
        self.name.contains(':') != other.name.contains(':')
    }
}

/// By the source's number, for every source of the rollups.
#[derive(Debug, Default)]
pub struct SourceNetworks {
    networks: FxHashMap<Sym, SourceNetwork>,
}

impl SourceNetworks {
    pub fn new(
        sources: impl Iterator<Item = Sym>,
        names: &Names,
        config: &Config,
        geo: Option<&Geo>,
    ) -> SourceNetworks {
        let mut networks = FxHashMap::default();
        for sym in sources {
            networks.entry(sym).or_insert_with(|| source_network(names.text(sym), config, geo));
        }
        SourceNetworks { networks }
    }

    pub fn get(&self, source: Sym) -> Option<&SourceNetwork> {
        self.networks.get(&source)
    }

    pub fn name(&self, source: Sym) -> &str {
        self.networks.get(&source).map_or("", |n| &n.name)
    }

    pub fn is_outside(&self, source: Sym) -> bool {
        self.networks.get(&source).is_some_and(SourceNetwork::is_outside)
    }
}

fn source_network(source: &str, config: &Config, geo: Option<&Geo>) -> SourceNetwork {
    let mut class = source_class(source);
    let (mut country, mut asn) = (String::new(), String::new());
    if let Some(ip) = parse_ip(source) {
        if let Some(geo) = geo.filter(|_| class == SourceClass::Other) {
            let found = geo.lookup(ip);
            if is_hosting(&found.org) {
                class = SourceClass::Cloud;
            }
            country = found.country;
            asn = match found.asn {
                Some(number) => format!("AS{number} {}", found.org).trim_end().to_string(),
                None => found.org,
            };
        }
        if config.is_own(ip) {
            class = SourceClass::Own;
        }
    }
    SourceNetwork { class, name: network(source), country, asn }
}
