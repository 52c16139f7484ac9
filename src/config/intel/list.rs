//! What one file held: how many indicators of which kinds, and what was not used, with the reasons.

use std::path::{Path, PathBuf};

use super::unused::{Class, Unused, excerpt};
use crate::ui::number::{counted, grouped};

/// Reasons of one list that are told apart.
const MOST_REASONS: usize = 10;
/// Places that are named for each reason.
const MOST_PLACES: usize = 5;

/// The forms that are read.
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
    /// Of those: ended by now.
    pub ended: u64,
    reasons: Vec<Reasons>,
}

/// Everything of one list that has the same reason.
#[derive(Debug, Clone)]
struct Reasons {
    unused: Unused,
    count: u64,
    places: Vec<String>,
}

impl List {
    pub fn new(path: &Path, format: Format) -> List {
        let path = path.to_path_buf();
        List { path, format, indicators: 0, ended: 0, reasons: Vec::new() }
    }

    /// Notes that `what`, at `place`, is not used.
    pub fn unused(&mut self, place: &str, what: &str, unused: Unused) {
        let known = self.reasons.iter().any(|r| r.unused == unused);
        let unused = if known || self.reasons.len() < MOST_REASONS {
            unused
        } else {
            Unused::new(unused.class, "other reasons")
        };
        let shown = || match excerpt(what) {
            what if what.is_empty() => place.to_string(),
            what => format!("{place} `{what}`"),
        };
        match self.reasons.iter_mut().find(|r| r.unused == unused) {
            Some(known) => {
                known.count += 1;
                if known.places.len() < MOST_PLACES {
                    known.places.push(shown());
                }
            }
            None => self.reasons.push(Reasons { unused, count: 1, places: vec![shown()] }),
        }
    }

    /// How many have a reason of the class.
    pub fn count(&self, class: Class) -> u64 {
        self.reasons.iter().filter(|r| r.unused.class == class).map(|r| r.count).sum()
    }

    /// True if something stood in the file and nothing of it could be used.
    pub fn is_useless(&self) -> bool {
        self.indicators == 0 && !self.reasons.is_empty()
    }

    /// One sentence a reason, the most frequent first; what these logs do not hold is one sentence in all. What
    /// is revoked or repeated is only counted.
    pub fn notes(&self) -> Vec<String> {
        let mut reasons: Vec<&Reasons> =
            self.reasons.iter().filter(|r| r.unused.class < Class::Revoked).collect();
        reasons.sort_by(|a, b| (a.unused.class, b.count).cmp(&(b.unused.class, a.count)));
        let (absent, others): (Vec<_>, Vec<_>) =
            reasons.into_iter().partition(|r| r.unused.class == Class::OtherKind);
        let mut sentences: Vec<String> = others.into_iter().map(Reasons::sentence).collect();
        if !absent.is_empty() {
            let kinds: Vec<String> = absent.into_iter().map(Reasons::kind).collect();
            let count = grouped(self.count(Class::OtherKind));
            let words = Class::OtherKind.words();
            sentences.push(format!("{count} {words}: {}", kinds.join(", ")));
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

    /// The reason that weighs most, for a list that is of no use.
    pub fn main_reason(&self) -> String {
        let most = self.reasons.iter().max_by_key(|r| r.count);
        most.map_or_else(String::new, Reasons::sentence)
    }
}

impl Reasons {
    /// `` `file:hashes.MD5` (1,200, first indicator--…)``.
    fn kind(&self) -> String {
        let first = self.places.first().map_or("", |p| p.as_str());
        format!("{} ({}, first {first})", self.unused.why, grouped(self.count))
    }

    /// `2 not understood (neither … nor …): line 3 `x`, line 9 `y``.
    fn sentence(&self) -> String {
        let named = self.places.len() as u64;
        let more = match self.count - named {
            0 => String::new(),
            more => format!(" and {} more", grouped(more)),
        };
        format!(
            "{} {} ({}): {}{more}",
            grouped(self.count),
            self.unused.class.words(),
            self.unused.why,
            self.places.join(", ")
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
    fn reasons_are_counted_and_the_first_places_named() {
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
        assert!(list.is_useless());
        assert_eq!((list.count(Class::NotUnderstood), list.count(Class::Refused)), (7, 1));
    }

    #[test]
    fn reasons_that_a_list_makes_up_without_end_are_joined() {
        let mut list = List::new(Path::new("a.json"), Format::Stix);
        for n in 0..1000 {
            list.unused(&format!("id-{n}"), "", Unused::not_understood(format!("reason {n}")));
            list.unused("x", "", Unused::other_kind("`file:name`"));
        }
        assert_eq!(list.notes().len(), MOST_REASONS + 1);
        assert_eq!(list.count(Class::NotUnderstood), 1000);
        let last = list.notes().pop().unwrap();
        let absent =
            "a.json: 1,000 of kinds that these logs do not hold: `file:name` (1,000, first x).";
        assert_eq!(last, absent);
    }
}
