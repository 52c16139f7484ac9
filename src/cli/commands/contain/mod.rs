//! `incident contain`: a playbook, a plan, an approval, and the run.

mod approve;
mod folder;
mod guided;
mod outcome;
mod parameters;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args as ClapArgs;

use super::playbook::problems;
use crate::case::{Case, EvidenceRecorder, write_new};
use crate::cli::args::aws::AwsArgs;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::cloud::Client;
use crate::execute::{Executor, Timing};
use crate::journal::{Event, Journal};
use crate::plan::{self, Kind, Plan, Planner};
use crate::playbook::{self, Playbook};
use crate::rotate;
use crate::step::Args as StepArgs;

pub use outcome::{finish, table};
use parameters::ParameterArgs;

/// Stop an incident: plan first, approve, apply, hold
///
/// Shows every change before it is made. Nothing is changed without an approval, everything that is done is
/// in the case folder's journal, and `incident undo` takes it back.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  incident contain                                                      guided, at a terminal
  incident contain leaked-access-key --access-key AKIA… --plan-only     what would be done
  incident contain leaked-access-key --access-key AKIA…
  incident contain leaked-access-key --access-key AKIA… --mode rotate --secret app/key
  incident contain s3-ransomware --bucket data --yes --expect-account 123456789012
  incident contain --apply plan.json
  incident playbook list                                                which playbook for what")]
pub struct Args {
    /// Playbook, as `incident playbook list` names them; without one you are asked
    #[arg(value_name = "PLAYBOOK")]
    playbook: Option<String>,
    /// Playbook of one's own
    #[arg(long = "playbook", value_name = "FILE", conflicts_with = "playbook")]
    file: Option<PathBuf>,
    /// Carry out a plan that was saved with --plan-only -o
    #[arg(long, value_name = "PLAN", conflicts_with_all = ["playbook", "file", "plan_only", "policy"])]
    apply: Option<PathBuf>,
    /// Show the plan and change nothing
    #[arg(long)]
    plan_only: bool,
    /// Print the IAM policy that the plan needs, and change nothing
    #[arg(long)]
    policy: bool,
    /// Save the plan to a new file, for --apply
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Do not ask
    #[arg(long, short = 'y')]
    yes: bool,
    /// The name of a thing whose change cannot be undone, typed out, so that --yes covers it
    #[arg(long, value_name = "NAME")]
    irreversible: Vec<String>,
    /// Urgent changes before evidence, whatever the playbook says
    #[arg(long)]
    contain_first: bool,
    /// Case folder to make, or one of `incident case new`; case-DATE-PLAYBOOK if not given
    #[arg(long, value_name = "DIR")]
    case: Option<PathBuf>,
    #[command(flatten)]
    parameters: ParameterArgs,
    #[command(flatten)]
    timing: TimingArgs,
    #[command(flatten)]
    aws: AwsArgs,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Timing")]
pub struct TimingArgs {
    /// Seconds between the readings that show whether it holds
    #[arg(long, value_name = "S,S,…", value_delimiter = ',', default_value = "5,15,30,60",
        value_parser = seconds)]
    hold: Vec<Duration>,
    /// Seconds that a change may take to be read back
    #[arg(long, value_name = "S", default_value = "15", value_parser = seconds)]
    settle: Duration,
}

impl TimingArgs {
    pub fn timing(&self) -> Timing {
        Timing { hold: self.hold.clone(), settle: self.settle, ..Timing::default() }
    }
}

/// Seconds, with a fraction or without.
fn seconds(text: &str) -> Result<Duration, String> {
    let time = text.parse().ok().and_then(|s| Duration::try_from_secs_f64(s).ok());
    time.ok_or_else(|| format!("'{text}' is no number of seconds"))
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    if let Some(path) = &args.apply {
        return apply(cx, args, path);
    }
    let (playbook, mut given) = match (&args.playbook, &args.file) {
        (None, None) => guided::choose_playbook()?,
        (Some(name), _) => (named(name)?, args.parameters.given()?),
        (None, Some(file)) => (own(file)?, args.parameters.given()?),
    };
    rotate::probe_of(&given).map_err(CommandError::usage)?;
    // Before anything is asked of AWS: most mistakes are in the flags.
    let guided = args.playbook.is_none() && args.file.is_none();
    if !guided {
        plan::check_arguments(&playbook, &given).map_err(|e| {
            CommandError::usage(e)
                .hint(format!("`incident playbook show {}` lists what it takes", playbook.id))
        })?;
    }
    let client = args.aws.connect(cx)?;
    let recorder = std::sync::Arc::new(EvidenceRecorder::default());
    client.record_to(recorder.clone());
    if guided {
        guided::fill(cx, &client, &playbook, &mut given)?;
    }
    let plan = make(cx, args, &client, &playbook, &given)?;
    if args.policy {
        let text = serde_json::to_string_pretty(&plan.policy).unwrap_or_default();
        output::write(&cx.ui, args.output.as_deref(), |out| writeln!(out, "{text}"))?;
        return Ok(Exit::Done);
    }
    show(cx, &plan)?;
    if let Some(path) = &args.output {
        let text = serde_json::to_vec_pretty(&plan).unwrap_or_default();
        write_new(path, &text)?;
        cx.ui.status(&format!("plan saved to {}; carry it out with --apply", path.display()));
    }
    if args.plan_only {
        return Ok(Exit::Done);
    }
    carry_out(cx, args, &client, &recorder, &plan)
}

