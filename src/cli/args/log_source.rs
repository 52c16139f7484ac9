//! Where logs are read from: paths of this machine, `s3://bucket/prefix`, or what the account itself holds.

use std::sync::Arc;

use clap::{Args, ValueEnum};

use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::clock::Millis;
use crate::cloud::{Client, Connect};
use crate::plan::Needed;
use crate::source::discover::{self, Access, Accounts, Discovered, DiscoveryQuery, Kind, Missing};
use crate::source::{S3Url, is_region};

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Logs at AWS (without PATH, and for s3://…)")]
pub struct LogSourceArgs {
    /// What is read of the account; without it trails, access logs and GuardDuty's findings, and the event history
    /// of what no trail covers (can be repeated)
    #[arg(long = "source", value_name = "KIND", value_enum)]
    pub sources: Vec<SourceKind>,
    /// Logs of this account, or 'all'; without it the account of the credentials (can be repeated)
    #[arg(long = "account", value_name = "ID", value_delimiter = ',', value_parser = account)]
    pub accounts: Vec<String>,
    /// Logs of this region alone (can be repeated)
    #[arg(long = "log-region", value_name = "REGION", value_delimiter = ',', value_parser = region)]
    pub log_regions: Vec<String>,
    /// Profile of ~/.aws/config; without it the standard chain (environment, SSO, container, instance)
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Region of the calls; without it the profile's or AWS_REGION
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Role to assume first; each role's account is read (can be repeated)
    #[arg(long = "role-arn", value_name = "ARN")]
    pub role_arns: Vec<String>,
    /// Send every call here instead of AWS
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SourceKind {
    /// The buckets of its trails
    Trail,
    /// Server access logs of its buckets
    AccessLogs,
    /// CloudTrail's event history (LookupEvents): slow, 90 days, management events
    EventHistory,
    /// GuardDuty's findings, to stand beside those on the logs
    #[value(name = "guardduty")]
    GuardDuty,
}

fn account(text: &str) -> Result<String, String> {
    let digits = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    match digits || text == "all" {
        true => Ok(text.to_string()),
        false => Err("an account is twelve digits, or 'all'".to_string()),
    }
}

fn region(text: &str) -> Result<String, String> {
    match is_region(text) {
        true => Ok(text.to_string()),
        false => Err(format!("'{text}' is no region such as us-east-1")),
    }
}

/// Of what moments logs are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Range {
    pub since: Option<Millis>,
    pub until: Option<Millis>,
    /// Of the event history.
    pub history_since: Option<Millis>,
}

impl LogSourceArgs {
    /// One client for each role, or one.
    ///
    /// # Errors
    /// Without credentials or a region, or when AWS does not answer.
    pub fn connect(&self, cx: &Cx) -> Result<Vec<Arc<Client>>, CommandError> {
        let roles: Vec<Option<&String>> = match self.role_arns.as_slice() {
            [] => vec![None],
            roles => roles.iter().map(Some).collect(),
        };
        let open = |role: Option<&String>| {
            let connect = Connect {
                profile: self.profile.clone(),
                region: self.region.clone(),
                role_arn: role.cloned(),
                endpoint_url: self.endpoint_url.clone(),
            };
            Ok(Arc::new(connect.open(cx.clock)?))
        };
        roles.into_iter().map(open).collect()
    }

    /// Which logs are asked for, in words that are the same each time.
    pub(in crate::cli) fn named(&self, clients: &[Arc<Client>], urls: &[S3Url]) -> String {
        let mut parts: Vec<String> = urls.iter().map(|url| url.to_string()).collect();
        if urls.is_empty() {
            parts.extend(clients.iter().map(|client| client.caller().account.clone()));
            let logs = self.sources.iter().filter(|kind| **kind != SourceKind::GuardDuty);
            parts.extend(logs.map(|kind| format!("{kind:?}")));
        }
        parts.extend(self.accounts.iter().map(|account| format!("account {account}")));
        parts.extend(self.log_regions.iter().map(|region| format!("region {region}")));
        parts.extend(self.endpoint_url.iter().map(|url| format!("at {url}")));
        parts.sort();
        parts.dedup();
        parts.join(", ")
    }

    pub fn wish(&self, cx: &Cx, range: Range, all_kinds: bool) -> DiscoveryQuery {
        let kind = |kind: &SourceKind| match kind {
            SourceKind::Trail => Kind::Trail,
            SourceKind::AccessLogs => Kind::AccessLogs,
            SourceKind::EventHistory => Kind::EventHistory,
            SourceKind::GuardDuty => Kind::GuardDuty,
        };
        let accounts = match self.accounts.as_slice() {
            [] => Accounts::Own,
            these if these.iter().any(|a| a == "all") => Accounts::All,
            these => Accounts::These(these.to_vec()),
        };
        let now = cx.clock.now();
        DiscoveryQuery {
            kinds: self.sources.iter().map(kind).collect(),
            accounts,
            regions: self.log_regions.clone(),
            since: range.since,
            // What is to come lies under no day yet.
            until: range.until.or(range.since.map(|_| now)),
            history_since: range.history_since,
            now,
            all_kinds,
        }
    }
}

pub(in crate::cli) fn access(client: &Arc<Client>) -> Access {
    let caller = client.caller();
    Access {
        api: client.clone(),
        store: client.clone(),
        account: caller.account.clone(),
        partition: caller.partition(),
    }
}

/// What is found behind the URLs, or in the accounts where there are none; says at the start what cannot be read.
///
/// # Errors
/// When nothing can be read at all.
pub fn discover(
    cx: &Cx,
    clients: &[Arc<Client>],
    urls: &[S3Url],
    wish: &DiscoveryQuery,
) -> Result<Discovered, CommandError> {
    let say = |text: &str| cx.ui.status(text);
    let mut found = Discovered::default();
    match (urls, clients.first()) {
        ([], _) => {
            for client in clients {
                found.add(discover::account(&access(client), wish, &say));
            }
        }
        (urls, Some(client)) => found.add(discover::from_urls(&access(client), urls, wish, &say)),
        (_, None) => {}
    }
    missing(cx, &mut found);
    if found.readable {
        return Ok(found);
    }
    let mut error = CommandError::failed("nothing at AWS could be read");
    for (place, _, why) in found.refused.iter().take(5) {
        error = error.hint(format!("{}: {why}", place.display()));
    }
    for note in &found.notes {
        error = error.hint(note.clone());
    }
    Err(error)
}

/// Says which rights are missing, as a policy that gives them.
pub(in crate::cli) fn missing(cx: &Cx, found: &mut Discovered) {
    if found.missing.is_empty() {
        return;
    }
    let list: Vec<String> = found
        .missing
        .iter()
        .map(|Missing { action, resource }| format!("{action} on {resource}"))
        .collect();
    let text = format!("Not read for want of rights: {}.", list.join(", "));
    cx.ui.warning(&text);
    found.notes.push(text);
    let mut needed = Needed::default();
    for Missing { action, resource } in &found.missing {
        needed.add(&[action], resource);
    }
    cx.ui.status("this IAM policy gives them:");
    let policy = serde_json::to_string_pretty(&needed.document()).unwrap_or_default();
    for line in policy.lines() {
        cx.ui.status(line);
    }
}
