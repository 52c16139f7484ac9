//! The first line: what was found where and when, fit for a mail's subject.

use std::collections::BTreeSet;

use super::times::window_days;
use crate::finding::{Finding, Severity};
use crate::report::Report;
use crate::ui::number::{counted, grouped};
use crate::ui::sanitize::{clean, clip};

/// Longer titles are cut: mail programs show about this much at most.
const MAX_TITLE: usize = 90;
/// Severities counted, from the highest that occurs.
const LEVELS: usize = 2;

/// `incident: 2 critical, 1 high in account 111122223333 - <first finding> (<days>)`, cleaned.
pub(super) fn line(report: &Report) -> String {
    let incomplete = if report.incomplete() { "INCOMPLETE, " } else { "" };
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

fn nothing(report: &Report) -> String {
    match report.coverage.events.decoded {
        0 => format!("no events in {}", counted(report.coverage.files.found, "file", "files")),
        n => format!("nothing found in {}", counted(n, "event", "events")),
    }
}

/// `2 critical, 1 high`, so many levels at most; those of info only when there is nothing else.
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

/// ` in account 111122223333`, ` in 3 accounts`, or nothing when none is known.
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
