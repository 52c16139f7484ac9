//! Ranges that are refused in threat lists: private addresses and own ranges.

use ipnet::IpNet;

use super::condition::Condition;
use super::unused::Unused;
use crate::config::Ranges;

/// Ranges that are not routed on the internet (RFC 6890 and the IANA special-purpose registries), multicast and
/// reserved ranges. Documentation ranges are left out.
const PRIVATE: [&str; 14] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/127",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
];

pub struct RefusedRanges {
    private: Ranges,
    own: Ranges,
}

impl RefusedRanges {
    pub fn new(own: Ranges) -> RefusedRanges {
        let nets = PRIVATE.iter().filter_map(|net| net.parse::<IpNet>().ok());
        RefusedRanges { private: Ranges::new(nets), own }
    }

    /// # Errors
    /// If a range of the conditions is inside a refused one.
    pub fn check(&self, conditions: &[Condition]) -> Result<(), Unused> {
        for condition in conditions {
            let Condition::Net(net) = condition else { continue };
            if self.private.covers(net) {
                return Err(Unused::refused("private or reserved addresses"));
            }
            if self.own.covers(net) {
                return Err(Unused::refused("own addresses"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_and_own_ranges_are_refused() {
        let own = Ranges::new(["198.51.100.0/24".parse().unwrap()]);
        let refused_ranges = RefusedRanges::new(own);
        let why = |net: &str| match refused_ranges.check(&[Condition::Net(net.parse().unwrap())]) {
            Ok(()) => "used".to_string(),
            Err(unused) => unused.reason,
        };
        for net in
            PRIVATE.iter().chain(&["10.1.2.3/32", "192.168.7.0/24", "fd00::1/128", "::1/128"])
        {
            assert!(why(net).starts_with("private"), "{net}");
        }
        assert_eq!(why("198.51.100.7/32"), "own addresses");
        assert_eq!(why("198.51.100.0/24"), "own addresses");
        for net in ["198.51.0.0/16", "203.0.113.7/32", "172.0.0.0/8", "2001:db8::/32", "::2/128"] {
            assert_eq!(why(net), "used", "{net}");
        }
    }
}
