//! `incident journal`: shows the journal, and checks its chain.

use std::io::Write;

use crate::case::Case;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::journal::verify;
use crate::ui::number::counted;
use crate::ui::sanitize::clean;

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
    if !args.verify {
        for entry in &checked.entries {
            let mut value = serde_json::to_value(&entry.event)
                .map_err(|e| CommandError::failed(format!("line {}: {e}", entry.seq)))?;
            let name = entry.event.name();
            if let Some(members) = value.as_object_mut() {
                members.remove("event");
            }
            writeln!(
                out,
                "{:>4}  {}  {name:<12} {}",
                entry.seq,
                entry.time,
                clean(&value.to_string())
            )?;
        }
    }
    let lines = counted(checked.entries.len() as u64, "line", "lines");
    writeln!(out, "{lines}, whole and in order; head {}", checked.head)?;
    out.flush()?;
    if checked.torn.is_some() {
        cx.ui.warning("a crash cut off the last line; the change that it announced was not made");
    }
    Ok(Exit::Done)
}
