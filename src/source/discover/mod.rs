//! Finds the logs of an account: what exists, what may be read, and what is missing for the rest.

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
use super::walk::{Root, reason, walk};
use crate::clock::Millis;
use crate::cloud::{Api, ApiError, Call, ErrorKind, Store};
use crate::ui::number::{bytes, counted};

pub use guardduty::{GuardDutyFinding, guardduty, of_region as guardduty_of};
pub use regions::PARTITIONS;

/// A long listing says how far it is after so many objects.
const OFTEN: u64 = 50_000;

/// One set of credentials.
#[derive(Clone)]
pub struct Access {
    pub api: Arc<dyn Api + Send + Sync>,
    pub store: Arc<dyn Store>,
    pub account: String,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
}

/// Where logs come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Trail,
    AccessLogs,
    EventHistory,
    /// Findings of another detector, no logs.
    GuardDuty,
}

/// Whose logs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Accounts {
    /// Of the account of the credentials.
    #[default]
    Own,
    These(Vec<String>),
    All,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct DiscoveryQuery {
    /// Empty: what exists, and the event history only for what no trail covers.
    pub kinds: Vec<Kind>,
    pub accounts: Accounts,
    /// Empty for all.
    pub regions: Vec<String>,
    /// Objects of these moments; `None` is unbounded.
    pub since: Option<Millis>,
    pub until: Option<Millis>,
    /// The event history from here on: it is too slow for a baseline that was not asked for.
    pub history_since: Option<Millis>,
    pub now: Millis,
    /// Digests, insights and aggregated events too.
    pub all_kinds: bool,
}

/// An action that was refused, and on what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Missing {
    pub action: &'static str,
    /// An ARN, or `*`.
    pub resource: String,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Discovered {
    pub objects: Vec<Found>,
    pub slices: Vec<Found>,
    pub refused: Vec<Refused>,
    /// Plain statements: what is read, from where, and what is not.
    pub notes: Vec<String>,
    pub missing: BTreeSet<Missing>,
    /// Requests to the event history in the region that needs most.
    pub requests: u64,
    /// Something could be read, empty or not.
    pub readable: bool,
}

/// A place that logs are in, and what it is in words: `the trail audit`.
struct LogLocation {
    what: String,
    root: Root,
}

impl Discovered {
    /// Takes in what another set of credentials found.
    pub fn add(&mut self, other: Discovered) {
        self.objects.extend(other.objects);
        self.slices.extend(other.slices);
        self.refused.extend(other.refused);
        self.notes.extend(other.notes);
        self.missing.extend(other.missing);
        self.requests = self.requests.max(other.requests);
        self.readable |= other.readable;
    }

    fn miss(&mut self, action: &'static str, resource: impl Into<String>) {
        self.missing.insert(Missing { action, resource: resource.into() });
    }

    /// A call that did not succeed: the report counts what it would have led to as one place.
    fn refuse(&mut self, place: String, e: &ApiError) {
        self.refused.push((PathBuf::from(place), reason(e), e.to_string()));
    }
}

