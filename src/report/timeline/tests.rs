//! Timelines as Timesketch takes them.

use super::*;
use crate::report::sample::{HOSTILE, START};
use crate::ui::sanitize::hostile;

fn row() -> TimelineRow {
    TimelineRow {
        time: START + 250,
        log: Log::CloudTrail,
        event_id: "5f0e6a1c-0000-4000-8000-000000000001".into(),
        account: "111122223333".into(),
        region: "us-east-1".into(),
        principal: "arn:aws:iam::111122223333:user/ci-deploy".into(),
        access_key: "AKIAIOSFODNN7EXAMPLE".into(),
        source: "192.0.2.77".into(),
        user_agent: "aws-cli/2.15.30".into(),
        service: "s3.amazonaws.com".into(),
        action: "GetObject".into(),
        outcome: Outcome::Success,
        error: String::new(),
        resource: "s3://acme-invoices/2026/01.pdf".into(),
        version: String::new(),
        bytes_out: 48_213,
        file: "a/b.json.gz".into(),
        offset: 14_233,
        findings: vec!["f-7c1d09ab".into(), "f-02be11d4".into()],
        rules: vec!["credential.unfamiliar-source".into(), "s3.bulk-read".into()],
    }
}

fn hostile_row() -> TimelineRow {
    TimelineRow {
        time: START,
        log: Log::S3Access,
        principal: String::new(),
        access_key: String::new(),
        source: String::new(),
        user_agent: HOSTILE.into(),
        action: HOSTILE.into(),
        outcome: Outcome::Denied,
        error: "AccessDenied".into(),
        resource: HOSTILE.into(),
        findings: Vec::new(),
        rules: Vec::new(),
        ..row()
    }
}

fn written(format: TimelineFormat, rows: &[TimelineRow]) -> String {
    let mut out = Vec::new();
    let mut writer = TimelineWriter::new(format, &mut out).expect("a Vec takes everything");
    rows.iter().for_each(|row| writer.row(row).expect("a Vec takes everything"));
    writer.finish().expect("a Vec takes everything");
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn csv_has_the_columns_of_timesketch() {
    insta::assert_snapshot!(written(TimelineFormat::Csv, &[row(), hostile_row()]));
}

#[test]
fn json_lines_have_the_same_fields() {
    let lines = written(TimelineFormat::JsonLines, &[row(), hostile_row()]);
    insta::assert_snapshot!(lines);
    for line in lines.lines() {
        let value: serde_json::Value = serde_json::from_str(line).expect("valid JSON");
        for (key, _) in value.as_object().expect("an object") {
            assert!(COLUMNS.contains(&key.as_str()), "{key} is no column");
        }
    }
    let first: serde_json::Value =
        serde_json::from_str(lines.lines().next().expect("two lines")).expect("valid JSON");
    assert_eq!(first.as_object().map(serde_json::Map::len), Some(COLUMNS.len() - 1), "no error");
}

#[test]
fn message_is_one_sentence() {
    assert_eq!(
        message(&row()),
        "s3:GetObject success by arn:aws:iam::111122223333:user/ci-deploy from 192.0.2.77 on \
         s3://acme-invoices/2026/01.pdf"
    );
    let denied =
        TimelineRow { action: "ListUsers".into(), resource: String::new(), ..hostile_row() };
    assert_eq!(message(&denied), "s3:ListUsers denied (AccessDenied)");
}

#[test]
fn every_datetime_has_one_shape() {
    assert_eq!(datetime(START), "2026-11-02T10:05:00.000000+00:00");
    assert_eq!(datetime(START + 250), "2026-11-02T10:05:00.250000+00:00");
}

#[test]
fn nothing_hostile_gets_through() {
    for format in TimelineFormat::ALL {
        let out = written(format, &[hostile_row()]);
        assert!(!out.chars().any(|c| c != '\n' && hostile(c)), "{out:?}");
    }
    let csv = written(TimelineFormat::Csv, &[hostile_row()]);
    let mut reader = ::csv::Reader::from_reader(csv.as_bytes());
    for cell in reader.records().next().expect("a row").expect("a row").iter() {
        assert!(cell == "-" || !cell.starts_with(['=', '+', '-', '@']), "{cell}");
    }
}

#[test]
fn an_empty_timeline_is_a_header_or_nothing() {
    assert_eq!(written(TimelineFormat::Csv, &[]), format!("{}\n", COLUMNS.join(",")));
    assert_eq!(written(TimelineFormat::JsonLines, &[]), "");
}

#[test]
fn tags_are_split_by_commas_only() {
    assert_eq!(tags(&[]), "-");
    assert_eq!(tags(&["a.b".into(), "c,d".into()]), "a.b,c d");
}

struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_broken_pipe_stays_a_broken_pipe() {
    for format in TimelineFormat::ALL {
        let result = TimelineWriter::new(format, Closed).and_then(|mut writer| {
            writer.row(&row())?;
            writer.finish()
        });
        assert_eq!(result.expect_err("the pipe is closed").kind(), io::ErrorKind::BrokenPipe);
    }
}
