//! All formats over the same reports: how they look, and that nothing hostile gets through.

mod change;

use std::io::{self, Write};

use super::sample::{HOSTILE, empty, incomplete, quiet, rich, weekly};
use super::*;
use crate::ui::WIDTH;
use crate::ui::sanitize::hostile;

fn render(name: &str, report: &Report, options: RenderOptions) -> String {
    let mut out = Vec::new();
    let format = FORMATS.find(name).expect("listed");
    format.render(report, &mut out, &options).expect("a Vec takes everything");
    String::from_utf8(out).expect("reports are UTF-8")
}

fn text(report: &Report) -> String {
    render("text", report, RenderOptions::default())
}

fn json(report: &Report) -> serde_json::Value {
    serde_json::from_str(&render("json", report, RenderOptions::default())).expect("valid JSON")
}

#[test]
fn names_are_unique_and_found() {
    assert_eq!(FORMATS.names(), ["text", "json", "csv", "md", "html"]);
    assert!(
        FORMATS.names().iter().all(|name| FORMATS.find(name).is_some_and(|f| f.name() == *name))
    );
    assert!(FORMATS.find("xml").is_none());
}

#[test]
fn rich_text() {
    insta::assert_snapshot!(text(&rich()));
}

#[test]
fn incomplete_text() {
    insta::assert_snapshot!(text(&incomplete()));
}

#[test]
fn quiet_text() {
    insta::assert_snapshot!(text(&quiet()));
}

#[test]
fn empty_text() {
    insta::assert_snapshot!(text(&empty()));
}

#[test]
fn rich_json() {
    let mut report = rich();
    report.summary.sources.truncate(1);
    insta::assert_snapshot!(render("json", &report, RenderOptions::default()));
}

#[test]
fn rich_csv() {
    let mut report = rich();
    report.findings[2].user_agents.pop();
    report.findings[2].resources.remove(0);
    insta::assert_snapshot!(render("csv", &report, RenderOptions::default()));
}

#[test]
fn text_is_at_most_100_columns_below_the_subject() {
    for report in [rich(), incomplete(), quiet(), empty(), weekly()] {
        for top in [0, 1, 10] {
            let text = render("text", &report, RenderOptions { color: false, top });
            for line in text.lines().skip(1) {
                // A command stands whole on its line.
                let command = [" incident contain ", "   aws "].iter().any(|c| line.contains(c));
                assert!(command || line.chars().count() <= WIDTH, "{line}");
                assert_eq!(line.trim_end(), line);
            }
        }
    }
}

#[test]
fn nothing_hostile_gets_through_any_format() {
    for format in FORMATS.0 {
        for report in [rich(), incomplete(), weekly()] {
            let out = render(format.name(), &report, RenderOptions::default());
            let leak = out.chars().find(|c| *c != '\n' && hostile(*c));
            assert_eq!(leak, None, "{} lets {leak:?} through", format.name());
        }
    }
}

#[test]
fn colour_adds_styles_and_nothing_else() {
    let plain = text(&incomplete());
    let mut bright = render("text", &incomplete(), RenderOptions { color: true, top: 10 });
    assert!(bright.contains('\x1b'));
    while let Some(at) = bright.find('\x1b') {
        let end = bright[at..].find('m').expect("styles end in m");
        bright.replace_range(at..=at + end, "");
    }
    assert_eq!(bright, plain);
}

#[test]
fn an_attacker_cannot_forge_a_line() {
    assert!(text(&rich()).lines().skip(1).all(|line| !line.starts_with("incident:")));
    assert_eq!(text::subject(&rich()).lines().count(), 1);
}

#[test]
fn top_limits_the_findings_in_full() {
    let count = |top| {
        let text = render("text", &rich(), RenderOptions { color: false, top });
        text.matches("\n    Finding:").count()
    };
    assert_eq!((count(0), count(1), count(10)), (0, 1, 4), "info is a line only");
}

#[test]
fn many_findings_stay_a_mail() {
    let mut report = rich();
    report.findings = std::iter::repeat_n(report.findings[1].clone(), 5_000).collect();
    let text = text(&report);
    assert!(text.contains("... and 4,890 more in the JSON report"), "{text}");
    assert!(text.lines().count() < 600);
    assert!(text.starts_with("incident: 5,000 critical in account 111122223333 - "));
}

#[test]
fn incomplete_input_is_in_the_subject() {
    assert!(text::subject(&incomplete()).starts_with("incident: INCOMPLETE, 2 critical, 1 high"));
    let mut report = quiet();
    report.coverage.files.found += 1;
    assert!(report.incomplete(), "sums that do not add up are incomplete");
    assert!(text::subject(&report).starts_with("incident: INCOMPLETE, nothing found in 8,214"));
    assert!(text(&report).contains("DOES NOT ADD UP"));
    assert!(!text(&quiet()).contains("ADD UP"));
    assert_eq!(json(&report)["coverage"]["complete"], false);
}

