//! `incident timeline`: the events that findings rest on, in time order.

use std::path::PathBuf;

use crate::analysis;
use crate::analysis::timeline::findings_with_ids;
use crate::cli::args::inputs::InputArgs;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::report::timeline::{TimelineFormat, TimelineWriter};
use crate::ui::number::counted;

/// Write the events that the findings rest on, in time order
///
/// The columns are Timesketch's (message, datetime, timestamp_desc, ...) and the event's own. CSV cells are
/// safe against spreadsheet formulas.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident timeline ./AWSLogs -o timeline.csv
  incident timeline ./AWSLogs --format jsonl -o timeline.jsonl
  incident timeline ./AWSLogs --finding f-3f1c9a52d0e1 | less")]
pub struct Args {
    #[command(flatten)]
    inputs: InputArgs,
    /// Output format
    #[arg(long, short, value_name = "FORMAT", default_value = "csv", help_heading = "Output",
          value_parser = clap::builder::PossibleValuesParser::new(TimelineFormat::ALL.map(|f| f.name())))]
    format: String,
    /// Only the events of this finding (can be repeated)
    #[arg(long, value_name = "ID", help_heading = "Output")]
    finding: Vec<String>,
    /// Write to a new file that only its owner can read
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let request = args.inputs.request(cx)?;
    request.logs.readable_twice("a timeline")?;
    let observer = cx.observer();
    let analysis = cx.until_exit(analysis::run(&request, &observer)?);
    let findings = findings_with_ids(&analysis.report.findings, &args.finding)?;
    let rows = analysis::timeline(analysis, &findings, &observer)?;
    let format = TimelineFormat::ALL
        .into_iter()
        .find(|f| f.name() == args.format)
        .unwrap_or(TimelineFormat::Csv);
    output::write(&cx.ui, args.output.as_deref(), |out| {
        let mut writer = TimelineWriter::new(format, out)?;
        rows.iter().try_for_each(|row| writer.row(row))?;
        writer.finish().map(drop)
    })?;
    let events = counted(rows.len() as u64, "event", "events");
    let findings = counted(findings.len() as u64, "finding", "findings");
    cx.ui.status(&format!("{events} of {findings}"));
    Ok(if analysis.report.incomplete() { Exit::Incomplete } else { Exit::Done })
}
