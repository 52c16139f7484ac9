//! Removes old and damaged batches from the state.

use std::fs;
use std::path::Path;

use super::{PartList, StateError, list_parts, previous_run};

/// What was removed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Pruned {
    pub batches: u64,
    pub bytes: u64,
    pub parts: u64,
}

/// Removes batches whose events are all older than `day` (since 1970), damaged batches, and parts that are then empty.
/// Logs that are still in their bucket are read again when a window needs them.
///
/// # Errors
/// When the folder is not a state folder, another process uses it, or something cannot be removed.
pub fn prune(root: &Path, day: i64) -> Result<Pruned, StateError> {
    let list = list_parts(root)?;
    let mut pruned = Pruned::default();
    previous_run::prune(root, day)?;
    for (part, _) in &list.parts {
        let remaining = prune_batches(&list, part, day, &mut pruned)?;
        if remaining == 0 {
            fs::remove_dir_all(part).map_err(StateError::io(part))?;
            pruned.parts += 1;
        }
    }
    Ok(pruned)
}

fn prune_batches(
    list: &PartList,
    part: &Path,
    day: i64,
    pruned: &mut Pruned,
) -> Result<usize, StateError> {
    let (whole, damaged) = list.batches(part)?;
    let mut remaining = 0;
    for batch in whole {
        let recent = batch.last_day().is_some_and(|last| last >= day);
        if recent && batch.check().is_ok() {
            remaining += 1;
            continue;
        }
        pruned.bytes += batch.bytes();
        remove(batch.folder(), pruned)?;
    }
    for folder in damaged.iter().filter_map(|e| e.batch(part)) {
        remove(&folder, pruned)?;
    }
    Ok(remaining)
}

/// Renames the batch before deleting it, so that an interruption does not leave half a batch.
fn remove(folder: &Path, pruned: &mut Pruned) -> Result<(), StateError> {
    let name = folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let temporary = folder.with_file_name(format!(".{name}"));
    fs::rename(folder, &temporary).map_err(StateError::io(folder))?;
    fs::remove_dir_all(&temporary).map_err(StateError::io(&temporary))?;
    pruned.batches += 1;
    Ok(())
}
