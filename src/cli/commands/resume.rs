//! `incident resume`: on from where the journal ends.

use super::case::Opened;
use super::contain::{TimingArgs, finish};
use crate::cli::args::aws::AwsArgs;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::execute::Executor;

/// Go on with a case after a crash or a stop
///
/// Reads the journal, asks AWS what became of the call that was under way, and carries out what is left.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  incident resume case-2026-11-21-leaked-access-key")]
pub struct Args {
    /// The case folder
    #[arg(value_name = "CASE")]
    case: std::path::PathBuf,
    #[command(flatten)]
    timing: TimingArgs,
    #[command(flatten)]
    aws: AwsArgs,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let Opened { case, plan, journal, client, recorder } = Opened::open(cx, &args.case, &args.aws)?;
    let mut executor =
        Executor::new(&client, &plan, &case, &recorder, journal, &cx.ui, args.timing.timing());
    let outcome = executor.run();
    finish(cx, &plan, &case, &executor, outcome)
}
