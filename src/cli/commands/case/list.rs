//! `incident case list`: the cases below a folder.

use std::path::{Path, PathBuf};

use crate::case::Case;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::journal::verify;
use crate::report::case::Standing;
use crate::report::case::list::{LastLine, Listed, State, formats, nothing_below};

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
    if rows.is_empty() && args.format == "text" {
        cx.ui.status(&nothing_below(&args.dir));
    }
    output::render(&cx.ui, &formats(), &args.format, rows.as_slice())?;
    Ok(exit)
}

fn row(folder: &Path) -> Listed {
    let mut row = Listed {
        folder: folder.to_path_buf(),
        id: String::new(),
        title: String::new(),
        opened: String::new(),
        state: State::Unreadable,
        last: None,
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
            row.state = State::Read(Standing::of(&journal.history));
            let last = journal.entries.last();
            row.last =
                last.map(|line| LastLine { time: line.time.clone(), kind: line.event.name() });
        }
        Err(e) => {
            row.state = State::JournalBroken;
            row.fault = Some(e.to_string());
        }
    }
    row
}
