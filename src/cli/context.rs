//! The context of every command: the terminal, the clock, and the flags that all commands share.

use std::path::PathBuf;

use clap::Args;

use super::error::CommandError;
use super::observer::TerminalObserver;
use crate::clock::Clock;
use crate::cloud::Notice;
use crate::config::{self, Config, Flags, Inputs};
use crate::detect;
use crate::event::time;
use crate::ui::{self, Ui};

/// Flags that every command has.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// Settings file, read after the user's and the project's incident.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Print no progress, status or hints; warnings and errors stay
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Use no colour, even on a terminal [default: the NO_COLOR variable]
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Key that signs the journal of a case at the end [default: the INCIDENT_SIGNING_KEY variable]
    #[arg(long, global = true, value_name = "FILE")]
    pub signing_key: Option<PathBuf>,
    /// Take this time as now (RFC 3339), to repeat a run
    #[arg(long, global = true, value_name = "TIME", hide = true, value_parser = parse_now)]
    pub now: Option<i64>,
}

fn parse_now(text: &str) -> Result<i64, String> {
    let wrong = || format!("invalid time '{text}' (expected a form like 2026-11-21T10:00:00Z)");
    time::parse(text).ok_or_else(wrong)
}

pub struct Cx {
    pub ui: Ui,
    pub clock: Clock,
    /// `--config`.
    config_file: Option<PathBuf>,
    /// `--signing-key`.
    pub signing_key: Option<PathBuf>,
    release_memory: fn(),
}

impl Cx {
    pub fn new(global: &GlobalArgs, release_memory: fn()) -> Cx {
        let no_color =
            global.no_color || std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
        let flags = ui::Flags { quiet: global.quiet, no_color, ..ui::Flags::default() };
        Cx {
            ui: Ui::new(flags.detect_terminals()),
            clock: global.now.map_or(Clock::System, Clock::Fixed),
            config_file: global.config.clone(),
            signing_key: global.signing_key.clone(),
            release_memory,
        }
    }

    /// The settings in force: user's file, project's file, `--config`, then flags.
    ///
    /// # Errors
    /// When a file or a value is invalid.
    pub fn config(&self, flags: Flags) -> Result<Config, CommandError> {
        let inputs = Inputs {
            user: config::user_path(&|name| std::env::var_os(name)),
            project: Some(PathBuf::from("incident.toml")),
            explicit: self.config_file.clone(),
            flags,
            now: self.clock.now(),
        };
        Ok(Config::load(&inputs, &detect::groups())?)
    }

    /// Shows an analysis on the terminal.
    pub fn observer(&self) -> TerminalObserver {
        TerminalObserver { ui: self.ui, release_memory: self.release_memory }
    }

    /// Shows that AWS does not answer. Also with `--quiet`: silence is what it warns of.
    pub fn notice(&self) -> Notice {
        let ui = self.ui;
        Notice::new(move |waiting| ui.warning(&waiting.to_string()))
    }

    /// Keeps a large value until the process ends. Freeing millions of rows one by one would delay the exit; the system
    /// frees them all at once.
    pub fn until_exit<'a, T: 'a>(&self, value: T) -> &'a T {
        Box::leak(Box::new(value))
    }
}
