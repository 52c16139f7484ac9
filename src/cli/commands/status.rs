//! `incident status`: shows what was done, and what is in force now.

use crate::casework::{ReadCase, read};
use crate::cli::args::aws::AwsArgs;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::execute::{live, rows};
use crate::journal::RunEnd;
use crate::plan::{Row, Standing};
use crate::report::changes::status::{Done, Status, formats, unreadable};

/// Show what a case did and what is in force now
///
/// Changes nothing. Exits with 5 when somebody reverted a change, and with 3 when the last run did not end or left
/// something, a change failed or cannot be read, or undo could not revert what it was asked to. What was undone, and what
/// undo left in force on purpose, is fine.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident status case-2026-11-21-leaked-access-key
  incident status case-2026-11-21-leaked-access-key --offline --format json")]
pub struct Args {
    /// The case folder
    #[arg(value_name = "CASE")]
    case: std::path::PathBuf,
    /// Read only the journal, without calling AWS
    #[arg(long)]
    offline: bool,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    format: String,
    #[command(flatten)]
    aws: AwsArgs,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let ReadCase { case, plan, journal } = read(&args.case)?;
    let Some(plan) = plan else {
        let done = Done::Nothing { journal_lines: journal.entries.len() };
        let status = Status { case: case.file(), done };
        output::render(&cx.ui, &formats(), &args.format, &status)?;
        return Ok(Exit::Done);
    };
    let history = &journal.history;
    let rows = if args.offline {
        rows(history)
    } else {
        live(&args.aws.connect_for(cx, &plan)?, &plan, history)
    };
    let done = Done::Plan { plan: &plan, end: history.finished, rows: &rows, left: &history.left };
    output::render(&cx.ui, &formats(), &args.format, &Status { case: case.file(), done })?;
    for row in rows.iter().filter(|row| row.is_unreadable()) {
        cx.ui.warning(&unreadable(row));
    }
    let worst = rows.iter().map(Row::standing).max().unwrap_or(Standing::AsLeft);
    let incomplete =
        matches!(history.finished, None | Some(RunEnd::Incomplete)) || !history.left.is_empty();
    Ok(match worst {
        Standing::Reverted => Exit::Contested,
        Standing::Failed | Standing::Open => Exit::Incomplete,
        Standing::AsLeft if incomplete => Exit::Incomplete,
        Standing::AsLeft => Exit::Done,
    })
}
