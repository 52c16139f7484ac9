//! One threat list: its number of indicators, and the unused items with the reasons.

use std::path::{Path, PathBuf};

use super::unused::{Unused, UnusedKind, excerpt};
use crate::ui::number::{counted, grouped};

/// Reasons of one list that are listed separately.
const MAX_REASONS: usize = 10;
/// Locations that are listed for each reason.
const MAX_LOCATIONS: usize = 5;

/// The supported formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Text,
    Csv,
    Stix,
}

#[derive(Debug, Clone)]
pub struct List {
    pub path: PathBuf,
    pub format: Format,
    pub indicators: u64,
    /// Indicators that have expired.
    pub ended: u64,
    reasons: Vec<ReasonGroup>,
}

/// Unused items of one list with the same reason.
#[derive(Debug, Clone)]
struct ReasonGroup {
    unused: Unused,
    count: u64,
    locations: Vec<String>,
}

impl List {
    pub fn new(path: &Path, format: Format) -> List {
        let path = path.to_path_buf();
        List { path, format, indicators: 0, ended: 0, reasons: Vec::new() }
    }

    /// Records that `what`, at `location`, is not used.
    pub fn unused(&mut self, location: &str, what: &str, unused: Unused) {
        let known = self.reasons.iter().any(|r| r.unused == unused);
        let unused = if known || self.reasons.len() < MAX_REASONS {
            unused
        } else {
            Unused::new(unused.kind, "other reasons")
        };
        let shown = || match excerpt(what) {
            what if what.is_empty() => location.to_string(),
            what => format!("{location} `{what}`"),
        };
        match self.reasons.iter_mut().find(|r| r.unused == unused) {
            Some(known) => {
                known.count += 1;
                if known.locations.len() < MAX_LOCATIONS {
                    known.locations.push(shown());
                }
            }
            None => self.reasons.push(ReasonGroup { unused, count: 1, locations: vec![shown()] }),
        }
    }

    /// How many items have a reason of this kind.
    pub fn count(&self, kind: UnusedKind) -> u64 {
        self.reasons.iter().filter(|r| r.unused.kind == kind).map(|r| r.count).sum()
    }

    /// True if the file is not empty and nothing in it can be used.
    pub fn is_unusable(&self) -> bool {
        self.indicators == 0 && !self.reasons.is_empty()
    }

    /// One sentence per reason, the most frequent first. Unsupported types share one sentence. Revoked and
    /// superseded indicators are only counted.
    pub fn notes(&self) -> Vec<String> {
        let mut reasons: Vec<&ReasonGroup> =
            self.reasons.iter().filter(|r| r.unused.kind < UnusedKind::Revoked).collect();
        reasons.sort_by(|a, b| (a.unused.kind, b.count).cmp(&(b.unused.kind, a.count)));
        let (unsupported, others): (Vec<_>, Vec<_>) =
            reasons.into_iter().partition(|r| r.unused.kind == UnusedKind::UnsupportedType);
        let mut sentences: Vec<String> = others.into_iter().map(ReasonGroup::sentence).collect();
        if !unsupported.is_empty() {
            let kinds: Vec<String> = unsupported.into_iter().map(ReasonGroup::kind).collect();
            let count = grouped(self.count(UnusedKind::UnsupportedType));
            let label = UnusedKind::UnsupportedType.label();
            sentences.push(format!("{count} {label}: {}", kinds.join(", ")));
        }
        sentences.iter().map(|s| format!("{}: {s}.", self.path.display())).collect()
    }

    /// `iocs.csv (CSV, 1,204 indicators)`.
    pub fn describe(&self) -> String {
        let format = match self.format {
            Format::Text => "text",
            Format::Csv => "CSV",
            Format::Stix => "STIX",
        };
        format!("{} ({format}, {})", self.path.display(), indicators(self.indicators))
    }

    /// The most frequent reason, for a list that is unusable.
    pub fn main_reason(&self) -> String {
        let most = self.reasons.iter().max_by_key(|r| r.count);
        most.map_or_else(String::new, ReasonGroup::sentence)
    }
}

impl ReasonGroup {
    /// `` `file:hashes.MD5` (1,200, first indicator--…)``.
    fn kind(&self) -> String {
        let first = self.locations.first().map_or("", |p| p.as_str());
        format!("{} ({}, first {first})", self.unused.reason, grouped(self.count))
    }

    /// `2 not understood (neither … nor …): line 3 `x`, line 9 `y``.
    fn sentence(&self) -> String {
        let named = self.locations.len() as u64;
        let more = match self.count - named {
            0 => String::new(),
            more => format!(" and {} more", grouped(more)),
        };
        format!(
            "{} {} ({}): {}{more}",
            grouped(self.count),
            self.unused.kind.label(),
            self.unused.reason,
            self.locations.join(", ")
        )
    }
}

pub fn indicators(n: u64) -> String {
    counted(n, "indicator", "indicators")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_counted_and_the_first_locations_listed() {
        let mut list = List::new(Path::new("a.txt"), Format::Text);
        for n in 1..=7 {
            list.unused(&format!("line {n}"), "foo", Unused::not_understood("no address"));
        }
        list.unused("line 9", "10.0.0.0/8", Unused::refused("a private range"));
        assert_eq!(
            list.notes(),
            [
                "a.txt: 7 not understood (no address): line 1 `foo`, line 2 `foo`, line 3 `foo`, \
                 line 4 `foo`, line 5 `foo` and 2 more.",
                "a.txt: 1 refused (a private range): line 9 `10.0.0.0/8`.",
            ]
        );
        assert!(list.is_unusable());
        assert_eq!(
            (list.count(UnusedKind::NotUnderstood), list.count(UnusedKind::Refused)),
            (7, 1)
        );
    }

    #[test]
    fn more_reasons_than_the_limit_are_joined() {
        let mut list = List::new(Path::new("a.json"), Format::Stix);
        for n in 0..1000 {
            list.unused(&format!("id-{n}"), "", Unused::not_understood(format!("reason {n}")));
            list.unused("x", "", Unused::unsupported("`file:name`"));
        }
        assert_eq!(list.notes().len(), MAX_REASONS + 1);
        assert_eq!(list.count(UnusedKind::NotUnderstood), 1000);
        let last = list.notes().pop().unwrap();
        let unsupported =
            "a.json: 1,000 of types that these logs do not contain: `file:name` (1,000, first x).";
        assert_eq!(last, unsupported);
    }
}
