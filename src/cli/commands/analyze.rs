//! `incident analyze`: from logs to findings.

use std::path::PathBuf;

use crate::casework::Writing;
use crate::cli::analysis::analyse;
use crate::cli::args::inputs::InputArgs;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::explain;
use crate::cli::guardduty;
use crate::cli::output;
use crate::cli::save_to_case;
use crate::finding::Severity;
use crate::report::{RenderOptions, format, format_names};

/// Find what matters in CloudTrail and S3 access logs
///
/// Reads logs as they were exported: plain, .gz, .zst, in zip and tar, whole folders of them; or, without a path,
/// from the AWS account itself. Formats are recognised by content. Whatever cannot be read is counted with its reason, and the exit code is 3 then.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident analyze ./AWSLogs
  incident analyze trail.zip s3-access-logs/ --since 2026-11-02 --until 2026-11-08
  incident analyze ./AWSLogs --days 7 --until latest --fail-on high
  incident analyze ./AWSLogs --rules my-rules --explain f-3f1c9a52d0e1
  incident analyze ./AWSLogs --case case-2026-11-21-leaked-access-key
  incident analyze ./AWSLogs --intel feed.json --intel iocs.csv
  aws cloudtrail lookup-events --output json | incident analyze -
  incident analyze --days 7                                 logs of the AWS account, beside GuardDuty's findings
  incident analyze --days 7 --source event-history          without a trail, or without the right to its bucket
  incident analyze s3://acme-logs/AWSLogs/ --days 2 --account 111122223333
  incident analyze 'logs/2026/11/*/*.json.gz' --format json | jq '.findings[].title'")]
pub struct Args {
    #[command(flatten)]
    inputs: InputArgs,
    /// Form of the result
    #[arg(long, short, value_name = "FORMAT", default_value = "text", help_heading = "Output",
          value_parser = clap::builder::PossibleValuesParser::new(format_names()))]
    format: String,
    /// Write to a new file, readable by its owner alone
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,
    /// Findings that the text shows in full
    #[arg(long, value_name = "N", default_value_t = 10, help_heading = "Output")]
    top: usize,
    /// Exit with 4 if a finding is at least this severe: info, low, medium, high, critical
    #[arg(long, value_name = "SEVERITY", help_heading = "Output")]
    fail_on: Option<Severity>,
    /// Why a finding fired: each condition, the value seen, what was usual. Takes a finding's id or a story's
    #[arg(long, value_name = "ID", help_heading = "Output", conflicts_with_all = ["format", "output", "fail_on"])]
    explain: Option<String>,
    /// Keep the result in this case: findings, timeline and the objects they name, with a line in its journal
    #[arg(long, value_name = "CASE", help_heading = "Output", conflicts_with = "explain")]
    case: Option<PathBuf>,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let twice = args.explain.is_some() || args.case.is_some();
    if twice && args.inputs.logs.has_stdin() {
        return Err(CommandError::usage(
            "'--explain' and '--case' read the logs twice, and standard input can be read once",
        )
        .hint("save it to a file first"));
    }
    // A case that cannot be written to is said before hours of reading.
    let kept_in = args.case.as_deref().map(|case| Writing::open(case, cx.clock)).transpose()?;
    let mut analysis = analyse(cx, &args.inputs)?;
    guardduty::join(cx, &args.inputs.logs.source, &mut analysis);
    if let Some(id) = &args.explain {
        explain::run(cx, &analysis, id)?;
        return Ok(Exit::Done);
    }
    if let Some(case) = kept_in {
        save_to_case::keep(cx, &analysis, case)?;
    }
    let (report, memory) = (analysis.report, analysis.memory);
    let Some(format) = format(&args.format) else {
        return Err(CommandError::usage(format!("there is no format '{}'", args.format)));
    };
    let options = RenderOptions { color: cx.ui.color && args.output.is_none(), top: args.top };
    output::write(&cx.ui, args.output.as_deref(), |out| format.render(&report, out, &options))?;
    if let Some(memory) = memory {
        memory.keep(cx);
    }
    let severe = |limit| report.findings.iter().any(|f| f.severity >= limit);
    Ok(match args.fail_on {
        Some(limit) if severe(limit) => Exit::Findings,
        _ if report.incomplete() => Exit::Incomplete,
        _ => Exit::Done,
    })
}
