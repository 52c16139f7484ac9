//! The network, class, country and operator of every source address.

use std::collections::HashMap;

use crate::config::{Config, Geo, geo::is_hosting};
use crate::event::SourceClass;
use crate::event::address::{network, parse_ip, source_class};
use crate::rollup::{Names, Sym};

/// The network of one source.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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

/// By the source's number, for every source of the rollups. Many sources share a network.
#[derive(Debug, Default)]
pub struct SourceNetworks {
    networks: Vec<SourceNetwork>,
    /// Positions in `networks`, by the source's number; `u32::MAX` for other texts.
    numbers: Vec<u32>,
}

impl SourceNetworks {
    pub fn new(
        sources: impl Iterator<Item = Sym>,
        names: &Names,
        config: &Config,
        geo: Option<&Geo>,
    ) -> SourceNetworks {
        let mut numbers = vec![u32::MAX; names.len()];
        let mut known: HashMap<SourceNetwork, u32> = HashMap::new();
        for sym in sources {
            let Some(number) = numbers.get_mut(sym as usize).filter(|n| **n == u32::MAX) else {
                continue;
            };
            let next = known.len() as u32;
            *number = *known.entry(source_network(names.text(sym), config, geo)).or_insert(next);
        }
        let mut networks: Vec<_> = known.into_iter().collect();
        networks.sort_by_key(|(_, number)| *number);
        SourceNetworks { networks: networks.into_iter().map(|(n, _)| n).collect(), numbers }
    }

    #[inline]
    pub fn get(&self, source: Sym) -> Option<&SourceNetwork> {
        self.by_number(self.number(source)?)
    }

    /// The number of the source's network: the same for sources that have everything in common.
    #[inline]
    pub fn number(&self, source: Sym) -> Option<u32> {
        self.numbers.get(source as usize).copied().filter(|number| *number != u32::MAX)
    }

    pub fn by_number(&self, number: u32) -> Option<&SourceNetwork> {
        self.networks.get(number as usize)
    }

    pub fn name(&self, source: Sym) -> &str {
        self.get(source).map_or("", |n| &n.name)
    }

    pub fn is_outside(&self, source: Sym) -> bool {
        self.get(source).is_some_and(SourceNetwork::is_outside)
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
