//! What is new since the last run: the section, the subject, and the JSON.

use super::super::sample::{first, incomplete, quiet, weekly};
use super::{json, text};
use crate::finding::change::{Last, State};
use crate::report::Report;
use crate::report::text::subject;

fn section(report: &Report) -> String {
    let text = text(report);
    let begin = text.find("SINCE THE LAST RUN").expect("the section");
    let end = text[begin..].find("\nFINDINGS").map_or(text.len(), |at| begin + at);
    text[begin..end].to_string()
}

#[test]
fn weekly_text() {
    insta::assert_snapshot!(section(&weekly()));
}

#[test]
fn first_text() {
    insta::assert_snapshot!(section(&first()));
}

#[test]
fn weekly_json() {
    let change = json(&weekly())["change"].clone();
    insta::assert_snapshot!(serde_json::to_string_pretty(&change).unwrap());
}

#[test]
fn the_subject_says_what_is_new() {
    assert_eq!(
        subject(&weekly()),
        "incident: 2 critical, 1 high (3 new, 1 recurred, 1 raised) in 7 days to 2026-11-09, account 111122223333"
    );
    assert_eq!(
        subject(&first()),
        "incident: 2 critical, 1 high in 7 days to 2026-11-09, account 111122223333, first run"
    );
    let mut report = weekly();
    for moved in report.change.iter_mut().flat_map(|change| &mut change.findings) {
        (moved.state, moved.was) = (State::Still, None);
    }
    assert_eq!(
        subject(&report),
        "incident: nothing new in 7 days to 2026-11-09; 5 findings unchanged, account 111122223333"
    );
    let change = Report { change: weekly().change, ..quiet() };
    assert_eq!(
        subject(&change),
        "incident: nothing found in 8,214 events in 7 days to 2026-11-09, account 111122223333"
    );
}

#[test]
fn the_subject_is_one_short_line_of_printable_text() {
    let mut report = Report { change: weekly().change, ..incomplete() };
    assert!(subject(&report).starts_with("incident: INCOMPLETE, 2 critical, 1 high (3 new"));
    let change = report.change.as_mut().unwrap();
    change.accounts = vec!["\x1b[2J\n\u{202e}".repeat(99)];
    change.last = Last::Unreadable("\n".into());
    change.since = None;
    let subject = subject(&report);
    assert!(subject.chars().count() <= 120, "{subject}");
    assert!(!subject.contains(crate::ui::sanitize::hostile), "{subject}");
    change_of_several_accounts();
}

fn change_of_several_accounts() {
    let mut report = weekly();
    report.change.as_mut().unwrap().accounts = vec!["1".into(), "2".into()];
    assert!(subject(&report).ends_with(", 2 accounts"));
}

#[test]
fn without_a_state_there_is_no_change() {
    assert_eq!(json(&quiet())["change"], serde_json::Value::Null);
    assert!(!text(&quiet()).contains("SINCE THE LAST RUN"));
}
