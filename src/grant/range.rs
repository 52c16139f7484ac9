//! CIDR ranges: which of them open a thing to the internet, alone or together.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde_json::Value;

use super::{Reach, Scope};

/// Public IPv4 addresses that together count as everyone: a /8.
const MANY_V4: u64 = 1 << 24;
/// IPv6 /32 networks that together count as everyone: a /16. A /32 is what a provider gets.
const MANY_V6: u64 = 1 << 16;

pub fn is_range(text: &str) -> bool {
    text.contains('/') && text.trim().parse::<IpNet>().is_ok()
}

/// The ranges that stand in a list, also inside its items.
pub fn texts(value: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    collect(value, &mut found);
    found
}

fn collect<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) if is_range(text) => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => members.values().for_each(|item| collect(item, found)),
        _ => {}
    }
}

/// How far the ranges reach together. Private ones are inside; public ones are somebody else's, and so many that no
/// network of one owner has them are everyone.
pub fn reach(ranges: &[&str], scope: Scope<'_>) -> Reach {
    let (mut four, mut six): (Vec<Ipv4Net>, Vec<Ipv6Net>) = (Vec::new(), Vec::new());
    for text in ranges {
        match text.trim().parse() {
            Ok(IpNet::V4(net)) => four.push(net.trunc()),
            Ok(IpNet::V6(net)) => six.push(net.trunc()),
            Err(_) => {}
        }
    }
    let public = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => !(ip.is_private() || ip.is_loopback() || ip.is_link_local()),
        IpAddr::V6(ip) => {
            let first = ip.segments()[0];
            !(ip.is_loopback() || (first & 0xfe00) == 0xfc00 || (first & 0xffc0) == 0xfe80)
        }
    };
    let known = |text: String| scope.known.contains(&text);
    let v4: u64 = Ipv4Net::aggregate(&four)
        .into_iter()
        .filter(|net| net.prefix_len() < 8 || public(net.network().into()))
        .filter(|net| !known(net.to_string()))
        .map(|net| 1 << (32 - u32::from(net.prefix_len())))
        .sum();
    let v6: u64 = Ipv6Net::aggregate(&six)
        .into_iter()
        .filter(|net| net.prefix_len() < 7 || public(net.network().into()))
        .filter(|net| !known(net.to_string()))
        .map(|net| 1_u64 << (32_u32.saturating_sub(u32::from(net.prefix_len()))))
        .sum();
    match (v4, v6) {
        (0, 0) => Reach::Inside,
        (four, six) if four >= MANY_V4 || six >= MANY_V6 => Reach::Everyone,
        _ => Reach::Outside,
    }
}
