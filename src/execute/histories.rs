//! Saves CloudTrail's event history in a case: one file per slice, which a later run does not fetch again.

use std::thread;

use crate::case::{Case, CaseError};
use crate::clock;
use crate::source::local::Opened;
use crate::source::{Buffer, Found, InputLocation, InputQueue};

/// The file of a slice, by account, region and time.
fn name(found: &Found) -> Option<String> {
    let InputLocation::History(slice) = &found.location else { return None };
    let at = |at| clock::rfc3339(at).replace([':', '.'], "");
    Some(format!(
        "evidence/event-history/{}/{}/{}-{}.json",
        slice.region.account,
        slice.region.name,
        at(slice.since),
        at(slice.until)
    ))
}

/// Reads the slices that the case does not have yet. Returns those that could not be read, and why.
///
/// # Errors
/// When the case cannot be written.
pub fn save(
    case: &Case,
    slices: &[Found],
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Vec<(String, String)>, CaseError> {
    let absent = |f: &&Found| name(f).is_some_and(|name| !case.has(&name));
    let slices: Vec<Found> = slices.iter().filter(absent).cloned().collect();
    let queue = InputQueue::new(&slices);
    let seat = queue.worker();
    let mut failed = Vec::new();
    thread::scope(|scope| {
        for n in 0..queue.prefetch_threads() {
            let queue = &queue;
            scope.spawn(move || queue.prefetch(n));
        }
        let seat = seat;
        let mut buffer = Buffer::default();
        while let Some(input) = seat.next(&mut buffer) {
            let found = &slices[input.number as usize];
            match (input.opened, name(found)) {
                (Ok(Opened::Whole(bytes)), Some(name)) => {
                    case.add(&name, bytes)?;
                    progress(1, bytes.len() as u64);
                }
                (Ok(_), _) => {
                    failed.push((found.name(), "the event history ended early".to_string()))
                }
                (Err((_, why)), _) => failed.push((found.name(), why)),
            }
        }
        Ok(failed)
    })
}
