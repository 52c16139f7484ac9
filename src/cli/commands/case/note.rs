//! `incident case note`: writes a person's note to the journal.

use std::path::PathBuf;

use crate::casework::Writing;
use crate::cli::args::author::AuthorArgs;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::sealing::Sealing;
use crate::journal::Event;
use crate::report::case::receipt::Saved;

/// Write a note or a decision to the journal
///
/// A note has an author and a time, and is never changed or removed. Do not write secrets.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident case note case-2026-11-21-leaked-access-key 'called the owner of the key'
  incident case note CASE 'bucket stays closed until Monday' --decision --author alice")]
pub struct Args {
    /// The case folder
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// Text of the note
    #[arg(value_name = "TEXT")]
    text: String,
    /// Mark the note as a decision
    #[arg(long)]
    decision: bool,
    #[command(flatten)]
    author: AuthorArgs,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let text = args.text.trim();
    if text.is_empty() {
        return Err(CommandError::usage("the note is empty"));
    }
    let author = args.author.name()?;
    let sealing = Sealing::new(cx)?;
    let mut writing = Writing::open(&args.case, cx.clock)?;
    let event = Event::Note { author, text: text.to_string(), decision: args.decision };
    let seq = writing.journal.append(event)?.seq;
    let saved = Saved { line: seq, journal: &writing.case.journal() };
    cx.ui.status(&saved.status());
    sealing.finish(cx, &mut writing.journal)?;
    Ok(Exit::Done)
}
