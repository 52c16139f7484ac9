//! `impact.toml`: the people and records behind the keys of objects.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::error::ImpactError;
use super::lookup::{Lookup, Records};
use super::pattern::{Entry, Pattern};
use super::{Source, read};
use crate::config::Location;

/// Patterns in the order they are written. The first one that matches an object counts.
///
/// ```toml
/// [[objects]]
/// name      = "patient records"                # for the tables
/// bucket    = "clinic-*"                       # glob
/// key_regex = '^records/(?<patient>[0-9]+)/'   # or key = "records/*", a glob in which * also matches /
/// kind      = ["health", "identity"]
/// records   = 1                                # per object; or records_by = "GROUP",
///                                              # or records_file = "FILE.csv" (key, records[, bucket])
/// person    = "patient"                        # group with the id; ["tenant", "patient"] for two
/// lookup    = "patients.csv"                   # id, jurisdiction[, persons]; or jurisdiction = "CA"
///
/// [[objects]]
/// key     = "exports/*.csv"
/// persons = 1200                               # in total; persons_each = 3 for a number per object
/// ```
///
/// Paths are relative to its folder. Ids from one lookup are the same people in every pattern that uses it. So are
/// ids from groups with the same names without a lookup.
#[derive(Debug)]
pub struct Map {
    pub patterns: Vec<Pattern>,
    pub lookups: Vec<Lookup>,
    pub records: Vec<Records>,
    pub source: Source,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    objects: Vec<Spanned<Entry>>,
}

impl Map {
    /// # Errors
    /// If it or a file that it names cannot be read or is invalid.
    pub fn read(path: &Path) -> Result<Map, ImpactError> {
        let (bytes, source) = read("map", path)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| ImpactError::file(path, "it is not UTF-8 text"))?;
        let file: File = toml::from_str(&text).map_err(|e| {
            let at = Location::offset(path, &text, e.span().map_or(0, |s| s.start));
            ImpactError::at(&at, e.message().replace('\n', "; "))
        })?;
        if file.objects.is_empty() {
            return Err(ImpactError::file(path, "missing [[objects]]")
                .hint("`incident impact --help` shows an example"));
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut map =
            Map { patterns: Vec::new(), lookups: Vec::new(), records: Vec::new(), source };
        for (i, entry) in file.objects.into_iter().enumerate() {
            let at = Location::offset(path, &text, entry.span().start);
            let entry = entry.into_inner();
            let lookup = match &entry.lookup {
                None => None,
                Some(name) => Some(map.lookup(&folder.join(name))?),
            };
            let records = match &entry.records_file {
                None => None,
                Some(name) => Some(map.records(&folder.join(name))?),
            };
            map.patterns.push(Pattern::new(&at, i + 1, entry, (lookup, records))?);
        }
        Ok(map)
    }

    /// The files that were read: the map first.
    pub fn sources(&self) -> Vec<Source> {
        let lookups = self.lookups.iter().map(|l| &l.source);
        let all = std::iter::once(&self.source).chain(lookups);
        all.chain(self.records.iter().map(|r| &r.source)).cloned().collect()
    }

    /// The index of a lookup. Each file is read once, because its ids are the same people in every pattern.
    fn lookup(&mut self, path: &Path) -> Result<usize, ImpactError> {
        if let Some(at) = self.lookups.iter().position(|l| l.source.path == path) {
            return Ok(at);
        }
        self.lookups.push(Lookup::read(path)?);
        Ok(self.lookups.len() - 1)
    }

    fn records(&mut self, path: &Path) -> Result<usize, ImpactError> {
        if let Some(at) = self.records.iter().position(|r| r.source.path == path) {
            return Ok(at);
        }
        self.records.push(Records::read(path)?);
        Ok(self.records.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Map, String> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("p.csv"), "id,jurisdiction\n1,CA\n").unwrap();
        let path = dir.path().join("impact.toml");
        std::fs::write(&path, text).unwrap();
        let name = dir.path().display().to_string();
        let shown = |e: ImpactError| match e.advice() {
            Some(hint) => format!("{e} ({hint})"),
            None => e.to_string(),
        };
        Map::read(&path).map_err(|e| shown(e).replace(&format!("{name}/"), ""))
    }

    #[test]
    fn a_lookup_that_two_patterns_name_is_read_once() {
        let entry = "[[objects]]\nkey_regex = '(?<id>\\d+)'\nperson = 'id'\nlookup = 'p.csv'\n";
        let map = read(&entry.repeat(2)).unwrap();
        assert_eq!((map.patterns.len(), map.lookups.len()), (2, 1));
        assert_eq!(map.sources().len(), 2);
    }

    #[test]
    fn errors_have_a_location() {
        for (text, expected) in [
            ("", "impact.toml: missing [[objects]]"),
            ("[[objects]]\nkye = 'a'\n", "impact.toml:2:1: unknown field `kye`"),
            ("[[objects]]\nkind = 7\n", "impact.toml:2:8: expected a text or a list of texts"),
            ("[[objects]]\n", "'objects 1': `bucket`, `key` or `key_regex` is missing"),
            (
                "[[objects]]\nkey = 'a'\n",
                "impact.toml:1:1: [[objects]] 1, 'a': the number of people is missing",
            ),
            (
                "[[objects]]\nkey = 'a['\npersons = 0\n",
                "`key` is not a valid glob: unclosed character class",
            ),
            ("[[objects]]\nkey_regex = 'a('\npersons = 0\n", "expression: unclosed group"),
            (
                "[[objects]]\nkey = 'a'\nkey_regex = 'a'\n",
                "`key` and `key_regex` cannot be combined",
            ),
            (
                "[[objects]]\nkey = 'a'\nperson = 'id'\n",
                "`person` needs a named group of `key_regex`",
            ),
            (
                "[[objects]]\nkey_regex = '(?<i>.)'\nperson = 'id'\n",
                "`person`: `key_regex` has no group 'id' (its named groups: i;",
            ),
            ("[[objects]]\nkey = 'a'\npersons = 0\nlookup = 'p.csv'\n", "`lookup` needs `person`"),
            ("[[objects]]\nkey = 'a'\npersons = 0\npersons_each = 1\n", "only one of `person`"),
            (
                "[[objects]]\nkey = 'a'\nrecords = 1\nrecords_by = 'n'\npersons = 0\n",
                "only one of `records`",
            ),
            ("[[objects]]\nkey = 'a'\npersons = -1\n", "impact.toml:3:11: "),
            ("[[objects]]\nkey = 'a'\nlookup = 'none.csv'\n", "cannot read none.csv: No such file"),
        ] {
            let message = read(text).unwrap_err();
            assert!(message.contains(expected), "{expected}\n{message}");
        }
    }
}
