//! `incident case show`: a case on one page.

use std::path::PathBuf;

use crate::case::{Artifact, Case};
use crate::casework::facts_of;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::clocks::Facts;
use crate::journal::verify;
use crate::report::case::page::{Count, Page, formats};

/// Show a case: state, counts, running clocks, notes
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident case show case-2026-11-21-leaked-access-key
  incident case show case-2026-11-21-leaked-access-key --format json")]
pub struct Args {
    /// The case folder
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    format: String,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let case = Case::read(&args.case)?;
    let journal = verify(&case.journal())?;
    let (plans, evidence) = count(&case)?;
    let facts = facts_of(&case, &journal.entries).unwrap_or_else(|e| {
        cx.ui.warning(&format!("the clocks are not shown: {e}"));
        Facts::default()
    });
    let (file, now) = (case.file(), cx.clock.now());
    let page = Page { file, journal: &journal, plans, evidence, facts: &facts, now };
    output::render(&cx.ui, &formats(), &args.format, &page)?;
    Ok(Exit::Done)
}

/// Counts plans, and files of evidence.
fn count(case: &Case) -> Result<(Count, Count), CommandError> {
    let (mut plans, mut evidence) = (Count::default(), Count::default());
    for entry in walkdir::WalkDir::new(case.root()).follow_links(false) {
        let entry = entry.map_err(|e| CommandError::failed(e.to_string()))?;
        let inside = entry.path().strip_prefix(case.root()).unwrap_or(entry.path());
        let name = inside.to_string_lossy();
        let count = match () {
            () if !entry.file_type().is_file() => continue,
            () if inside.starts_with("evidence") => &mut evidence,
            () if Artifact::of(&name) == Some(Artifact::Plan) => &mut plans,
            () => continue,
        };
        count.files += 1;
        let size = entry.metadata().map_err(|e| CommandError::failed(e.to_string()))?.len();
        count.bytes += size;
    }
    Ok((plans, evidence))
}