/// A saved plan, as it was approved by whoever wrote it down.
fn apply(cx: &Cx, args: &Args, path: &Path) -> Result<Exit, CommandError> {
    let plan = read_plan(path)?;
    let mut aws = args.aws.clone();
    aws.region.get_or_insert_with(|| plan.region.clone());
    if let Some(url) = &plan.endpoint_url {
        aws.endpoint_url.get_or_insert_with(|| url.clone());
    }
    aws.expect_account.get_or_insert_with(|| plan.account.clone());
    let client = aws.connect(cx)?;
    let recorder = std::sync::Arc::new(EvidenceRecorder::default());
    client.record_to(recorder.clone());
    show(cx, &plan)?;
    carry_out(cx, args, &client, &recorder, &plan)
}

/// Reads a plan and checks that it is the one that was written.
///
/// # Errors
/// When it is not a plan, or was changed.
pub fn read_plan(path: &Path) -> Result<Plan, CommandError> {
    let bad = |what: String| CommandError::usage(format!("{}: {what}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| bad(e.to_string()))?;
    let plan: Plan = serde_json::from_str(&text).map_err(|e| bad(format!("not a plan: {e}")))?;
    if plan.compute_digest() != plan.digest {
        return Err(CommandError::with(
            Exit::Refused,
            format!("refused: {} was changed after it was made", path.display()),
        )
        .hint("make a new plan: what was approved is what is carried out"));
    }
    Ok(plan)
}

/// A playbook of one's own, when it is right.
fn own(file: &Path) -> Result<Playbook, CommandError> {
    let playbook = playbook::from_file(file)?;
    match problems(&playbook).as_slice() {
        [] => Ok(playbook),
        found => Err(CommandError::usage(format!("{}: {}", file.display(), found.join("; ")))
            .hint("`incident playbook check FILE` says what is wrong")),
    }
}

fn named(name: &str) -> Result<Playbook, CommandError> {
    playbook::find(name).transpose()?.ok_or_else(|| {
        let known: Vec<&str> = playbook::builtin().map(|(id, _)| id).collect();
        CommandError::usage(format!("there is no playbook '{name}'"))
            .hint(format!("there are {}; --playbook FILE takes one of your own", known.join(", ")))
    })
}

fn make(
    cx: &Cx,
    args: &Args,
    client: &Client,
    playbook: &Playbook,
    given: &StepArgs,
) -> Result<Plan, CommandError> {
    cx.ui.status(&format!(
        "reading account {} as {}",
        client.caller().account,
        client.caller().arn
    ));
    let seed = std::process::id() as u16 ^ cx.clock.now() as u16;
    let case = match folder::waiting(args.case.as_deref())? {
        Some(case) => case.file().id.clone(),
        None => Case::new_id(cx.clock.now(), seed),
    };
    let planner = Planner {
        api: client,
        caller: client.caller(),
        endpoint_url: args.aws.endpoint_url.as_deref(),
        case: &case,
        contain_first: args.contain_first,
    };
    let plan = planner.build(playbook, given)?;
    for step in &plan.steps {
        let Kind::Reissue(reissue) = &step.kind else { continue };
        let possible = match (&reissue.secret, &reissue.file) {
            (Some(secret), _) => rotate::fits(client, secret, &reissue.keys),
            (None, Some(file)) => rotate::fresh(file),
            (None, None) => Ok(()),
        };
        possible.map_err(|why| CommandError::with(Exit::Refused, format!("refused: {why}")))?;
    }
    Ok(plan)
}

fn show(cx: &Cx, plan: &Plan) -> Result<(), CommandError> {
    use std::io::Write;
    let mut out = cx.ui.out();
    for line in plan::show(plan) {
        writeln!(out, "{line}")?;
    }
    Ok(out.flush()?)
}

fn carry_out(
    cx: &Cx,
    args: &Args,
    client: &Client,
    recorder: &EvidenceRecorder,
    plan: &Plan,
) -> Result<Exit, CommandError> {
    if plan.changes().next().is_none()
        && !plan.steps.iter().any(|s| matches!(s.kind, Kind::Reissue(_)))
    {
        cx.ui.status("nothing to do: no case was opened");
        return Ok(Exit::Done);
    }
    let how = approve::approve(plan, args.yes || args.apply.is_some(), &args.irreversible)?;
    let case = folder::open(cx, plan, args.case.as_deref())?;
    recorder.write_to(case.evidence())?;
    let name = format!("plan-{}.json", &plan.digest[..12]);
    write_new(&case.root().join(&name), &serde_json::to_vec_pretty(plan).unwrap_or_default())?;
    let mut journal = Journal::open(&case.journal(), cx.clock)?;
    journal.append(Event::Opened {
        program: format!("incident {}", env!("CARGO_PKG_VERSION")),
        playbook: plan.playbook.clone(),
        account: plan.account.clone(),
        caller: plan.caller.arn.clone(),
    })?;
    journal.append(Event::Approved { digest: plan.digest.clone(), plan: name, how })?;
    let mut executor =
        Executor::new(client, plan, &case, recorder, journal, &cx.ui, args.timing.timing());
    let outcome = executor.run();
    finish(cx, plan, &case, &executor, outcome)
}
