//! `incident state`: shows, verifies and prunes the state that earlier runs stored about logs at AWS.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Subcommand};

use crate::cli::args::state::default_folder;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::clock::{DAY, date};
use crate::state::{Batch, list_parts, prune};
use crate::ui::number::{bytes, counted};
use crate::ui::sanitize::clean;

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
    let mut out = cx.ui.out();
    let mut whole = true;
    writeln!(out, "{}", clean(&root.display().to_string()))?;
    for (part, about) in &list.parts {
        let name = part.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let logs =
            about.as_ref().map_or("written by another version of incident", |about| &about.logs);
        writeln!(out, "\n{}  {}", clean(&name), clean(logs))?;
        if let Some(about) = about {
            writeln!(out, "  incident {}, rules {}", about.program, about.rules)?;
        }
        let (batches, damaged) = list.batches(part)?;
        for batch in &batches {
            let found = if check { batch.check() } else { Ok(()) };
            writeln!(out, "  {}{}", line(batch), if check && found.is_ok() { "  ok" } else { "" })?;
            if let Err(e) = found {
                whole = false;
                writeln!(out, "    DAMAGED {}", clean(&e.to_string()))?;
            }
        }
        for e in damaged {
            whole = false;
            writeln!(out, "  DAMAGED {}", clean(&e.to_string()))?;
        }
    }
    if list.parts.is_empty() {
        writeln!(out, "\nthe state is empty")?;
    }
    if !whole {
        writeln!(out, "\nDamaged files are not used: the next run reads their logs again.")?;
    }
    out.flush()?;
    Ok(if whole { Exit::Done } else { Exit::Incomplete })
}

fn line(batch: &Batch) -> String {
    let days = match (batch.days().min(), batch.days().max()) {
        (Some(first), Some(last)) if first < last => {
            format!("{} to {}", date(first * DAY), date(last * DAY))
        }
        (Some(day), _) => date(day * DAY),
        _ => "no events".to_string(),
    };
    format!(
        "{}  written {}  {days}  {}  {}",
        batch.name(),
        batch.written(),
        counted(batch.objects.len() as u64, "object", "objects"),
        bytes(batch.bytes())
    )
}

fn remove(cx: &Cx, root: &Path, keep: u32) -> Result<Exit, CommandError> {
    let day = cx.clock.now().div_euclid(DAY) - i64::from(keep);
    let pruned = prune(root, day)?;
    let mut out = cx.ui.out();
    writeln!(
        out,
        "removed {} with {}: all days before {}",
        counted(pruned.batches, "batch", "batches"),
        bytes(pruned.bytes),
        date(day * DAY)
    )?;
    out.flush()?;
    Ok(Exit::Done)
}
