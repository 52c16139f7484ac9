//! The request for an analysis, as plain data.

use std::path::PathBuf;
use std::sync::Arc;

use super::Error;
use super::rule_files::RuleFile;
use super::window::RequestedWindow;
use crate::clock::{Clock, Millis};
use crate::cloud::{Client, Connect};
use crate::config::Config;
use crate::source::S3Url;
use crate::source::discover::{Accounts, DiscoveryQuery, Kind};

/// An analysis: the logs, the rules to match on them, and the comparisons to make.
#[derive(Debug, Clone)]
pub struct Request {
    pub logs: LogRequest,
    pub rules: Vec<RuleFile>,
    /// Folder in which the rollups of logs at AWS are stored between runs; `None` reads everything from the logs.
    pub state: Option<PathBuf>,
    /// Also ask GuardDuty for its findings on the window, in the accounts whose own logs are read.
    pub guardduty: bool,
}

/// The logs to read, and the window whose events count.
#[derive(Debug, Clone)]
pub struct LogRequest {
    /// Files, folders, archives, glob patterns; `-` is standard input.
    pub paths: Vec<PathBuf>,
    pub urls: Vec<S3Url>,
    pub window: RequestedWindow,
    /// Used for URLs, and when there are neither paths nor URLs.
    pub aws: AwsLogs,
    /// Settings in force: threads, days of baseline, own ranges, allow-list, threat lists, GeoIP folder.
    pub config: Arc<Config>,
    pub clock: Clock,
}

/// The logs of an account to read, and the credentials to read them with.
#[derive(Debug, Clone, Default)]
pub struct AwsLogs {
    /// Empty: every source that exists, with the event history only where no trail covers it.
    pub kinds: Vec<Kind>,
    pub accounts: Accounts,
    /// Empty for all.
    pub regions: Vec<String>,
    /// One for each set of credentials. Nothing connects before logs at AWS are needed.
    pub credentials: Vec<Connect>,
}

/// The times from which discovery looks for logs at AWS.
#[derive(Debug, Clone, Copy, Default)]
pub struct Range {
    pub since: Option<Millis>,
    pub until: Option<Millis>,
    /// Start for the event history, which is too slow for a baseline that was not requested.
    pub history_since: Option<Millis>,
}

impl LogRequest {
    pub fn has_stdin(&self) -> bool {
        self.paths.iter().any(|path| path.as_os_str() == "-")
    }

    /// True without paths and URLs: discovery finds the AWS account's own logs.
    pub fn of_account(&self) -> bool {
        self.paths.is_empty() && self.urls.is_empty()
    }

    /// True if the request includes logs at AWS.
    pub fn at_aws(&self) -> bool {
        self.of_account() || !self.urls.is_empty()
    }

    /// Refuses standard input for `what`, which reads the logs twice: `'--explain'`, `a timeline`.
    ///
    /// # Errors
    /// When standard input is among the paths.
    pub fn readable_twice(&self, what: &'static str) -> Result<(), Error> {
        if self.has_stdin() { Err(Error::StdinTwice { what }) } else { Ok(()) }
    }

    /// Worker threads: as configured, or one for each processor.
    pub fn threads(&self) -> usize {
        let processors = || std::thread::available_parallelism().map_or(1, usize::from);
        self.config.threads().unwrap_or_else(processors)
    }
}

impl AwsLogs {
    /// One client for each set of credentials.
    ///
    /// # Errors
    /// Without credentials or a region, or when AWS does not answer.
    pub fn connect(&self, clock: Clock) -> Result<Vec<Arc<Client>>, Error> {
        self.credentials.iter().map(|connect| Ok(Arc::new(connect.open(clock)?))).collect()
    }

    /// The logs of a range; with `all_kinds`, digests and other files without events too.
    pub fn query(&self, range: Range, now: Millis, all_kinds: bool) -> DiscoveryQuery {
        DiscoveryQuery {
            kinds: self.kinds.clone(),
            accounts: self.accounts.clone(),
            regions: self.regions.clone(),
            since: range.since,
            // No log is stored under a future day.
            until: range.until.or(range.since.map(|_| now)),
            history_since: range.history_since,
            now,
            all_kinds,
        }
    }

    /// Describes the logs in the same words for every run, independent of the window.
    pub(super) fn describe(&self, clients: &[Arc<Client>], urls: &[S3Url]) -> String {
        let mut parts: Vec<String> = urls.iter().map(|url| url.to_string()).collect();
        if urls.is_empty() {
            parts.extend(clients.iter().map(|client| client.caller().account.clone()));
            let logs = self.kinds.iter().filter(|kind| **kind != Kind::GuardDuty);
            parts.extend(logs.map(|kind| format!("{kind:?}")));
        }
        match &self.accounts {
            Accounts::Own => {}
            Accounts::All => parts.push("account all".to_string()),
            Accounts::These(ids) => parts.extend(ids.iter().map(|id| format!("account {id}"))),
        }
        parts.extend(self.regions.iter().map(|region| format!("region {region}")));
        let endpoints = self.credentials.iter().filter_map(|c| c.endpoint_url.as_ref());
        parts.extend(endpoints.map(|url| format!("at {url}")));
        parts.sort();
        parts.dedup();
        parts.join(", ")
    }
}
