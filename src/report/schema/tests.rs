//! Reading gives the document that was written, and refuses other documents.

use super::{Analysis, SCHEMA};
use crate::finding::Severity;
use crate::report::escape::write_json;
use crate::report::sample::{empty, first, incomplete, quiet, rich, weekly};

#[test]
fn what_was_written_is_read_back() {
    for report in [rich(), incomplete(), weekly(), first(), quiet(), empty()] {
        let written = Analysis::from(&report);
        let mut json = Vec::new();
        write_json(&written, &mut json).expect("a Vec takes everything");
        assert_eq!(Analysis::parse(&json).expect("our own document"), written);
        let direct: Analysis = serde_json::from_slice(&json).expect("without `parse` too");
        assert_eq!(direct, written);
    }
}

#[test]
fn nulls_and_absent_fields_are_not_known() {
    let text = br#"{"schema": "incident.analysis/1", "findings": [
        {"id": "f-1", "severity": "strange", "session": null, "first_seen": "yesterday",
         "events": null, "sources": [null, {"address": "192.0.2.1"}], "new": 1}]}"#;
    let read = Analysis::parse(text).unwrap();
    let finding = &read.findings[0];
    assert_eq!((finding.severity, finding.first_seen), (Severity::Info, None));
    assert_eq!((finding.sources.len(), finding.events), (1, 0));
    assert_eq!(read.coverage.complete, None);
}

#[test]
fn another_document_is_refused_with_its_name() {
    let error = |text: &str| Analysis::parse(text.as_bytes()).unwrap_err().to_string();
    assert!(error("{").starts_with("it is not JSON"));
    assert!(error("[]").contains("its schema is ''"));
    assert!(error(r#"{"schema": "incident.status/1"}"#).contains("incident.status/1"));
    let wrong = r#"{"schema": "incident.analysis/1", "findings": 7}"#;
    assert!(error(wrong).starts_with("it does not have the shape"));
}

#[test]
fn another_version_is_refused_with_what_to_do() {
    for version in ["2", "10", "1.1", ""] {
        let text = format!(r#"{{"schema": "incident.analysis/{version}", "findings": []}}"#);
        let error = Analysis::parse(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(&format!("'incident.analysis/{version}'")), "{error}");
        assert!(error.contains(SCHEMA) && error.contains("analyze the logs again"), "{error}");
    }
}
