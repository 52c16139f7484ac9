//! The effective settings with their origin, for `incident config show`.

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

/// One row of the effective configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigRow {
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
pub(super) struct WithOrigin<T> {
    pub value: T,
    pub origin: Origin,
}

impl<T> WithOrigin<T> {
    pub fn default(value: T) -> WithOrigin<T> {
        WithOrigin { value, origin: Origin::Default }
    }
}

impl Config {
    /// Every effective value and where it comes from. Lists have one row per entry.
    pub fn rows(&self) -> Vec<ConfigRow> {
        let days = &self.baseline_days;
        let mut rows = vec![ConfigRow {
            key: "baseline_days".to_string(),
            value: days.value.to_string(),
            unit: "days",
            origin: days.origin.to_string(),
            help: "Days of history that the window is compared with",
        }];
        let threads = match self.threads.value {
            Some(n) => n.to_string(),
            None => "one per processor".to_string(),
        };
        let geoip = match &self.geoip.value {
            Some(path) => path.display().to_string(),
            None => NONE.to_string(),
        };
        let help = "Inputs read in parallel";
        rows.push(row("threads", threads, &self.threads.origin, help));
        let help = "Folder with City, Country or ASN databases (*.mmdb)";
        rows.push(row("geoip", geoip, &self.geoip.origin, help));

        let ranges = self.aws_ranges();
        let published = crate::clock::date(ranges.published());
        let value = format!("{} ranges, published {published}", ranges.len());
        let help = "Address ranges of AWS: Amazon's ip-ranges.json, or the program's copy";
        rows.push(row("aws_ranges", value, &self.aws_ranges.origin, help));

        let known = self.known_accounts.iter().map(|o| (o.value.clone(), &o.origin));
        rows.extend(list("known_accounts", known, "Accounts of the organisation"));
        let known = self.known_organizations.iter().map(|o| (o.value.clone(), &o.origin));
        rows.extend(list("known_organizations", known, "Ids of the organisation at AWS"));
        let own = self.own_ranges.iter().map(|o| (o.value.clone(), &o.origin));
        rows.extend(list("own_ranges", own, "Address ranges of the organisation"));
        let own = self.own_range_files.iter().map(|o| (o.value.clone(), &o.origin));
        rows.extend(list("own_range_files", own, "Files of own address ranges, one per line"));
        let allow = self.allow.iter().map(|a| (a.describe(), a.origin()));
        rows.extend(list("allow", allow, "Allow-list: findings to suppress"));
        let intel = self.intel_files.iter().map(|f| (f.value.clone(), &f.origin));
        rows.extend(list("intel.files", intel, "Threat lists"));

        rows.extend(self.settings.rows());
        rows
    }
}

const NONE: &str = "none";

fn row(key: &str, value: String, origin: &Origin, help: &'static str) -> ConfigRow {
    ConfigRow { key: key.to_string(), value, unit: "", origin: origin.to_string(), help }
}

/// One row per entry, or one row that says there is none.
fn list<'a>(
    key: &str,
    entries: impl Iterator<Item = (String, &'a Origin)>,
    help: &'static str,
) -> Vec<ConfigRow> {
    let mut rows: Vec<ConfigRow> =
        entries.map(|(value, origin)| row(key, value, origin, help)).collect();
    if rows.is_empty() {
        rows.push(row(key, NONE.to_string(), &Origin::Default, help));
    }
    rows
}
