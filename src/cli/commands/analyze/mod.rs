//! `incident analyze`: from logs to findings.

mod save_to_case;

use std::io::Write;
use std::path::PathBuf;

use crate::analysis::{self, Analysis, Request};
use crate::casework::Writing;
use crate::cli::args::inputs::InputArgs;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::cli::sealing::Sealing;
use crate::finding::Severity;
use crate::report::text::explain::render;
use crate::report::{FORMATS, RenderOptions};

/// Find security incidents in CloudTrail and S3 access logs
///
/// Reads exported logs: plain, .gz, .zst, in zip and tar, whole folders; or, without a path, the logs of the AWS
/// account. Formats are recognised by content. Input that cannot be read is counted with the reason, and the exit code
/// is 3.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident analyze ./AWSLogs
  incident analyze trail.zip s3-access-logs/ --since 2026-11-02 --until 2026-11-08
  incident analyze ./AWSLogs --days 7 --until latest --fail-on high
  incident analyze ./AWSLogs --rules my-rules --explain f-3f1c9a52d0e1
  incident analyze ./AWSLogs --case case-2026-11-21-leaked-access-key
  incident analyze ./AWSLogs --intel feed.json --intel iocs.csv
  aws cloudtrail lookup-events --output json | incident analyze -
  incident analyze --days 7                                 logs of the AWS account, with GuardDuty's findings
  incident analyze --days 7 --source event-history          without a trail, or without access to its bucket
  incident analyze s3://acme-logs/AWSLogs/ --days 2 --account 111122223333
  incident analyze 'logs/2026/11/*/*.json.gz' --format json | jq '.findings[].title'")]
pub struct Args {
    #[command(flatten)]
    inputs: InputArgs,
    /// Output format
    #[arg(long, short, value_name = "FORMAT", default_value = "text", help_heading = "Output",
          value_parser = clap::builder::PossibleValuesParser::new(FORMATS.names()))]
    format: String,
    /// Write to a new file that only its owner can read
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,
    /// Findings that the text shows in full
    #[arg(long, value_name = "N", default_value_t = 10, help_heading = "Output")]
    top: usize,
    /// Exit with 4 if a finding is at least this severe: info, low, medium, high, critical
    #[arg(long, value_name = "SEVERITY", help_heading = "Output")]
    fail_on: Option<Severity>,
    /// Explain a finding or story by its id: each condition, the value in the logs, the usual value
    #[arg(long, value_name = "ID", help_heading = "Output", conflicts_with_all = ["format", "output", "fail_on"])]
    explain: Option<String>,
    /// Save the result in this case: findings, timeline and accessed objects, with a line in its journal
    #[arg(long, value_name = "CASE", help_heading = "Output", conflicts_with = "explain")]
    case: Option<PathBuf>,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let request = Request { guardduty: true, ..args.inputs.request(cx)? };
    if args.explain.is_some() {
        request.logs.readable_twice("'--explain'")?;
    }
    if args.case.is_some() {
        request.logs.readable_twice("'--case'")?;
    }
    // Open the case first, to report one that cannot be written to before hours of reading.
    let open = |case: &std::path::Path| -> Result<_, CommandError> {
        Ok((Sealing::new(cx)?, Writing::open(case, cx.clock)?))
    };
    let case = args.case.as_deref().map(open).transpose()?;
    let observer = cx.observer();
    let mut analysis = analysis::run(&request, &observer)?;
    analysis.report.case.clone_from(&args.case);
    let analysis = cx.until_exit(analysis);
    if let Some(id) = &args.explain {
        let explained = analysis::explain(analysis, id, &observer)?;
        let mut out = cx.ui.out();
        render(&explained, &analysis.report.guardduty, &mut out, cx.ui.color)?;
        out.flush()?;
        return Ok(Exit::Done);
    }
    if let Some((sealing, mut case)) = case {
        save_to_case::save(cx, analysis, &mut case)?;
        sealing.finish(cx, &mut case.journal)?;
    }
    write_report(cx, args, analysis)?;
    let report = &analysis.report;
    let severe = |limit| report.findings.iter().any(|f| f.severity >= limit);
    Ok(match args.fail_on {
        Some(limit) if severe(limit) => Exit::Findings,
        _ if report.incomplete() => Exit::Incomplete,
        _ => Exit::Done,
    })
}

/// Writes the report. After it was delivered, saves the record of this run.
fn write_report(cx: &Cx, args: &Args, analysis: &Analysis) -> Result<(), CommandError> {
    let Some(format) = FORMATS.find(&args.format) else {
        return Err(CommandError::usage(format!("there is no format '{}'", args.format)));
    };
    let options = RenderOptions { color: cx.ui.color && args.output.is_none(), top: args.top };
    let report = &analysis.report;
    output::write(&cx.ui, args.output.as_deref(), |out| format.render(report, out, &options))?;
    if let Some(record) = &analysis.run_record
        && let Err(e) = record.save()
    {
        cx.ui.warning(&format!("the next run will be compared with an earlier one: {e}"));
    }
    Ok(())
}
