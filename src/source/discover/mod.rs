//! Discovery: finds the logs of an account, which of them can be read, and which permissions are missing.

mod access_logs;
mod guardduty;
mod histories;
mod readable;
mod regions;
mod trails;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::coverage::SkipReason;
use super::days::Days;
use super::layout::{self, Filter};
use super::listing::{Bucket, Found, Refused};
use super::s3_url::S3Url;
use super::walk::{Root, skip_reason, walk};
use crate::clock::Millis;
use crate::cloud::{Api, ApiError, Call, ErrorKind, Store};
use crate::ui::number::{bytes, counted};

pub use guardduty::{GuardDutyFinding, guardduty, of_region as guardduty_of};
pub use regions::PARTITIONS;

/// A long listing reports progress each time it has found this many objects.
const OBJECTS_PER_STATUS: u64 = 50_000;

/// One set of credentials, with the clients that use it.
#[derive(Clone)]
pub struct Access {
    pub api: Arc<dyn Api + Send + Sync>,
    pub store: Arc<dyn Store>,
    pub account: String,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
}

/// A kind of log source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Trail,
    AccessLogs,
    EventHistory,
    /// Findings, not logs.
    GuardDuty,
}

/// Whose logs to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Accounts {
    /// Those of the credentials' account.
    #[default]
    Own,
    These(Vec<String>),
    All,
}

/// Which logs to discover.
#[derive(Debug, Clone)]
pub struct DiscoveryQuery {
    /// Empty: everything that exists, with the event history only where no trail covers it.
    pub kinds: Vec<Kind>,
    pub accounts: Accounts,
    /// Empty for all.
    pub regions: Vec<String>,
    /// Half-open time range of the logs; `None` is unbounded.
    pub since: Option<Millis>,
    pub until: Option<Millis>,
    /// Start of the event history: it is too slow to read for a baseline that was not requested.
    pub history_since: Option<Millis>,
    pub now: Millis,
    /// Include digests, insights and aggregated events.
    pub all_kinds: bool,
}

/// A missing permission: the denied action and its resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    pub action: &'static str,
    /// An ARN, or `*`.
    pub resource: String,
}

/// What discovery found.
#[derive(Debug, Default)]
pub struct Discovered {
    pub objects: Vec<Found>,
    pub slices: Vec<Found>,
    pub refused: Vec<Refused>,
    /// Sentences for the report: what is read from where, and what is not.
    pub notes: Vec<String>,
    pub missing: BTreeSet<Missing>,
    /// Requests needed for the event history of the slowest region.
    pub requests: u64,
    /// At least one location can be read, even if it is empty.
    pub readable: bool,
}

/// A location of logs, with a label for notes: `the trail audit (us-east-1)`.
struct LogLocation {
    label: String,
    root: Root,
}

impl Discovered {
    /// Adds what another set of credentials found.
    pub fn add(&mut self, other: Discovered) {
        self.objects.extend(other.objects);
        self.slices.extend(other.slices);
        self.refused.extend(other.refused);
        self.notes.extend(other.notes);
        self.missing.extend(other.missing);
        self.requests = self.requests.max(other.requests);
        self.readable |= other.readable;
    }

    fn missing_permission(&mut self, action: &'static str, resource: impl Into<String>) {
        self.missing.insert(Missing { action, resource: resource.into() });
    }

    /// Records a failed call. Coverage counts the inputs that it would have found as one skipped input.
    fn record_failure(&mut self, location: String, e: &ApiError) {
        self.refused.push((PathBuf::from(location), skip_reason(e), e.to_string()));
    }
}

impl Access {
    /// The bucket with its region. Any account may own it.
    fn bucket(&self, name: &str) -> Arc<Bucket> {
        let call =
            Call::new("s3", "HeadBucket", [("Bucket", name.into()), ("AnyOwner", true.into())]);
        let head = self.api.call(&call).unwrap_or_default();
        let region = head["BucketRegion"].as_str().map(str::to_string);
        Arc::new(Bucket::new(name, region, Arc::clone(&self.store)))
    }

    fn bucket_arn(&self, name: &str) -> String {
        format!("arn:{}:s3:::{name}", self.partition)
    }
}

impl DiscoveryQuery {
    fn includes_kind(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind) || self.kinds.is_empty() && kind != Kind::EventHistory
    }

    fn overlaps(&self, from: Millis, to: Millis) -> bool {
        self.since.is_none_or(|since| to > since) && self.until.is_none_or(|until| from < until)
    }

    fn filter(&self, accounts: Vec<String>) -> Filter {
        Filter {
            days: Days::around(self.since, self.until),
            accounts,
            regions: self.regions.clone(),
            all_kinds: self.all_kinds,
        }
    }

    /// True when the query covers this account's logs.
    fn includes_account(&self, account: &str) -> bool {
        match &self.accounts {
            Accounts::These(these) => these.iter().any(|a| a == account),
            Accounts::Own | Accounts::All => true,
        }
    }

    /// The accounts whose folders are listed; empty for all.
    fn accounts(&self, own: &str) -> Vec<String> {
        match &self.accounts {
            Accounts::Own => vec![own.to_string()],
            Accounts::These(these) => these.clone(),
            Accounts::All => Vec::new(),
        }
    }
}

