//! `incident.toml`, the flags that override it and the files they name → the effective settings.
//!
//! Knows the detectors only as the [`Group`]s it is given. Prints nothing and reads no environment variables:
//! [`user_path`] takes a lookup function.

mod allow;
mod aws_ranges;
mod cidr_file;
mod document;
mod error;
pub mod geo;
mod hosting;
pub mod intel;
mod load;
mod parse;
mod ranges;
mod rows;
mod settings;
mod text_file;
mod until;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

pub use allow::{Allow, Pattern, Subject};
pub use aws_ranges::{AwsRanges, FILE as AWS_RANGES_FILE, PUBLISHED_AT as AWS_RANGES_URL};
pub use error::{ConfigError, Location, nearest};
pub use geo::Geo;
pub use intel::Intel;
pub use ranges::Ranges;
pub use rows::{ConfigRow, Origin};
pub use settings::{EffectiveValue, Group, Resolved, Setting, Settings};
pub use until::Until;

use crate::clock::Millis;
use rows::WithOrigin;

/// Days of history that recent behaviour is compared with.
const BASELINE_DAYS: f64 = 30.0;

/// Where the configuration comes from. A later field overrides an earlier one; lists add up.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The user's file, see [`user_path`]. May be absent.
    pub user: Option<PathBuf>,
    /// `incident.toml` in the current folder. May be absent.
    pub project: Option<PathBuf>,
    /// `--config FILE`. Must be there.
    pub explicit: Option<PathBuf>,
    pub flags: Flags,
    /// Decides what has expired.
    pub now: Millis,
}

/// The values of flags.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--own FILE`: own address ranges.
    pub own_files: Vec<PathBuf>,
    /// `--allow FILE`: address ranges whose findings are suppressed.
    pub allow_files: Vec<PathBuf>,
    /// `--intel FILE`: lists of threat indicators.
    pub intel_files: Vec<PathBuf>,
    /// `--geoip DIR`.
    pub geoip: Option<PathBuf>,
    /// `--threads N`.
    pub threads: Option<usize>,
    /// `--baseline DAYS`.
    pub baseline_days: Option<f64>,
}

/// The user's `incident.toml`: in `$XDG_CONFIG_HOME`, else in `~/.config`. Relative values of
/// these variables are ignored.
pub fn user_path(env: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let absolute = |name| env(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let folder = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")))?;
    Some(folder.join("incident").join("incident.toml"))
}

/// The effective settings.
#[derive(Debug, Clone)]
pub struct Config {
    baseline_days: WithOrigin<f64>,
    threads: WithOrigin<Option<usize>>,
    geoip: WithOrigin<Option<PathBuf>>,
    /// `None` stands for the program's own.
    aws_ranges: WithOrigin<Option<AwsRanges>>,
    known_accounts: Vec<WithOrigin<String>>,
    known_organizations: Vec<WithOrigin<String>>,
    own: Ranges,
    /// As text, for display.
    own_ranges: Vec<WithOrigin<String>>,
    own_range_files: Vec<WithOrigin<String>>,
    allow: Vec<Allow>,
    intel: Intel,
    intel_files: Vec<WithOrigin<String>>,
    settings: Settings,
    files: Vec<PathBuf>,
    expired: Vec<String>,
}

impl Config {
    /// The defaults alone.
    pub fn defaults(groups: &[Group]) -> Config {
        Config {
            baseline_days: WithOrigin::default(BASELINE_DAYS),
            threads: WithOrigin::default(None),
            geoip: WithOrigin::default(None),
            aws_ranges: WithOrigin::default(None),
            known_accounts: Vec::new(),
            known_organizations: Vec::new(),
            own: Ranges::default(),
            own_ranges: Vec::new(),
            own_range_files: Vec::new(),
            allow: Vec::new(),
            intel: Intel::default(),
            intel_files: Vec::new(),
            settings: Settings::defaults(groups),
            files: Vec::new(),
            expired: Vec::new(),
        }
    }

    /// Days of history that recent behaviour is compared with; 0 means none.
    pub fn baseline_days(&self) -> f64 {
        self.baseline_days.value
    }

    /// `None` means one per processor.
    pub fn threads(&self) -> Option<usize> {
        self.threads.value
    }

    /// The path for [`Geo::open`].
    pub fn geoip(&self) -> Option<&Path> {
        self.geoip.value.as_deref()
    }

    /// The address ranges of AWS: those of a file, or else the program's.
    pub fn aws_ranges(&self) -> &AwsRanges {
        self.aws_ranges.value.as_ref().unwrap_or_else(|| AwsRanges::embedded())
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Ids of accounts and organizations that are ours.
    pub fn known(&self) -> BTreeSet<String> {
        let all = self.known_accounts.iter().chain(&self.known_organizations);
        all.map(|id| id.value.clone()).collect()
    }

    /// Whether the address is in an own range.
    pub fn is_own(&self, address: IpAddr) -> bool {
        self.own.contains(address)
    }

    /// The lists of threat indicators.
    pub fn intel(&self) -> &Intel {
        &self.intel
    }

    /// Whether there is any entry that may cover something.
    pub fn allows_any(&self) -> bool {
        !self.allow.is_empty()
    }

    /// The first entry that covers the whole subject.
    pub fn allowed(&self, subject: &Subject<'_>) -> Option<&Allow> {
        self.allow.iter().find(|allow| allow.covers(subject))
    }

    /// Entries that have expired, each with its end and location, in the order they were read.
    pub fn expired(&self) -> &[String] {
        &self.expired
    }

    /// The `incident.toml` files that were read, highest precedence last.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }
}

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;
