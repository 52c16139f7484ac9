//! An ordinary month of an account without an attack, in which `incident` should find nothing.

mod applications;
pub mod cast;
pub mod ci;
pub mod delivery;
mod errands;
mod keys;
mod nightly;
pub mod people;
pub mod script;
mod services;
mod terraform;
mod vendors;

use std::path::PathBuf;

use crate::calendar::{self, DAY};
use crate::output::{Output, Result};
use crate::story::Period;
use crate::story::stage::Stage;

/// Generate an ordinary month of an account, with nothing that a responder would have to act on
///
/// Writes about 100,000 CloudTrail events and S3 server access logs of account 111122223333 from
/// 2026-10-12 to 2026-11-10: deployments, Terraform, people in the console, applications, nightly
/// jobs, outside tools, and the AWS services that make most of the calls.
#[derive(clap::Args)]
pub struct Arguments {
    /// A folder that does not exist yet or is empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Seed: another number gives other days, errands and identifiers
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

pub fn run(arguments: &Arguments) -> Result<String> {
    let output = Output::create(&arguments.out, 1)?;
    let start = calendar::midnight(2026, 10, 12);
    let period = Period { start, end: start + 30 * DAY, access_logs_from: start };
    let cast = cast::Cast::new(arguments.seed);
    let mut stage = Stage::new(arguments.seed, period);

    services::play(&mut stage);
    applications::play(&mut stage, &cast);
    nightly::play(&mut stage, &cast);
    ci::play(&mut stage, &cast);
    terraform::play(&mut stage, &cast);
    people::play(&mut stage, &cast);
    let errands = errands::play(&mut stage, &cast);
    keys::play(&mut stage, errands.key_rotated);
    vendors::play(&mut stage, &cast);

    let delivered = delivery::deliver(stage, &output)?;
    Ok(format!(
        "{} events in {} CloudTrail files and {} lines in {} S3 access logs, in {}",
        delivered.events,
        delivered.trail_files,
        delivered.lines,
        delivered.line_files,
        arguments.out.display()
    ))
}
