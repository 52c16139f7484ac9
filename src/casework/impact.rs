//! Saves a count of the people behind the accessed objects in a case: its lists, its numbers, and a line of the
//! journal.

use super::error::CaseworkError;
use super::open::Writing;
use crate::case::{Artifact, sha256};
use crate::clock::Clock;
use crate::impact::{Impact, Objects};
use crate::journal::Event;
use crate::report::impact::{Counted, Json, List, persons, unmatched};
use crate::report::{Format, RenderOptions};

/// The lists of a count, with the contents of their files.
pub struct ImpactLists {
    /// What the report says about each list.
    pub lists: Vec<List>,
    /// Names and contents.
    files: Vec<(String, Vec<u8>)>,
}

impl ImpactLists {
    /// The lists of the count with this number: the objects that it could not count and, with `people`, the ids of the
    /// people.
    ///
    /// # Errors
    /// When a list cannot be written as CSV.
    pub fn of(
        number: u64,
        impact: &Impact,
        objects: &Objects,
        people: bool,
    ) -> Result<ImpactLists, CaseworkError> {
        let mut lists = ImpactLists { lists: Vec::new(), files: Vec::new() };
        if let Some(rows) = impact.unmatched().filter(|n| *n > 0) {
            let file = Artifact::ImpactUnmatched.numbered(number);
            lists.add("unmatched", file, rows, unmatched(impact, objects)?);
        }
        if people {
            let file = Artifact::ImpactPersons.numbered(number);
            let rows = impact.people.len() as u64;
            lists.add("persons", file, rows, persons(&impact.people)?);
        }
        Ok(lists)
    }

    fn add(&mut self, what: &'static str, file: String, rows: u64, bytes: Vec<u8>) {
        self.lists.push(List { what, file: file.clone(), sha256: sha256(&bytes), rows });
        self.files.push((file, bytes));
    }
}

/// Writes the lists, the numbers and the journal's line. Returns the name of the file with the numbers.
///
/// # Errors
/// When a file exists or the disk refuses.
pub fn save_impact(
    writing: &mut Writing,
    number: u64,
    counted: &Counted<'_>,
    lists: &ImpactLists,
    author: String,
    clock: Clock,
) -> Result<String, CaseworkError> {
    let name = Artifact::Impact.numbered(number);
    let mut files = lists.files.clone();
    let mut numbers = Vec::new();
    // Ids of people are only in their own list, never in the file with the numbers.
    Json.render(&Counted { people: false, ..*counted }, &mut numbers, &RenderOptions::default())?;
    files.push((name.clone(), numbers));
    writing.save(&files, clock, |files| Event::Impact {
        author,
        files,
        objects: counted.impact.accessed,
        unmatched: counted.impact.unmatched(),
        records: counted.impact.total.records,
        persons: counted.impact.total.persons,
    })?;
    Ok(name)
}
