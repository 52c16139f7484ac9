//! Arguments of the commands that analyse: what to read, and how to judge it.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::log_source::LogSourceArgs;
use super::rules::RuleArgs;
use super::state::StateArgs;
use super::window::WindowArgs;
use crate::analysis::{LogRequest, Request};
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::config::Flags;
use crate::source::S3Url;

#[derive(Debug, Args)]
pub struct InputArgs {
    #[command(flatten)]
    pub logs: LogArgs,
    #[command(flatten, next_help_heading = "Detection")]
    pub rules: RuleArgs,
    #[command(flatten)]
    pub state: StateArgs,
}

/// What to read, also for commands that match no rules.
#[derive(Debug, Args)]
pub struct LogArgs {
    /// Log files, folders, archives, quoted glob patterns, s3://bucket/prefix, or '-' for standard input (can be
    /// repeated); without any, --days N reads the logs of the AWS account
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub window: WindowArgs,
    #[command(flatten)]
    pub detection: DetectionArgs,
    #[command(flatten)]
    pub source: LogSourceArgs,
    /// Worker threads [default: one for each processor, setting threads]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Detection")]
pub struct DetectionArgs {
    /// File of your own address ranges, one CIDR per line (can be repeated)
    #[arg(long, value_name = "FILE")]
    pub own: Vec<PathBuf>,
    /// File of address ranges whose findings are suppressed, one CIDR per line (can be repeated)
    #[arg(long, value_name = "FILE")]
    pub allow: Vec<PathBuf>,
    /// Threat list: plain text, CSV or STIX 2.1 (can be repeated)
    #[arg(long, value_name = "FILE")]
    pub intel: Vec<PathBuf>,
    /// Folder with MaxMind .mmdb files (country or city, ASN)
    #[arg(long, value_name = "DIR")]
    pub geoip: Option<PathBuf>,
}

impl InputArgs {
    /// An analysis of these inputs, which does not ask GuardDuty.
    ///
    /// # Errors
    /// When the settings, a rule file or a URL cannot be used.
    pub fn request(&self, cx: &Cx) -> Result<Request, CommandError> {
        Ok(Request {
            logs: self.logs.request(cx)?,
            rules: self.rules.files()?,
            state: self.state.folder(),
            guardduty: false,
        })
    }
}

impl LogArgs {
    /// # Errors
    /// When the settings or a URL cannot be used.
    pub fn request(&self, cx: &Cx) -> Result<LogRequest, CommandError> {
        let config = Arc::new(cx.config(self.flags())?);
        let (urls, paths): (Vec<PathBuf>, Vec<PathBuf>) =
            self.paths.iter().cloned().partition(|path| S3Url::is_s3_url(path));
        let urls: Result<Vec<S3Url>, String> = urls.iter().map(|path| S3Url::parse(path)).collect();
        Ok(LogRequest {
            paths,
            urls: urls.map_err(CommandError::usage)?,
            window: self.window.requested(),
            aws: self.source.logs(&cx.notice()),
            config,
            clock: cx.clock,
        })
    }

    fn flags(&self) -> Flags {
        Flags {
            own_files: self.detection.own.clone(),
            allow_files: self.detection.allow.clone(),
            intel_files: self.detection.intel.clone(),
            geoip: self.detection.geoip.clone(),
            threads: self.threads.map(usize::from),
            baseline_days: self.window.baseline,
        }
    }
}
