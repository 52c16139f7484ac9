//! Finds the event history of regions that no readable trail covers.

use std::sync::{Mutex, PoisonError};
use std::thread;

use super::trails::Covered;
use super::{Access, Discovered, DiscoveryQuery, regions};
use crate::clock::{self, HOUR, Millis, SECOND};
use crate::cloud::{ApiError, ErrorKind};
use crate::source::history::{Estimate, PACE, RETENTION, Region, estimate, is_disabled};
use crate::source::listing::{Found, InputLocation};
use crate::source::retry::PATIENCE;
use crate::ui::number::counted;

struct RegionEstimate {
    region: String,
    estimate: Result<Estimate, ApiError>,
}

/// Adds the event history of the regions that `covered` leaves out, as far back as it goes.
pub fn find(
    access: &Access,
    query: &DiscoveryQuery,
    covered: &Covered,
    found: &mut Discovered,
    progress: &(dyn Fn(&str) + Sync),
) {
    let until = query.until.unwrap_or(query.now).min(query.now.max(SECOND));
    let oldest = query.now - RETENTION;
    let mut since = query.history_since.unwrap_or(oldest).max(oldest);
    let mut until = until;
    if let Covered::EverythingBut(gap) = covered {
        // The last delivery before the gap contains events up to some minutes earlier.
        since = gap.from.map_or(since, |from| since.max(from - HOUR));
        until = gap.to.map_or(until, |to| until.min(to + HOUR));
    }
    if since >= until && matches!(covered, Covered::EverythingBut(_)) {
        return;
    }
    if since >= until {
        found.notes.push("CloudTrail's event history covers 90 days; the window is older.".into());
        return;
    }
    let mut names = match query.regions.as_slice() {
        [] => regions::of(access, found),
        these => these.to_vec(),
    };
    if let Covered::Regions(covered) = covered {
        names.retain(|name| !covered.contains(name));
    }
    let estimates = estimate_regions(access, &names, since, until);
    add_slices(access, query, since, estimates, found, progress);
}

/// Queries all regions in parallel.
fn estimate_regions(
    access: &Access,
    names: &[String],
    since: Millis,
    until: Millis,
) -> Vec<RegionEstimate> {
    let estimates = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for name in names {
            let estimates = &estimates;
            scope.spawn(move || {
                let region = Region {
                    api: access.api.clone(),
                    account: access.account.as_str().into(),
                    name: name.as_str().into(),
                };
                let estimate = estimate(&region, since, until, PATIENCE);
                let mut estimates = estimates.lock().unwrap_or_else(PoisonError::into_inner);
                estimates.push(RegionEstimate { region: name.clone(), estimate });
            });
        }
    });
    let mut estimates = estimates.into_inner().unwrap_or_else(PoisonError::into_inner);
    estimates.sort_by(|a, b| a.region.cmp(&b.region));
    estimates
}

fn add_slices(
    access: &Access,
    query: &DiscoveryQuery,
    since: Millis,
    estimates: Vec<RegionEstimate>,
    found: &mut Discovered,
    progress: &(dyn Fn(&str) + Sync),
) {
    let (mut read, mut disabled, mut events) = (Vec::new(), Vec::new(), 0);
    for RegionEstimate { region, estimate } in estimates {
        match estimate {
            Ok(estimate) => {
                events += estimate.events;
                found.requests = found.requests.max(estimate.requests);
                let slices = estimate.slices.into_iter();
                found
                    .slices
                    .extend(slices.map(|s| Found { location: InputLocation::History(s), size: 0 }));
                read.push(region);
            }
            Err(e) if is_disabled(&e) => disabled.push(region),
            Err(e) => {
                if e.kind == ErrorKind::Denied {
                    found.missing_permission("cloudtrail:LookupEvents", "*");
                }
                found.record_failure(format!("event-history/{}/{region}", access.account), &e);
            }
        }
    }
    if !disabled.is_empty() {
        found
            .notes
            .push(format!("Event history skipped, region not enabled: {}.", disabled.join(", ")));
    }
    if read.is_empty() {
        return;
    }
    found.readable = true;
    let count = counted(read.len() as u64, "region", "regions");
    let pace = i64::try_from(PACE.as_millis()).unwrap_or_default();
    let time = clock::length(i64::try_from(found.requests).unwrap_or(i64::MAX / pace) * pace);
    progress(&format!(
        "event history of account {}: about {} in {count}, {time} at 2 requests per second and region",
        access.account,
        counted(events, "event", "events")
    ));
    found.notes.push(format!(
        "Read from AWS: CloudTrail's event history of account {}, {}: management events since {}. \
         It contains no reads and writes of objects.",
        access.account,
        read.join(", "),
        clock::plain(since)
    ));
    if query.history_since.is_some_and(|asked| asked < since) {
        found
            .notes
            .push("CloudTrail's event history covers 90 days; the window starts earlier.".into());
    }
}
