//! Counts people by the rows that a query on the user's database returns.

use std::collections::HashMap;

use super::counter::Counter;
use super::database::{DatabaseError, Limits, Query, QueryRun, ResultRow, Target};
use super::interner::{TextId, normalized_jurisdiction, normalized_kind};
use super::objects::Objects;
use super::summary::{Impact, Matched};
use crate::ui::number;

/// Adds up the rows of the result. A row stands for a `person` (an id), for a number of `persons`, or, with both,
/// for a group with an id. It may have a number of `records`, too. `bucket` and `key` name its object. Persons
/// without an id are summed over rows.
///
/// # Errors
/// As [`Query::run`].
pub fn count_by_query(
    objects: &Objects,
    query: &Query,
    target: &Target,
    limits: Limits,
) -> Result<Impact, DatabaseError> {
    let mut rows = Rows::new(objects);
    let run = query.run(target, &objects.list, limits, &mut |line| rows.add(line))?;
    Ok(rows.finish(&run))
}

struct Rows<'o> {
    objects: &'o Objects,
    counter: Counter,
    /// The entities of people without an id, by jurisdiction and kind.
    unnamed: HashMap<(TextId, TextId), u32>,
    /// By object: whether a row refers to it.
    mentioned: Vec<bool>,
    /// Rows with neither a person nor a number.
    empty: u64,
    /// Negative numbers. They count as not known.
    negative: u64,
    /// Rows with an object that was not accessed.
    not_accessed: u64,
    /// Rows with a key but no bucket, although there are several buckets.
    ambiguous: u64,
    /// The bucket of all objects, if there is only one.
    only_bucket: Option<&'o str>,
}