#[test]
fn json_keeps_log_text_as_it_was() {
    let json = json(&rich());
    let keys: Vec<&String> = json.as_object().expect("an object").keys().collect();
    let mut expected = vec![
        "schema",
        "sessions",
        "guardduty",
        "generated",
        "window",
        "coverage",
        "stories",
        "findings",
        "rules",
        "suppressed",
        "summary",
        "change",
        "notes",
        "gap_notes",
    ];
    // The reader sorts unless it is built to keep order; the snapshot shows the order written.
    expected.sort_unstable();
    let mut keys: Vec<&str> = keys.into_iter().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(keys, expected);
    assert_eq!(json["schema"], super::schema::SCHEMA);
    assert_eq!(json["findings"][2]["title"], HOSTILE);
    assert_eq!(json["findings"][2]["source_address"], HOSTILE);
    assert_eq!(json["findings"][0]["session"], serde_json::Value::Null);
    assert_eq!(json["findings"][3]["playbook"], serde_json::Value::Null);
    assert_eq!(json["findings"][0]["settings"]["iam.enumeration.min_services"], 3);
    assert_eq!(json["summary"]["source_addresses"].as_array().map(Vec::len), Some(123));
}

#[test]
fn json_of_an_empty_report_has_every_key() {
    let json = json(&empty());
    assert_eq!(json["window"]["since"], serde_json::Value::Null);
    assert_eq!(json["findings"].as_array().map(Vec::len), Some(0));
    assert_eq!(json["summary"].as_object().map(serde_json::Map::len), Some(8));
    assert_eq!(json["coverage"]["complete"], true);
}

#[test]
fn csv_cells_are_guarded() {
    let out = render("csv", &rich(), RenderOptions::default());
    let mut reader = ::csv::Reader::from_reader(out.as_bytes());
    let width = reader.headers().expect("a header").len();
    let rows: Vec<_> = reader.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len(), rich().findings.len());
    for cell in rows.iter().flatten() {
        assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']), "{cell}");
    }
    assert!(rows.iter().all(|row| row.len() == width));
    let header = render("csv", &empty(), RenderOptions::default());
    assert_eq!(header.lines().count(), 1);
}

#[test]
fn rendering_twice_gives_the_same_bytes() {
    for format in FORMATS.0 {
        let once = render(format.name(), &incomplete(), RenderOptions::default());
        assert_eq!(once, render(format.name(), &incomplete(), RenderOptions::default()));
    }
}

/// A writer that accepts some bytes, then fails.
struct Pipe(usize);

impl Write for Pipe {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let taken = data.len().min(self.0);
        self.0 -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_broken_pipe_stays_a_broken_pipe() {
    for format in FORMATS.0 {
        for room in [0, 10, 1_000] {
            let result = format.render(&rich(), &mut Pipe(room), &RenderOptions::default());
            let kind = result.expect_err("the pipe breaks").kind();
            assert_eq!(kind, io::ErrorKind::BrokenPipe, "{} after {room}", format.name());
        }
    }
}

#[test]
fn guardduty_is_joined_by_key_principal_and_bucket_at_the_same_time() {
    use super::sample::guardduty::by;
    use crate::finding::guardduty::join;
    use crate::source::discover::GuardDutyFinding;
    let report = rich();
    let joined: Vec<(&str, usize)> =
        report.guardduty.iter().map(|s| (s.by.id.as_str(), s.findings.len())).collect();
    assert_eq!(joined[..4], [("key", 2), ("user", 2), ("late", 0), ("other-account", 0)]);
    let bucket = |name: &str| GuardDutyFinding { buckets: vec![name.into()], ..by("b") };
    let mut findings = vec![report.findings[0].clone()];
    findings[0].resources = vec!["s3://acme/in/1".into(), "arn:aws:s3:::logs/x".into()];
    let of = |by| join(vec![by], &findings)[0].findings.len();
    assert_eq!([of(bucket("acme")), of(bucket("logs")), of(bucket("acm"))], [1, 1, 0]);
    findings[0].who.principal = "arn:aws:sts::111122223333:assumed-role/etl/run-1".into();
    let role = |user_type: &str| GuardDutyFinding {
        user: "etl".into(),
        user_type: user_type.into(),
        ..by("r")
    };
    let of = |by| join(vec![by], &findings)[0].findings.len();
    assert_eq!([of(role("AssumedRole")), of(role("Role")), of(role("IAMUser"))], [1, 1, 0]);
    findings[0].who.principal = "arn:aws:iam::111122223333:root".into();
    let of = |by| join(vec![by], &findings)[0].findings.len();
    assert_eq!([of(role("Root")), of(role("AssumedRole"))], [1, 0]);
}
