//! `incident resume`: continues where the journal ends.

use super::contain::{RunTimingArgs, finish, goes_on};
use crate::casework::Opened;
use crate::cli::args::aws::AwsArgs;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::interrupt::Interrupt;
use crate::cli::sealing::Sealing;
use crate::execute::{Executor, Session};

/// Resume a case after a crash or a stop
///
/// Reads the journal, asks AWS whether the last call took effect, and carries out the remaining steps.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  incident resume case-2026-11-21-leaked-access-key")]
pub struct Args {
    /// The case folder
    #[arg(value_name = "CASE")]
    case: std::path::PathBuf,
    #[command(flatten)]
    timing: RunTimingArgs,
    #[command(flatten)]
    aws: AwsArgs,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let sealing = Sealing::new(cx)?;
    let Opened { case, plan, journal, client, recorder } =
        Opened::open(&args.case, cx.clock, |plan| args.aws.connect_for(cx, plan))?;
    let mut executor = Executor::new(Session {
        client: &client,
        plan: &plan,
        case: &case,
        recorder: &recorder,
        ui: &cx.ui,
        timing: args.timing.timing(),
        journal,
    });
    let _interrupt = Interrupt::watch(cx.ui, goes_on(case.root()));
    let outcome = executor.run();
    finish(cx, &sealing, &plan, &case, &mut executor, outcome)
}
