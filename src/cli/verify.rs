//! `incident verify`: is the case what it was? Offline.

use std::io::Write;

use super::context::Cx;
use super::error::CommandError;
use super::exit::Exit;
use super::verify_archive;
use crate::case::{Case, Manifest, Problem};
use crate::journal::{Verified, doubts, verify};
use crate::ui::sanitize::clean;

/// Check a case against its hashes, offline: evidence, plans and journal
///
/// Takes a case folder, or a file that `incident case export` made. Exits with 1 when something is missing or
/// changed, 3 when there are files that no manifest lists, or it cannot be sure.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident verify case-2026-11-21-leaked-access-key
  incident verify handover.tar.zst")]
pub struct Args {
    /// The case folder, or an exported case
    #[arg(value_name = "CASE")]
    case: std::path::PathBuf,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    if args.case.is_file() {
        return verify_archive::run(cx, &args.case);
    }
    let case = Case::read(&args.case)?;
    let journal = verify(&case.journal())?;
    super::case::read(&args.case)?;
    let mut problems = doubts(&journal, std::fs::read(case.manifest()).ok().as_deref());
    let manifest = Manifest::read(&case)?;
    if manifest.is_none() && problems.is_empty() {
        return Err(CommandError::failed("the case has no manifest: no run of it came to its end"));
    }
    let manifest = manifest.unwrap_or_default();
    problems.extend(manifest.check(&case)?);
    say(cx, Some((&manifest, &journal)), &problems)
}

/// The problems, the sum of what was looked at, and the verdict.
pub fn say(
    cx: &Cx,
    sum: Option<(&Manifest, &Verified)>,
    problems: &[Problem],
) -> Result<Exit, CommandError> {
    let mut out = cx.ui.out();
    for problem in problems {
        writeln!(out, "{}", clean(&problem.to_string()))?;
    }
    if let Some((manifest, journal)) = sum {
        let (files, lines) = (manifest.files.len(), journal.entries.len());
        let (written, head) = (clean(&manifest.written), &journal.head);
        writeln!(
            out,
            "{files} files in the manifest of {written}, {lines} journal lines, head {head}"
        )?;
    }
    let exit = match (problems.iter().any(Problem::is_broken), problems.is_empty()) {
        (true, _) => Exit::Failed,
        (false, false) => Exit::Incomplete,
        (false, true) => Exit::Done,
    };
    let verdict = match exit {
        Exit::Done => "VERIFIED: everything is as it was written",
        Exit::Incomplete => {
            "INCOMPLETE: what is listed is as it was written; for the rest see above"
        }
        _ => "NOT VERIFIED: see above",
    };
    writeln!(out, "{verdict}")?;
    out.flush()?;
    Ok(exit)
}
