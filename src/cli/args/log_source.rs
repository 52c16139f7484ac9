//! Flags that name logs at AWS.

use clap::{Args, ValueEnum};

use crate::analysis::AwsLogs;
use crate::cloud::{Connect, Notice};
use crate::source::discover::{Accounts, Kind};
use crate::source::is_region;

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Logs at AWS (without PATH, and for s3://…)")]
pub struct LogSourceArgs {
    /// What to read [default: trails, access logs, GuardDuty's findings, and the event history of regions that no
    /// trail covers] (can be repeated)
    #[arg(long = "source", value_name = "KIND", value_enum)]
    pub sources: Vec<SourceKind>,
    /// Account whose logs are read, or 'all' [default: the account of the credentials] (can be repeated)
    #[arg(long = "account", value_name = "ID", value_delimiter = ',', value_parser = account)]
    pub accounts: Vec<String>,
    /// Only logs of this region (can be repeated)
    #[arg(long = "log-region", value_name = "REGION", value_delimiter = ',', value_parser = region)]
    pub log_regions: Vec<String>,
    /// Profile of ~/.aws/config [default: the standard chain: environment, SSO, container, instance]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Region to call [default: the profile's, or AWS_REGION]
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Role to assume first; reads the account of each role (can be repeated)
    #[arg(long = "role-arn", value_name = "ARN")]
    pub role_arns: Vec<String>,
    /// Send every call to this URL instead of AWS
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SourceKind {
    /// The buckets of the account's trails
    Trail,
    /// S3 server access logs of the account's buckets
    AccessLogs,
    /// CloudTrail's event history (LookupEvents): slow, 90 days, management events only
    EventHistory,
    /// GuardDuty's findings, shown with the findings on the logs
    #[value(name = "guardduty")]
    GuardDuty,
}

fn account(text: &str) -> Result<String, String> {
    let digits = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    match digits || text == "all" {
        true => Ok(text.to_string()),
        false => Err(format!("invalid account '{text}' (expected 12 digits, or 'all')")),
    }
}

fn region(text: &str) -> Result<String, String> {
    match is_region(text) {
        true => Ok(text.to_string()),
        false => Err(format!("invalid region '{text}' (expected a form like us-east-1)")),
    }
}

impl LogSourceArgs {
    /// The logs to read, with one set of credentials per role, or a single set. `notice` is told when AWS does not answer.
    pub fn logs(&self, notice: &Notice) -> AwsLogs {
        let kind = |kind: &SourceKind| match kind {
            SourceKind::Trail => Kind::Trail,
            SourceKind::AccessLogs => Kind::AccessLogs,
            SourceKind::EventHistory => Kind::EventHistory,
            SourceKind::GuardDuty => Kind::GuardDuty,
        };
        let accounts = match self.accounts.as_slice() {
            [] => Accounts::Own,
            ids if ids.iter().any(|id| id == "all") => Accounts::All,
            ids => Accounts::These(ids.to_vec()),
        };
        let roles: Vec<Option<&String>> = match self.role_arns.as_slice() {
            [] => vec![None],
            roles => roles.iter().map(Some).collect(),
        };
        let connect = |role: Option<&String>| Connect {
            profile: self.profile.clone(),
            region: self.region.clone(),
            role_arn: role.cloned(),
            endpoint_url: self.endpoint_url.clone(),
            notice: notice.clone(),
        };
        AwsLogs {
            kinds: self.sources.iter().map(kind).collect(),
            accounts,
            regions: self.log_regions.clone(),
            credentials: roles.into_iter().map(connect).collect(),
        }
    }
}
