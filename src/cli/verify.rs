//! `incident verify`: is the case what it was? Offline.

use std::io::Write;

use super::context::Cx;
use super::error::CommandError;
use super::exit::Exit;
use crate::case::{Case, Manifest, Problem};
use crate::journal::verify;
use crate::ui::sanitize::clean;

/// Check a case's evidence, plans and journal against their hashes, offline
///
/// Exits with 1 when a file is missing or changed, 3 when there are files that no manifest lists.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  incident verify case-2026-11-21-leaked-access-key")]
pub struct Args {
    /// The case folder
    #[arg(value_name = "CASE")]
    case: std::path::PathBuf,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let case = Case::read(&args.case)?;
    // A case of logs alone, in which nothing was planned or done.
    let bare = case.file().playbook.is_empty() && !case.journal().exists();
    let journal = if bare { None } else { Some(verify(&case.journal())?) };
    if !bare {
        super::case::read(&args.case)?;
    }
    let manifest = Manifest::read(&case)?.ok_or_else(|| {
        CommandError::failed("the case has no manifest: no run of it came to its end")
    })?;
    let problems = manifest.check(&case)?;
    let mut out = cx.ui.out();
    for problem in &problems {
        writeln!(out, "{}", clean(&problem.to_string()))?;
    }
    let files = manifest.files.len();
    let chain = journal.map_or_else(
        || "no journal".to_string(),
        |j| format!("{} journal lines, head {}", j.entries.len(), j.head),
    );
    writeln!(out, "{files} files in the manifest of {}, {chain}", manifest.written)?;
    let broken = problems.iter().any(|p| !matches!(p, Problem::Unlisted(_)));
    let exit = match (broken, problems.is_empty()) {
        (true, _) => Exit::Failed,
        (false, false) => Exit::Incomplete,
        (false, true) => Exit::Done,
    };
    let verdict = match exit {
        Exit::Done => "VERIFIED: everything is as it was written",
        Exit::Incomplete => {
            "INCOMPLETE: what is listed is as it was written, and there is more than that"
        }
        _ => "NOT VERIFIED: see above",
    };
    writeln!(out, "{verdict}")?;
    out.flush()?;
    Ok(exit)
}
