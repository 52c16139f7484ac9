//! Values with where they come from, for showing the configuration.

use std::fmt;
use std::path::PathBuf;

use crate::config::Config;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Default,
    File {
        path: PathBuf,
        /// From 1.
        line: usize,
    },
    /// `--geoip`.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File { path, line } => write!(f, "{}:{line}", path.display()),
            Origin::Flag(flag) => f.write_str(flag),
        }
    }
}

/// A value in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The key in `incident.toml`. Lists have one row an entry.
    pub key: String,
    pub value: String,
    pub unit: &'static str,
    /// `default`, `/path/incident.toml:12` or `--geoip`.
    pub origin: String,
    pub help: &'static str,
}

/// One value and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sourced<T> {
    pub value: T,
    pub origin: Origin,
}

impl<T> Sourced<T> {
    pub fn default(value: T) -> Sourced<T> {
        Sourced { value, origin: Origin::Default }
    }
}

impl Config {
    /// Every value in force and where it comes from. Lists have one row an entry.
    pub fn shown(&self) -> Vec<Shown> {
        let days = &self.baseline_days;
        let mut rows = vec![Shown {
            key: "baseline_days".to_string(),
            value: days.value.to_string(),
            unit: "days",
            origin: days.origin.to_string(),
            help: "History that recent behaviour is compared with",
        }];
        let threads = match self.threads.value {
            Some(n) => n.to_string(),
            None => "one for each processor".to_string(),
        };
        let geoip = match &self.geoip.value {
            Some(path) => path.display().to_string(),
            None => NONE.to_string(),
        };
        let help = "Files read at the same time";
        rows.push(row("threads", threads, &self.threads.origin, help));
        let help = "Folder with City, Country or ASN databases (*.mmdb)";
        rows.push(row("geoip", geoip, &self.geoip.origin, help));

        let own = self.own_ranges.iter().map(|o| (o.value.clone(), &o.origin));
        rows.extend(list("own_ranges", own, "Address ranges of the organisation"));
        let own = self.own_range_files.iter().map(|o| (o.value.clone(), &o.origin));
        rows.extend(list("own_range_files", own, "Files of such ranges, one a line"));
        let allow = self.allow.iter().map(|a| (a.describe(), a.origin()));
        rows.extend(list("allow", allow, "Behaviour that is known and wanted"));
        let intel = self.intel_files.iter().map(|f| (f.value.clone(), &f.origin));
        rows.extend(list("intel.files", intel, "Lists of threat indicators"));

        rows.extend(self.settings.shown());
        rows
    }
}

const NONE: &str = "none";

fn row(key: &str, value: String, origin: &Origin, help: &'static str) -> Shown {
    Shown { key: key.to_string(), value, unit: "", origin: origin.to_string(), help }
}

/// One row an entry, or one that says there is none.
fn list<'a>(
    key: &str,
    entries: impl Iterator<Item = (String, &'a Origin)>,
    help: &'static str,
) -> Vec<Shown> {
    let mut rows: Vec<Shown> =
        entries.map(|(value, origin)| row(key, value, origin, help)).collect();
    if rows.is_empty() {
        rows.push(row(key, NONE.to_string(), &Origin::Default, help));
    }
    rows
}
