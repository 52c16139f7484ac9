//! `incident journal`: shows the journal, and checks its chain.

use std::io::Write;

use crate::case::Case;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::journal::verify;
use crate::report::journal::Checked;

/// Show a case's journal, or check that nobody changed it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident journal case-2026-11-21-leaked-access-key
  incident journal case-2026-11-21-leaked-access-key --verify")]
pub struct Args {
    /// The case folder
    #[arg(value_name = "CASE")]
    case: std::path::PathBuf,
    /// Only check the hash chain, and print its head
    #[arg(long)]
    verify: bool,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let case = Case::read(&args.case)?;
    let checked = verify(&case.journal())?;
    let mut out = cx.ui.out();
    Checked { journal: &checked, lines: !args.verify }.write(&mut out)?;
    out.flush()?;
    if checked.torn.is_some() {
        cx.ui.warning("a crash cut off the last line; the change that it announced was not made");
    }
    Ok(Exit::Done)
}
