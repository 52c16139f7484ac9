//! Writes small MaxMind databases for tests. Needs the standard library only.
//!
//! The format: a binary search tree over address bits, 16 zero bytes, the data section, a marker
//! and the metadata map. <https://maxmind.github.io/MaxMind-DB/>

#![allow(dead_code, reason = "mounted in more than one place, each of which uses a part")]

use std::net::IpAddr;

/// A value in the data section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Text(String),
    U16(u16),
    U32(u32),
    U64(u64),
    List(Vec<Value>),
    Map(Vec<(&'static str, Value)>),
}

/// A record of a City database.
pub fn city(iso_code: &str, name: &str) -> Value {
    let names = Value::Map(vec![("en", text(name))]);
    Value::Map(vec![
        ("city", Value::Map(vec![("names", names)])),
        ("country", Value::Map(vec![("iso_code", text(iso_code))])),
    ])
}

/// A record of a Country database.
pub fn country(iso_code: &str) -> Value {
    Value::Map(vec![("country", Value::Map(vec![("iso_code", text(iso_code))]))])
}

/// A record of an ASN database.
pub fn asn(number: u32, org: &str) -> Value {
    Value::Map(vec![
        ("autonomous_system_number", Value::U32(number)),
        ("autonomous_system_organization", text(org)),
    ])
}

pub fn text(value: &str) -> Value {
    Value::Text(value.to_string())
}

/// The bytes of a database of `database_type` (`GeoLite2-City`) that holds IPv4 and IPv6.
///
/// A network is `192.0.2.0/24`; where two overlap the narrower one must come later.
///
/// # Panics
/// If a network is not understood.
pub fn database(database_type: &str, records: &[(&str, Value)]) -> Vec<u8> {
    build(database_type, 6, records)
}

/// Like [`database`], for IPv4 only.
///
/// # Panics
/// If a network is not understood or is IPv6.
pub fn database_v4(database_type: &str, records: &[(&str, Value)]) -> Vec<u8> {
    build(database_type, 4, records)
}

fn build(database_type: &str, ip_version: u16, records: &[(&str, Value)]) -> Vec<u8> {
    let mut tree = Tree { nodes: vec![[Child::Empty; 2]] };
    let mut data = Vec::new();
    for (network, value) in records {
        let (bits, prefix) = network_bits(network, ip_version);
        tree.insert(bits, prefix, data.len());
        encode(value, &mut data);
    }
    let mut file = tree.encode();
    file.extend([0; 16]);
    file.extend(data);
    file.extend(b"\xab\xcd\xefMaxMind.com");
    let metadata = Value::Map(vec![
        ("binary_format_major_version", Value::U16(2)),
        ("binary_format_minor_version", Value::U16(0)),
        ("build_epoch", Value::U64(1_700_000_000)),
        ("database_type", text(database_type)),
        ("description", Value::Map(vec![("en", text("for tests"))])),
        ("ip_version", Value::U16(ip_version)),
        ("languages", Value::List(vec![text("en")])),
        ("node_count", Value::U32(number(tree.nodes.len()))),
        ("record_size", Value::U16(24)),
    ]);
    encode(&metadata, &mut file);
    file
}

/// The network's bits from the highest on, and how many count. IPv4 lies at `::/96`.
fn network_bits(network: &str, ip_version: u16) -> (u128, u32) {
    let (address, prefix) = network.split_once('/').expect("address/prefix");
    let prefix: u32 = prefix.parse().expect("prefix length");
    match (address.parse().expect("address"), ip_version) {
        (IpAddr::V4(a), 4) => (u128::from(u32::from(a)) << 96, prefix),
        (IpAddr::V4(a), _) => (u128::from(u32::from(a)), prefix + 96),
        (IpAddr::V6(a), 6) => (u128::from(a), prefix),
        (IpAddr::V6(_), _) => panic!("{network} in a database of IPv4"),
    }
}

#[derive(Clone, Copy)]
enum Child {
    Empty,
    Node(usize),
    /// Offset in the data section.
    Data(usize),
}

struct Tree {
    nodes: Vec<[Child; 2]>,
}

impl Tree {
    fn insert(&mut self, bits: u128, prefix: u32, data: usize) {
        let mut node = 0;
        for depth in 0..prefix {
            let side = usize::from(bits >> (127 - depth) & 1 == 1);
            if depth + 1 == prefix {
                self.nodes[node][side] = Child::Data(data);
                return;
            }
            node = match self.nodes[node][side] {
                Child::Node(next) => next,
                // What was there covers both halves until a narrower network says otherwise.
                before => {
                    self.nodes.push([before; 2]);
                    let next = self.nodes.len() - 1;
                    self.nodes[node][side] = Child::Node(next);
                    next
                }
            };
        }
    }

    fn encode(&self) -> Vec<u8> {
        let count = self.nodes.len();
        let records = self.nodes.iter().flatten().map(|child| match child {
            Child::Empty => count,
            Child::Node(index) => *index,
            Child::Data(offset) => count + 16 + offset,
        });
        records.flat_map(|r| number(r).to_be_bytes().into_iter().skip(1)).collect()
    }
}

fn encode(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Text(s) => {
            head(2, s.len(), out);
            out.extend(s.as_bytes());
        }
        Value::U16(n) => {
            head(5, 2, out);
            out.extend(n.to_be_bytes());
        }
        Value::U32(n) => {
            head(6, 4, out);
            out.extend(n.to_be_bytes());
        }
        Value::U64(n) => {
            head(9, 8, out);
            out.extend(n.to_be_bytes());
        }
        Value::List(items) => {
            head(11, items.len(), out);
            for item in items {
                encode(item, out);
            }
        }
        Value::Map(entries) => {
            head(7, entries.len(), out);
            for (key, value) in entries {
                encode(&text(key), out);
                encode(value, out);
            }
        }
    }
}

/// Type and size. Types above 7 and sizes from 29 on take a second byte.
fn head(kind: u8, size: usize, out: &mut Vec<u8>) {
    let (short, rest) = if size < 29 { (size, None) } else { (29, Some(size - 29)) };
    let short = u8::try_from(short).expect("below 30");
    if kind <= 7 {
        out.push(kind << 5 | short);
    } else {
        out.extend([short, kind - 7]);
    }
    if let Some(rest) = rest {
        out.push(u8::try_from(rest).expect("values are shorter than 285 bytes"));
    }
}

fn number(value: usize) -> u32 {
    u32::try_from(value).expect("small database")
}