impl<'o> Rows<'o> {
    fn new(objects: &'o Objects) -> Rows<'o> {
        let first = objects.list.first().map(|o| &*o.bucket);
        let only = first.filter(|b| objects.list.last().is_some_and(|o| &*o.bucket == *b));
        Rows {
            objects,
            counter: Counter::default(),
            unnamed: HashMap::new(),
            mentioned: vec![false; objects.list.len()],
            empty: 0,
            negative: 0,
            not_accessed: 0,
            ambiguous: 0,
            only_bucket: only,
        }
    }

    fn add(&mut self, line: ResultRow) {
        let mut number = |n: Option<i64>| {
            let n = n?;
            self.negative += u64::from(n < 0);
            u64::try_from(n).ok()
        };
        let (records, persons) = (number(line.records), number(line.persons));
        if line.person.is_none() && records.is_none() && persons.is_none() {
            self.empty += 1;
            return;
        }
        let jurisdiction =
            normalized_jurisdiction(line.jurisdiction.as_deref().unwrap_or_default());
        let jurisdiction = self.counter.jurisdictions.id(&jurisdiction);
        let kind =
            self.counter.kinds.id(&normalized_kind(line.kind.as_deref().unwrap_or_default()));
        let object = self.object(line.bucket.as_deref(), line.key.as_deref());
        if let Some(object) = object {
            self.mentioned[object] = true;
            self.counter.count_object(object as u32, jurisdiction, kind);
        }
        if let Some(records) = records {
            self.counter.records(&[jurisdiction], &[kind], records);
        }
        match line.person {
            Some(id) => {
                let source = self.counter.source("query");
                let person = self.counter.entity(source, &id, persons.is_some());
                self.counter.set_people(person, jurisdiction, kind, persons.unwrap_or(1));
                if let Some(object) = object {
                    self.counter.link_object(person, object as u32);
                }
            }
            None => {
                let new = || self.counter.unnamed();
                let group = *self.unnamed.entry((jurisdiction, kind)).or_insert_with(new);
                self.counter.add_people(group, jurisdiction, kind, persons.unwrap_or(0));
            }
        }
    }

    fn object(&mut self, bucket: Option<&str>, key: Option<&str>) -> Option<usize> {
        let key = key?;
        let Some(bucket) = bucket.or(self.only_bucket) else {
            self.ambiguous += 1;
            return None;
        };
        let found = self.objects.find(bucket, key);
        self.not_accessed += u64::from(found.is_none());
        found
    }

    fn finish(self, run: &QueryRun) -> Impact {
        let accessed = self.objects.list.len() as u64;
        let matched = match run.columns.has("key") && self.ambiguous == 0 {
            true => {
                let unmatched =
                    self.mentioned.iter().enumerate().filter(|(_, is_mentioned)| !**is_mentioned);
                Matched::AllBut(unmatched.map(|(at, _)| at).collect())
            }
            false => Matched::Unknown,
        };
        let notes = self.notes(run, &matched);
        let known = match &matched {
            Matched::AllBut(unmatched) => Some(accessed - unmatched.len() as u64),
            Matched::Unknown => None,
        };
        let counted = self.counter.finish(known);
        Impact {
            accessed,
            buckets: self.objects.buckets(),
            operations: self.objects.operations(),
            keyless: self.objects.keyless,
            unsent: run.nul,
            matched,
            total: counted.total,
            rows: counted.rows,
            jurisdictions: counted.jurisdictions,
            kinds: counted.kinds,
            named: counted.named,
            unnamed: counted.unnamed,
            in_several: counted.in_several,
            patterns: Vec::new(),
            notes,
            people: counted.people,
        }
    }

    fn notes(&self, run: &QueryRun, matched: &Matched) -> Vec<String> {
        let rows = |n: u64| number::counted(n, "row", "rows");
        let mut notes = Vec::new();
        if *matched == Matched::Unknown {
            let why = match self.ambiguous {
                0 => "the query returns no `key`".to_string(),
                n => format!("{} with a `key`, but without a `bucket`", rows(n)),
            };
            notes.push(format!("the matched objects are not known: {why}"));
        }
        if !run.columns.has("person") && !run.columns.has("persons") {
            notes
                .push("the query returns neither `person` nor `persons`: nobody is counted".into());
        }
        if self.empty > 0 {
            notes.push(format!("{} without a person or number, ignored", rows(self.empty)));
        }
        if self.negative > 0 {
            let n = number::counted(self.negative, "negative number", "negative numbers");
            notes.push(format!("{n}, counted as not known"));
        }
        if self.not_accessed > 0 {
            notes.push(format!(
                "{} with objects that were not accessed, but counted",
                rows(self.not_accessed)
            ));
        }
        if run.nul > 0 {
            let n = number::counted(run.nul, "object", "objects");
            notes.push(format!("{n} not sent: PostgreSQL's text cannot contain NUL"));
        }
        if !run.columns.others.is_empty() {
            notes.push(format!("ignored columns: {}", run.columns.others.join(", ")));
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::impact::Source;
    use crate::impact::database::Columns;
    use crate::impact::objects::Object;

    fn objects(names: &[(&str, &str)]) -> Objects {
        let object = |(b, k): &(&str, &str)| Object {
            bucket: (*b).into(),
            key: (*k).into(),
            accesses: vec![],
        };
        let source = Source { what: "objects", path: "".into(), sha256: String::new() };
        Objects { list: names.iter().map(object).collect(), keyless: 0, source }
    }

    fn line(
        person: Option<&str>,
        jurisdiction: &str,
        persons: Option<i64>,
        key: &str,
    ) -> ResultRow {
        ResultRow {
            person: person.map(String::from),
            jurisdiction: Some(jurisdiction.into()),
            persons,
            key: Some(key.into()),
            ..ResultRow::default()
        }
    }

    fn count(objects: &Objects, lines: Vec<ResultRow>) -> Impact {
        let mut rows = Rows::new(objects);
        let run = QueryRun { columns: Columns::all(), nul: 0 };
        lines.into_iter().for_each(|line| rows.add(line));
        rows.finish(&run)
    }

    #[test]
    fn a_group_has_its_size_and_numbers_without_an_id_add_up() {
        let objects = objects(&[("b", "k"), ("b", "l")]);
        let lines = vec![
            line(Some("acme"), "ca", Some(800), "k"),
            line(Some("acme"), " CA ", Some(800), "l"),
            line(Some("zed"), "CA", None, "l"),
            line(None, "CA", Some(3), "k"),
            line(None, "CA", Some(3), "k"),
            line(None, "CA", Some(-3), "k"),
        ];
        let impact = count(&objects, lines);
        assert_eq!((impact.total.persons, impact.named, impact.unnamed), (807, 1, 806));
        assert_eq!((impact.jurisdictions.len(), impact.jurisdictions[0].tally.persons), (1, 807));
        assert_eq!(impact.unmatched(), Some(0));
        let notes = impact.notes.join(" ");
        assert!(notes.contains("1 negative number") && notes.contains("1 row without a person"));
    }

    #[test]
    fn a_key_needs_its_bucket_only_where_there_are_several() {
        let lines =
            || vec![line(Some("1"), "CA", None, "k"), line(Some("2"), "CA", None, "strange")];
        let one = count(&objects(&[("b", "k"), ("b", "l")]), lines());
        assert_eq!(one.matched, Matched::AllBut(vec![1]));
        assert!(
            one.notes.join(" ").contains("1 row with objects that were not accessed, but counted")
        );
        let two = count(&objects(&[("a", "k"), ("b", "k")]), lines());
        assert_eq!(
            (two.matched, two.total.objects, two.total.persons),
            (Matched::Unknown, None, 2)
        );
    }
}