impl Access {
    /// The bucket with its region, whoever owns it.
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
    fn wants(&self, kind: Kind) -> bool {
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

    /// True when the logs of this account are among those asked for.
    fn includes(&self, account: &str) -> bool {
        match &self.accounts {
            Accounts::These(these) => these.iter().any(|a| a == account),
            Accounts::Own | Accounts::All => true,
        }
    }

    /// The accounts whose folders are entered; empty for all.
    fn accounts(&self, own: &str) -> Vec<String> {
        match &self.accounts {
            Accounts::Own => vec![own.to_string()],
            Accounts::These(these) => these.clone(),
            Accounts::All => Vec::new(),
        }
    }
}

/// What the account's own trails, buckets and event history hold. `say` is told what goes on.
pub fn account(access: &Access, wish: &DiscoveryQuery, say: &(dyn Fn(&str) + Sync)) -> Discovered {
    let mut found = Discovered::default();
    let mut places = Vec::new();
    let mut trails = Vec::new();
    if wish.wants(Kind::Trail) {
        trails = trails::find(access, wish, &mut found);
        places.extend(trails.iter().flat_map(|t| t.places(access, wish)));
    }
    let own = wish.includes(&access.account);
    if wish.wants(Kind::AccessLogs) && own {
        places.extend(access_logs::find(access, wish, &mut found));
    }
    let accounts = wish.accounts(&access.account);
    let closed = list(access, places, &wish.filter(accounts), &mut found, say);
    let open = trails.iter().filter(|t| !closed.contains(&t.what()));
    let covered = trails::covered(open);
    if !own {
        let account = &access.account;
        found.notes.push(format!(
            "Access logs and event history are those of the credentials' account, {account}, which was not asked for."
        ));
    } else if wish.kinds.contains(&Kind::EventHistory) {
        histories::find(access, wish, &trails::Covered::Nothing, &mut found, say);
    } else if wish.kinds.is_empty() && covered != trails::Covered::Everything {
        histories::find(access, wish, &covered, &mut found, say);
    }
    found
}

/// What lies behind `s3://bucket/prefix`.
pub fn by_hand(
    access: &Access,
    urls: &[S3Url],
    wish: &DiscoveryQuery,
    say: &(dyn Fn(&str) + Sync),
) -> Discovered {
    let mut found = Discovered::default();
    let place = |url: &S3Url| {
        let (bucket, prefix) = (access.bucket(&url.bucket), url.prefix.clone());
        let root = Root { bucket, at: layout::at(&prefix), prefix };
        LogLocation { what: String::new(), root }
    };
    let places = urls.iter().map(place).collect();
    let accounts = match &wish.accounts {
        Accounts::These(these) => these.clone(),
        Accounts::Own | Accounts::All => Vec::new(),
    };
    list(access, places, &wish.filter(accounts), &mut found, say);
    found
}

/// Lists the places and sees whether objects may be read; answers with those that may not be.
fn list(
    access: &Access,
    places: Vec<LogLocation>,
    filter: &Filter,
    found: &mut Discovered,
    say: &(dyn Fn(&str) + Sync),
) -> BTreeSet<String> {
    let mut closed = BTreeSet::new();
    let roots: Vec<Root> = places.iter().map(|p| p.root.clone()).collect();
    if roots.is_empty() {
        return closed;
    }
    let names: Vec<String> = roots.iter().map(Root::name).collect();
    say(&format!("listing {}", names.join(", ")));
    let listed = AtomicU64::new(0);
    let walked = walk(&roots, filter, &|more| {
        let before = listed.fetch_add(more, Ordering::Relaxed);
        if before / OFTEN != (before + more) / OFTEN {
            say(&format!("{} so far", counted(before + more, "object", "objects")));
        }
    });
    found.refused.extend(walked.refused);
    for (n, e) in &walked.closed {
        let root = &roots[*n];
        found.refuse(root.name(), e);
        closed.insert(places[*n].what.clone());
        if e.kind == ErrorKind::Denied {
            found.miss("s3:ListBucket", access.bucket_arn(&root.bucket.name));
        }
    }
    let mut by_place: Vec<Vec<Found>> = roots.iter().map(|_| Vec::new()).collect();
    for (n, object) in walked.objects {
        by_place[n].push(object);
    }
    for (n, objects) in by_place.into_iter().enumerate() {
        if walked.closed.iter().any(|(of, _)| *of == n) {
            continue;
        }
        let LogLocation { what, root } = &places[n];
        if let Some(e) = readable::denied(&objects) {
            closed.insert(what.clone());
            let under = format!("{}/{}*", access.bucket_arn(&root.bucket.name), root.prefix);
            if readable::is_of_the_key(&e) {
                found.miss("kms:Decrypt", "*");
            } else {
                found.miss("s3:GetObject", under);
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
        let of = if what.is_empty() { String::new() } else { format!("{what}, ") };
        let note = format!("Read from AWS: {of}{}: {count}, {}.", root.name(), bytes(size));
        say(&note);
        found.notes.push(note);
        found.objects.extend(objects);
    }
    left(&walked.other_accounts, &walked.other_services, found);
    closed
}

/// What is there and was not asked for.
fn left(accounts: &BTreeSet<String>, services: &BTreeSet<String>, found: &mut Discovered) {
    if !accounts.is_empty() {
        let count = counted(accounts.len() as u64, "other account", "other accounts");
        found.notes.push(format!(
            "The buckets hold CloudTrail logs of {count}, which were not read (--account ID or --account all)."
        ));
    }
    let mut kinds: Vec<&str> =
        services.iter().filter_map(|p| p.trim_end_matches('/').rsplit('/').next()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    if !kinds.is_empty() {
        found.notes.push(format!(
            "Beside the logs lie logs of other services, which are not read: {}.",
            kinds.join(", ")
        ));
    }
}
