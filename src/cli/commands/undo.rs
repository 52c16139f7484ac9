//! `incident undo`: the way back, newest change first.

use std::io::Write;

use super::case::Opened;
use super::contain::{TimingArgs, table};
use crate::cli::args::aws::AwsArgs;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::execute::{ExecuteError, Executor, Row, UndoOptions, rows};
use crate::ui::prompt;

/// Take back what a case did
///
/// Touches only what the case wrote; what others changed since stays. Credentials stay dead unless you ask
/// for them. The journal keeps everything.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident undo case-2026-11-21-leaked-access-key
  incident undo case-2026-11-21-leaked-access-key --step s3.enable-access-logging")]
pub struct Args {
    /// The case folder
    #[arg(value_name = "CASE")]
    case: std::path::PathBuf,
    /// Only this step (can be repeated)
    #[arg(long, value_name = "STEP")]
    step: Vec<String>,
    /// Also re-activate credentials: whoever stole them can use them again
    #[arg(long)]
    reactivate_credentials: bool,
    /// Do not ask
    #[arg(long, short = 'y')]
    yes: bool,
    #[command(flatten)]
    timing: TimingArgs,
    #[command(flatten)]
    aws: AwsArgs,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let Opened { case, plan, journal, client, recorder } = Opened::open(cx, &args.case, &args.aws)?;
    let open: Vec<Row> = rows(journal.entries())
        .into_iter()
        .filter(|r| r.state != "undone" && (args.step.is_empty() || args.step.contains(&r.step)))
        .collect();
    let mut out = cx.ui.out();
    if open.is_empty() {
        cx.ui.status("nothing to undo");
        return Ok(Exit::Done);
    }
    for line in table(&open) {
        writeln!(out, "{line}")?;
    }
    out.flush()?;
    approve(args, &plan.account)?;
    let timing = args.timing.timing();
    let mut executor = Executor::new(&client, &plan, &case, &recorder, journal, &cx.ui, timing);
    let options = UndoOptions { steps: args.step.clone(), reactivate: args.reactivate_credentials };
    let report = executor.undo(&options).map_err(|e| match e {
        ExecuteError::Refused(why) => CommandError::with(Exit::Refused, format!("refused: {why}")),
        e => CommandError::with(Exit::Incomplete, format!("STOPPED: {e}"))
            .hint("run undo again: what was undone stays undone"),
    })?;
    writeln!(out, "undone: {}; stays: {}", report.undone, report.left.len())?;
    out.flush()?;
    Ok(if report.left.is_empty() { Exit::Done } else { Exit::Incomplete })
}

fn approve(args: &Args, account: &str) -> Result<(), CommandError> {
    if args.yes {
        return Ok(());
    }
    if !prompt::possible() {
        return Err(CommandError::usage(
            "this needs an approval, and standard input is no terminal",
        )
        .hint("--yes approves"));
    }
    let question = format!("Undo these in account {account}? Type 'yes': ");
    if prompt::ask(&question)? == "yes" {
        return Ok(());
    }
    Err(CommandError::with(Exit::Refused, "not approved: nothing was changed"))
}
