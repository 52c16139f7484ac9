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

/// What a watch is about.
#[derive(Debug, Clone)]
pub struct Watched {
    /// `user alice`, `role app`.
    pub who: Vec<String>,
    /// The regions whose event history is read.
    pub regions: Vec<String>,
    pub since: Millis,
}

/// What a watch has seen so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Seen {
    /// Successful calls that count.
    pub calls: u64,
    /// Calls that no policy can deny.
    pub harmless: u64,
    /// Readings that were finished.
    pub readings: u64,
}

impl Seen {
    pub fn add(&mut self, activity: &Activity) {
        if activity.harmless {
            self.harmless += 1;
        } else {
            self.calls += 1;
        }
    }
}

impl Watched {
    /// The end of a watch, safe for a terminal: what was watched, and what was seen.
    pub fn summary(&self, seen: &Seen) -> [String; 2] {
        let mut watched = format!(
            "watched {} in {}: {}",
            self.who.join(", "),
            self.regions.join(", "),
            counted(seen.readings, "whole reading", "whole readings"),
        );
        if seen.harmless > 0 {
            let those = counted(seen.harmless, "call", "calls");
            watched += &format!("; {those} that no policy can deny did not count");
        }
        [watched, self.verdict(seen)].map(|line| clean(&line).into_owned())
    }

    fn verdict(&self, seen: &Seen) -> String {
        let since = plain(self.since);
        let what = match (seen.calls, seen.readings) {
            (0, 0) => return "the event history was not read whole: nothing is known of the contained identity".into(),
            (0, _) => "no activity".to_string(),
            (n, _) => counted(n, "successful call", "successful calls"),
        };
        format!(
            "{what} of the contained identity since {since} UTC; CloudTrail shows a call up to 15 minutes late"
        )
    }
}
