//! Continues from the state of earlier runs, for logs at AWS.

use std::collections::BTreeSet;
use std::path::Path;

use xxhash_rust::xxh3::Xxh3;

use super::rule_files::RuleFile;
use super::{Error, Observer};
use crate::clock::{DAY, Millis};
use crate::engine::incremental::{EarlierRuns, StateUsage, rollups as continue_from};
use crate::engine::local::Job;
use crate::engine::{ScanResult, rollups};
use crate::rollup::Selection;
use crate::sigma::RuleSet;
use crate::state::{Reserved, State, StateKey};
use crate::ui::number::{counted, grouped};

/// Objects that a note names.
const NAMED: usize = 5;

/// Identifies the rules by their names and texts, and by the accounts that they count as ours.
pub fn rules_digest(files: &[RuleFile], known: &BTreeSet<String>) -> String {
    let mut hash = Xxh3::new();
    let rules = files.iter().flat_map(|file| [&file.name, &file.text]);
    for text in rules.chain(known) {
        hash.update(&(text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    }
    format!("{:016x}", hash.digest())
}

/// True for a window without an end if window and baseline begin at midnight (UTC): the state stores whole days.
pub fn is_whole_days(selection: Selection) -> bool {
    let days = |at: Option<i64>| at.is_none_or(|at| at % DAY == 0);
    selection.until.is_none() && days(selection.since) && days(selection.baseline_since)
}

/// Locks the state for these logs and rules. `None` without a folder, for local logs (which have no `selection` yet),
/// and for a window that does not consist of whole days.
///
/// # Errors
/// When the state cannot be used.
pub fn reserve(
    root: Option<&Path>,
    selection: Option<Selection>,
    rules: &str,
    source: &str,
    observer: &dyn Observer,
) -> Result<Option<Reserved>, Error> {
    let Some((root, selection)) = root.zip(selection) else { return Ok(None) };
    if !is_whole_days(selection) {
        observer.status("the state is not used, and all logs are read: the state stores whole days only (--days N or \
            --since DATE, without --until)");
        return Ok(None);
    }
    let key = StateKey {
        program: env!("CARGO_PKG_VERSION").to_string(),
        rules: rules.to_string(),
        logs: source.to_string(),
    };
    Ok(Some(State::reserve(root, &key)?))
}

/// Scans the listing. With a state, scans only the inputs that no earlier run has read.
///
/// # Errors
/// When the state cannot be written.
pub fn scan(
    job: &Job<'_>,
    rules: &RuleSet,
    earlier: Option<EarlierRuns<'_>>,
    now: Millis,
) -> Result<(ScanResult, Option<StateUsage>), Error> {
    let Some(earlier) = earlier else {
        return Ok((rollups(job, rules), None));
    };
    let (result, used) = continue_from(job, earlier, now)?;
    Ok((result, Some(used)))
}

/// Tells the observer what came from the state, and returns the notes on it for the report.
pub fn report_used(used: &StateUsage, root: &Path, observer: &dyn Observer) -> Vec<String> {
    observer.status(&format!(
        "{} read by earlier runs, {} read now; state saved in {} (--no-state saves none)",
        counted(used.known, "log file", "log files"),
        grouped(used.read),
        root.display()
    ));
    for damaged in &used.damaged {
        observer.warning(&format!(
            "damaged state was ignored, and its logs were read again: {damaged}"
        ));
    }
    let mut notes = Vec::new();
    if !used.gone.is_empty() {
        notes.push(format!(
            "{} of the logs that earlier runs read {} no longer in the bucket; {} events still count: {}.",
            counted(used.gone.len() as u64, "object", "objects"),
            if used.gone.len() == 1 { "is" } else { "are" },
            if used.gone.len() == 1 { "its" } else { "their" },
            first_names(&used.gone)
        ));
    }
    if !used.changed.is_empty() {
        notes.push(format!(
            "{} of the logs that earlier runs read {} changed since; the old and the new content both count: {}.",
            counted(used.changed.len() as u64, "object", "objects"),
            if used.changed.len() == 1 { "has" } else { "have" },
            first_names(&used.changed)
        ));
    }
    notes
}

fn first_names(objects: &[String]) -> String {
    let names = objects.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match objects.len().saturating_sub(NAMED) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}
