//! `incident clocks`: which notices are due, to whom, and until when.

use std::path::PathBuf;

use crate::case::Case;
use crate::casework::{Writing, facts_of};
use crate::cli::args::author::AuthorArgs;
use crate::cli::args::facts::pairs;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::output;
use crate::cli::sealing::Sealing;
use crate::clocks::{Facts, duties};
use crate::journal::{Event, verify};
use crate::report::clocks::{Clocks, formats};

/// Show the notification clocks of a case, and set the facts that start them
///
/// Writes nothing without --set. Each fact that you set is a line in the journal, with author and time; case.toml
/// does not change. An empty value removes a fact. Times without an offset are in the case's time zone.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident clocks CASE                                            what is due, and what applies
  incident clocks CASE --set regimes=gdpr,nis2 --set timezone=Europe/Berlin
  incident clocks CASE --set aware=2026-11-20T10:00 --author alice
  incident clocks CASE --set individuals=900 --set residents.CA=501
  incident clocks CASE --set 'law_enforcement_hold=oral 2026-11-21'
  incident clocks CASE --set submitted.gdpr-authority=2026-11-22T09:30
  incident clocks CASE --format json")]
pub struct Args {
    /// The case folder
    #[arg(value_name = "CASE")]
    case: PathBuf,
    /// Fact to set (can be repeated)
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    format: String,
    #[command(flatten)]
    author: AuthorArgs,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let pairs = pairs(&args.set)?;
    let (case, facts) = if pairs.is_empty() {
        let case = Case::read(&args.case)?;
        let entries = verify(&case.journal())?.entries;
        let facts = facts_of(&case, &entries)?;
        (case, facts)
    } else {
        set(cx, args, &pairs)?
    };
    let now = cx.clock.now();
    let clocks = Clocks {
        case: &case.file().id,
        folder: &args.case,
        facts: &facts,
        duties: &duties(&facts, now),
        now,
    };
    output::render(&cx.ui, &formats(), &args.format, &clocks)?;
    Ok(Exit::Done)
}

/// Sets all facts or none. Each becomes a line of the journal.
fn set(cx: &Cx, args: &Args, pairs: &[(String, String)]) -> Result<(Case, Facts), CommandError> {
    let author = args.author.name()?;
    let sealing = Sealing::new(cx)?;
    let Writing { case, mut journal } = Writing::open(&args.case, cx.clock)?;
    let mut facts = facts_of(&case, journal.entries())?;
    for (key, value) in facts.set(pairs)? {
        journal.append(Event::ClockFact { author: author.clone(), key, value })?;
    }
    sealing.finish(cx, &mut journal)?;
    Ok((case, facts))
}
