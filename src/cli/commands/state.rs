//! `incident state`: what earlier runs keep of logs at AWS; and the folder that an analysis uses.

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Subcommand};

use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::clock::{DAY, date};
use crate::state::{Batch, StateError, list_parts, prune};
use crate::ui::number::{bytes, counted};
use crate::ui::sanitize::clean;

/// Where rollups of logs at AWS are kept between runs.
#[derive(Debug, Clone, ClapArgs)]
#[command(next_help_heading = "State (of logs at AWS)")]
pub struct StateArgs {
    /// Folder in which is kept what was read, so that the next run reads only what is new [default:
    /// $XDG_STATE_HOME/incident, or ~/.local/state/incident]
    #[arg(long, value_name = "DIR", conflicts_with = "no_state")]
    pub state: Option<PathBuf>,
    /// Keep nothing, and read everything from the logs
    #[arg(long)]
    pub no_state: bool,
}

impl StateArgs {
    /// The folder; `None` where none is wanted, or there is no home.
    pub fn folder(&self) -> Option<PathBuf> {
        if self.no_state {
            return None;
        }
        self.state.clone().or_else(standard)
    }
}

/// Relative values of the variables are ignored (XDG Base Directory Specification).
fn standard() -> Option<PathBuf> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let home = || Some(absolute("HOME")?.join(".local").join("state"));
    Some(absolute("XDG_STATE_HOME").or_else(home)?.join("incident"))
}

impl From<StateError> for CommandError {
    fn from(e: StateError) -> CommandError {
        let error = CommandError::failed(e.to_string());
        match e {
            StateError::Locked(_) => error.hint(
                "wait until it has ended; or give --state another folder, or --no-state to keep nothing",
            ),
            StateError::NotAState(_) => error.hint("give --state a folder of its own"),
            StateError::None(_) => error.hint(
                "'incident analyze --days 7' keeps what it reads at AWS; --state names another folder",
            ),
            StateError::Newer { .. } => {
                error.hint("use that version, or give --state another folder")
            }
            StateError::Io(..) | StateError::Damaged(..) => error.hint(
                "--no-state keeps nothing; 'incident state verify' says what of a state is whole",
            ),
        }
    }
}

const EXAMPLES: &str = "Examples:
  incident state show
  incident state verify
  incident state prune --keep 100
  incident state show --state /var/lib/incident";

/// Look at, check or thin out what earlier runs keep of logs at AWS
///
/// 'incident analyze' keeps which objects it has read and the rollups of each day, as Parquet, so that the next
/// run reads only what is new. Nothing in it is needed: what is taken away is read from the logs again.
#[derive(Debug, ClapArgs)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// What is kept: logs, days, objects, size
    Show(Folder),
    /// Compare every file with its checksum
    Verify(Folder),
    /// Remove what is older than so many days, and what is damaged
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
        self.state.clone().or_else(standard).ok_or_else(|| {
            CommandError::usage("there is no home folder").hint("give --state the state folder")
        })
    }
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    match &args.command {
        Command::Show(folder) => look(cx, &folder.path()?, false),
        Command::Verify(folder) => look(cx, &folder.path()?, true),
        Command::Prune(args) => thin(cx, &args.folder.path()?, args.keep),
    }
}

fn look(cx: &Cx, root: &Path, check: bool) -> Result<Exit, CommandError> {
    let list = list_parts(root)?;
    let mut out = cx.ui.out();
    let mut whole = true;
    writeln!(out, "{}", clean(&root.display().to_string()))?;
    for (part, about) in &list.parts {
        let name = part.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let logs = about.as_ref().map_or("no state that is known", |about| &about.logs);
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
        writeln!(out, "\nnothing is kept")?;
    }
    if !whole {
        writeln!(out, "\nWhat is damaged is not used: its logs are read again.")?;
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

fn thin(cx: &Cx, root: &Path, keep: u32) -> Result<Exit, CommandError> {
    let day = cx.clock.now().div_euclid(DAY) - i64::from(keep);
    let pruned = prune(root, day)?;
    let mut out = cx.ui.out();
    writeln!(
        out,
        "removed {} with {}: all before {}",
        counted(pruned.batches, "batch", "batches"),
        bytes(pruned.bytes),
        date(day * DAY)
    )?;
    out.flush()?;
    Ok(Exit::Done)
}
