//! `incident undo`: lifts the denies of a case, newest first. What hardens stays, unless it is asked for.

use std::io::Write;
use std::path::PathBuf;

use super::contain::{TimingArgs, table};
use crate::analysis::window::Moment;
use crate::casework::{Opened, incident_began};
use crate::cli::args::aws::AwsArgs;
use crate::cli::args::window::parse_moment;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::sealing::Sealing;
use crate::execute::{
    ChangeStatus, ExecuteError, Left, Origins, Row, Session, UndoOptions, UndoReport, Weakening,
    rows, undo, weakenings,
};
use crate::journal::{History, Stays};
use crate::step;
use crate::ui::prompt;
use crate::ui::sanitize::clean;

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
    show_plan(cx, &options, session.journal.history(), &weaker)?;
    approve(args, &plan.account, &weaker)?;
    let done = undo(&mut session, &options, &origins);
    sealing.finish(cx, &mut session.journal)?;
    let report = done.map_err(stopped)?;
    show_report(cx, &report)?;
    Ok(if report.is_complete() { Exit::Done } else { Exit::Incomplete })
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
    let asked = |row: &Row| options.steps.is_empty() || options.steps.contains(&row.step);
    let open = |row: &Row| row.status != ChangeStatus::Undone;
    rows(history).into_iter().filter(|row| open(row) && asked(row)).collect()
}

fn check_numbers(options: &UndoOptions, history: &History) -> Result<(), CommandError> {
    match options.include.iter().find(|number| !history.changes.contains_key(number)) {
        None => Ok(()),
        Some(number) => Err(CommandError::usage(format!("the case has no change {number}"))
            .hint("incident status CASE lists the changes with their numbers")),
    }
}

/// The denies and credentials as a table, and what would be weakened in full.
fn show_plan(
    cx: &Cx,
    options: &UndoOptions,
    history: &History,
    weaker: &[Weakening],
) -> Result<(), CommandError> {
    let hardens = |step: &str| {
        step::find(step).is_some_and(|step| step.kind() == step::ChangeKind::Hardening)
    };
    let left =
        |row: &Row| step::find(&row.step).is_some_and(|step| options.leaves(step.kind()).is_some());
    let mut lifted = open_rows(options, history);
    lifted.retain(|row| !left(row) && !hardens(&row.step));
    let mut out = cx.ui.out();
    if !lifted.is_empty() {
        for line in table(&lifted) {
            writeln!(out, "{line}")?;
        }
    }
    if options.hardening {
        writeln!(
            out,
            "WEAKENS  {} protections of the account (- now, + afterwards)",
            weaker.len()
        )?;
    }
    for row in weaker {
        writeln!(out, "{:>3}. {}  [{}]", row.number, clean(&row.resource), row.title)?;
        writeln!(out, "     call     {}", clean(&row.call))?;
        for (i, line) in row.diff.iter().enumerate() {
            writeln!(out, "     {:<8} {}", if i == 0 { "change" } else { "" }, clean(line))?;
        }
        if let Some(why) = &row.suspect {
            let end = match options.include.contains(&row.number) {
                true => "included all the same".to_string(),
                false => format!("stays; --include {} reverts it", row.number),
            };
            writeln!(out, "     SUSPECT  {} ({end})", clean(why))?;
        }
    }
    Ok(out.flush()?)
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

/// What was undone, and what stays: by reason, with the flag that would revert it.
fn show_report(cx: &Cx, report: &UndoReport) -> Result<(), CommandError> {
    let mut out = cx.ui.out();
    writeln!(out, "undone: {}; left in force: {}", report.undone, report.left.len())?;
    for (reason, heading) in [
        (Stays::Cutoff, "stays until earlier sessions have ended:"),
        (Stays::Hardening, "stays, because it protects the account (--hardening reverts it):"),
        (
            Stays::Credential,
            "stays, because an attacker may have it (--reactivate-credentials makes it usable again):",
        ),
        (
            Stays::Suspect,
            "stays, because the state before may be the attacker's work (--include NUMBER reverts it):",
        ),
        (Stays::Impossible, "cannot be undone:"),
    ] {
        let mut left: Vec<&Left> = report.left.iter().filter(|l| l.reason == reason).collect();
        if left.is_empty() {
            continue;
        }
        left.sort_by_key(|l| l.number);
        writeln!(out, "{heading}")?;
        for Left { number, resource, why, .. } in left {
            let resource = clean(resource);
            match reason {
                Stays::Hardening | Stays::Credential => writeln!(out, "{number:>3}. {resource}")?,
                _ => writeln!(out, "{number:>3}. {resource}: {}", clean(why))?,
            }
        }
    }
    Ok(out.flush()?)
}
