//! `incident case export`: the case as one file.

use std::path::PathBuf;

use crate::case::{Case, CaseError, Packing, export};
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::journal::verify;
use crate::report::case::receipt::Export;

/// Pack a case into one file to hand over, with its hash in FILE.sha256
///
/// Exporting the same case again gives the same bytes. SHA256SUMS in the archive lists every file, and FILE.sha256 is
/// for `sha256sum -c`. `incident case verify FILE` checks both, the journal and the manifest, without unpacking.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident case export case-2026-11-21-leaked-access-key -o handover.tar.zst
  incident case export case-2026-11-21-leaked-access-key -o handover.tar.gz")]
pub struct Args {
    /// The case folder
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// New file, .tar.zst or .tar.gz
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let packing = Packing::of(&args.output).ok_or_else(|| {
        CommandError::usage(format!("{}: unknown archive format", args.output.display()))
            .hint("give a name that ends with .tar.zst or .tar.gz")
    })?;
    // Lock the case while packing it. A read-only case needs no lock.
    let case = match Case::open(&args.case) {
        Err(CaseError::Io(..)) => Case::read(&args.case)?,
        opened => opened?,
    };
    if let Err(e) = verify(&case.journal()) {
        cx.ui.warning(&format!("{e}; incident exports the case anyway"));
    }
    let done = export(&case, &args.output, packing)?;
    let export = Export { archive: &args.output, done: &done };
    output::lines(&cx.ui, [export.result()])?;
    cx.ui.status(&export.status());
    Ok(Exit::Done)
}
