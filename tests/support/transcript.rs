//! Runs as a document shows them: what was typed, what was printed, and the exit code if it says more.

use std::fmt::Write as _;

use regex::{Captures, Regex};

use super::docs::fenced;
use super::run::Run;

/// How the transcripts of one document show names of the test.
#[derive(Default)]
pub struct Transcripts {
    /// A text of this run, and the one that the document has for it: such as the id of a key.
    pub names: Vec<(String, String)>,
}

/// Which part of a run's output is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Whole,
    /// Without the plan that the result follows.
    Result,
}

impl Transcripts {
    /// A run as a terminal shows it: progress, then the result. Readings of the hold, which follow each other quickly
    /// here, are one line.
    #[track_caller]
    pub fn show(&self, command: &str, run: &Run, code: i32, part: Part) -> String {
        assert_eq!(run.code, code, "{command}: {run:?}");
        let table = Regex::new(r"(?m)^ *#  step ").unwrap();
        let plan_ends = table.find(&run.stdout).map_or(0, |found| found.start());
        let (cut, result) = match part {
            Part::Result => (plan_ends > 0, &run.stdout[plan_ends..]),
            Part::Whole => (false, &run.stdout[..]),
        };
        let (hints, progress): (Vec<&str>, Vec<&str>) =
            run.stderr.lines().partition(|line| line.starts_with("hint: "));
        let mut out = format!("$ {command}\n");
        if cut {
            out += "... (the plan)\n";
        }
        out += &one_reading(&progress);
        out += result;
        for hint in hints {
            writeln!(out, "{hint}").unwrap();
        }
        if code != 0 {
            writeln!(out, "$ echo $?\n{code}").unwrap();
        }
        fenced("console", &self.as_example(&out))
    }

    /// What differs from run to run, in the form of an example.
    pub fn as_example(&self, text: &str) -> String {
        let mut out = text.to_string();
        for (real, example) in &self.names {
            out = out.replace(real, example);
        }
        for (pattern, example) in [
            (r"20261121-[0-9a-f]{4}\b", "20261121-0cdf"),
            (r"Case20261121[0-9a-f]{4}By", "Case202611210cdfBy"),
            (r"ByresponderOn[0-9]{8}", "ByresponderOn20261121"),
            (r"by responder on [0-9-]{10}", "by responder on 2026-11-21"),
            (r"\b[0-9a-f]{16,64}\b", "3f9a0c…"),
            (r"\b[0-9a-f]{4}(-[0-9a-f]{4}){5}\b", "3f9a-0c1e-77b0-5d21-9e4c-a810"),
            (r"127\.0\.0\.1:\d+", "aws.example"),
            // By AWS's clock, which is the real one.
            (r"(?m)^  expires   .*$", "  expires   2026-11-21T11:00:00Z"),
            (r#""CreateDate": "[^"]+""#, r#""CreateDate": "2026-11-01T09:00:00Z""#),
            (r"valid until [0-9TZ:-]+", "valid until 2026-11-21T11:00:00Z"),
            (r"last until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "last until 2026-11-21 22:00:30"),
        ] {
            out = Regex::new(pattern).unwrap().replace_all(&out, example).into_owned();
        }
        let id = Regex::new(r"\bA(KIA|SIA|IDA|ROA)[A-Z0-9]{16,17}\b").unwrap();
        let example = |found: &Captures<'_>| {
            let known = self.names.iter().any(|(_, example)| *example == found[0]);
            if known { found[0].to_string() } else { format!("A{}IOSFODNN7EXAMPLE", &found[1]) }
        };
        id.replace_all(&out, example).into_owned()
    }
}

/// Progress, with one line for the readings that say the same.
fn one_reading(progress: &[&str]) -> String {
    let (mut out, mut readings) = (String::new(), "");
    for line in progress {
        // "read again after 5 s: 2 changes hold"
        let reading = line.split_once(" s: ").filter(|(head, _)| head.contains("after"));
        let reading = reading.map_or("", |(_, rest)| rest);
        if reading.is_empty() || reading != readings {
            writeln!(out, "{line}").unwrap();
        }
        readings = reading;
    }
    Regex::new(r"after \d+ s: ").unwrap().replace_all(&out, "after 5 s: ").into_owned()
}
