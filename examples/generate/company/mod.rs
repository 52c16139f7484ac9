//! Ordinary months of other companies, each of which works in one way only.

mod console;
mod infrastructure;
mod pipelines;
mod single_sign_on;

use std::path::PathBuf;

use crate::calendar::{self, DAY};
use crate::month::delivery;
use crate::output::{Output, Result};
use crate::story::Period;
use crate::story::stage::Stage;

/// Generate an ordinary month of a company, with nothing that a responder would have to act on
///
/// Writes CloudTrail events of account 111122223333 from 2026-10-12 to 2026-11-10.
#[derive(clap::Args)]
pub struct Arguments {
    /// How the company works
    #[arg(long, value_enum)]
    kind: Kind,
    /// A folder that does not exist yet or is empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Seed: another number gives other days and identifiers
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Kind {
    /// Many people, all of them through IAM Identity Center, and operators from another account
    SingleSignOn,
    /// Terraform from a CI provider's machines, and CloudFormation with a role of its own
    Infrastructure,
    /// Glue, EMR, Batch and Athena, with much S3
    Pipelines,
    /// People with IAM users and a second factor in the console
    Console,
}

pub fn run(arguments: &Arguments) -> Result<String> {
    let output = Output::create(&arguments.out, 1)?;
    let start = calendar::midnight(2026, 10, 12);
    let period = Period { start, end: start + 30 * DAY, access_logs_from: start };
    let mut stage = Stage::new(arguments.seed, period);
    match arguments.kind {
        Kind::SingleSignOn => single_sign_on::play(&mut stage),
        Kind::Infrastructure => infrastructure::play(&mut stage),
        Kind::Pipelines => pipelines::play(&mut stage),
        Kind::Console => console::play(&mut stage),
    }
    let delivered = delivery::deliver(stage, &output)?;
    Ok(format!(
        "{} events in {} CloudTrail files, in {}",
        delivered.events,
        delivered.trail_files,
        arguments.out.display()
    ))
}
