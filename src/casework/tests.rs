//! Cases that can be written to, and cases that cannot.

use std::fs;
use std::path::Path;

use super::create::{MOST, numbered};
use super::error::Refusal;
use super::*;
use crate::case::{CaseError, CaseFile};
use crate::clock::Clock;
use crate::event::time;
use crate::journal::{Event, verify};

const CLOCK: Clock = Clock::Fixed(0);

fn made(root: &Path) -> Writing {
    create(Some(root), "", CaseFile::default(), "alice".into(), CLOCK).unwrap()
}

fn analysed(files: std::collections::BTreeMap<String, String>) -> Event {
    Event::Analysed { author: "alice".into(), files, findings: 1, stories: 0 }
}

#[test]
fn what_is_saved_is_sealed_with_its_hash_and_never_overwritten() {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().join("case");
    let mut writing = made(&root);
    let files = [("findings-001.json".to_string(), b"{}".to_vec())];
    writing.save(&files, CLOCK, analysed).unwrap();
    let again = writing.save(&files, CLOCK, analysed);
    assert!(matches!(again, Err(CaseworkError::Case(CaseError::Exists(_)))));
    let journal = verify(&writing.case.journal()).unwrap();
    let names: Vec<&str> = journal.entries.iter().map(|e| e.event.name()).collect();
    assert_eq!(names, ["created", "manifest", "analysed", "manifest"]);
    drop(writing);
    assert!(Writing::open_unchanged(&root, CLOCK).is_ok());
    fs::write(root.join("findings-001.json"), "[]").unwrap();
    let changed = Writing::open_unchanged(&root, CLOCK).err().unwrap();
    assert!(changed.to_string().contains("findings-001.json was changed"), "{changed}");
    assert!(changed.hint().unwrap().contains("incident verify"));
}

#[test]
fn the_incident_began_where_the_newest_analysis_begins() {
    let temp = tempfile::tempdir().unwrap();
    let mut writing = made(&temp.path().join("case"));
    assert_eq!(incident_began(&writing.case).unwrap(), None);
    for (number, since, began) in [
        (1, r#""2026-11-21T10:00:00.000Z""#, time::parse("2026-11-21T10:00:00Z")),
        (2, "null", None),
        (3, r#""2026-11-22T10:00:00Z""#, time::parse("2026-11-22T10:00:00Z")),
    ] {
        let file = format!("findings-{number:03}.json");
        let text = format!(r#"{{"window": {{"since": {since}}}}}"#);
        writing.save(&[(file, text.into_bytes())], CLOCK, analysed).unwrap();
        assert_eq!(incident_began(&writing.case).unwrap(), began);
    }
    let stories =
        r#"[{"first_seen": "2026-11-23T12:00:00Z"}, {"first_seen": "2026-11-23T11:00:00Z"}, {}]"#;
    let text = format!(r#"{{"window": {{"since": null}}, "stories": {stories}}}"#);
    writing.save(&[("findings-004.json".into(), text.into_bytes())], CLOCK, analysed).unwrap();
    let first = time::parse("2026-11-23T11:00:00Z");
    assert_eq!(incident_began(&writing.case).unwrap(), first, "the first story");
}

#[test]
fn an_analysis_must_have_something_of_the_cases_account() {
    let temp = tempfile::tempdir().unwrap();
    let of = |accounts: &[&str]| accounts.iter().map(|a| a.to_string()).collect();
    let mut writing = made(&temp.path().join("open"));
    assert!(refuse_other_account(&writing, &of(&["1"])).is_ok(), "the case is of no account yet");
    let (program, playbook, caller) = (String::new(), String::new(), String::new());
    let opened = Event::Opened { program, playbook, account: "2".into(), caller };
    writing.journal.append(opened).unwrap();
    assert!(
        refuse_other_account(&writing, &of(&["1"])).is_err(),
        "a plan of account 2 was opened in it"
    );
    assert!(refuse_other_account(&writing, &of(&["1", "2"])).is_ok());
    assert!(refuse_other_account(&writing, &of(&[])).is_ok(), "no events");
}

#[test]
fn a_closed_case_takes_nothing_and_the_hint_says_how_to_reopen_it() {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().join("case");
    let mut writing = made(&root);
    let closed = Event::Closed { author: "alice".into(), reason: None };
    writing.journal.append(closed).unwrap();
    drop(writing);
    for error in [Writing::open(&root, CLOCK).err(), waiting(Some(&root)).err()] {
        let error = error.unwrap();
        assert!(matches!(error, CaseworkError::Refused(Refusal::Closed(_))), "{error}");
        assert!(error.hint().unwrap().contains("incident case reopen"));
    }
    assert!(read(&root).is_ok(), "reading goes on");
}

#[test]
fn without_an_approved_plan_there_is_nothing_to_resume() {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().join("case");
    drop(made(&root));
    let connect = |_: &crate::plan::Plan| -> Result<_, CaseworkError> { unreachable!("no plan") };
    let error = Opened::open(&root, CLOCK, connect).err().unwrap();
    assert!(matches!(error, CaseworkError::NothingApproved(_)), "{error}");
    assert!(waiting(Some(&root)).unwrap().is_some());
    assert!(waiting(Some(temp.path())).unwrap().is_none());
}

#[test]
fn a_name_that_is_taken_gets_a_number() {
    let temp = tempfile::tempdir().unwrap();
    let name = temp.path().join("case").display().to_string();
    let numbered = || numbered(&name, &CaseFile::default()).unwrap().root().display().to_string();
    assert_eq!(numbered(), name);
    assert_eq!(numbered(), format!("{name}-2"));
}

#[test]
fn the_highest_number_is_given_and_none_above_it() {
    let temp = tempfile::tempdir().unwrap();
    let name = temp.path().join("case").display().to_string();
    fs::create_dir(&name).unwrap();
    (2..MOST).for_each(|n| fs::create_dir(format!("{name}-{n}")).unwrap());
    let last = numbered(&name, &CaseFile::default()).unwrap();
    assert_eq!(last.root().display().to_string(), format!("{name}-{MOST}"));
    let none = numbered(&name, &CaseFile::default()).err().unwrap();
    assert!(matches!(none, CaseworkError::NamesTaken(_)), "{none}");
}
