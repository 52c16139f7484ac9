//! `incident playbook`: lists, shows and checks containment playbooks.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Subcommand;

use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::plan::mistakes;
use crate::playbook::{self, Playbook};
use crate::report;

const EXAMPLES: &str = "Examples:
  incident playbook list
  incident playbook show leaked-access-key
  incident playbook show leaked-access-key --toml > mine.toml
  incident playbook check mine.toml";

/// List, show and check containment playbooks
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List every playbook, with when to use it
    #[command(after_help = EXAMPLES)]
    List,
    /// Show the parameters and steps of a playbook
    #[command(after_help = EXAMPLES)]
    Show {
        /// Name of a built-in playbook
        #[arg(value_name = "PLAYBOOK")]
        name: String,
        /// Print the file, to start your own playbook from it
        #[arg(long)]
        toml: bool,
    },
    /// Check a playbook file
    #[command(after_help = EXAMPLES)]
    Check {
        /// Playbook file (TOML)
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let mut out = cx.ui.out();
    match &args.command {
        Command::List => {
            let playbooks: Result<Vec<Playbook>, _> =
                playbook::builtin().map(|(id, text)| playbook::parse(id, text)).collect();
            report::playbook::list(&playbooks?, &mut out)?;
        }
        Command::Show { name, toml } => {
            let Some((id, text)) = playbook::builtin().find(|(id, _)| id == name) else {
                return Err(CommandError::usage(format!("no playbook '{name}'"))
                    .hint("`incident playbook list` lists the names"));
            };
            match toml {
                true => io::copy(&mut text.as_bytes(), &mut out).map(drop)?,
                false => report::playbook::show(&playbook::parse(id, text)?, &mut out)?,
            }
        }
        Command::Check { file } => {
            let playbook = playbook::from_file(file)?;
            let mistakes = mistakes(&playbook);
            report::playbook::checked(&playbook, &mistakes, &mut out)?;
            if !mistakes.is_empty() {
                out.flush()?;
                return Err(CommandError::usage(format!("{} is invalid", file.display())));
            }
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}