/// Discovers logs in the account's own trails, buckets and event history. `progress` receives status lines.
pub fn account(
    access: &Access,
    query: &DiscoveryQuery,
    progress: &(dyn Fn(&str) + Sync),
) -> Discovered {
    let mut found = Discovered::default();
    let mut locations = Vec::new();
    let mut trails = Vec::new();
    if query.includes_kind(Kind::Trail) {
        trails = trails::find(access, query, &mut found);
        locations.extend(trails.iter().flat_map(|t| t.locations(access, query)));
    }
    let own = query.includes_account(&access.account);
    if query.includes_kind(Kind::AccessLogs) && own {
        locations.extend(access_logs::find(access, query, &mut found));
    }
    let accounts = query.accounts(&access.account);
    let closed = list(access, locations, &query.filter(accounts), &mut found, progress);
    let open = trails.iter().filter(|t| !closed.contains(&t.label()));
    let covered = trails::covered(open);
    if !own {
        let account = &access.account;
        found.notes.push(format!(
            "Access logs and event history were skipped: the credentials belong to account {account}, which was not requested."
        ));
    } else if query.kinds.contains(&Kind::EventHistory) {
        histories::find(access, query, &trails::Covered::Nothing, &mut found, progress);
    } else if query.kinds.is_empty() && covered != trails::Covered::Everything {
        histories::find(access, query, &covered, &mut found, progress);
    }
    found
}

/// Discovers logs below `s3://bucket/prefix` URLs.
pub fn from_urls(
    access: &Access,
    urls: &[S3Url],
    query: &DiscoveryQuery,
    progress: &(dyn Fn(&str) + Sync),
) -> Discovered {
    let mut found = Discovered::default();
    let location = |url: &S3Url| {
        let (bucket, prefix) = (access.bucket(&url.bucket), url.prefix.clone());
        let root = Root { bucket, level: layout::level_of(&prefix), prefix };
        LogLocation { label: String::new(), root }
    };
    let locations = urls.iter().map(location).collect();
    let accounts = match &query.accounts {
        Accounts::These(these) => these.clone(),
        Accounts::Own | Accounts::All => Vec::new(),
    };
    list(access, locations, &query.filter(accounts), &mut found, progress);
    found
}

/// Lists the locations and checks whether their objects can be read. Returns the labels of those that cannot.
fn list(
    access: &Access,
    locations: Vec<LogLocation>,
    filter: &Filter,
    found: &mut Discovered,
    progress: &(dyn Fn(&str) + Sync),
) -> BTreeSet<String> {
    let mut closed = BTreeSet::new();
    let roots: Vec<Root> = locations.iter().map(|p| p.root.clone()).collect();
    if roots.is_empty() {
        return closed;
    }
    let names: Vec<String> = roots.iter().map(Root::name).collect();
    progress(&format!("listing {}", names.join(", ")));
    let listed = AtomicU64::new(0);
    let walked = walk(&roots, filter, &|more| {
        let before = listed.fetch_add(more, Ordering::Relaxed);
        if before / OBJECTS_PER_STATUS != (before + more) / OBJECTS_PER_STATUS {
            progress(&format!("{} so far", counted(before + more, "object", "objects")));
        }
    });
    found.refused.extend(walked.refused);
    for (n, e) in &walked.closed {
        let root = &roots[*n];
        found.record_failure(root.name(), e);
        closed.insert(locations[*n].label.clone());
        if e.kind == ErrorKind::Denied {
            found.missing_permission("s3:ListBucket", access.bucket_arn(&root.bucket.name));
        }
    }
    let mut by_location: Vec<Vec<Found>> = roots.iter().map(|_| Vec::new()).collect();
    for (n, object) in walked.objects {
        by_location[n].push(object);
    }
    for (n, objects) in by_location.into_iter().enumerate() {
        if walked.closed.iter().any(|(of, _)| *of == n) {
            continue;
        }
        let LogLocation { label, root } = &locations[n];
        if let Some(e) = readable::denied(&objects) {
            closed.insert(label.clone());
            let under = format!("{}/{}*", access.bucket_arn(&root.bucket.name), root.prefix);
            if readable::is_kms_denial(&e) {
                found.missing_permission("kms:Decrypt", "*");
            } else {
                found.missing_permission("s3:GetObject", under);
            }
            let why = e.to_string();
            let each = objects
                .iter()
                .map(|o| (PathBuf::from(o.name()), SkipReason::PermissionDenied, why.clone()));
            found.refused.extend(each);
            continue;
        }
        found.readable = true;
        let size = objects.iter().map(|o| o.size).sum();
        let count = counted(objects.len() as u64, "object", "objects");
        let of = if label.is_empty() { String::new() } else { format!("{label}, ") };
        let note = format!("Read from AWS: {of}{}: {count}, {}.", root.name(), bytes(size));
        progress(&note);
        found.notes.push(note);
        found.objects.extend(objects);
    }
    note_unread(&walked.other_accounts, &walked.other_services, found);
    closed
}

/// Notes logs that exist but were not read.
fn note_unread(accounts: &BTreeSet<String>, services: &BTreeSet<String>, found: &mut Discovered) {
    if !accounts.is_empty() {
        let count = counted(accounts.len() as u64, "other account", "other accounts");
        found.notes.push(format!(
            "The buckets contain CloudTrail logs of {count}, which were not read (--account ID or --account all)."
        ));
    }
    let mut kinds: Vec<&str> =
        services.iter().filter_map(|p| p.trim_end_matches('/').rsplit('/').next()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    if !kinds.is_empty() {
        found.notes.push(format!(
            "The buckets contain logs of other services, which are not supported: {}.",
            kinds.join(", ")
        ));
    }
}
