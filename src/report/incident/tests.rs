//! All formats over the same reports: how they look, and that nothing hostile gets through.

use std::io::{self, Write};

use serde_json::Value;

use super::sample::{HOSTILE, analysis_only, case_only, empty, hostile, rich};
use super::*;
use crate::report::RenderOptions;
use crate::ui::WIDTH;
use crate::ui::sanitize::hostile as steers;

fn render(name: &str, input: &Input) -> String {
    let mut out = Vec::new();
    let format = FORMATS.find(name).expect("listed");
    format
        .render(&build(input), &mut out, &RenderOptions::default())
        .expect("a Vec takes everything");
    String::from_utf8(out).expect("reports are UTF-8")
}

#[test]
fn names_are_unique_and_found() {
    let names = FORMATS.names();
    assert_eq!(
        names,
        ["text", "md", "html", "json", "timeline-csv", "indicators-csv", "ocsf", "stix"]
    );
    assert!(names.iter().all(|name| FORMATS.find(name).is_some_and(|f| f.name() == *name)));
}

#[test]
fn rich_text() {
    insta::assert_snapshot!(render("text", &rich()));
}

#[test]
fn analysis_only_text() {
    insta::assert_snapshot!(render("text", &analysis_only()));
}

#[test]
fn case_only_text() {
    insta::assert_snapshot!(render("text", &case_only()));
}

#[test]
fn rich_markdown() {
    insta::assert_snapshot!(render("md", &rich()));
}

#[test]
fn what_a_case_does_not_have_leaves_no_empty_name() {
    let mut input = case_only();
    if let Some(case) = &mut input.case {
        case.file.playbook.clear();
        case.file.account.clear();
        case.plan = None;
        case.entries.clear();
        case.history = Default::default();
    }
    input.clocks = rich().clocks;
    for clock in &mut input.clocks {
        clock.state = "not started".into();
        (clock.due, clock.left) = (String::new(), String::new());
    }
    let text = render("text", &input);
    assert!(!text.contains("Playbook:") && !text.contains("Account:"), "{text}");
    assert!(text.contains("starts: aware, 2026-11-09 15:38 UTC\n"), "{text}");
    let md = render("md", &input);
    assert!(md.contains("| Playbook | – |"), "{md}");
    assert!(md.contains("| aware, 2026-11-09 15:38 UTC | – | – | not started |"), "{md}");
    assert!(!render("html", &input).contains("<td></td>"));
}

#[test]
fn rich_timeline_csv() {
    insta::assert_snapshot!(render("timeline-csv", &rich()));
}

#[test]
fn rich_indicators_csv() {
    insta::assert_snapshot!(render("indicators-csv", &rich()));
}

#[test]
fn every_format_takes_every_report() {
    for input in [rich(), analysis_only(), case_only(), empty(), hostile()] {
        for format in FORMATS.0 {
            let text = render(format.name(), &input);
            assert!(!text.is_empty() || format.name() == "ocsf", "{}", format.name());
        }
    }
}

#[test]
fn nothing_that_steers_a_terminal_gets_through() {
    for format in FORMATS.0 {
        let out = render(format.name(), &hostile());
        let leak = out.chars().find(|c| *c != '\n' && steers(*c));
        assert_eq!(leak, None, "{} lets {leak:?} through", format.name());
    }
}

#[test]
fn text_is_at_most_100_columns_below_the_subject() {
    for input in [rich(), analysis_only(), case_only(), empty(), hostile()] {
        for line in render("text", &input).lines().skip(1) {
            let command = [" incident contain ", " aws "].iter().any(|c| line.contains(c));
            assert!(command || line.chars().count() <= WIDTH, "{line}");
            assert_eq!(line.trim_end(), line);
        }
    }
}

#[test]
fn rendering_twice_gives_the_same_bytes() {
    for format in FORMATS.0 {
        assert_eq!(render(format.name(), &rich()), render(format.name(), &rich()));
    }
}

#[test]
fn log_text_survives_in_json() {
    let json: Value = serde_json::from_str(&render("json", &hostile())).expect("valid");
    assert_eq!(json["findings"][1]["title"], HOSTILE.repeat(200));
    assert_eq!(json["notes"][0]["text"], HOSTILE);
    assert_eq!(json["schema"], "incident.report/1");
}

#[test]
fn evidence_that_is_cited_is_listed() {
    for input in [rich(), analysis_only(), case_only(), hostile()] {
        let json: Value = serde_json::from_str(&render("json", &input)).expect("valid");
        let listed = json["evidence"].as_array().expect("a list").len() as u64;
        let mut cited = Vec::new();
        citations(&json, &mut cited);
        assert!(!cited.is_empty());
        assert!(cited.iter().all(|n| (1..=listed).contains(n)), "{cited:?} of {listed}");
        let all = |n| cited.contains(&n);
        assert!((1..=listed).all(all), "everything listed is cited somewhere");
    }
}

fn citations(value: &Value, found: &mut Vec<u64>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| match value {
            Value::Array(items) if name == "evidence" => {
                found.extend(items.iter().filter_map(Value::as_u64));
                items.iter().for_each(|item| citations(item, found));
            }
            value => citations(value, found),
        }),
        Value::Array(items) => items.iter().for_each(|item| citations(item, found)),
        _ => {}
    }
}

#[test]
fn csv_cells_are_guarded() {
    for name in ["timeline-csv", "indicators-csv"] {
        let out = render(name, &hostile());
        let mut reader = ::csv::Reader::from_reader(out.as_bytes());
        let rows: Vec<_> = reader.records().map(|row| row.expect("a row")).collect();
        assert!(rows.len() > 3, "{name}");
        for cell in rows.iter().flatten() {
            assert!(!cell.trim_start().starts_with(['=', '+', '-', '@']), "{cell}");
        }
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
    let document = build(&rich());
    for format in FORMATS.0 {
        for room in [0, 10, 500] {
            let result = format.render(&document, &mut Pipe(room), &RenderOptions::default());
            let kind = result.expect_err("the pipe breaks").kind();
            assert_eq!(kind, io::ErrorKind::BrokenPipe, "{} after {room}", format.name());
        }
    }
}
