//! `incident status`: shows what was done, what is in force now, and what the contained identity still does.

mod watch;

use std::time::Duration;

use crate::casework::{ReadCase, read};
use crate::cli::args::aws::AwsArgs;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::clock;
use crate::execute::{Watch, live, rows};
use crate::journal::RunEnd;
use crate::plan::{Row, Standing, in_force};
use crate::report::changes::in_force::{self, Account};
use crate::report::changes::status::{Done, Status, formats, unreadable};

/// Show what a case did and what is in force now
///
/// Changes nothing. Exits with 5 when somebody reverted a change, and with 3 when the last run did not end or left
/// something, a change failed or cannot be read, or undo could not revert what it was asked to. What was undone, and what
/// undo left in force on purpose, is fine.
///
/// With --watch, it reads CloudTrail's event history again and again and prints each successful call of the contained
/// identity since its containment. It exits with 5 when there was one, also on Ctrl-C, which ends it with a summary.
/// CloudTrail shows a call up to 15 minutes late.
///
/// With --all, it lists every deny of this program that is in force in the account, with its case, author and date. It
/// reminds, and lifts nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident status case-2026-11-21-leaked-access-key
  incident status case-2026-11-21-leaked-access-key --offline --format json
  incident status case-2026-11-21-leaked-access-key --watch --for 30m
  incident status --all                                        every deny in the account")]
pub struct Args {
    /// The case folder
    #[arg(value_name = "CASE", required_unless_present = "all", conflicts_with = "all")]
    case: Option<std::path::PathBuf>,
    /// List every deny of this program in the account, of all cases
    #[arg(long)]
    all: bool,
    /// Read only the journal, without calling AWS
    #[arg(long, conflicts_with = "all")]
    offline: bool,
    /// Print what the contained identity still does, until --for is over or you press Ctrl-C
    #[arg(long, conflicts_with_all = ["all", "offline", "format"])]
    watch: bool,
    /// How long to watch, such as 90s, 30m or 2h [default: until Ctrl-C]
    #[arg(long = "for", value_name = "TIME", requires = "watch", value_parser = duration)]
    time: Option<Duration>,
    /// Pause between two readings of the event history, such as 10s
    #[arg(long, value_name = "TIME", requires = "watch", default_value = "10s", value_parser = duration)]
    every: Duration,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    format: String,
    #[command(flatten)]
    aws: AwsArgs,
}

fn duration(text: &str) -> Result<Duration, String> {
    let seconds = clock::seconds(text);
    seconds
        .map(Duration::from_secs)
        .ok_or_else(|| format!("'{text}' is not a time such as 90s, 30m or 2h"))
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let Some(folder) = args.case.as_ref().filter(|_| !args.all) else { return all(cx, args) };
    let ReadCase { case, plan, journal } = read(folder)?;
    let Some(plan) = plan else {
        let done = Done::Nothing { journal_lines: journal.entries.len() };
        let status = Status { case: case.file(), done };
        output::render(&cx.ui, &formats(), &args.format, &status)?;
        return Ok(Exit::Done);
    };
    let history = &journal.history;
    if args.watch {
        let client = args.aws.connect_for(cx, &plan)?;
        let watch = Watch::new(&client, &plan, history, &journal.entries);
        return watch::run(cx, args.time, args.every, watch);
    }
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

/// What is in force in the account, of every case.
fn all(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let client = args.aws.connect(cx)?;
    let caller = client.caller();
    let (denies, unread) =
        in_force(&client, &caller.partition()).map_err(|e| CommandError::failed(e.to_string()))?;
    let account = Account { account: &caller.account, denies: &denies, unread: &unread };
    output::render(&cx.ui, &in_force::formats(), &args.format, &account)?;
    for what in &unread {
        cx.ui.warning(&format!("not read: {what}"));
    }
    Ok(if unread.is_empty() { Exit::Done } else { Exit::Incomplete })
}
