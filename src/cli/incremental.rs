//! An analysis of logs at AWS goes on from what earlier runs kept.

use xxhash_rust::xxh3::Xxh3;

use super::context::Cx;
use super::error::CommandError;
use crate::cli::args::rule_files::RuleFile;
use crate::cli::commands::state::StateArgs;
use crate::clock::DAY;
use crate::engine::incremental::{self as engine_incremental, EarlierRuns, StateUsage};
use crate::engine::local::Job;
use crate::engine::{ScanResult, rollups};
use crate::rollup::Selection;
use crate::sigma::RuleSet;
use crate::state::{Reserved, State, StateKey};
use crate::ui::number::{counted, grouped};

/// Objects that a note names.
const NAMED: usize = 5;

/// Which rules there are, in any order of files.
pub fn digest(files: &[RuleFile]) -> String {
    let mut hash = Xxh3::new();
    for file in files {
        for text in [&file.name, &file.text] {
            hash.update(&(text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
    }
    format!("{:016x}", hash.digest())
}

/// True for a window that begins with a day and goes on to now, as its baseline does.
pub fn by_days(selection: Selection) -> bool {
    let days = |at: Option<i64>| at.is_none_or(|at| at % DAY == 0);
    selection.until.is_none() && days(selection.since) && days(selection.baseline_since)
}

/// The state that an analysis of logs at AWS goes on from; `None` where nothing is to be kept. Of logs of this
/// machine there is no `selection`.
///
/// # Errors
/// When the state cannot be used.
pub fn reserve(
    cx: &Cx,
    args: &StateArgs,
    selection: Option<Selection>,
    rules: &str,
    logs: &str,
) -> Result<Option<Reserved>, CommandError> {
    let Some((root, selection)) = args.folder().zip(selection) else { return Ok(None) };
    if !by_days(selection) {
        cx.ui.status("everything is read from the logs: what earlier runs keep is by whole days (--days N, --since DATE, without --until)");
        return Ok(None);
    }
    let (rules, logs) = (rules.to_string(), logs.to_string());
    let key = StateKey { program: env!("CARGO_PKG_VERSION").to_string(), rules, logs };
    Ok(Some(State::reserve(&root, &key)?))
}

/// Reads the listing, with the state where there is one; and what has to be said in the report.
///
/// # Errors
/// When the state cannot be written.
pub fn read(
    cx: &Cx,
    args: &StateArgs,
    job: &Job<'_>,
    rules: &RuleSet,
    earlier: Option<EarlierRuns<'_>>,
) -> Result<(ScanResult, Vec<String>), CommandError> {
    let Some((earlier, root)) = earlier.zip(args.folder()) else {
        return Ok((rollups(job, rules), Vec::new()));
    };
    let (yielded, used) = engine_incremental::rollups(job, earlier, cx.clock.now())?;
    cx.ui.status(&format!(
        "{} known from earlier runs, {} read; kept in {} (--no-state keeps nothing)",
        counted(used.known, "log file", "log files"),
        grouped(used.read),
        root.display()
    ));
    Ok((yielded, notes(cx, &used)))
}

fn notes(cx: &Cx, used: &StateUsage) -> Vec<String> {
    let mut notes = Vec::new();
    let named = |objects: &[String]| {
        let more = objects.len().saturating_sub(NAMED);
        let names = objects.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        if more == 0 { names } else { format!("{names} and {more} more") }
    };
    if !used.gone.is_empty() {
        notes.push(format!(
            "{} of the logs read by earlier runs {} no longer in the bucket; what was in them counts all the same: {}.",
            counted(used.gone.len() as u64, "object", "objects"),
            if used.gone.len() == 1 { "is" } else { "are" },
            named(&used.gone)
        ));
    }
    if !used.changed.is_empty() {
        notes.push(format!(
            "{} of the logs read by earlier runs {} another content now, and both count: {}.",
            counted(used.changed.len() as u64, "object", "objects"),
            if used.changed.len() == 1 { "has" } else { "have" },
            named(&used.changed)
        ));
    }
    for damaged in &used.damaged {
        cx.ui.warning(&format!("not used, and read from the logs again: {damaged}"));
    }
    notes
}
