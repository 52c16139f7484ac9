//! `incident report`: what happened and what was done about it, from a case folder.

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

/// Report what happened and what was done about it, from a case folder
///
/// Puts the case's newest analysis, its journal, its plan and its evidence together: a summary with numbered
/// evidence, attacker and responder on one timeline, who and from where, what was touched, how it was
/// contained, what is not covered, indicators, and what is left to do. Asks AWS nothing and changes nothing.
/// Exits with 3 when what it rests on is not whole: records were lost, or a file of the case is not as it was
/// written.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident report case-2026-11-21-leaked-access-key
  incident report CASE --format html -o report.html     one file that loads nothing; prints well
  incident report CASE --format stix -o indicators.json
  incident report CASE --findings findings.json         with an analysis from outside the case")]
pub struct Args {
    /// The case folder
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// Form of the result
    #[arg(long, short, value_name = "FORMAT", default_value = "text", help_heading = "Output",
          value_parser = clap::builder::PossibleValuesParser::new(FORMATS.names()))]
    format: String,
    /// Write to a new file, readable by its owner alone
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,
    /// Findings that the text shows in full
    #[arg(long, value_name = "N", default_value_t = 10, help_heading = "Output")]
    top: usize,
    /// Analysis to use in place of the case's own: what `incident analyze --format json` wrote
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

/// The lists beside the case's own analysis belong to that one.
fn with_findings(input: &mut Input, file: &Path) -> Result<(), CommandError> {
    let name = file.display().to_string();
    let bytes =
        fs::read(file).map_err(|e| CommandError::usage(format!("cannot read {name}: {e}")))?;
    let analysis = Analysis::parse(&bytes).map_err(|e| {
        CommandError::usage(format!("{name}: {e}"))
            .hint("give what `incident analyze --format json` wrote")
    })?;
    input.analysis = Some(analysis);
    input.analysis_file = Some(FileRef { sha256: sha256(&bytes), name });
    (input.objects, input.objects_file, input.events) = (Vec::new(), None, Vec::new());
    Ok(())
}

fn exit(document: &Document) -> Exit {
    let whole = document.logs.as_ref().is_none_or(|logs| logs.complete);
    let kept = document.custody.as_ref().is_none_or(|c| c.problems.is_empty() && !c.torn);
    if whole && kept { Exit::Done } else { Exit::Incomplete }
}
