//! The command line: one file per command, with its arguments and `run`. Only this layer knows exit codes, clap and
//! the environment.

mod args;
mod commands;
mod context;
mod error;
mod exit;
mod interrupt;
mod observer;
mod output;
mod sealing;

use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use commands::{
    analyze, case, clocks, collect, completions, config, contain, impact, journal, playbook,
    report, resume, rule, sessions, state, status, timeline, undo, verify,
};
use context::{Cx, GlobalArgs};
use error::CommandError;
use exit::Exit;

/// Contain AWS incidents and analyse their logs
#[derive(Debug, Parser)]
#[command(name = "incident", version, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = "Examples:
  incident analyze ./AWSLogs                     what happened in an exported archive
  incident analyze logs.zip --format json        the same as JSON, for a program
  incident analyze --days 7                      the same, from the logs of the AWS account
  incident collect --days 7                      save those logs as evidence
  incident timeline ./AWSLogs -o timeline.csv    the events the findings rest on
  incident sessions ./AWSLogs                    which key came from which sign-in
  incident contain                               contain an incident, guided
  incident report CASE --format html -o r.html   what happened and what was done, in one file
  incident contain leaked-access-key --access-key AKIA… --plan-only

Exit codes:
  0 done   1 failed   2 wrong usage   3 done, but incomplete
  4 findings at or above --fail-on   5 contested   6 refused")]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: GlobalArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    Analyze(analyze::Args),
    Timeline(timeline::Args),
    Collect(collect::Args),
    Sessions(sessions::Args),
    Contain(Box<contain::Args>),
    Resume(resume::Args),
    Status(status::Args),
    State(state::Args),
    Undo(undo::Args),
    Journal(journal::Args),
    Verify(verify::Args),
    Case(case::Args),
    Clocks(clocks::Args),
    Impact(Box<impact::Args>),
    Report(report::Args),
    Playbook(playbook::Args),
    Rule(rule::Args),
    Config(config::Args),
    Completions(completions::Args),
}

/// The whole program. `release_memory` gives freed memory back to the system; it is called between the phases of an
/// analysis.
pub fn main(release_memory: fn()) -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let code = if e.use_stderr() { Exit::Usage } else { Exit::Done };
            // If the help text cannot be written, nothing else can be done.
            let _ = e.print();
            return code.into();
        }
    };
    let cx = Cx::new(&cli.global, release_memory);
    // A panic in any thread ends in this one. Its message is on the terminal already.
    let run = || match &cli.command {
        Command::Analyze(args) => analyze::run(&cx, args),
        Command::Timeline(args) => timeline::run(&cx, args),
        Command::Collect(args) => collect::run(&cx, args),
        Command::Sessions(args) => sessions::run(&cx, args),
        Command::Contain(args) => contain::run(&cx, args),
        Command::Resume(args) => resume::run(&cx, args),
        Command::Status(args) => status::run(&cx, args),
        Command::State(args) => state::run(&cx, args),
        Command::Undo(args) => undo::run(&cx, args),
        Command::Journal(args) => journal::run(&cx, args),
        Command::Verify(args) => verify::run(&cx, args),
        Command::Case(args) => case::run(&cx, args),
        Command::Clocks(args) => clocks::run(&cx, args),
        Command::Impact(args) => impact::run(&cx, args),
        Command::Report(args) => report::run(&cx, args),
        Command::Playbook(args) => playbook::run(&cx, args),
        Command::Rule(args) => rule::run(&cx, args),
        Command::Config(args) => config::run(&cx, args),
        Command::Completions(args) => completions::run(args),
    };
    match panic::catch_unwind(AssertUnwindSafe(run)) {
        Ok(Ok(exit)) => exit.into(),
        Ok(Err(e)) => fail(&cx, &e),
        Err(_) => {
            cx.ui.error(
                "incident stopped because of a bug in it; what it was doing is not complete",
            );
            cx.ui.hint("report the bug with the lines above, without data of the case");
            Exit::Failed.into()
        }
    }
}

fn fail(cx: &Cx, e: &CommandError) -> ExitCode {
    if e.is_broken_pipe() {
        return Exit::Done.into();
    }
    cx.ui.error(&e.to_string());
    for line in e.details() {
        cx.ui.detail(line);
    }
    for hint in e.hints() {
        cx.ui.hint(hint);
    }
    e.exit().into()
}

/// The command line, for completions.
fn command() -> clap::Command {
    <Cli as clap::CommandFactory>::command()
}
