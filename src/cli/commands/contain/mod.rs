//! `incident contain`: a playbook, a plan, an approval, and the run.

mod approve;
mod from_findings;
mod guided;
mod outcome;
mod parameters;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args as ClapArgs;

use crate::analysis::window::Moment;
use crate::case::{Case, EvidenceRecorder, object_buckets, write_new};
use crate::casework::{self, Joined, join, read_plan};
use crate::cli::args::aws::AwsArgs;
use crate::cli::args::window::parse_moment;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::interrupt::Interrupt;
use crate::cli::output;
use crate::cli::sealing::Sealing;
use crate::clock::Millis;
use crate::cloud::{Api, Client};
use crate::execute::{Executor, Session, Timing};
use crate::plan::{self, Kind, Plan, PlanError, Planner, Remarks, mistakes};
use crate::playbook::{self, Evidence, Playbook};
use crate::report;
use crate::rotate;
use crate::step::Args as StepArgs;
use crate::ui::shell;

use from_findings::FromArgs;
pub use outcome::finish;
use parameters::ParameterArgs;

/// Stop an incident: plan, approve, apply, hold
///
/// Shows every change before it is made. Nothing changes without an approval. The journal in the case folder records
/// every change, and `incident undo` lifts the denies.
#[derive(Debug, ClapArgs)]
#[command(after_help = "Examples:
  incident contain                                                      guided, at a terminal
  incident contain leaked-access-key --access-key AKIA… --plan-only     show what would be done
  incident contain leaked-access-key --access-key AKIA…
  incident contain leaked-access-key --access-key AKIA… --mode rotate --secret app/key
  incident contain s3-ransomware --bucket data --yes --expect-account 123456789012
  incident contain --from case-2026-11-21-breach                        all that the stories name
  incident contain --apply plan.json
  incident playbook list                                                which playbook fits")]
pub struct Args {
    /// Playbook from `incident playbook list`; without one, incident asks
    #[arg(value_name = "PLAYBOOK")]
    playbook: Option<String>,
    /// Your own playbook
    #[arg(long = "playbook", value_name = "FILE", conflicts_with = "playbook")]
    file: Option<PathBuf>,
    /// Apply a plan that --plan-only -o saved
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
    /// How long the plan may be applied: 30m, 2h, 1d
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = valid_for)]
    valid_for: Millis,
    /// Skip confirmation
    #[arg(long, short = 'y')]
    yes: bool,
    /// Resource whose irreversible change you approve, by its name (can be repeated)
    #[arg(long, value_name = "NAME")]
    irreversible: Vec<String>,
    /// Make urgent changes before reading evidence [default for playbooks of keys, roles and the console]
    #[arg(long)]
    contain_first: bool,
    /// Read evidence before the first change
    #[arg(long, conflicts_with_all = ["contain_first", "apply"])]
    evidence_first: bool,
    /// Case folder to make, or one from `incident case new` [default: case-DATE-PLAYBOOK]
    #[arg(long, value_name = "DIR")]
    case: Option<PathBuf>,
    /// Bucket with evidence of the case, like those that the case's logs were copied from: a deny there spares the
    /// services that deliver logs (can be repeated)
    #[arg(long, value_name = "NAME")]
    evidence_bucket: Vec<String>,
    #[command(flatten)]
    from: FromArgs,
    #[command(flatten)]
    parameters: ParameterArgs,
    #[command(flatten)]
    timing: RunTimingArgs,
    #[command(flatten)]
    aws: AwsArgs,
}

#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Timing")]
pub struct TimingArgs {
    /// Seconds between the checks that the changes stay in force
    #[arg(long, value_name = "S,S,…", value_delimiter = ',', default_value = "5,15,30,60",
        value_parser = seconds)]
    hold: Vec<Duration>,
    /// Seconds that AWS may take to show a change
    #[arg(long, value_name = "S", default_value = "15", value_parser = seconds)]
    settle: Duration,
}

/// The timing of a command that also reads evidence.
#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "Timing")]
pub struct RunTimingArgs {
    #[command(flatten)]
    timing: TimingArgs,
    /// Seconds that reading evidence may take before the run goes on without the rest
    #[arg(long, value_name = "S", default_value = "180", value_parser = seconds)]
    evidence_limit: Duration,
}

impl RunTimingArgs {
    pub fn timing(&self) -> Timing {
        Timing { evidence: self.evidence_limit, ..self.timing.timing() }
    }
}

