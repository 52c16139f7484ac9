//! `incident undo`: lifts the denies of a case, newest first. What hardens stays, unless it is asked for.

use std::path::PathBuf;

use super::contain::TimingArgs;
use crate::analysis::window::Moment;
use crate::casework::{Opened, incident_began};
use crate::cli::args::aws::AwsArgs;
use crate::cli::args::window::parse_moment;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::cli::sealing::Sealing;
use crate::execute::{ExecuteError, Origins, Session, UndoOptions, rows, undo, weakenings};
use crate::journal::History;
use crate::plan::{ChangeStatus, Row, Weakening};
use crate::report::changes::table;
use crate::report::changes::undo::{Undo, UndoPlan};
use crate::step;
use crate::ui::prompt;

/// Lift the denies of a case
///
/// Reverts only what the case wrote; what others changed since then stays. Sessions from before the undo stay denied
/// until the longest of them has ended: undo again after that. What hardens the account stays unless you add --hardening,
/// and credentials stay inactive unless you add --reactivate-credentials. Nothing is removed from the journal.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident undo case-2026-11-21-leaked-access-key
  incident undo case-2026-11-21-leaked-access-key --hardening --step s3.enable-access-logging

Exits with 3 when something that you asked for stays in force.")]
pub struct Args {
    /// The case folder
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// Only this step (can be repeated)
    #[arg(long, value_name = "STEP")]
    step: Vec<String>,
    /// Also revert what hardens the account: logging, detection, blocked public access, closed trusts
    #[arg(long)]
    hardening: bool,
    /// Change to revert although the state before it may be the attacker's work, by its number (can be repeated)
    #[arg(long, value_name = "NUMBER", requires = "hardening")]
    include: Vec<usize>,
    /// Also re-activate credentials: an attacker who has them can use them again
    #[arg(long)]
    reactivate_credentials: bool,
    /// When the incident began: what was made since then does not come back [default: the window of the case's newest analysis]
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    since: Option<Moment>,
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
    let options = UndoOptions {
        steps: args.step.clone(),
        reactivate: args.reactivate_credentials,
        hardening: args.hardening,
        include: args.include.clone(),
    };
    check_numbers(&options, journal.history())?;
    if open_rows(&options, journal.history()).is_empty() {
        cx.ui.status("nothing to undo");
        return Ok(Exit::Done);
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
    let began = match args.since {
        Some(Moment::At(at)) => Some(at),
        Some(Moment::Ago(ago)) => Some(cx.clock.now() - ago),
        Some(Moment::Latest) => None,
        None => incident_began(&case)?,
    };
    let origins = Origins::read(&session, &options, began);
    let weaker = match options.hardening {
        true => weakenings(&session, &options, &origins).map_err(stopped)?,
        false => Vec::new(),
    };
    show_plan(cx, args, &options, session.journal.history(), &weaker)?;
    approve(args, &plan.account, &weaker)?;
    let done = undo(&mut session, &options, &origins);
    sealing.finish(cx, &mut session.journal)?;
    let mut rows = rows(session.journal.history());
    match done {
        Ok(report) => {
            output::lines(&cx.ui, Undo { rows: &rows, ends: &report.ends }.lines())?;
            Ok(if report.is_complete() { Exit::Done } else { Exit::Incomplete })
        }
        Err(e) => {
            if !matches!(e, ExecuteError::Refused(_)) {
                rows.retain(|row| options.asks_for(&row.step));
                output::lines(&cx.ui, table(&rows))?;
            }
            Err(stopped(e))
        }
    }
}

fn stopped(e: ExecuteError) -> CommandError {
    match e {
        ExecuteError::Refused(why) => CommandError::with(Exit::Refused, format!("refused: {why}")),
        e => CommandError::with(Exit::Incomplete, format!("STOPPED: {e}"))
            .hint("run undo again: what was undone stays undone"),
    }
}

/// The changes that undo would look at.
fn open_rows(options: &UndoOptions, history: &History) -> Vec<Row> {
    let open = |row: &Row| row.status != ChangeStatus::Undone;
    rows(history).into_iter().filter(|row| open(row) && options.asks_for(&row.step)).collect()
}

fn check_numbers(options: &UndoOptions, history: &History) -> Result<(), CommandError> {
    match options.include.iter().find(|number| !history.changes.contains_key(number)) {
        None => Ok(()),
        Some(number) => Err(CommandError::usage(format!("the case has no change {number}"))
            .hint("incident status CASE lists the changes with their numbers")),
    }
}

/// What undo would do: the denies and credentials, unless they are approved already, and what would be weakened.
fn show_plan(
    cx: &Cx,
    args: &Args,
    options: &UndoOptions,
    history: &History,
    weaker: &[Weakening],
) -> Result<(), CommandError> {
    let mut lifted = open_rows(options, history);
    lifted.retain(|row| {
        !args.yes
            && step::find(&row.step).is_none_or(|step| {
                let kind = step.kind();
                kind != step::ChangeKind::Hardening && options.leaves(kind).is_none()
            })
    });
    let weaker = options.hardening.then_some(weaker);
    output::lines(&cx.ui, UndoPlan { lifted: &lifted, weaker }.lines())
}

fn approve(args: &Args, account: &str, weaker: &[Weakening]) -> Result<(), CommandError> {
    if args.yes {
        return Ok(());
    }
    if !prompt::possible() {
        return Err(CommandError::usage(
            "this needs an approval, and standard input is not a terminal",
        )
        .hint("--yes approves"));
    }
    let (what, word) = match weaker.len() {
        0 => ("Undo these".to_string(), "yes"),
        n => (format!("Undo these and weaken {n} protections"), "weaken"),
    };
    if prompt::ask(&format!("{what} in account {account}? Type '{word}': "))? == word {
        return Ok(());
    }
    Err(CommandError::with(Exit::Refused, "not approved: nothing was changed"))
}
