//! Arguments that say what is read and how it is judged, shared by the commands that analyse.

use std::path::PathBuf;

use clap::Args;

use super::log_source::LogSourceArgs;
use super::rule_files::Chosen;
use super::window::WindowArgs;
use crate::cli::commands::state::StateArgs;
use crate::cli::error::CommandError;
use crate::clock::Millis;
use crate::config::Flags;
use crate::rollup::Selection;
use crate::source::S3Url;

#[derive(Debug, Args)]
pub struct InputArgs {
    #[command(flatten)]
    pub logs: LogArgs,
    #[command(flatten, next_help_heading = "What is known and wanted")]
    pub rules: Chosen,
    #[command(flatten)]
    pub state: StateArgs,
}

/// What is read, for commands that match no rules too.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// Log files, folders, archives, patterns in quotes, s3://bucket/prefix, or '-' for standard input (can be
    /// repeated); without any, --days N reads what the AWS account itself holds
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub judge: JudgeArgs,
    #[command(flatten)]
    pub source: LogSourceArgs,
    /// Worker threads; one for each processor if not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "What is known and wanted")]
pub struct JudgeArgs {
    /// File of one's own address ranges, one CIDR a line (can be repeated)
    #[arg(long, value_name = "FILE")]
    pub own: Vec<PathBuf>,
    /// File of address ranges from which nothing is a finding, one CIDR a line (can be repeated)
    #[arg(long, value_name = "FILE")]
    pub allow: Vec<PathBuf>,
    /// List of threat indicators: plain text, CSV or STIX 2.1 (can be repeated)
    #[arg(long, value_name = "FILE")]
    pub intel: Vec<PathBuf>,
    /// Folder with MaxMind .mmdb files (country or city, ASN)
    #[arg(long, value_name = "DIR")]
    pub geoip: Option<PathBuf>,
}

impl LogArgs {
    pub fn flags(&self) -> Flags {
        Flags {
            own_files: self.judge.own.clone(),
            allow_files: self.judge.allow.clone(),
            intel_files: self.judge.intel.clone(),
            geoip: self.judge.geoip.clone(),
            threads: self.threads.map(usize::from),
            baseline_days: self.window.baseline,
        }
    }

    /// The events that count. `newest` is needed for `--until latest` alone.
    ///
    /// # Errors
    /// When the window is empty, or a baseline is given without one.
    pub fn selection(
        &self,
        now: Millis,
        newest: Option<Millis>,
        baseline_days: f64,
    ) -> Result<Selection, CommandError> {
        let at_aws = self.paths.is_empty() || self.paths.iter().any(|path| S3Url::is_s3_url(path));
        match at_aws {
            true => self.window.of_whole_days(now, newest, baseline_days),
            false => self.window.selection(now, newest, baseline_days),
        }
    }

    pub fn has_stdin(&self) -> bool {
        self.paths.iter().any(|p| p.as_os_str() == "-")
    }
}
