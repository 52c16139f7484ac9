//! `incident state`: shows, verifies and prunes the state that earlier runs stored about logs at AWS.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Subcommand};

use crate::cli::args::state::default_folder;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::clock::DAY;
use crate::report::state::{Checksums, Removed, Stored, StoredBatch, StoredPart};
use crate::state::{Batch, list_parts, prune};

const EXAMPLES: &str = "Examples:
  incident state show
  incident state verify
  incident state prune --keep 100
  incident state show --state /var/lib/incident";

/// Show, verify or prune the state that earlier runs stored about logs at AWS
///
/// 'incident analyze' stores which objects it has read and the rollups of each day, as Parquet, so that the next run
/// reads only what is new. You can delete any part of it: the next run reads its logs again.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show what is stored: logs, days, objects, size
    #[command(after_help = EXAMPLES)]
    Show(Folder),
    /// Compare every file with its checksum
    #[command(after_help = EXAMPLES)]
    Verify(Folder),
    /// Remove days that are older than --keep, and damaged files
    #[command(after_help = EXAMPLES)]
    Prune(Prune),
}

#[derive(Debug, ClapArgs)]
struct Folder {
    /// The state folder [default: $XDG_STATE_HOME/incident, or ~/.local/state/incident]
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
struct Prune {
    #[command(flatten)]
    folder: Folder,
    /// Days to keep, counted back from today
    #[arg(long, value_name = "DAYS", default_value_t = 100,
          value_parser = clap::value_parser!(u32).range(1..=36_500))]
    keep: u32,
}

impl Folder {
    fn path(&self) -> Result<PathBuf, CommandError> {
        self.state.clone().or_else(default_folder).ok_or_else(|| {
            CommandError::usage("no state folder: HOME and XDG_STATE_HOME are not set")
                .hint("give --state DIR")
        })
    }
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    match &args.command {
        Command::Show(folder) => show(cx, &folder.path()?, false),
        Command::Verify(folder) => show(cx, &folder.path()?, true),
        Command::Prune(args) => remove(cx, &args.folder.path()?, args.keep),
    }
}

/// Lists every batch; with `check`, compares it with its checksums.
fn show(cx: &Cx, root: &Path, check: bool) -> Result<Exit, CommandError> {
    let list = list_parts(root)?;
    let mut stored = Stored { folder: root.to_path_buf(), parts: Vec::new() };
    for (part, key) in &list.parts {
        let name = part.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let (batches, damaged) = list.batches(part)?;
        let row = |batch: &Batch| {
            let checksums = match check.then(|| batch.check()) {
                None => Checksums::NotCompared,
                Some(Ok(())) => Checksums::Agree,
                Some(Err(e)) => Checksums::Differ(e.to_string()),
            };
            StoredBatch::new(batch, checksums)
        };
        stored.parts.push(StoredPart {
            name,
            key: key.clone(),
            batches: batches.iter().map(row).collect(),
            damaged: damaged.iter().map(ToString::to_string).collect(),
        });
    }
    let mut out = cx.ui.out();
    stored.write(&mut out)?;
    out.flush()?;
    Ok(if stored.is_whole() { Exit::Done } else { Exit::Incomplete })
}

fn remove(cx: &Cx, root: &Path, keep: u32) -> Result<Exit, CommandError> {
    let before = cx.clock.now().div_euclid(DAY) - i64::from(keep);
    let pruned = prune(root, before)?;
    let mut out = cx.ui.out();
    Removed { pruned, before }.write(&mut out)?;
    out.flush()?;
    Ok(Exit::Done)
}
