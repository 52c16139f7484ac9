//! `incident sessions`: traces each key back to the key or sign-in that it came from.

use std::path::PathBuf;

use crate::analysis::{scan, sessions};
use crate::cli::args::inputs::LogArgs;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::detect::sessions::{SessionRows, TreeOptions, forest, unused_sessions, with_relatives};
use crate::report::RenderOptions;
use crate::report::sessions::{Document, formats};

/// The most descendants of a key that are listed.
const MOST: usize = 100_000;

/// Trace every key back to the key or sign-in that it came from
///
/// Follows temporary keys through AssumeRole and its variants, GetSessionToken, GetFederationToken, IAM
/// Identity Center, the console, instances and services, across accounts where both sides are in the logs.
/// Sessions of one role for one caller share a line. What stands out comes first.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident sessions ./AWSLogs
  incident sessions ./AWSLogs --key ASIAIOSFODNN7EXAMPLE
  incident sessions ./AWSLogs --principal arn:aws:iam::111122223333:user/dana --days 7 --until latest
  incident sessions ./AWSLogs --format json | jq '.sessions[] | select(.how == \"CreateAccessKey\")'")]
pub struct Args {
    #[command(flatten)]
    inputs: LogArgs,
    /// Only this access key or console session, with its ancestors and descendants
    #[arg(long, value_name = "ID", help_heading = "Output")]
    key: Option<String>,
    /// Only sessions and keys of this user, role or session, with their ancestors and descendants
    #[arg(long, value_name = "ARN", help_heading = "Output")]
    principal: Option<String>,
    /// Show every session on a line of its own
    #[arg(long, help_heading = "Output")]
    all: bool,
    /// Output format
    #[arg(long, short, value_name = "FORMAT", default_value = "text", help_heading = "Output",
          value_parser = clap::builder::PossibleValuesParser::new(formats().names()))]
    format: String,
    /// Write to a new file that only its owner can read
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let logs = cx.until_exit(scan(&args.inputs.request(cx)?, &[], None, &cx.observer())?);
    for note in &logs.notes {
        cx.ui.status(note);
    }
    let context = logs.context();
    let selected = sessions::select(&context, args.key.as_deref(), args.principal.as_deref())?;
    let about = sessions::about(logs, cx.clock.now());
    let tree = TreeOptions { chosen: selected.as_deref(), all: args.all };
    let color = cx.ui.color && args.output.is_none();
    let complete = about.complete;
    let nodes = || tree.chosen.map(|nodes| with_relatives(&context.lineage, nodes, MOST));
    let document = Document {
        about,
        forest: &|| forest(&context, tree),
        sessions: &|each| {
            _ = SessionRows::new(&context, nodes().as_ref()).iter().try_for_each(each);
        },
        unused: &|| unused_sessions(&context, nodes().as_ref()),
    };
    let Some(format) = formats().find(&args.format) else {
        return Err(CommandError::usage(format!("there is no format '{}'", args.format)));
    };
    let options = RenderOptions { color, ..RenderOptions::default() };
    output::write(&cx.ui, args.output.as_deref(), |out| format.render(&document, out, &options))?;
    Ok(if complete { Exit::Done } else { Exit::Incomplete })
}
