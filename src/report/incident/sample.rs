//! Reports to test with: a complete case, an analysis alone, a case alone, and one in which all text is hostile.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::input::{ClockRow, Impact, Input, Jurisdiction, Note};
use super::load;
use crate::case::Case;
use crate::journal::History;
use crate::report::schema::Analysis;

/// Text that an attacker could write into a log, or that a responder could paste from one.
pub const HOSTILE: &str = "=cmd|' /C calc'!A0\x1b[2J\0\u{9b}31m\nincident: x\r\n\u{202e}gpj.exe\u{200b}\
    <script>window.ran=1</script><img src=x onerror=\"window.ran=2\"></style></title></textarea>\
    <svg onload='window.ran=3'><a href=\"javascript:window.ran=4\">x</a>{{7*7}}{% raw %}{#x#}\
    ]]>--><!--|`code`*b*_i_[x](javascript:1)![y](http://127.0.0.1:9/z)$e$ \\ ' \" &amp; www.a.example @a";

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/report-case")
}

fn from_disk() -> Input {
    let case = Case::read(&folder()).expect("the fixture is a case");
    let mut input = load::case(&case, 1_795_276_000_000).expect("the fixture is whole");
    input.program = "incident 0.1.0".into();
    input
}

/// A key was misused and is contained. A second key is not contained.
pub fn rich() -> Input {
    let mut input = from_disk();
    input.clocks = vec![ClockRow {
        regime: "GDPR".into(),
        duty: "notify the supervisory authority".into(),
        article: "Art. 33(1)".into(),
        starts: "aware, 2026-11-09 15:38 UTC".into(),
        due: "2026-11-12 15:38 UTC".into(),
        left: "2 d 23 h".into(),
        state: "running".into(),
    }];
    input.impact = Some(Impact {
        statement: "Counted from the invoices that were read.".into(),
        people: Some(58),
        jurisdictions: vec![Jurisdiction {
            name: "California".into(),
            people: 41,
            basis: "billing address".into(),
        }],
        limits: vec!["Two invoices name nobody.".into()],
    });
    input.notes = vec![Note {
        time: Some(1_794_238_900_000),
        kind: "decision".into(),
        by: "alice".into(),
        text: "The user stays denied until its owner is back.".into(),
    }];
    input
}

pub fn analysis_only() -> Input {
    Input { case: None, objects: Vec::new(), objects_file: None, events: Vec::new(), ..from_disk() }
}

pub fn case_only() -> Input {
    Input {
        analysis: None,
        analysis_file: None,
        objects: Vec::new(),
        objects_file: None,
        events: Vec::new(),
        ..from_disk()
    }
}

pub fn empty() -> Input {
    Input { program: "incident 0.1.0".into(), ..Input::default() }
}

/// Makes all text in `value` hostile, except what a reader of the document needs: times, severities, classes,
/// addresses.
pub fn poison(value: &mut Value) {
    match value {
        Value::String(text) => {
            let time = text.len() >= 20 && text.as_bytes()[4] == b'-' && text.ends_with('Z');
            let unchanged =
                ["incident.analysis/1", "critical", "high", "medium", "info", "done", "tried"];
            if !time && !unchanged.contains(&text.as_str()) {
                *text = format!("{text}{HOSTILE}");
            }
        }
        Value::Array(items) => items.iter_mut().for_each(poison),
        Value::Object(members) => members.values_mut().for_each(poison),
        _ => {}
    }
}

/// [`rich`], with hostile text in every field that an outsider can reach, and more of it than fits.
pub fn hostile() -> Input {
    let mut input = rich();
    let bytes = std::fs::read(folder().join("findings-001.json")).expect("the fixture's analysis");
    let mut value: Value = serde_json::from_slice(&bytes).expect("JSON");
    poison(&mut value);
    value["findings"][1]["title"] = Value::from(HOSTILE.repeat(200));
    input.analysis =
        Some(Analysis::parse(value.to_string().as_bytes()).expect("still an analysis"));
    for row in &mut input.objects {
        for text in [&mut row.bucket, &mut row.key, &mut row.operation, &mut row.principal] {
            text.push_str(HOSTILE);
        }
    }
    for note in &mut input.notes {
        (note.text, note.by, note.kind) = (HOSTILE.into(), HOSTILE.into(), HOSTILE.into());
    }
    if let Some(case) = &mut input.case {
        case.file.title = HOSTILE.into();
        case.file.id = format!("20261109-3f9a{HOSTILE}");
        case.problems.push(HOSTILE.into());
        for entry in &mut case.entries {
            let mut value = serde_json::to_value(&*entry).expect("an entry");
            for member in ["resource", "caller", "before", "after", "missing", "how"] {
                if let Some(member) = value.get_mut(member) {
                    poison(member);
                }
            }
            *entry = serde_json::from_value(value).expect("still an entry");
        }
        case.history = History::default();
        for entry in &case.entries {
            case.history.apply(&entry.event).expect("a legal line");
        }
        if let Some(plan) = &mut case.plan {
            plan.not_reached.push(HOSTILE.into());
            plan.caller.arn.push_str(HOSTILE);
        }
    }
    if let Some(impact) = &mut input.impact {
        impact.statement = HOSTILE.into();
    }
    input
}
