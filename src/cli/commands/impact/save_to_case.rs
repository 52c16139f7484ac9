//! Saves a count in the case: its lists, its numbers, and a line of the journal.

use crate::case::{sha256, write_new};
use crate::cli::commands::case::Writing;
use crate::cli::error::CommandError;
use crate::impact::{Impact, Objects};
use crate::journal::{Event, seal};
use crate::report::impact::{Counted, Json, List, persons, unmatched};
use crate::report::{Format, RenderOptions};

/// `impact-001`: the prefix of all file names of this count.
///
/// # Errors
/// When the folder cannot be read.
pub fn number(writing: &Writing) -> Result<String, CommandError> {
    Ok(format!("impact-{:03}", writing.case.next_number("impact")?))
}

/// Writes the unmatched objects and, with `people`, the ids.
///
/// # Errors
/// When a file exists or the disk refuses.
pub fn lists(
    writing: &Writing,
    number: &str,
    impact: &Impact,
    objects: &Objects,
    people: bool,
) -> Result<Vec<List>, CommandError> {
    let mut lists = Vec::new();
    let mut write = |what: &'static str, rows: u64, bytes: &[u8]| {
        let file = format!("{number}-{what}.csv");
        write_new(&writing.case.root().join(&file), bytes)?;
        lists.push(List { what, file, sha256: sha256(bytes), rows });
        Ok::<(), CommandError>(())
    };
    if let Some(rows) = impact.unmatched().filter(|n| *n > 0) {
        write("unmatched", rows, &unmatched(impact, objects)?)?;
    }
    if people {
        write("persons", impact.people.len() as u64, &persons(&impact.people)?)?;
    }
    Ok(lists)
}

/// Writes the numbers and the journal's line. Returns the file's name.
///
/// # Errors
/// As [`lists`].
pub fn count(
    writing: &mut Writing,
    number: &str,
    counted: &Counted<'_>,
    author: String,
) -> Result<String, CommandError> {
    let file = format!("{number}.json");
    let mut bytes = Vec::new();
    Json.render(&Counted { people: false, ..*counted }, &mut bytes, &RenderOptions::default())?;
    write_new(&writing.case.root().join(&file), &bytes)?;
    let lists = counted.lists.iter().map(|l| (l.file.clone(), l.sha256.clone()));
    let own = (file.clone(), sha256(&bytes));
    writing.journal.append(Event::Impact {
        author,
        files: lists.chain([own]).collect(),
        objects: counted.impact.accessed,
        unmatched: counted.impact.unmatched(),
        records: counted.impact.total.records,
        persons: counted.impact.total.persons,
    })?;
    seal(&writing.case, &mut writing.journal, counted.time)?;
    Ok(file)
}
