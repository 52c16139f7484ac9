//! The state folder of an analysis.

use std::env;
use std::path::PathBuf;

/// Where rollups of logs at AWS are stored between runs.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "State (for logs at AWS)")]
pub struct StateArgs {
    /// State folder: stores what was read, so that the next run reads only what is new [default:
    /// $XDG_STATE_HOME/incident, or ~/.local/state/incident]
    #[arg(long, value_name = "DIR", conflicts_with = "no_state")]
    pub state: Option<PathBuf>,
    /// Use no state: read everything from the logs, and store nothing
    #[arg(long)]
    pub no_state: bool,
}

impl StateArgs {
    /// The folder; `None` with `--no-state`, or without a home folder.
    pub fn folder(&self) -> Option<PathBuf> {
        if self.no_state {
            return None;
        }
        self.state.clone().or_else(default_folder)
    }
}

/// Relative values of the variables are ignored (XDG Base Directory Specification).
pub fn default_folder() -> Option<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let home = || Some(absolute("HOME")?.join(".local").join("state"));
    Some(absolute("XDG_STATE_HOME").or_else(home)?.join("incident"))
}
