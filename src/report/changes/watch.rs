//! What a contained identity still does: a line for each call, and the end of a watch.

use crate::clock::{Millis, plain};
use crate::plan::Activity;
use crate::ui::number::counted;
use crate::ui::sanitize::clean;

/// One call, safe for a terminal.
pub fn line(activity: &Activity) -> String {
    let Activity { at, action, who, key, from, region, harmless } = activity;
    let what = if *harmless { "still known" } else { "ACTIVITY" };
    let but = if *harmless { "; no policy can deny this call, and it does not count" } else { "" };
    let text = format!(
        "{} UTC  {what}  {action} by {who} ({key}) from {from} in {region}{but}",
        plain(*at)
    );
    clean(&text).into_owned()
}

/// The end of a watch.
pub fn ended(since: Millis, calls: u64, readings: u64) -> String {
    let what = match calls {
        0 => "no activity".to_string(),
        n => counted(n, "successful call", "successful calls"),
    };
    format!(
        "{what} of the contained identity since {} UTC, after {}; CloudTrail shows a call up to 15 minutes late",
        plain(since),
        counted(readings, "reading", "readings")
    )
}
