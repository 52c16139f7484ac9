//! Takes away what is older than wanted.

use std::fs;
use std::path::Path;

use super::{StateError, Survey, last, survey};

/// What was taken away.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Pruned {
    pub batches: u64,
    pub bytes: u64,
    pub parts: u64,
}

/// Removes the batches whose events all lie before `day` (since 1970), damaged ones, and parts that are empty
/// then. Logs that are still in their bucket are read again when a window asks for them.
///
/// # Errors
/// When the folder is no state, another process holds it, or something cannot be removed.
pub fn prune(root: &Path, day: i64) -> Result<Pruned, StateError> {
    let survey = survey(root)?;
    let mut pruned = Pruned::default();
    last::prune(root, day)?;
    for (part, _) in &survey.parts {
        let kept = batches(&survey, part, day, &mut pruned)?;
        if kept == 0 {
            fs::remove_dir_all(part).map_err(StateError::io(part))?;
            pruned.parts += 1;
        }
    }
    Ok(pruned)
}

fn batches(
    survey: &Survey,
    part: &Path,
    day: i64,
    pruned: &mut Pruned,
) -> Result<usize, StateError> {
    let (whole, damaged) = survey.batches(part)?;
    let mut kept = 0;
    for batch in whole {
        let wanted = batch.last_day().is_some_and(|last| last >= day);
        if wanted && batch.check().is_ok() {
            kept += 1;
            continue;
        }
        pruned.bytes += batch.bytes();
        remove(batch.folder(), pruned)?;
    }
    for folder in damaged.iter().filter_map(|e| e.batch(part)) {
        remove(&folder, pruned)?;
    }
    Ok(kept)
}

/// Out of the way by one rename first: half a batch would be a damaged one.
fn remove(folder: &Path, pruned: &mut Pruned) -> Result<(), StateError> {
    let name = folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let aside = folder.with_file_name(format!(".{name}"));
    fs::rename(folder, &aside).map_err(StateError::io(folder))?;
    fs::remove_dir_all(&aside).map_err(StateError::io(&aside))?;
    pruned.batches += 1;
    Ok(())
}
