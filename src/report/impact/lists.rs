//! CSV lists, safe to open in a spreadsheet: the people with an id, and the objects that match no pattern.

use std::io;

use crate::impact::{Impact, Matched, Objects, Person};
use crate::report::escape::{cell, list};

/// One row per person and jurisdiction. `objects` is empty if it is not known.
///
/// # Errors
/// None but those of memory.
pub fn persons(people: &[Person]) -> io::Result<Vec<u8>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["person", "source", "jurisdiction", "kinds", "objects"])?;
    for person in people {
        let objects = if person.objects == 0 { String::new() } else { person.objects.to_string() };
        csv.write_record([
            &*cell(&person.id),
            &*cell(&person.source),
            &*cell(person.jurisdiction.as_deref().unwrap_or_default()),
            &list(&person.kinds),
            &objects,
        ])?;
    }
    csv.into_inner().map_err(|e| e.into_error())
}

/// One row per object.
///
/// # Errors
/// None but those of memory.
pub fn unmatched(impact: &Impact, objects: &Objects) -> io::Result<Vec<u8>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["bucket", "key", "operations"])?;
    let places: &[usize] = match &impact.matched {
        Matched::AllBut(places) => places,
        Matched::Unknown => &[],
    };
    for object in places.iter().filter_map(|at| objects.list.get(*at)) {
        let mut operations: Vec<&str> = object.accesses.iter().map(|a| &*a.operation).collect();
        operations.dedup();
        csv.write_record([&*cell(&object.bucket), &*cell(&object.key), &list(&operations)])?;
    }
    csv.into_inner().map_err(|e| e.into_error())
}
