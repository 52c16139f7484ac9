//! `incident case list`: the cases below a folder.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::state::state;
use crate::case::Case;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::journal::verify;
use crate::ui::sanitize::clean;

/// How many levels of folders to search for cases.
const DEPTH: usize = 3;

/// List the cases below a folder
///
/// Exits with 3 when a case or a folder cannot be read.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident case list
  incident case list /srv/cases --format json")]
pub struct Args {
    /// Folder to search, three levels deep
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    format: String,
}

/// A case. Members that cannot be read are absent.
struct Row {
    folder: PathBuf,
    id: String,
    title: String,
    opened: String,
    state: String,
    /// Time and kind of the last journal line.
    last: String,
    fault: Option<String>,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    if !args.dir.is_dir() {
        return Err(CommandError::usage(format!("{} is not a folder", args.dir.display())));
    }
    let mut exit = Exit::Done;
    let mut rows = Vec::new();
    let mut walk =
        walkdir::WalkDir::new(&args.dir).max_depth(DEPTH).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(e) => {
                cx.ui.warning(&e.to_string());
                exit = Exit::Incomplete;
                continue;
            }
        };
        if entry.file_type().is_dir() && Case::is_at(entry.path()) {
            rows.push(row(entry.path()));
            walk.skip_current_dir();
        }
    }
    for row in &rows {
        if let Some(fault) = &row.fault {
            cx.ui.warning(fault);
            exit = Exit::Incomplete;
        }
    }
    print(cx, args, &rows)?;
    Ok(exit)
}

fn row(folder: &Path) -> Row {
    let mut row = Row {
        folder: folder.to_path_buf(),
        id: String::new(),
        title: String::new(),
        opened: String::new(),
        state: "UNREADABLE".into(),
        last: String::new(),
        fault: None,
    };
    let case = match Case::read(folder) {
        Ok(case) => case,
        Err(e) => {
            row.fault = Some(e.to_string());
            return row;
        }
    };
    let file = case.file();
    row.id.clone_from(&file.id);
    row.title.clone_from(&file.title);
    row.opened.clone_from(&file.opened);
    match verify(&case.journal()) {
        Ok(journal) => {
            row.state = state(&journal.history);
            if let Some(entry) = journal.entries.last() {
                row.last = format!("{} {}", entry.time, entry.event.name());
            }
        }
        Err(e) => {
            row.state = "JOURNAL BROKEN".into();
            row.fault = Some(e.to_string());
        }
    }
    row
}

fn print(cx: &Cx, args: &Args, rows: &[Row]) -> Result<(), CommandError> {
    let mut out = cx.ui.out();
    if args.format == "json" {
        let list: Vec<_> = rows
            .iter()
            .map(|r| {
                json!({
                    "folder": r.folder.display().to_string(),
                    "id": r.id,
                    "title": r.title,
                    "opened": r.opened,
                    "state": r.state,
                    "last": r.last,
                    "fault": r.fault,
                })
            })
            .collect();
        let document = json!({"schema": "incident.cases/1", "cases": list});
        writeln!(out, "{document:#}")?;
    } else if rows.is_empty() {
        cx.ui.status(&format!("no case below {}", args.dir.display()));
    } else {
        // Never cut: readers copy folders and ids.
        for r in rows {
            let folder = r.folder.strip_prefix(".").unwrap_or(&r.folder).display().to_string();
            writeln!(out, "{}", clean(&folder))?;
            writeln!(out, "  {}  {}", clean(&r.id), clean(&r.title))?;
            let (opened, last) = (clean(&r.opened), clean(&r.last));
            writeln!(out, "  {}; opened {opened}; last line {last}", clean(&r.state))?;
        }
    }
    Ok(out.flush()?)
}
