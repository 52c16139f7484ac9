//! `incident config show`: every setting in force, with its origin.

use std::io::Write;

use clap::Subcommand;

use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::config::Flags;
use crate::ui::sanitize;

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
    let rows: Vec<_> = (config.rows().into_iter())
        .map(|s| ([clean(&s.key), clean(&s.value), s.unit.to_string(), clean(&s.origin)], s.help))
        .collect();
    // Never cut: readers copy keys into a file, and open origins.
    let width =
        |n: usize| rows.iter().map(|(cells, _)| cells[n].chars().count()).max().unwrap_or(0);
    let (key, value, unit) = (width(0), width(1), width(2));
    let mut out = cx.ui.out();
    for (cells, help) in &rows {
        writeln!(
            out,
            "{:<key$}  {:>value$}  {:<unit$}  {}",
            cells[0], cells[1], cells[2], cells[3]
        )?;
        if show.help_texts {
            writeln!(out, "    {help}")?;
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn clean(text: &str) -> String {
    sanitize::clean(text).into_owned()
}
