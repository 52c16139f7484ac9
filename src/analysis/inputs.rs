//! From a request to the list of inputs: paths, buckets, accounts.

use std::sync::Arc;

use super::request::Range;
use super::{Error, LogRequest, Observer};
use crate::cloud::Client;
use crate::rollup::Selection;
use crate::source::discover::{self, Access, Discovered, DiscoveryQuery, Missing};
use crate::source::local::list;
use crate::source::{Listing, S3Url};

/// Missing permissions that an error names.
const NAMED: usize = 5;

/// A request with its paths listed and its credentials found. The logs at AWS are not listed yet.
pub(super) struct Connected<'r> {
    request: &'r LogRequest,
    /// Local inputs.
    listing: Listing,
    range: Range,
    clients: Vec<Arc<Client>>,
    /// Describes the logs at AWS, independent of the window; empty for local logs.
    pub source: String,
    /// The window, for logs at AWS: it does not depend on what they contain.
    pub selection: Option<Selection>,
}

/// Every input of a run.
pub(super) struct ResolvedInputs {
    pub listing: Listing,
    /// Notes for the report: what is read, from where, and what is not.
    pub notes: Vec<String>,
    /// Credentials of the accounts whose own logs are read; none for paths and buckets.
    pub clients: Vec<Arc<Client>>,
    /// As in [`Connected`].
    pub selection: Option<Selection>,
}

/// Lists the paths, and finds credentials where logs at AWS are requested.
///
/// # Errors
/// When a path names nothing, the request contradicts itself, or AWS does not answer.
pub(super) fn connect(request: &LogRequest) -> Result<Connected<'_>, Error> {
    let listing = list(&request.paths)?;
    let mut connected = Connected {
        request,
        listing,
        range: Range::default(),
        clients: Vec::new(),
        source: String::new(),
        selection: None,
    };
    if !request.at_aws() {
        return Ok(connected);
    }
    if request.of_account() && request.window.is_whole() {
        return Err(Error::NoInput);
    }
    let kinds = &request.aws.kinds;
    if !kinds.is_empty() && kinds.iter().all(|kind| *kind == discover::Kind::GuardDuty) {
        return Err(Error::GuardDutyAlone);
    }
    if request.window.until_latest() {
        return Err(Error::LatestAtAws);
    }
    let window = &request.window;
    let now = request.clock.now();
    let selection = window.whole_days(now, request.config.baseline_days())?;
    let baseline = selection.baseline_since.filter(|_| window.baseline.is_some());
    connected.range = Range {
        since: selection.baseline_since.or(selection.since),
        until: selection.until,
        history_since: baseline.or(selection.since),
    };
    connected.selection = Some(selection);
    connected.clients = request.aws.connect(request.clock)?;
    connected.source = request.aws.describe(&connected.clients, &request.urls);
    Ok(connected)
}

impl Connected<'_> {
    /// Finds the logs at AWS.
    ///
    /// # Errors
    /// When nothing at AWS can be read.
    pub fn list(self, observer: &dyn Observer) -> Result<ResolvedInputs, Error> {
        let Connected { request, mut listing, range, clients, selection, .. } = self;
        let Some(at_aws) = selection else {
            return Ok(ResolvedInputs { listing, notes: Vec::new(), clients, selection });
        };
        let query = request.aws.query(range, request.clock.now(), false);
        let mut found = discover(&clients, &request.urls, &query, observer)?;
        let history_without_baseline =
            request.window.baseline.is_none() && at_aws.baseline_since.is_some();
        if !found.slices.is_empty() && history_without_baseline {
            found.notes.push(
                "The event history was read for the window only, without a baseline: it is slow (--baseline N reads it)."
                    .to_string(),
            );
        }
        listing.add_objects(found.objects);
        listing.files.extend(found.slices);
        listing.refused.extend(found.refused);
        let clients = if request.urls.is_empty() { clients } else { Vec::new() };
        Ok(ResolvedInputs { listing, notes: found.notes, clients, selection })
    }
}

/// Finds the logs behind the URLs or, without any, in the clients' accounts. Reports what cannot be read.
///
/// # Errors
/// When nothing can be read at all.
pub fn discover(
    clients: &[Arc<Client>],
    urls: &[S3Url],
    query: &DiscoveryQuery,
    observer: &dyn Observer,
) -> Result<Discovered, Error> {
    let say = |text: &str| observer.status(text);
    let mut found = Discovered::default();
    match (urls, clients.first()) {
        ([], _) => {
            for client in clients {
                found.add(discover::account(&access(client), query, &say));
            }
        }
        (urls, Some(client)) => found.add(discover::from_urls(&access(client), urls, query, &say)),
        (_, None) => {}
    }
    report_missing(&mut found, observer);
    if found.readable {
        return Ok(found);
    }
    let refused = found.refused.iter().take(NAMED);
    let mut why: Vec<String> =
        refused.map(|(place, _, why)| format!("{}: {why}", place.display())).collect();
    why.extend(found.notes);
    Err(Error::NothingReadable { why })
}

pub(super) fn access(client: &Arc<Client>) -> Access {
    let caller = client.caller();
    Access {
        api: client.clone(),
        store: client.clone(),
        account: caller.account.clone(),
        partition: caller.partition(),
    }
}

/// Names the permissions that are missing, to the observer and in the notes.
pub(super) fn report_missing(found: &mut Discovered, observer: &dyn Observer) {
    if found.missing.is_empty() {
        return;
    }
    let name = |Missing { action, resource }: &Missing| format!("{action} on {resource}");
    let list: Vec<String> = found.missing.iter().map(name).collect();
    let text = format!("Skipped: missing permissions: {}.", list.join(", "));
    observer.warning(&text);
    observer.missing_permissions(&found.missing);
    found.notes.push(text);
}
