//! Configuration errors with file, line and column. Prints nothing.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why the configuration cannot be used. [`ConfigError::hint`] says what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} is larger than {} MiB", path.display(), limit >> 20)]
    TooBig { path: PathBuf, limit: u64 },
    #[error("{} is not UTF-8 text (byte {offset})", path.display())]
    NotText { path: PathBuf, offset: usize },
    /// A file that a setting at `at` names.
    #[error("{at}: cannot use the file named here")]
    Named { at: Location, source: Box<ConfigError> },
    #[error("{at}: {problem}")]
    Invalid { at: Location, problem: String, hint: Option<String> },
    /// A file that is not a threat list.
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
    /// What to do about it, if anything helps.
    pub fn hint(&self) -> Option<&str> {
        match self {
            ConfigError::Invalid { hint, .. } => hint.as_deref(),
            ConfigError::Named { source, .. } => source.hint(),
            ConfigError::List { hint, .. } => Some(hint),
            ConfigError::NoGeo { .. } => Some(
                "put GeoLite2-City.mmdb, GeoLite2-ASN.mmdb or compatible files into this folder",
            ),
            _ => None,
        }
    }
}

/// A location in a text file. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    pub path: PathBuf,
    pub line: usize,
    pub column: usize,
}

impl Location {
    /// The location of byte `offset` in `text`, the content of `path`.
    pub fn offset(path: &Path, text: &str, offset: usize) -> Location {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        Location {
            path: path.to_path_buf(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path.display(), self.line, self.column)
    }
}

/// A problem whose location the caller knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub message: String,
    pub hint: Option<String>,
}

impl Problem {
    pub fn new(message: impl Into<String>) -> Problem {
        Problem { message: message.into(), hint: None }
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = Some(hint.into());
        self
    }

    /// ``unknown `what` `name` ``, with the nearest of `known`, or all of them, as the hint.
    pub fn unknown<'a>(
        what: &str,
        name: &str,
        known: impl Iterator<Item = &'a str> + Clone,
    ) -> Problem {
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
        Problem::new(format!("unknown {what} `{name}`")).hint(hint)
    }

    pub fn at(self, at: Location) -> ConfigError {
        ConfigError::Invalid { at, problem: self.message, hint: self.hint }
    }
}

/// The name in `known` with the smallest edit distance to `name`, capitals ignored. `None` if more than a third
/// of the characters differ; one may always differ.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(1);
    known
        .map(|k| (strsim::levenshtein(&name.to_lowercase(), &k.to_lowercase()), k))
        .filter(|(d, _)| *d <= limit)
        .min_by_key(|(d, _)| *d)
        .map(|(_, k)| k)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_of_the_characters_may_differ_and_capitals_do_not_count() {
        for (name, expected) in [
            ("PRINCIPAL", Some("principal")),
            ("prinzipal", Some("principal")),
            ("princpl", Some("principal")),
            ("prnzpl", None),
            ("x", None),
            ("unti", Some("until")),
            ("", None),
        ] {
            assert_eq!(nearest(name, ["principal", "until"].into_iter()), expected, "{name}");
        }
        assert_eq!(nearest("a", ["b"].into_iter()), Some("b"), "one may always differ");
    }

    #[test]
    fn unknown_names_the_nearest_or_all() {
        let known = ["min_objects", "window_minutes"];
        let hint = |name| Problem::unknown("setting", name, known.into_iter()).hint;
        assert_eq!(hint("min_object").as_deref(), Some("did you mean `min_objects`?"));
        assert_eq!(hint("min-objects").as_deref(), Some("did you mean `min_objects`?"));
        assert_eq!(hint("colour").as_deref(), Some("known: min_objects, window_minutes"));
        assert_eq!(
            Problem::unknown("setting", "x", std::iter::empty()).hint.as_deref(),
            Some("there are none here")
        );
    }

    #[test]
    fn locations_count_lines_and_characters_from_one() {
        let text = "a = 1\nä = 2\n";
        let at = |offset| {
            let at = Location::offset(Path::new("f"), text, offset);
            (at.line, at.column)
        };
        assert_eq!(at(0), (1, 1));
        assert_eq!(at(6), (2, 1));
        assert_eq!(at(8), (2, 2));
        assert_eq!(at(text.len()), (3, 1));
        assert_eq!(at(999), (3, 1));
    }
}
