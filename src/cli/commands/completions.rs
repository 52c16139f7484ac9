//! `incident completions`: shell completions.

use clap_complete::Shell;

use crate::cli::error::CommandError;
use crate::cli::exit::Exit;

/// Print shell completions
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  incident completions bash > ~/.local/share/bash-completion/completions/incident")]
pub struct Args {
    /// Shell
    shell: Shell,
}

pub fn run(args: &Args) -> Result<Exit, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::cli::command(), "incident", &mut script);
    std::io::Write::write_all(&mut std::io::stdout(), &script)?;
    Ok(Exit::Done)
}
