//! Explains why no digest lists a log file.

use super::Item;
use super::model::{Chain, Kind, Problem};
use super::object_name;
use crate::clock::{MINUTE, plain};

/// A log file is delivered about five minutes after the time in its name (AWS CloudTrail user guide, *How CloudTrail
/// works*), and the digest for its delivery time lists it.
const MAX_DELIVERY_DELAY: i64 = 15 * MINUTE;

/// Adds a problem for each uncovered log file, with the reason.
pub fn explain(
    items: &[Item<'_>],
    uncovered: &[usize],
    chains: &[Chain],
    problems: &mut Vec<Problem>,
) {
    for i in uncovered {
        let (kind, detail) = why(items[*i].object.path(), chains);
        let mut problem = Problem::new(kind, detail).file(items[*i].object.found.name());
        problem.object = items[*i].object.origin.map(|o| o.at.to_string());
        problems.push(problem);
    }
}

fn why(path: &str, chains: &[Chain]) -> (Kind, String) {
    let Some(name) = object_name::log_name(path) else {
        return (
            Kind::LogInside,
            "not in any digest, and not named like a CloudTrail log file".to_string(),
        );
    };
    let here: Vec<&Chain> = chains
        .iter()
        .filter(|c| !c.id.backfill && c.id.account == name.account && c.id.region == name.region)
        .collect();
    let first = here.iter().filter_map(|c| c.from).min();
    let last = here.iter().filter_map(|c| c.to).max();
    let (Some(first), Some(last)) = (first, last) else {
        let detail = format!("there is no digest of account {} in {}", name.account, name.region);
        return (Kind::LogNoDigest, detail);
    };
    let Some(at) = name.time else {
        return (Kind::LogInside, "not in any digest, and its name has no time".to_string());
    };
    if at >= last - MAX_DELIVERY_DELAY {
        let detail =
            format!("newer than the last digest ({} UTC); the next one would list it", plain(last));
        return (Kind::LogNewer, detail);
    }
    if at < first {
        return (Kind::LogOlder, format!("older than the first digest ({} UTC)", plain(first)));
    }
    let covered = |c: &Chain| {
        let inside = c.from.is_some_and(|from| from <= at) && c.to.is_some_and(|to| at < to);
        inside && !c.gaps.iter().any(|gap| gap.from - MAX_DELIVERY_DELAY <= at && at < gap.to)
    };
    if here.into_iter().any(covered) {
        let detail = "not in any digest, although digests cover its time: added later, or from a trail without validation";
        return (Kind::LogInside, detail.to_string());
    }
    (Kind::LogInGap, "not in any digest; its time is in a gap".to_string())
}
