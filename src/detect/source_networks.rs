//! Source addresses and what is known of each: class, network, country.

use rustc_hash::FxHashMap;

use crate::config::{Config, Geo, geo::is_hosting};
use crate::event::SourceClass;
use crate::event::address::{network, parse_ip, source_class};
use crate::rollup::{Names, Sym};

/// One source as logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceNetwork {
    pub class: SourceClass,
    /// The /24 or /64, or the source itself where it is no address.
    pub network: String,
    /// ISO 3166-1 alpha-2; empty without GeoIP.
    pub country: String,
    /// `AS64500 Example Net`; empty without GeoIP.
    pub asn: String,
}

impl SourceNetwork {
    /// Somewhere a person or program with credentials may sit, as against AWS itself or one's own ranges.
    pub fn outside(&self) -> bool {
        matches!(self.class, SourceClass::Other | SourceClass::Cloud | SourceClass::Private)
    }

    /// True if both are networks of one operator. Where hosting is rented by the hour, that says nothing.
    pub fn same_operator(&self, other: &SourceNetwork) -> bool {
        !self.asn.is_empty() && self.asn == other.asn && self.class != SourceClass::Cloud
    }

    /// True if one of them is reached by IPv6 and the other is not, as a machine's two addresses are.
    pub fn other_protocol(&self, other: &SourceNetwork) -> bool {
        self.network.contains(':') != other.network.contains(':')
    }
}

/// By the source's number; every source of the rollups is in it.
#[derive(Debug, Default)]
pub struct SourceNetworks {
    places: FxHashMap<Sym, SourceNetwork>,
}

impl SourceNetworks {
    pub fn new(
        sources: impl Iterator<Item = Sym>,
        names: &Names,
        config: &Config,
        geo: Option<&Geo>,
    ) -> SourceNetworks {
        let mut places = FxHashMap::default();
        for sym in sources {
            places.entry(sym).or_insert_with(|| place(names.text(sym), config, geo));
        }
        SourceNetworks { places }
    }

    pub fn get(&self, source: Sym) -> Option<&SourceNetwork> {
        self.places.get(&source)
    }

    pub fn network(&self, source: Sym) -> &str {
        self.places.get(&source).map_or("", |p| &p.network)
    }

    pub fn outside(&self, source: Sym) -> bool {
        self.places.get(&source).is_some_and(SourceNetwork::outside)
    }
}

fn place(source: &str, config: &Config, geo: Option<&Geo>) -> SourceNetwork {
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
    SourceNetwork { class, network: network(source), country, asn }
}
