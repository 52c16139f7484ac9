//! `incident config show`: every setting in force, with its origin.

use std::io::Write;

use clap::Subcommand;

use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::config::Flags;
use crate::report::config::InForce;

const EXAMPLES: &str = "Examples:
  incident config show
  incident config show --config case.toml --help-texts";

/// Show the settings in force
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print every setting with its value and origin
    ///
    /// Settings come from the user's incident.toml ($XDG_CONFIG_HOME/incident, or ~/.config/incident), then the
    /// current folder's incident.toml, then --config. The keys are the same as in the files.
    Show(Show),
}

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
struct Show {
    /// Also explain each setting
    #[arg(long)]
    help_texts: bool,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let Command::Show(show) = &args.command;
    let config = cx.config(Flags::default())?;
    let mut out = cx.ui.out();
    InForce { rows: &config.rows(), help: show.help_texts }.write(&mut out)?;
    out.flush()?;
    Ok(Exit::Done)
}
