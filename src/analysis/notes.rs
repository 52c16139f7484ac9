//! Plain statements that qualify a report: what the window, the settings and the rules could not do.

use crate::clock::{DAY, Millis, date, length, plain};
use crate::config::Config;
use crate::engine::ScanResult;
use crate::report::model::{RulesApplied, SkippedRule};
use crate::rollup::{Selection, Times};
use crate::sigma::{LeftOut, RuleSet};
use crate::source::coverage::Coverage;
use crate::ui::number::{counted, grouped};

/// Notes on the window, the baseline and the settings.
pub fn of_window(
    config: &Config,
    selection: Selection,
    c: &Coverage,
    times: &Times,
    whole: bool,
) -> Vec<String> {
    let mut notes: Vec<String> = no_events(c).into_iter().chain(contradicting(c)).collect();
    notes.extend(of_strays(times));
    let range = times.main();
    match (whole, range) {
        (true, Some((oldest, newest))) if newest - oldest < 2 * DAY => notes.push(format!(
            "The logs span only {}: too little history to tell what is new, so sources are mostly compared with each other.",
            length(newest - oldest)
        )),
        (true, Some((oldest, _))) => notes.push(format!(
            "The whole archive is the window: each source is compared with what came before it. The first day, to {}, is warm-up.",
            plain(oldest + DAY)
        )),
        _ => {}
    }
    // The logs may begin before what was read, unless a stray says so.
    let begin = |start: Millis| c.oldest.filter(|at| *at > start - YEAR).unwrap_or(start);
    let begin = range.map(|(start, _)| begin(start)).or(c.oldest);
    if let (false, Some(since), Some(oldest)) = (whole, selection.since, begin) {
        notes.extend(of_baseline(selection, since, oldest, c));
    }
    if config.geoip().is_none() {
        notes.push(
            "Countries and network owners are unknown: no GeoIP files were given (--geoip DIR)."
                .to_string(),
        );
    }
    notes.extend(config.intel().notes());
    notes.extend(config.expired().iter().map(|entry| format!("Expired and not applied: {entry}")));
    notes
        .extend(config.files().iter().map(|f| format!("Settings were read from {}.", f.display())));
    notes
}

const YEAR: Millis = 365 * DAY;

/// Strays that a note names.
const MOST_STRAYS: usize = 3;

/// Records that are more than a year away from all others.
pub fn of_strays(times: &Times) -> Option<String> {
    let strays = times.strays();
    let records: u64 = strays.iter().map(|stray| stray.records).sum();
    let (first, them) = match records {
        0 => return None,
        1 => ("1 record is".to_string(), "It counts and is judged, but it moves"),
        n => (format!("{} records are", grouped(n)), "They count and are judged, but they move"),
    };
    let mut dates: Vec<String> = strays.iter().map(|stray| date(stray.first)).collect();
    if dates.len() > MOST_STRAYS {
        dates.truncate(MOST_STRAYS);
        dates.push("and others".to_string());
    }
    let dates = dates.join(", ");
    Some(format!(
        "{first} dated more than a year away from all others ({dates}). {them} neither the window nor the warm-up and the baseline: a clock was wrong, or somebody planted a record."
    ))
}

/// Records that cannot all be what AWS wrote.
fn contradicting(c: &Coverage) -> Option<String> {
    let have = match c.events.contradicting {
        0 => return None,
        n => counted(n, "record has", "records have"),
    };
    Some(format!(
        "{have} the event id of a record with another content: a copy was altered or planted. All of them are counted. Compare them with the originals (incident verify PATH)."
    ))
}

/// Why the window has no events.
pub fn no_events(c: &Coverage) -> Option<String> {
    match c.oldest.zip(c.newest) {
        _ if c.events.decoded > 0 => None,
        Some((oldest, newest)) => Some(format!(
            "No event lies in the window. The logs cover {} to {} UTC; '--until latest' counts back from their end.",
            plain(oldest),
            plain(newest)
        )),
        None => Some("No event was found in the input.".to_string()),
    }
}

