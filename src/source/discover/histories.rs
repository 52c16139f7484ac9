//! The event history of the regions that no readable trail covers.

use std::sync::{Mutex, PoisonError};
use std::thread;

use super::trails::Covered;
use super::{Access, Discovered, DiscoveryQuery, regions};
use crate::clock::{self, HOUR, Millis, SECOND};
use crate::cloud::{ApiError, ErrorKind};
use crate::source::history::{KEPT, Outlook, PACE, Region, is_disabled, look};
use crate::source::listing::{Found, InputLocation};
use crate::source::retry::PATIENCE;
use crate::ui::number::{counted, grouped};

struct Looked {
    region: String,
    outlook: Result<Outlook, ApiError>,
}

pub fn find(
    access: &Access,
    wish: &DiscoveryQuery,
    covered: &Covered,
    found: &mut Discovered,
    say: &(dyn Fn(&str) + Sync),
) {
    let until = wish.until.unwrap_or(wish.now).min(wish.now.max(SECOND));
    let oldest = wish.now - KEPT;
    let mut since = wish.history_since.unwrap_or(oldest).max(oldest);
    let mut until = until;
    if let Covered::EverythingBut(gap) = covered {
        // What was delivered last is of some minutes before.
        since = gap.from.map_or(since, |from| since.max(from - HOUR));
        until = gap.to.map_or(until, |to| until.min(to + HOUR));
    }
    if since >= until && matches!(covered, Covered::EverythingBut(_)) {
        return;
    }
    if since >= until {
        found
            .notes
            .push("CloudTrail's event history goes back 90 days: the window lies before.".into());
        return;
    }
    let mut names = match wish.regions.as_slice() {
        [] => regions::of(access, found),
        these => these.to_vec(),
    };
    if let Covered::Regions(covered) = covered {
        names.retain(|name| !covered.contains(name));
    }
    let looked = look_at(access, &names, since, until);
    take(access, wish, since, looked, found, say);
}

/// Asks every region at once.
fn look_at(access: &Access, names: &[String], since: Millis, until: Millis) -> Vec<Looked> {
    let looked = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for name in names {
            let looked = &looked;
            scope.spawn(move || {
                let region = Region {
                    api: access.api.clone(),
                    account: access.account.as_str().into(),
                    name: name.as_str().into(),
                };
                let outlook = look(&region, since, until, PATIENCE);
                let mut looked = looked.lock().unwrap_or_else(PoisonError::into_inner);
                looked.push(Looked { region: name.clone(), outlook });
            });
        }
    });
    let mut looked = looked.into_inner().unwrap_or_else(PoisonError::into_inner);
    looked.sort_by(|a, b| a.region.cmp(&b.region));
    looked
}

fn take(
    access: &Access,
    wish: &DiscoveryQuery,
    since: Millis,
    looked: Vec<Looked>,
    found: &mut Discovered,
    say: &(dyn Fn(&str) + Sync),
) {
    let (mut read, mut disabled, mut events) = (Vec::new(), Vec::new(), 0);
    for Looked { region, outlook } in looked {
        match outlook {
            Ok(outlook) => {
                events += outlook.events;
                found.requests = found.requests.max(outlook.requests);
                let slices = outlook.slices.into_iter();
                found
                    .slices
                    .extend(slices.map(|s| Found { place: InputLocation::History(s), size: 0 }));
                read.push(region);
            }
            Err(e) if is_disabled(&e) => disabled.push(region),
            Err(e) => {
                if e.kind == ErrorKind::Denied {
                    found.miss("cloudtrail:LookupEvents", "*");
                }
                found.refuse(format!("event-history/{}/{region}", access.account), &e);
            }
        }
    }
    if !disabled.is_empty() {
        found.notes.push(format!("Not in use, and so without a history: {}.", disabled.join(", ")));
    }
    if read.is_empty() {
        return;
    }
    found.readable = true;
    let count = counted(read.len() as u64, "region", "regions");
    let pace = i64::try_from(PACE.as_millis()).unwrap_or_default();
    let time = clock::length(i64::try_from(found.requests).unwrap_or(i64::MAX / pace) * pace);
    say(&format!(
        "event history of account {}: about {} events in {count}, {time} at two requests a second in each",
        access.account,
        grouped(events)
    ));
    found.notes.push(format!(
        "Read from AWS: CloudTrail's event history of account {}, {}: management events since {}; \
         reads and writes of objects are not in it.",
        access.account,
        read.join(", "),
        clock::plain(since)
    ));
    if wish.history_since.is_some_and(|asked| asked < since) {
        found
            .notes
            .push("CloudTrail's event history goes back 90 days: the window begins before.".into());
    }
}
