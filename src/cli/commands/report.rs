//! `incident report`: the report of an incident, from a case folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::case::{Case, sha256};
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::report::RenderOptions;
use crate::report::incident::input::FileRef;
use crate::report::incident::model::Document;
use crate::report::incident::{FORMATS, Input, build, load};
use crate::report::schema::Analysis;

/// Write the incident report of a case: what happened and what was done
///
/// Combines the case's newest analysis, journal, plan and evidence: a summary with numbered evidence, attacker
/// and responder on one timeline, principals and source addresses, accessed resources, containment, coverage
/// gaps, indicators, and next steps. Makes no calls to AWS and changes nothing. Exits with 3 when its basis is
/// incomplete: records were lost, or a file of the case was changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident report case-2026-11-21-leaked-access-key
  incident report CASE --format html -o report.html     one self-contained file, ready to print
  incident report CASE --format stix -o indicators.json
  incident report CASE --findings findings.json         with another analysis")]
pub struct Args {
    /// The case folder
    #[arg(value_name = "CASE")]
    case: PathBuf,
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
    /// Use this analysis instead of the case's own: a file of `incident analyze --format json`
    #[arg(long, value_name = "FILE")]
    findings: Option<PathBuf>,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let case = Case::read(&args.case)?;
    let mut input = load::case(&case, cx.clock.now())?;
    if let Some(file) = &args.findings {
        with_findings(&mut input, file)?;
    }
    let document = build(&input);
    let Some(format) = FORMATS.find(&args.format) else {
        return Err(CommandError::usage(format!("there is no format '{}'", args.format)));
    };
    let options = RenderOptions { color: cx.ui.color && args.output.is_none(), top: args.top };
    output::write(&cx.ui, args.output.as_deref(), |out| format.render(&document, out, &options))?;
    Ok(exit(&document))
}

/// Replaces the case's analysis, and drops the lists of the replaced one.
fn with_findings(input: &mut Input, file: &Path) -> Result<(), CommandError> {
    let name = file.display().to_string();
    let bytes =
        fs::read(file).map_err(|e| CommandError::usage(format!("cannot read {name}: {e}")))?;
    let analysis = Analysis::parse(&bytes).map_err(|e| {
        CommandError::usage(format!("{name}: {e}"))
            .hint("give a file that `incident analyze --format json` wrote")
    })?;
    input.analysis = Some(analysis);
    input.analysis_file = Some(FileRef { sha256: sha256(&bytes), name });
    (input.objects, input.objects_file, input.events) = (Vec::new(), None, Vec::new());
    Ok(())
}

fn exit(document: &Document) -> Exit {
    let whole = document.logs.as_ref().is_none_or(|logs| logs.complete);
    let intact = document.custody.as_ref().is_none_or(|c| c.problems.is_empty() && !c.torn);
    if whole && intact { Exit::Done } else { Exit::Incomplete }
}
