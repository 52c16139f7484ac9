//! Large archives for benchmarks: any number of events, in the shapes and proportions of a busy account.

mod actions;
mod bodies;
mod event;
mod population;
mod template;

use std::ops::AddAssign;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::calendar::{self, DAY, MINUTE};
use crate::output::{Output, Result, trail_path};
use crate::random::Random;
use event::Writer;
use population::Population;

/// Generate a large CloudTrail archive for benchmarks
///
/// 70 principals and AWS services, 400 access keys, 120 addresses, 50 user agents and 140 actions
/// of 26 services, in four regions, with 6 % errors. A record has about 1.4 KB.
#[derive(clap::Args)]
pub struct Arguments {
    /// A folder that does not exist yet or is empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Number of events
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    events: u64,
    /// Events per file; 8 gives very many small files
    #[arg(long, value_name = "M", default_value_t = 2000,
          value_parser = clap::value_parser!(u64).range(1..))]
    per_file: u64,
    /// Seed: another number gives other events
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// Number of days before 2026-11-09 that the events are spread over
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(i64).range(1..=3650))]
    days: i64,
    /// Compression level, from 0 to 12
    #[arg(long, default_value_t = 6)]
    level: i32,
}

/// Small files are cut out of blocks of about this many events.
const BLOCK: u64 = 2000;

/// A block lies in one of these regions, by its number.
const REGIONS: [&str; 8] = [
    "us-east-1",
    "us-east-1",
    "eu-west-1",
    "us-east-1",
    "us-west-2",
    "us-east-1",
    "eu-west-1",
    "ap-southeast-1",
];

#[derive(Clone, Copy, Default)]
struct Size {
    raw: u64,
    packed: u64,
    files: u64,
}

impl AddAssign for Size {
    fn add_assign(&mut self, other: Size) {
        self.raw += other.raw;
        self.packed += other.packed;
        self.files += other.files;
    }
}

/// State shared by all threads.
struct Plan<'a> {
    arguments: &'a Arguments,
    output: Output,
    population: Population,
    start: i64,
    end: i64,
    /// Number of events that share a random stream, a region and a time range.
    block_size: u64,
    blocks: u64,
    next: AtomicU64,
}

pub fn run(arguments: &Arguments) -> Result<String> {
    let end = calendar::midnight(2026, 11, 9);
    let start = end - arguments.days * DAY;
    let block_size = arguments.per_file * (BLOCK / arguments.per_file).max(1);
    let plan = Plan {
        arguments,
        output: Output::create(&arguments.out, arguments.level)?,
        population: Population::new(arguments.seed, start, end),
        start,
        end,
        block_size,
        blocks: arguments.events.div_ceil(block_size),
        next: AtomicU64::new(0),
    };
    let size = plan.write_in_parallel()?;
    Ok(format!(
        "{} events in {} files, {:.1} MB from {:.1} MB, in {}",
        arguments.events,
        size.files,
        size.packed as f64 / 1e6,
        size.raw as f64 / 1e6,
        arguments.out.display()
    ))
}

impl Plan<'_> {
    fn write_in_parallel(&self) -> Result<Size> {
        let threads = thread::available_parallelism()?.get();
        thread::scope(|scope| {
            let workers: Vec<_> =
                (0..threads).map(|_| scope.spawn(|| self.write_until_done())).collect();
            let mut total = Size::default();
            for worker in workers {
                total += worker.join().map_err(|_| "a thread failed")??;
            }
            Ok(total)
        })
    }

    fn write_until_done(&self) -> Result<Size> {
        let mut total = Size::default();
        let mut content = String::new();
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.blocks {
                return Ok(total);
            }
            total += self.write_block(number, &mut content)?;
        }
    }

    /// Chance depends on the number alone, so it does not matter which thread writes the block,
    /// nor into how many files it is cut.
    fn write_block(&self, number: u64, content: &mut String) -> Result<Size> {
        let seed = self.arguments.seed;
        let region = REGIONS[(number % REGIONS.len() as u64) as usize];
        let mut writer = Writer::new(&self.population, Random::new(seed, "block", number), region);
        let mut tails = Random::new(seed, "file", number);
        let count = self.block_size.min(self.arguments.events - number * self.block_size);
        let (from, to) = (self.moment(number), self.moment(number + 1));
        let time_of = |position: u64| from + (to - from) * position as i64 / count as i64;

        let mut total = Size::default();
        let mut position = 0;
        while position < count {
            let end = count.min(position + self.arguments.per_file);
            content.clear();
            content.push_str("{\"Records\":[");
            for event in position..end {
                if event > position {
                    content.push(',');
                }
                writer.write(content, time_of(event));
            }
            content.push_str("]}");
            let path = trail_path(region, time_of(end) + 4 * MINUTE, &tails.file_tail());
            let packed = self.output.write_gzip(&path, content.as_bytes())? as u64;
            total += Size { raw: content.len() as u64, packed, files: 1 };
            position = end;
        }
        Ok(total)
    }

    /// When the events of a block begin.
    fn moment(&self, number: u64) -> i64 {
        let length = i128::from(self.end - self.start);
        self.start + (length * i128::from(number) / i128::from(self.blocks)) as i64
    }
}
