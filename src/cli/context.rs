//! What every command is given: the terminal, the clock, the flags that all commands share.

use std::path::PathBuf;

use clap::Args;

use super::error::CommandError;
use crate::clock::Clock;
use crate::config::{self, Config, Flags, Inputs};
use crate::detect;
use crate::event::time;
use crate::ui::{self, Ui};

/// Flags of all commands.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Settings file, read after the user's and the project's incident.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// No progress and no remarks on standard error; warnings and errors stay
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// No colour, also at a terminal (as does the NO_COLOR variable)
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Take this moment as now (RFC 3339), so that a run can be repeated
    #[arg(long, global = true, value_name = "TIME", hide = true, value_parser = parse_now)]
    pub now: Option<i64>,
}

fn parse_now(text: &str) -> Result<i64, String> {
    time::parse(text).ok_or_else(|| format!("'{text}' is not a time such as 2026-11-21T10:00:00Z"))
}

pub struct Cx {
    pub ui: Ui,
    pub clock: Clock,
    explicit: Option<PathBuf>,
}

impl Cx {
    pub fn new(global: &GlobalArgs) -> Cx {
        let no_color =
            global.no_color || std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        let flags = ui::Flags { quiet: global.quiet, no_color, ..ui::Flags::default() };
        Cx {
            ui: Ui::new(flags.detect_terminals()),
            clock: global.now.map_or(Clock::System, Clock::Fixed),
            explicit: global.config.clone(),
        }
    }

    /// The configuration in force: user's file, project's file, `--config`, then flags.
    pub fn config(&self, flags: Flags) -> Result<Config, CommandError> {
        let inputs = Inputs {
            user: config::user_path(&|name| std::env::var_os(name)),
            project: Some(PathBuf::from("incident.toml")),
            explicit: self.explicit.clone(),
            flags,
            now: self.clock.now(),
        };
        Ok(Config::load(&inputs, &detect::groups())?)
    }
}
