//! `incident undo`: reverts the changes of a case, newest first.

use super::contain::TimingArgs;
use crate::casework::Opened;
use crate::cli::args::aws::AwsArgs;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::cli::sealing::Sealing;
use crate::execute::{ExecuteError, Session, UndoOptions, rows, undo};
use crate::plan::{ChangeStatus, Row};
use crate::report::changes::table;
use crate::report::changes::undo::Undo;
use crate::ui::prompt;

/// Undo the changes of a case
///
/// Reverts only what the case wrote; what others changed since then stays. Credentials stay inactive unless you add
/// --reactivate-credentials. Nothing is removed from the journal.
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
    /// Also re-activate credentials: an attacker who has them can use them again
    #[arg(long)]
    reactivate_credentials: bool,
    /// Skip confirmation
    #[arg(long, short = 'y')]
    yes: bool,
    #[command(flatten)]
    timing: TimingArgs,
    #[command(flatten)]
    aws: AwsArgs,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let sealing = Sealing::new(cx)?;
    let Opened { case, plan, journal, client, recorder } =
        Opened::open(&args.case, cx.clock, |plan| args.aws.connect_for(cx, plan))?;
    let asked = |row: &Row| args.step.is_empty() || args.step.contains(&row.step);
    let to_undo = |row: &Row| row.status != ChangeStatus::Undone && asked(row);
    let mut open = rows(journal.history());
    open.retain(to_undo);
    if open.is_empty() {
        cx.ui.status("nothing to undo");
        return Ok(Exit::Done);
    }
    if !args.yes {
        output::lines(&cx.ui, table(&open))?;
        approve(&plan.account)?;
    }
    let mut session = Session {
        client: &client,
        plan: &plan,
        case: &case,
        recorder: &recorder,
        ui: &cx.ui,
        timing: args.timing.timing(),
        journal,
    };
    let options = UndoOptions { steps: args.step.clone(), reactivate: args.reactivate_credentials };
    let done = undo(&mut session, &options);
    sealing.finish(cx, &mut session.journal)?;
    let mut rows = rows(session.journal.history());
    match done {
        Ok(report) => {
            output::lines(&cx.ui, Undo { rows: &rows, ends: &report.ends }.lines())?;
            Ok(if report.is_whole() { Exit::Done } else { Exit::Incomplete })
        }
        Err(ExecuteError::Refused(why)) => {
            Err(CommandError::with(Exit::Refused, format!("refused: {why}")))
        }
        Err(e) => {
            rows.retain(asked);
            output::lines(&cx.ui, table(&rows))?;
            Err(CommandError::with(Exit::Incomplete, format!("STOPPED: {e}"))
                .hint("run undo again: what was undone stays undone"))
        }
    }
}

fn approve(account: &str) -> Result<(), CommandError> {
    if !prompt::possible() {
        return Err(CommandError::usage(
            "this needs an approval, and standard input is not a terminal",
        )
        .hint("--yes approves"));
    }
    let question = format!("Undo these in account {account}? Type 'yes': ");
    if prompt::ask(&question)? == "yes" {
        return Ok(());
    }
    Err(CommandError::with(Exit::Refused, "not approved: nothing was changed"))
}