fn of_baseline(selection: Selection, since: i64, oldest: i64, c: &Coverage) -> Option<String> {
    match selection.baseline_since {
        _ if c.events.decoded == 0 => None,
        None => Some(
            "No baseline was requested: each event is compared with what came before it in the window."
                .to_string(),
        ),
        Some(_) if c.events.baseline == 0 => Some(
            "There is no baseline: the logs contain nothing before the window. Each event is compared with what came before it in the window."
                .to_string(),
        ),
        Some(from) if oldest > from + DAY => Some(format!(
            "The baseline is shorter than requested: the logs begin on {}, {} before the window.",
            date(oldest),
            length(since - oldest)
        )),
        Some(_) => None,
    }
}

/// Notes on rules that were not applied, on records that rules could not read, and on matches that correlations
/// dropped.
pub fn of_rules(rules: &RuleSet, result: &ScanResult) -> Vec<String> {
    let mut notes = Vec::new();
    if !rules.skipped().is_empty() {
        notes.push(format!(
            "{} not applied: 'incident rule check' says why.",
            counted(rules.skipped().len() as u64, "rule is", "rules are")
        ));
    }
    notes.extend(unreadable(result.coverage.events.unparsed));
    notes.extend(left_out(result.correlated.left_out));
    notes
}

fn left_out(hits: LeftOut) -> Vec<String> {
    let matches = |count| counted(count, "match was", "matches were");
    let overflow = (hits.overflow > 0).then(|| {
        format!(
            "Some callers match a rule so often that {} left out of the correlations' counts. What fires is the same, but the true counts are higher.",
            matches(hits.overflow)
        )
    });
    let forgotten = (hits.forgotten > 0).then(|| {
        format!(
            "Rules matched so many different callers and values that {} forgotten, the oldest of those with the fewest matches first. A correlation over them may have missed something: narrow the window with --since and --until.",
            matches(hits.forgotten)
        )
    });
    overflow.into_iter().chain(forgotten).collect()
}

/// Records that no rule could read.
fn unreadable(records: u64) -> Option<String> {
    let (are, they_count, them) = match records {
        0 => return None,
        1 => ("is", "it counts as an event", "it"),
        _ => ("are", "they count as events", "them"),
    };
    Some(format!(
        "{} {are} not valid JSON inside: {they_count}, but no rule could judge {them}.",
        counted(records, "record", "records")
    ))
}

pub fn rules_applied(rules: &RuleSet) -> RulesApplied {
    let skipped = rules.skipped().iter().map(|skipped| SkippedRule {
        rule: skipped.title.clone(),
        file: skipped.file.clone(),
        line: skipped.line,
        reason: skipped.reason.clone(),
    });
    let applied = (rules.rules().len() + rules.correlations().len()) as u64;
    RulesApplied { applied, skipped: skipped.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::coverage::EventCounts;

    #[test]
    fn one_record_is_in_the_singular() {
        let with = |contradicting| Coverage {
            events: EventCounts { contradicting, ..EventCounts::default() },
            ..Coverage::default()
        };
        assert_eq!(contradicting(&with(0)), None);
        let said = |n| contradicting(&with(n)).unwrap();
        assert!(said(1).starts_with("1 record has the event id"), "{}", said(1));
        assert!(said(1_200).starts_with("1,200 records have the event id"), "{}", said(1_200));
        let said = |n| unreadable(n).unwrap();
        assert_eq!(unreadable(0), None);
        assert!(said(1).starts_with("1 record is not valid JSON inside: it counts"), "{}", said(1));
        assert!(said(2).starts_with("2 records are not valid JSON inside: they"), "{}", said(2));
    }
    #[test]
    fn matches_that_do_not_count_are_told() {
        assert!(left_out(LeftOut { ungrouped: 3, ..LeftOut::default() }).is_empty());
        let notes = left_out(LeftOut { overflow: 1, ungrouped: 0, forgotten: 1_200 });
        assert!(notes[0].contains("that 1 match was left out"), "{notes:?}");
        assert!(notes[1].contains("that 1,200 matches were forgotten"), "{notes:?}");
        assert_eq!(notes.len(), 2);
    }
}
