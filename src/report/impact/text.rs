//! The count as a page: totals, tables, legal thresholds, notes.

use std::io::{self, Write};

use super::{Counted, Next};
use crate::impact::{Impact, Row, Tally};
use crate::report::{Format, RenderOptions};
use crate::ui::number::{counted as plural, grouped};
use crate::ui::sanitize::clean;
use crate::ui::{Column, Table};

/// The `text` format.
pub struct Text;

impl<'a> Format<Counted<'a>> for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn render(&self, c: &Counted<'a>, out: &mut dyn Write, _: &RenderOptions) -> io::Result<()> {
        lines(c).iter().try_for_each(|line| writeln!(out, "{line}"))
    }
}

/// Lines without control characters, with the people with an id if they are to be shown.
fn lines(counted: &Counted<'_>) -> Vec<String> {
    let impact = counted.impact;
    let mut lines = vec![format!(
        "IMPACT  {}: {}{} behind {}",
        clean(counted.case),
        if impact.incomplete() { "at least " } else { "" },
        plural(impact.total.persons, "person", "persons"),
        plural(impact.accessed, "accessed object", "accessed objects")
    )];
    lines.push(String::new());
    for (name, value) in sums(counted) {
        lines.push(format!("{name:<9} {}", clean(&value)));
    }
    if impact.rows.iter().any(|r| r.jurisdiction.is_some() || r.kind.is_some()) {
        let columns = ["jurisdiction", "kind"];
        let cells = |row: &Row| vec![jurisdiction(row), kind(row)];
        table(&mut lines, &columns, &impact.rows, cells);
        if impact.kinds.len() > 1 {
            table(&mut lines, &columns[..1], &impact.jurisdictions, |row| vec![jurisdiction(row)]);
            table(&mut lines, &columns[1..], &impact.kinds, |row| vec![kind(row)]);
        }
    }
    if !impact.patterns.is_empty() {
        lines.push(String::new());
        let mut table = Table::new([Column::text("pattern"), Column::number("objects")]);
        for pattern in &impact.patterns {
            table.row([pattern.name.as_str(), &grouped(pattern.objects)]);
        }
        lines.extend(table.lines());
    }
    lines.push(String::new());
    lines.push("THRESHOLDS  counts only; `incident clocks` says which duties follow".into());
    lines.extend(thresholds(impact));
    let notes = notes(impact);
    if !notes.is_empty() {
        lines.push(String::new());
        lines.push("NOTES".into());
        lines.extend(notes.iter().map(|note| format!("  {}", clean(note))));
    }
    if counted.people {
        lines.push(String::new());
        lines.push("PERSONS  personal data".into());
        // Never cut: readers copy the ids.
        for person in &impact.people {
            let place = person.jurisdiction.as_deref().unwrap_or("-");
            let objects = plural(person.objects, "object", "objects");
            let objects = if person.objects == 0 { String::new() } else { format!("  {objects}") };
            lines.push(format!("  {}  {}{objects}", clean(&person.id), clean(place)));
        }
    }
    lines.push(String::new());
    lines.push("NEXT".into());
    lines.push(format!("  {}", Next::of(impact, counted.folder).command));
    lines
}

fn sums(counted: &Counted<'_>) -> Vec<(&'static str, String)> {
    let impact = counted.impact;
    let buckets = plural(impact.buckets.len() as u64, "bucket", "buckets");
    let by: Vec<String> =
        impact.operations.iter().map(|(name, n)| format!("{name} {}", grouped(*n))).collect();
    let by = if by.is_empty() { String::new() } else { format!(": {}", by.join(", ")) };
    let mut sums = vec![("objects", format!("{} in {buckets}{by}", grouped(impact.accessed)))];
    let list = counted.lists.iter().find(|l| l.what == "unmatched");
    let listed = list.map_or_else(String::new, |l| format!(", listed in {}", l.file));
    let what = if counted.database.is_some() { "in no row" } else { "match no pattern" };
    sums.push(match impact.unmatched() {
        Some(0) => ("matched", "all".into()),
        Some(n) => {
            let matched = grouped(impact.accessed - n);
            ("matched", format!("{matched}; {} {what}{listed}", grouped(n)))
        }
        None => ("matched", "not known".into()),
    });
    sums.push(("records", impact.total.records.map_or_else(|| "not known".into(), grouped)));
    let mut parts = Vec::new();
    if impact.named > 0 && impact.unnamed > 0 {
        parts.push(format!("{} with an id", grouped(impact.named)));
    }
    if impact.unnamed > 0 {
        let n = grouped(impact.unnamed);
        parts.push(format!("{n} without an id, who may be counted more than once"));
    }
    if impact.nowhere() > 0 {
        parts.push(format!("{} with no known jurisdiction", grouped(impact.nowhere())));
    }
    if impact.in_several > 0 {
        parts.push(format!("{} in more than one jurisdiction", grouped(impact.in_several)));
    }
    let parts = if parts.is_empty() { String::new() } else { format!(": {}", parts.join("; ")) };
    sums.push(("persons", format!("{}{parts}", grouped(impact.total.persons))));
    if let Some(database) = counted.database {
        sums.push(("database", database.to_string()));
    }
    sums
}

fn jurisdiction(row: &Row) -> String {
    row.jurisdiction.as_deref().unwrap_or("not known").to_string()
}

fn kind(row: &Row) -> String {
    row.kind.as_deref().unwrap_or("not stated").to_string()
}

fn table(
    lines: &mut Vec<String>,
    names: &[&str],
    rows: &[Row],
    cells: impl Fn(&Row) -> Vec<String>,
) {
    let numbers = ["objects", "records", "persons"].map(Column::number);
    let mut table = Table::new(names.iter().map(|name| Column::text(name)).chain(numbers));
    for row in rows {
        let Tally { objects, records, persons } = row.tally;
        let number = |n: Option<u64>| n.map_or_else(|| "?".to_string(), grouped);
        let numbers = [number(objects), number(records), grouped(persons)];
        table.row(cells(row).into_iter().chain(numbers));
    }
    lines.push(String::new());
    lines.extend(table.lines());
}

fn thresholds(impact: &Impact) -> [String; 2] {
    let found = impact.thresholds();
    let least = if impact.incomplete() { "at least " } else { "" };
    let all = grouped(impact.total.persons);
    let reached = if found.individuals { "reached" } else { "not reached" };
    let residents: Vec<String> = found
        .residents
        .iter()
        .map(|(name, n)| format!("{} {}", clean(name), grouped(*n)))
        .collect();
    let residents = if residents.is_empty() { "none".to_string() } else { residents.join(", ") };
    [
        format!("  500 or more individuals: {least}{all}, {reached}"),
        format!("  more than 500 residents of one State or jurisdiction: {residents}"),
    ]
}

fn notes(impact: &Impact) -> Vec<String> {
    let mut notes = impact.notes.clone();
    if impact.keyless > 0 {
        let requests = plural(impact.keyless, "request names", "requests name");
        notes.push(format!("{requests} no key: the objects they accessed are not counted"));
    }
    if impact.in_several > 0 || impact.kinds.len() > 1 {
        notes.push("a person in two rows counts in each of them, and once in the total".into());
    }
    notes
}
