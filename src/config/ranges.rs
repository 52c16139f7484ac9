//! Sets of address ranges, and the syntax of one range. Knows no files.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net};

use crate::config::error::Problem;

/// A set of addresses, built once and searched often: sorted, disjoint ranges, both ends included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ranges {
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u128)>,
}

impl Ranges {
    pub fn new(nets: impl IntoIterator<Item = IpNet>) -> Ranges {
        let mut v4 = Vec::new();
        let mut v6 = Vec::new();
        for net in nets {
            match net {
                IpNet::V4(n) => v4.push((u32::from(n.network()), u32::from(n.broadcast()))),
                IpNet::V6(n) => v6.push((u128::from(n.network()), u128::from(n.broadcast()))),
            }
        }
        Ranges { v4: disjoint(v4), v6: disjoint(v6) }
    }

    /// An IPv4 address written as IPv6 (`::ffff:192.0.2.1`) counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match address.to_canonical() {
            IpAddr::V4(a) => contains_point(&self.v4, u32::from(a)),
            IpAddr::V6(a) => contains_point(&self.v6, u128::from(a)),
        }
    }

    /// True if one range of the set contains every address of `net`.
    pub(super) fn covers(&self, net: &IpNet) -> bool {
        match net {
            IpNet::V4(n) => {
                contains_span(&self.v4, u32::from(n.network()), u32::from(n.broadcast()))
            }
            IpNet::V6(n) => {
                contains_span(&self.v6, u128::from(n.network()), u128::from(n.broadcast()))
            }
        }
    }
}

/// Sorts and joins ranges that overlap.
fn disjoint<T: Ord + Copy>(mut ranges: Vec<(T, T)>) -> Vec<(T, T)> {
    ranges.sort_unstable();
    let mut joined: Vec<(T, T)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match joined.last_mut() {
            Some(before) if first <= before.1 => before.1 = before.1.max(last),
            _ => joined.push((first, last)),
        }
    }
    joined
}

fn contains_point<T: Ord + Copy>(ranges: &[(T, T)], address: T) -> bool {
    contains_span(ranges, address, address)
}

/// Whether one of the ranges contains both addresses. `first` must not be greater than `last`.
fn contains_span<T: Ord + Copy>(ranges: &[(T, T)], first: T, last: T) -> bool {
    let after = ranges.partition_point(|(start, _)| *start <= first);
    after.checked_sub(1).and_then(|i| ranges.get(i)).is_some_and(|(_, end)| last <= *end)
}

/// Reads `198.51.100.0/24`, `2001:db8:1::/48` or a bare address.
///
/// # Errors
/// If it is neither. If host bits are set, because it is unclear whether the range or the address is meant. If
/// it is every address.
pub(super) fn parse(text: &str) -> Result<IpNet, Problem> {
    let net = match text.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address),
        Err(_) => text.parse::<IpNet>().map_err(|_| {
            Problem::new(format!("`{text}` is neither an address nor a CIDR range"))
                .hint("write it as `198.51.100.0/24`, `2001:db8::/32` or a single address")
        })?,
    };
    if net.trunc() != net {
        return Err(Problem::new(format!(
            "`{text}` has host bits set: a range starts at its first address"
        ))
        .hint(format!(
            "write `{}` for the range or `{}` for the address",
            net.trunc(),
            net.addr()
        )));
    }
    if net.prefix_len() == 0 {
        return Err(
            Problem::new(format!("`{text}` covers every address")).hint("list the ranges you mean")
        );
    }
    Ok(match net {
        IpNet::V6(n) => ipv4_of_mapped(n.network(), n.prefix_len()).map_or(net, IpNet::V4),
        IpNet::V4(_) => net,
    })
}

/// The IPv4 range that an IPv4-mapped IPv6 range stands for, so that both spellings are equal.
fn ipv4_of_mapped(network: Ipv6Addr, prefix: u8) -> Option<Ipv4Net> {
    Ipv4Net::new(network.to_ipv4_mapped()?, prefix.checked_sub(96)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(texts: &[&str]) -> Ranges {
        Ranges::new(texts.iter().map(|t| parse(t).unwrap()))
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn contains_both_ends_and_nothing_more() {
        let set = ranges(&["198.51.100.0/24", "203.0.113.7", "2001:db8:1::/48"]);
        for inside in [
            "198.51.100.0",
            "198.51.100.255",
            "203.0.113.7",
            "::ffff:203.0.113.7",
            "2001:db8:1::",
            "2001:db8:1:ffff:ffff:ffff:ffff:ffff",
        ] {
            assert!(set.contains(ip(inside)), "{inside}");
        }
        for outside in
            ["198.51.99.255", "198.51.101.0", "203.0.113.6", "203.0.113.8", "2001:db8:2::", "::1"]
        {
            assert!(!set.contains(ip(outside)), "{outside}");
        }
        assert!(!Ranges::default().contains(ip("0.0.0.0")));
    }

    #[test]
    fn overlapping_ranges_are_one() {
        let set = ranges(&["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "10.0.0.0/8", "9.0.0.0/8"]);
        assert_eq!(set.v4.len(), 2);
        assert!(set.contains(ip("10.255.255.255")));
        assert!(set.contains(ip("9.0.0.1")));
        assert!(!set.contains(ip("11.0.0.0")));
    }

    #[test]
    fn a_range_is_covered_only_whole() {
        let set = ranges(&["198.51.100.0/24", "203.0.113.7", "2001:db8:1::/48"]);
        for (net, covered) in [
            ("198.51.100.0/24", true),
            ("198.51.100.128/25", true),
            ("198.51.0.0/16", false),
            ("203.0.113.7/32", true),
            ("203.0.113.6/31", false),
            ("2001:db8:1:2::/64", true),
            ("2001:db8::/32", false),
        ] {
            assert_eq!(set.covers(&net.parse().unwrap()), covered, "{net}");
        }
    }

    #[test]
    fn mapped_ranges_are_ipv4() {
        assert_eq!(parse("::ffff:203.0.113.0/120"), parse("203.0.113.0/24"));
        assert_eq!(parse("::ffff:203.0.113.9"), parse("203.0.113.9"));
    }

    #[test]
    fn refuses() {
        for (text, expected) in [
            ("", "neither an address nor a CIDR range"),
            ("example.org", "neither an address nor a CIDR range"),
            ("198.51.100.0/33", "neither an address nor a CIDR range"),
            ("198.51.100.0/24,", "neither an address nor a CIDR range"),
            ("198.51.100.7/24", "has host bits set"),
            ("0.0.0.0/0", "covers every address"),
            ("::/0", "covers every address"),
        ] {
            let problem = parse(text).unwrap_err();
            assert!(problem.message.contains(expected), "{text}: {}", problem.message);
        }
        assert_eq!(
            parse("198.51.100.7/24").unwrap_err().hint.as_deref(),
            Some("write `198.51.100.0/24` for the range or `198.51.100.7` for the address")
        );
    }
}
