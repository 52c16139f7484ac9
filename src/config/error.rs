//! What can be wrong with the configuration, and where. Prints nothing.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why the configuration cannot be used. What to do about it is in [`ConfigError::hint`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is larger than {} MiB", path.display(), limit >> 20)]
    TooBig { path: PathBuf, limit: u64 },
    #[error("{} is not UTF-8 text (byte {offset})", path.display())]
    NotText { path: PathBuf, offset: usize },
    /// A file that a setting names.
    #[error("{at}: cannot use the file named here")]
    Named { at: At, source: Box<ConfigError> },
    #[error("{at}: {problem}")]
    Invalid { at: At, problem: String, hint: Option<String> },
    /// A file that is no list of indicators.
    #[error("{}: {problem}", path.display())]
    List { path: PathBuf, problem: String, hint: &'static str },
    #[error("{flag}: {problem}")]
    Flag { flag: &'static str, problem: String },
    #[error("{} is not a usable MaxMind database", path.display())]
    GeoFile { path: PathBuf, source: Box<maxminddb::MaxMindDbError> },
    #[error("{}: no City, Country or ASN database (found: {found})", path.display())]
    NoGeo { path: PathBuf, found: String },
}

impl ConfigError {
    /// What to do about it, where there is something to say.
    pub fn hint(&self) -> Option<&str> {
        match self {
            ConfigError::Invalid { hint, .. } => hint.as_deref(),
            ConfigError::Named { source, .. } => source.hint(),
            ConfigError::List { hint, .. } => Some(hint),
            ConfigError::NoGeo { .. } => {
                Some("put GeoLite2-City.mmdb or GeoLite2-ASN.mmdb, or compatible files, there")
            }
            _ => None,
        }
    }
}

/// A place in a text file. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    pub path: PathBuf,
    pub line: usize,
    pub column: usize,
}

impl At {
    /// The place of byte `offset` in `text`.
    pub(super) fn offset(path: &Path, text: &str, offset: usize) -> At {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        At {
            path: path.to_path_buf(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path.display(), self.line, self.column)
    }
}

/// A problem whose place the caller knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub problem: String,
    pub hint: Option<String>,
}

impl Fault {
    pub fn new(problem: impl Into<String>) -> Fault {
        Fault { problem: problem.into(), hint: None }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Fault {
        self.hint = Some(hint.into());
        self
    }

    /// ``unknown `what` `name` ``, with the nearest of `known` or all of them as the hint.
    pub fn unknown<'a>(
        what: &str,
        name: &str,
        known: impl Iterator<Item = &'a str> + Clone,
    ) -> Fault {
        let hint = match nearest(name, known.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                let names: Vec<&str> = known.collect();
                if names.is_empty() {
                    "there are none here".to_string()
                } else {
                    format!("known: {}", names.join(", "))
                }
            }
        };
        Fault::new(format!("unknown {what} `{name}`")).hint(hint)
    }

    pub fn at(self, at: At) -> ConfigError {
        ConfigError::Invalid { at, problem: self.problem, hint: self.hint }
    }
}

/// The name of `known` that is most like `name`, if one is like enough: at most a third of the
/// characters differ, and one always may.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(1);
    known
        .map(|k| (distance(name, k), k))
        .filter(|(d, _)| *d <= limit)
        .min_by_key(|(d, _)| *d)
        .map(|(_, k)| k)
}

/// Levenshtein distance in characters, capitals ignored.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.to_lowercase().chars().enumerate() {
        let mut left = i + 1;
        let mut diagonal = i;
        for (y, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let here = (diagonal + usize::from(x != *y)).min(left + 1).min(*cell + 1);
            diagonal = std::mem::replace(cell, here);
            left = here;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits() {
        for (a, b, expected) in
            [("", "", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("AB", "ab", 0)]
        {
            assert_eq!(distance(a, b), expected, "{a} {b}");
            assert_eq!(distance(b, a), expected, "{b} {a}");
        }
    }

    #[test]
    fn unknown_names_the_nearest_or_all() {
        let known = ["min_objects", "window_minutes"];
        let hint = |name| Fault::unknown("setting", name, known.into_iter()).hint;
        assert_eq!(hint("min_object").as_deref(), Some("did you mean `min_objects`?"));
        assert_eq!(hint("min-objects").as_deref(), Some("did you mean `min_objects`?"));
        assert_eq!(hint("colour").as_deref(), Some("known: min_objects, window_minutes"));
        assert_eq!(
            Fault::unknown("setting", "x", std::iter::empty()).hint.as_deref(),
            Some("there are none here")
        );
    }

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let text = "a = 1\nä = 2\n";
        let at = |offset| {
            let at = At::offset(Path::new("f"), text, offset);
            (at.line, at.column)
        };
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(6), (2, 1));
        assert_eq!(at(8), (2, 2));
        assert_eq!(at(text.len()), (3, 1));
        assert_eq!(at(999), (3, 1));
    }
}
