//! Generates logs to try `incident` on: the story of an attack, ordinary months without one, and large archives for
//! benchmarks.
//!
//! Everything is invented. The same arguments give the same bytes.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a generator prints what it made and stops at the first failure"
)]

mod access_log;
mod archive;
mod calendar;
mod company;
mod identity;
mod json;
mod month;
mod output;
mod random;
mod record;
mod story;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Generate logs to try `incident` on
///
/// The same arguments always give the same bytes. The account, addresses, keys and people are
/// invented: addresses come from the ranges reserved for documentation.
#[derive(Parser)]
#[command(name = "generate", after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Story(story::Arguments),
    QuietMonth(month::Arguments),
    CompanyMonth(company::Arguments),
    Archive(archive::Arguments),
}

const EXAMPLES: &str = "\
Examples:
  Generate the sample logs again
    cargo run --release --example generate -- story --out /tmp/story

  An ordinary month of an account, in which nothing should be found
    cargo run --example generate -- quiet-month --out /tmp/month

  An ordinary month of a company that works through CI alone
    cargo run --example generate -- company-month --kind infrastructure --out /tmp/company

  200,000 events in 100 files, about 30 MB
    cargo run --release --example generate -- archive --out /tmp/archive --events 200000

  The same events in very many small files
    cargo run --release --example generate -- archive --out /tmp/small --events 200000 --per-file 8";

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Story(arguments) => story::run(&arguments),
        Command::QuietMonth(arguments) => month::run(&arguments),
        Command::CompanyMonth(arguments) => company::run(&arguments),
        Command::Archive(arguments) => archive::run(&arguments),
    };
    match done {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