impl TimingArgs {
    pub fn timing(&self) -> Timing {
        Timing { hold: self.hold.clone(), settle: self.settle, ..Timing::default() }
    }
}

fn valid_for(text: &str) -> Result<Millis, String> {
    match parse_moment(text) {
        Ok(Moment::Ago(time)) if time > 0 => Ok(time),
        _ => Err(format!("invalid time '{text}' (expected a form like 30m, 2h or 1d)")),
    }
}

/// A number of seconds, with or without a fraction.
fn seconds(text: &str) -> Result<Duration, String> {
    let time = text.parse().ok().and_then(|s| Duration::try_from_secs_f64(s).ok());
    time.ok_or_else(|| format!("'{text}' is not a number of seconds"))
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    if let Some(path) = &args.apply {
        return apply(cx, args, path);
    }
    let analysed = args.from.read()?;
    let (playbook, mut given) = match (&args.playbook, &args.file, &analysed) {
        (None, None, None) => guided::choose_playbook()?,
        (None, None, Some(_)) => (named(from_findings::PLAYBOOK)?, args.parameters.given()?),
        (Some(name), ..) => (named(name)?, args.parameters.given()?),
        (None, Some(file), _) => (own(file)?, args.parameters.given()?),
    };
    rotate::validate_probe(&given).map_err(CommandError::usage)?;
    // Check the arguments before the first call to AWS: most mistakes are in the flags.
    let guided = args.playbook.is_none() && args.file.is_none() && analysed.is_none();
    if !guided && analysed.is_none() {
        plan::check_arguments(&playbook, &given).map_err(|e| {
            CommandError::usage(e)
                .hint(format!("`incident playbook show {}` lists its parameters", playbook.id))
        })?;
    }
    let client = args.aws.connect(cx)?;
    let recorder = std::sync::Arc::new(EvidenceRecorder::default());
    client.record_to(recorder.clone());
    if guided {
        guided::fill(cx, &client, &playbook, &mut given)?;
    }
    let remarks = match &analysed {
        Some(analysed) => args.from.fill(analysed, &client, &mut given)?,
        None => Remarks::default(),
    };
    let case = args.case.clone().or_else(|| analysed.and_then(|analysed| analysed.case));
    let wanted = Wanted { playbook: &playbook, given: &given, remarks, case: case.as_deref() };
    let plan = make(cx, args, &client, wanted)?;
    if args.policy {
        let write = |out: &mut dyn Write| report::plan::write_policy(&plan, out);
        output::write(&cx.ui, args.output.as_deref(), write)?;
        return Ok(Exit::Done);
    }
    output::lines(&cx.ui, report::plan::lines(&plan))?;
    if let Some(path) = &args.output {
        write_new(path, &serde_json::to_vec_pretty(&plan).map_err(PlanError::from)?)?;
        cx.ui.status(&format!(
            "plan saved to {} and valid until {}; incident contain --apply {} applies it",
            path.display(),
            plan.expires,
            shell::path(path)
        ));
    }
    if args.plan_only {
        return Ok(Exit::Done);
    }
    carry_out(cx, args, &client, &recorder, &plan, case.as_deref())
}

/// Carries out a saved plan. Saving it counts as approving it.
fn apply(cx: &Cx, args: &Args, path: &Path) -> Result<Exit, CommandError> {
    let plan = read_plan(path)?;
    let client = args.aws.connect_for(cx, &plan)?;
    let recorder = std::sync::Arc::new(EvidenceRecorder::default());
    client.record_to(recorder.clone());
    refuse_stale(&plan, &client)?;
    output::lines(&cx.ui, report::plan::lines(&plan))?;
    carry_out(cx, args, &client, &recorder, &plan, args.case.as_deref())
}

/// Refuses a plan that was made too long ago, and says how to make it anew.
fn refuse_stale(plan: &Plan, client: &Client) -> Result<(), CommandError> {
    plan.check_time(client.now()).map_err(|stale| {
        let again = report::plan::again(plan);
        let again = again.unwrap_or_else(|| "incident contain --playbook FILE".to_string());
        CommandError::with(Exit::Refused, format!("refused: {stale}; nothing was changed"))
            .hint(format!("plan anew from the state of now: {again}"))
            .hint("--valid-for 4h gives a plan more time")
    })
}

