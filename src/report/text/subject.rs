//! The first line, which serves as a mail's subject: what was found, where and when.

use std::collections::BTreeSet;

use super::times::window_days;
use crate::clock::date;
use crate::finding::change::{Change, Last, Moved, State, window_words};
use crate::finding::{Finding, Severity};
use crate::report::Report;
use crate::ui::number::{counted, grouped};
use crate::ui::sanitize::{clean, clip};

/// Longer titles are cut: mail programs show about this many characters.
const MAX_TITLE: usize = 90;
/// Width of a whole subject about a change: lists of mails show this much.
const MAX_SINCE_LAST: usize = 120;
/// Number of severities that are counted, from the highest that occurs.
const LEVELS: usize = 2;

/// `incident: 2 critical, 1 high in account 111122223333 - <first finding> (<days>)`, cleaned. If there was a last run,
/// it counts what is new since.
pub(super) fn line(report: &Report) -> String {
    let incomplete = if report.incomplete() { "INCOMPLETE, " } else { "" };
    if let Some(change) = &report.change {
        return clip(&since_last(report, change, incomplete), MAX_SINCE_LAST).into_owned();
    }
    let days = window_days(&report.window);
    let Some(first) = report.findings.first() else {
        let days = days.map_or_else(String::new, |days| format!(", {days}"));
        return format!("incident: {incomplete}{}{days}", nothing(report));
    };
    let days = days.map_or_else(String::new, |days| format!(" ({days})"));
    let counts = counts(&report.findings, LEVELS);
    let accounts = accounts(&report.findings);
    let title = report.stories.first().map_or(&first.title, |story| &story.headline);
    let title = clean(title);
    let title = clip(&title, MAX_TITLE);
    format!("incident: {incomplete}{counts}{accounts} - {}{days}", lower_first(&title))
}

/// `incident: 1 critical, 2 high (1 new) in 7 days to 2026-11-21, account 111122223333`.
fn since_last(report: &Report, change: &Change, incomplete: &str) -> String {
    let news = news(change);
    let all = counted(report.findings.len() as u64, "finding", "findings");
    let quiet = change.compared() && news.is_empty();
    let (what, still) = match (report.findings.is_empty(), quiet) {
        (true, _) => (nothing(report), String::new()),
        (false, true) => ("nothing new".to_string(), format!("; {all} unchanged")),
        (false, false) => (format!("{}{news}", counts(&report.findings, LEVELS)), String::new()),
    };
    let last = date((change.until - 1).max(change.since.unwrap_or(change.until)));
    let window = match change.since {
        Some(since) => format!("in {} to {last}", window_words(change.until - since)),
        None => format!("to {last}"),
    };
    let account = match change.accounts.as_slice() {
        [] => String::new(),
        [account] => format!(", account {}", clip(&clean(account), 20)),
        accounts => format!(", {} accounts", grouped(accounts.len() as u64)),
    };
    let first = match change.last {
        Last::First => ", first run",
        Last::Unreadable(_) => ", nothing to compare with",
        Last::Run(_) => "",
    };
    format!("incident: {incomplete}{what} {window}{still}{account}{first}")
}

/// ` (1 new, 2 recurred)`; a finding whose severity rose is news too.
fn news(change: &Change) -> String {
    let raised =
        |f: &&Moved| f.state == State::Still && f.was.is_some_and(|w| w < f.finding.severity);
    let parts = [
        (change.count(State::New), "new"),
        (change.count(State::Again), "recurred"),
        (change.findings.iter().filter(raised).count() as u64, "raised"),
    ];
    let named: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, w)| format!("{} {w}", grouped(*n))).collect();
    if named.is_empty() { String::new() } else { format!(" ({})", named.join(", ")) }
}

fn nothing(report: &Report) -> String {
    match report.coverage.events.decoded {
        0 => format!("no events in {}", counted(report.coverage.files.found, "file", "files")),
        n => format!("nothing found in {}", counted(n, "event", "events")),
    }
}

/// `2 critical, 1 high`, with a limited number of levels. Info counts only if there is nothing else.
pub(super) fn counts(findings: &[Finding], levels: usize) -> String {
    let count = |severity| findings.iter().filter(|f| f.severity == severity).count() as u64;
    let above_info: Vec<String> = Severity::ALL[1..]
        .iter()
        .rev()
        .filter(|severity| count(**severity) > 0)
        .take(levels)
        .map(|severity| format!("{} {severity}", grouped(count(*severity))))
        .collect();
    if above_info.is_empty() {
        return counted(count(Severity::Info), "note of level info", "notes of level info");
    }
    above_info.join(", ")
}

/// ` in account 111122223333`, ` in 3 accounts`, or nothing if no account is known.
fn accounts(findings: &[Finding]) -> String {
    let accounts = findings.iter().map(|f| f.who.account.as_str()).filter(|a| !a.is_empty());
    let accounts: BTreeSet<&str> = accounts.collect();
    match accounts.first() {
        None => String::new(),
        Some(account) if accounts.len() == 1 => format!(" in account {}", clean(account)),
        Some(_) => format!(" in {} accounts", accounts.len()),
    }
}

/// `Access key …` becomes `access key …`; `IAM …`, `S3 …` and `ListBuckets …` stay.
fn lower_first(text: &str) -> String {
    let word = text.split(' ').next().unwrap_or(text);
    let mut chars = text.chars();
    match chars.next() {
        Some(first) if word.chars().skip(1).all(char::is_lowercase) && word.len() > 1 => {
            first.to_lowercase().chain(chars).collect()
        }
        _ => text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_their_capitals() {
        assert_eq!(lower_first("Access key used"), "access key used");
        assert_eq!(lower_first("S3 objects read"), "S3 objects read");
        assert_eq!(lower_first("IAM user"), "IAM user");
        assert_eq!(lower_first("GetObject calls"), "GetObject calls");
        assert_eq!(lower_first("A role"), "A role");
        assert_eq!(lower_first(""), "");
    }
}
