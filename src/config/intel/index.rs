//! Lookup tables from the fields of a call to indicators.

use std::net::IpAddr;

use ipnet::IpNet;
use regex::Regex;

use super::condition::Condition;
use super::text_arena::{Span, TextArena};
use super::unused::Unused;
use super::{Field, wildcard};

/// A possible match: one condition of an indicator matched. The other conditions are not checked yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lead {
    pub(super) entry: u32,
    /// Index of the further conditions; [`ALONE`] if there are none.
    pub(super) further: u32,
}

pub const ALONE: u32 = u32::MAX;

/// Regular expressions. Each is tried on each text, so their number is limited.
pub const MAX_EXPRESSIONS: usize = 1_000;

#[derive(Debug, Clone, Default)]
pub struct Index {
    v4: Prefixes<u32>,
    v6: Prefixes<u128>,
    /// By field. Sorted by text after [`Index::sort`].
    texts: [Vec<(Span, Lead)>; Field::ALL.len()],
    expressions: Vec<(Field, Regex, Lead)>,
}

impl Index {
    /// # Errors
    /// If a regular expression cannot be used, or there is too much text.
    pub fn add(
        &mut self,
        texts: &mut TextArena,
        condition: &Condition,
        lead: Lead,
    ) -> Result<(), Unused> {
        match condition {
            Condition::Net(IpNet::V4(net)) => {
                self.v4.rows.push((net.prefix_len(), net.network().to_bits(), lead));
            }
            Condition::Net(IpNet::V6(net)) => {
                self.v6.rows.push((net.prefix_len(), net.network().to_bits(), lead));
            }
            Condition::Text(field, text) => {
                let full = || Unused::refused("more than 4 GiB of text");
                let span = texts.add(text).ok_or_else(full)?;
                self.texts[*field as usize].push((span, lead));
            }
            Condition::Regex(field, expression) => {
                if self.expressions.len() >= MAX_EXPRESSIONS {
                    return Err(Unused::refused("more than 1,000 indicators with wildcards"));
                }
                let regex = wildcard::compile(*field, expression)?;
                self.expressions.push((*field, regex, lead));
            }
        }
        Ok(())
    }

    /// Must be called once, before the first lookup.
    pub fn sort(&mut self, texts: &TextArena) {
        self.v4.sort();
        self.v6.sort();
        for list in &mut self.texts {
            list.sort_unstable_by(|a, b| (texts.get(a.0), a.1).cmp(&(texts.get(b.0), b.1)));
            list.shrink_to_fit();
        }
    }

    pub fn by_address(&self, address: IpAddr, leads: &mut Vec<Lead>) {
        match address.to_canonical() {
            IpAddr::V4(v4) => self.v4.find(|length| v4.to_bits() & mask4(length), leads),
            IpAddr::V6(v6) => self.v6.find(|length| v6.to_bits() & mask6(length), leads),
        }
    }

    pub fn by_text(&self, texts: &TextArena, field: Field, text: &str, leads: &mut Vec<Lead>) {
        let list = &self.texts[field as usize];
        let start = list.partition_point(|(span, _)| texts.get(*span) < text);
        let equal = list.iter().skip(start).take_while(|(span, _)| texts.get(*span) == text);
        leads.extend(equal.map(|(_, lead)| *lead));
    }

    pub fn by_expression(&self, field: Field, text: &str, leads: &mut Vec<Lead>) {
        let matching = self.expressions.iter().filter(|(f, r, _)| *f == field && r.is_match(text));
        leads.extend(matching.map(|(_, _, lead)| *lead));
    }
}

fn mask4(length: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0)
}

fn mask6(length: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0)
}

/// Ranges by prefix length: one binary search per length finds all ranges that contain an address.
#[derive(Debug, Clone, Default)]
struct Prefixes<T> {
    rows: Vec<(u8, T, Lead)>,
    /// Each prefix length that occurs, with the end of its rows.
    lengths: Vec<(u8, usize)>,
}

impl<T: Ord + Copy> Prefixes<T> {
    fn sort(&mut self) {
        self.rows.sort_unstable();
        self.rows.shrink_to_fit();
        for (at, row) in self.rows.iter().enumerate() {
            match self.lengths.last_mut() {
                Some((length, end)) if *length == row.0 => *end = at + 1,
                _ => self.lengths.push((row.0, at + 1)),
            }
        }
    }

    /// `network` gives the address's network for a prefix length.
    fn find(&self, network: impl Fn(u8) -> T, leads: &mut Vec<Lead>) {
        let mut start = 0;
        for (length, end) in &self.lengths {
            let rows = self.rows.get(start..*end).unwrap_or(&[]);
            let key = network(*length);
            let from = rows.partition_point(|row| row.1 < key);
            let equal = rows.iter().skip(from).take_while(|row| row.1 == key);
            leads.extend(equal.map(|row| row.2));
            start = *end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_that_contains_an_address_is_found() {
        let nets = [
            "203.0.113.7/32",
            "203.0.113.0/24",
            "203.0.0.0/8",
            "203.0.113.7/32",
            "203.0.114.0/24",
            "2001:db8::/32",
            "2001:db8::7/128",
        ];
        let (mut index, mut texts) = (Index::default(), TextArena::default());
        for (entry, net) in nets.iter().enumerate() {
            let lead = Lead { entry: entry as u32, further: ALONE };
            let net: IpNet = net.parse().unwrap();
            index.add(&mut texts, &Condition::Net(net.trunc()), lead).unwrap();
        }
        index.sort(&texts);
        let found = |address: &str| {
            let mut leads = Vec::new();
            index.by_address(address.parse().unwrap(), &mut leads);
            let mut entries: Vec<u32> = leads.iter().map(|l| l.entry).collect();
            entries.sort_unstable();
            entries
        };
        assert_eq!(found("203.0.113.7"), [0, 1, 2, 3]);
        assert_eq!(found("::ffff:203.0.113.7"), [0, 1, 2, 3]);
        assert_eq!(found("203.0.113.8"), [1, 2]);
        assert_eq!(found("203.0.112.255"), [2]);
        assert_eq!(found("204.0.0.0"), [0; 0]);
        assert_eq!(found("2001:db8::7"), [5, 6]);
        assert_eq!(found("2001:db9::"), [0; 0]);
    }
}
