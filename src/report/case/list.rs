//! The cases below a folder: three lines for each, or the document `incident.cases/1`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Standing;
use crate::report::escape::write_json;
use crate::report::{Format, Formats, RenderOptions};
use crate::ui::sanitize::clean;

/// Every format of a list of cases.
pub fn formats() -> Formats<'static, [Listed]> {
    Formats(&[&Text, &Json])
}

/// A case. Members that cannot be read are empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub folder: PathBuf,
    pub id: String,
    pub title: String,
    /// RFC 3339.
    pub opened: String,
    pub state: State,
    pub last: Option<LastLine>,
    /// Why the case, or its journal, cannot be read.
    pub fault: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Unreadable,
    JournalBroken,
    Read(Standing),
}

/// The last line of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastLine {
    /// RFC 3339.
    pub time: String,
    pub kind: &'static str,
}

/// What to say where there is no case.
pub fn nothing_below(folder: &Path) -> String {
    format!("no case below {}", folder.display())
}

impl Listed {
    fn state(&self) -> String {
        match self.state {
            State::Unreadable => "UNREADABLE".into(),
            State::JournalBroken => "JOURNAL BROKEN".into(),
            State::Read(standing) => standing.words(),
        }
    }

    /// `2026-11-21T10:00:00Z note`.
    fn last(&self) -> String {
        self.last.as_ref().map_or_else(String::new, |line| format!("{} {}", line.time, line.kind))
    }
}

struct Text;

impl Format<[Listed]> for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn render(&self, cases: &[Listed], out: &mut dyn Write, _: &RenderOptions) -> io::Result<()> {
        // Never cut: readers copy folders and ids.
        for case in cases {
            let folder = case.folder.strip_prefix(".").unwrap_or(&case.folder);
            writeln!(out, "{}", clean(&folder.display().to_string()))?;
            writeln!(out, "  {}  {}", clean(&case.id), clean(&case.title))?;
            let (state, last) = (case.state(), case.last());
            let opened = clean(&case.opened);
            writeln!(out, "  {}; opened {opened}; last line {}", clean(&state), clean(&last))?;
        }
        Ok(())
    }
}

struct Json;

impl Format<[Listed]> for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn render(&self, cases: &[Listed], out: &mut dyn Write, _: &RenderOptions) -> io::Result<()> {
        let cases: Vec<Value> = cases.iter().map(entry).collect();
        write_json(&json!({"schema": "incident.cases/1", "cases": cases}), out)
    }
}

fn entry(case: &Listed) -> Value {
    json!({
        "folder": case.folder.display().to_string(),
        "id": case.id,
        "title": case.title,
        "opened": case.opened,
        "state": case.state(),
        "last": case.last(),
        "fault": case.fault,
    })
}
