//! `incident case close` and `incident case reopen`.

use std::path::{Path, PathBuf};

use crate::case::Case;
use crate::cli::args::author::AuthorArgs;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::sealing::Sealing;
use crate::journal::{Event, Journal};
use crate::report::case::receipt::{Turn, Turned};

/// Close a case: nothing is written to it until it is reopened
///
/// After that, incident refuses notes, clock facts, contain, resume and undo (exit code 6). You can still show, list,
/// export and verify the case. Changes that are in force in AWS stay in force.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  incident case close case-2026-11-21-leaked-access-key --reason 'report sent'")]
pub struct Close {
    /// The case folder
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// Reason, for the journal
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    author: AuthorArgs,
}

/// Reopen a closed case
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  incident case reopen case-2026-11-21-leaked-access-key --reason 'the key was used again'")]
pub struct Reopen {
    /// The case folder
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// Reason, for the journal
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    author: AuthorArgs,
}

pub fn close(cx: &Cx, args: &Close) -> Result<Exit, CommandError> {
    let event = Event::Closed { author: args.author.name()?, reason: args.reason.clone() };
    turn(cx, &args.case, event, false)
}

pub fn reopen(cx: &Cx, args: &Reopen) -> Result<Exit, CommandError> {
    let event = Event::Reopened { author: args.author.name()?, reason: args.reason.clone() };
    turn(cx, &args.case, event, true)
}

/// Writes the event if the case is closed (`from` is true) or open (false). Otherwise changes nothing.
fn turn(cx: &Cx, root: &Path, event: Event, from: bool) -> Result<Exit, CommandError> {
    let sealing = Sealing::new(cx)?;
    let case = Case::open(root)?;
    let mut journal = Journal::open(&case.journal(), cx.clock)?;
    let folder = case.root();
    let closed = journal.history().closed;
    if closed != from {
        let what = if closed { Turn::ClosedAlready } else { Turn::NotClosed };
        cx.ui.status(&Turned { folder, what }.status());
        return Ok(Exit::Done);
    }
    journal.append(event)?;
    let what = Turn::Written { lines: journal.entries().len() };
    cx.ui.status(&Turned { folder, what }.status());
    sealing.finish(cx, &mut journal)?;
    Ok(Exit::Done)
}
