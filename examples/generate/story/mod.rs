//! The sample story: two quiet weeks of a small company, then an attack with a leaked key.

mod admins;
mod application;
mod attack;
pub mod bucket;
pub mod call;
pub mod cast;
mod ci;
mod delivery;
mod developer;
mod services;
pub mod session;
pub mod stage;

use std::path::PathBuf;

use crate::calendar::{self, DAY, HOUR};
use crate::output::{Output, Result};

/// Generate the sample story: two quiet weeks of a small company and a leaked access key
///
/// Writes CloudTrail files and S3 server access logs of account 111122223333 from 2026-10-26 to
/// 2026-11-09, in the layout in which AWS delivers them.
#[derive(clap::Args)]
pub struct Arguments {
    /// A folder that does not exist yet or is empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Seed: another number gives other identifiers and times in the same story
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

/// When the story takes place.
#[derive(Clone, Copy)]
pub struct Period {
    pub start: i64,
    pub end: i64,
    /// From here on the invoice bucket has server access logging.
    pub access_logs_from: i64,
}

impl Period {
    fn of_story() -> Period {
        Period {
            start: calendar::midnight(2026, 10, 26),
            end: calendar::midnight(2026, 11, 9) + 20 * HOUR,
            access_logs_from: calendar::midnight(2026, 11, 8),
        }
    }

    pub fn attack_day(self) -> i64 {
        calendar::midnight(2026, 11, 9)
    }

    /// Midnights of all days, the last of which is cut short.
    pub fn days(self) -> impl Iterator<Item = i64> {
        (self.start..self.end).step_by(DAY as usize)
    }
}

pub fn run(arguments: &Arguments) -> Result<String> {
    let output = Output::create(&arguments.out, 12)?;
    let period = Period::of_story();
    let cast = cast::Cast::new(arguments.seed);
    let mut stage = stage::Stage::new(arguments.seed, period);

    services::play(&mut stage, &cast);
    application::play(&mut stage, &cast);
    ci::play(&mut stage, &cast);
    admins::play(&mut stage, &cast);
    developer::play(&mut stage, &cast);
    attack::play(&mut stage, &cast);

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
