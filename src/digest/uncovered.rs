//! Log files that no digest lists: whether that is to be expected.

use super::Item;
use super::model::{Chain, Kind, Problem};
use super::object_name;
use crate::clock::{MINUTE, plain};

/// A log file is delivered some five minutes after the time in its name (AWS CloudTrail user guide, *How
/// CloudTrail works*), and the digest of the time of its delivery lists it.
const DELIVERY: i64 = 15 * MINUTE;

/// Says of each why no digest lists it.
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
        return (Kind::LogInside, "in no digest, and its name is not CloudTrail's".to_string());
    };
    let here: Vec<&Chain> = chains
        .iter()
        .filter(|c| !c.id.backfill && c.id.account == name.account && c.id.region == name.region)
        .collect();
    let first = here.iter().filter_map(|c| c.from).min();
    let last = here.iter().filter_map(|c| c.to).max();
    let (Some(first), Some(last)) = (first, last) else {
        let what = format!("no digest of account {} in {} is here", name.account, name.region);
        return (Kind::LogNoDigest, what);
    };
    let Some(at) = name.time else {
        return (Kind::LogInside, "in no digest, and its name has no time".to_string());
    };
    if at >= last - DELIVERY {
        let what =
            format!("newer than the last digest ({} UTC): the next would list it", plain(last));
        return (Kind::LogNewer, what);
    }
    if at < first {
        return (Kind::LogOlder, format!("older than the first digest ({} UTC)", plain(first)));
    }
    let covered = |c: &Chain| {
        let inside = c.from.is_some_and(|from| from <= at) && c.to.is_some_and(|to| at < to);
        inside && !c.gaps.iter().any(|gap| gap.from - DELIVERY <= at && at < gap.to)
    };
    if here.into_iter().any(covered) {
        let what =
            "in no digest, though digests cover its time: added, or of a trail without validation";
        return (Kind::LogInside, what.to_string());
    }
    (Kind::LogInGap, "in no digest: its time is in a gap".to_string())
}