/// The user's own playbook, if it has no mistakes.
fn own(file: &Path) -> Result<Playbook, CommandError> {
    let playbook = playbook::from_file(file)?;
    let found: Vec<String> = mistakes(&playbook).iter().map(ToString::to_string).collect();
    if found.is_empty() {
        return Ok(playbook);
    }
    Err(CommandError::usage(format!("{}: {}", file.display(), found.join("; ")))
        .hint("`incident playbook check FILE` shows every mistake"))
}

fn named(name: &str) -> Result<Playbook, CommandError> {
    playbook::find(name).transpose()?.ok_or_else(|| {
        let known: Vec<&str> = playbook::builtin().map(|(id, _)| id).collect();
        CommandError::usage(format!("unknown playbook '{name}'"))
            .hint(format!("built in: {}; --playbook FILE runs your own", known.join(", ")))
    })
}

/// What a plan is to be made of.
struct Wanted<'a> {
    playbook: &'a Playbook,
    given: &'a StepArgs,
    remarks: Remarks,
    /// The case folder.
    case: Option<&'a Path>,
}

fn make(cx: &Cx, args: &Args, client: &Client, wanted: Wanted<'_>) -> Result<Plan, CommandError> {
    let Wanted { playbook, given, remarks, case } = wanted;
    cx.ui.status(&format!(
        "reading account {} as {}",
        client.caller().account,
        client.caller().arn
    ));
    let seed = std::process::id() as u16 ^ cx.clock.now() as u16;
    let mut evidence_buckets = args.evidence_bucket.clone();
    let case = match casework::waiting(case)? {
        Some(case) => {
            evidence_buckets.extend(object_buckets(&case)?);
            case.file().id.clone()
        }
        None => Case::new_id(cx.clock.now(), seed),
    };
    let planner = Planner {
        api: client,
        caller: client.caller(),
        endpoint_url: args.aws.endpoint_url.as_deref(),
        case: &case,
        evidence: match (args.contain_first, args.evidence_first) {
            (true, _) => Some(Evidence::AfterUrgent),
            (_, true) => Some(Evidence::First),
            _ => None,
        },
        evidence_buckets: &evidence_buckets,
        valid_for: args.valid_for,
        remarks,
    };
    let plan = planner.build(playbook, given)?;
    for step in &plan.steps {
        let Kind::Reissue(reissue) = &step.kind else { continue };
        let possible = match (&reissue.secret, &reissue.file) {
            (Some(secret), _) => rotate::check_secret(client, secret, &reissue.keys),
            (None, Some(file)) => rotate::check_new_file(file),
            (None, None) => Ok(()),
        };
        possible.map_err(|why| CommandError::with(Exit::Refused, format!("refused: {why}")))?;
    }
    Ok(plan)
}

fn carry_out(
    cx: &Cx,
    args: &Args,
    client: &Client,
    recorder: &EvidenceRecorder,
    plan: &Plan,
    folder: Option<&Path>,
) -> Result<Exit, CommandError> {
    if !plan.has_changes() {
        cx.ui.status("nothing to do: no case was opened");
        return Ok(Exit::Done);
    }
    let sealing = Sealing::new(cx)?;
    let approved = approve::Given {
        yes: args.yes || args.apply.is_some(),
        irreversible: &args.irreversible,
        probe: args.parameters.probe.as_deref(),
    };
    let how = approve::approve(&cx.ui, plan, &approved)?;
    // A question may wait for hours.
    refuse_stale(plan, client)?;
    let case = match join(plan, folder, cx.clock.now())? {
        Joined::New(case) => {
            cx.ui.status(&format!("case folder {}", case.root().display()));
            case
        }
        Joined::Waiting(case) => {
            cx.ui.status(&format!("case folder {}, which existed already", case.root().display()));
            case
        }
    };
    recorder.write_to(case.evidence())?;
    let journal = casework::approve(&case, plan, how, cx.clock)?;
    let timing = args.timing.timing();
    let session = Session { client, plan, case: &case, recorder, ui: &cx.ui, timing, journal };
    let mut executor = Executor::new(session);
    let _interrupt = Interrupt::watch(cx.ui, goes_on(case.root()));
    let outcome = executor.run();
    finish(cx, &sealing, plan, &case, &mut executor, outcome)
}

/// How an interrupted run goes on.
pub fn goes_on(case: &Path) -> String {
    format!("incident resume {} goes on", shell::path(case))
}
