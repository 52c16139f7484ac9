//! `incident case`: make, list, show, annotate, close, export and verify cases.

mod close;
mod export;
mod key;
mod list;
mod new;
mod note;
mod show;

use clap::Subcommand;

use super::verify;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;

const EXAMPLES: &str = "Examples:
  incident case new --title 'Bucket read from abroad' --account 123456789012
  incident case list
  incident case show case-2026-11-21-bucket-read-from-abroad
  incident case note CASE 'called the owner of the key' --author alice
  incident case export CASE -o handover.tar.zst
  incident case verify handover.tar.zst";

/// Manage cases: notes, decisions, export
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    New(new::Args),
    List(list::Args),
    Show(show::Args),
    Note(note::Args),
    Close(close::Close),
    Reopen(close::Reopen),
    Export(export::Args),
    Key(key::Args),
    Verify(verify::Args),
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    match &args.command {
        Command::New(args) => new::run(cx, args),
        Command::List(args) => list::run(cx, args),
        Command::Show(args) => show::run(cx, args),
        Command::Note(args) => note::run(cx, args),
        Command::Close(args) => close::close(cx, args),
        Command::Reopen(args) => close::reopen(cx, args),
        Command::Export(args) => export::run(cx, args),
        Command::Key(args) => key::run(cx, args),
        Command::Verify(args) => verify::run(cx, args),
    }
}
