//! `incident config show`: every setting in force and where it comes from.

use std::io::Write;

use clap::Subcommand;

use super::context::Cx;
use super::error::CommandError;
use super::exit::Exit;
use crate::config::Flags;
use crate::ui::{Column, Table};

/// Show the settings in force
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print every setting with its value and where it comes from
    ///
    /// Settings come from the user's incident.toml ($XDG_CONFIG_HOME/incident, or ~/.config/incident), then the
    /// current folder's incident.toml, then --config. The keys are those of the file.
    Show(Show),
}

#[derive(Debug, clap::Args)]
struct Show {
    /// Also say what each setting means
    #[arg(long)]
    help_texts: bool,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let Command::Show(show) = &args.command;
    let config = cx.config(Flags::default())?;
    let mut table = Table::new([
        Column::text("setting"),
        Column::number("value"),
        Column::text("unit"),
        Column::text("from"),
    ]);
    let mut texts = Vec::new();
    for row in config.shown() {
        texts.push(format!("{}\n    {}", row.key, row.help));
        table.row([row.key, row.value, row.unit.to_string(), row.origin]);
    }
    let mut out = cx.ui.out();
    writeln!(out, "{table}")?;
    if show.help_texts {
        for text in texts {
            writeln!(out, "{text}")?;
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}
