//! The document `incident.impact/1`: only numbers, unless `people` is set.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::{Counted, List};
use crate::impact::{PatternTally, Person, Row, Source, Tally};
use crate::report::escape::write_json;
use crate::report::{Format, RenderOptions};

/// The `json` format.
pub struct Json;

impl<'a> Format<Counted<'a>> for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn render(&self, c: &Counted<'a>, out: &mut dyn Write, _: &RenderOptions) -> io::Result<()> {
        write_json(&document(c), out)
    }
}

fn document(counted: &Counted<'_>) -> Value {
    let impact = counted.impact;
    let names = |list: &[(std::sync::Arc<str>, u64)]| {
        let pairs = list.iter().map(|(name, n)| (name.to_string(), Value::from(*n)));
        Value::Object(pairs.collect::<Map<_, _>>())
    };
    let thresholds = impact.thresholds();
    let residents: Vec<Value> = thresholds
        .residents
        .iter()
        .map(|(name, persons)| json!({"jurisdiction": **name, "persons": persons}))
        .collect();
    let mut document = json!({
        "schema": "incident.impact/1",
        "case": counted.case,
        "time": counted.time,
        "program": counted.program,
        "by": if counted.database.is_some() { "query" } else { "patterns" },
        "database": counted.database,
        "sources": counted.sources.iter().map(source).collect::<Vec<_>>(),
        "complete": !impact.incomplete(),
        "objects": {
            "accessed": impact.accessed,
            "matched": impact.total.objects,
            "unmatched": impact.unmatched(),
            "not_handed_over": impact.unsent,
            "buckets": names(&impact.buckets),
            "operations": names(&impact.operations),
        },
        "requests_without_key": impact.keyless,
        "records": impact.total.records,
        "persons": {
            "total": impact.total.persons,
            "with_id": impact.named,
            "without_id": impact.unnamed,
            "no_jurisdiction": impact.nowhere(),
            "several_jurisdictions": impact.in_several,
        },
        "thresholds": {
            "individuals": {"at_least": 500, "reached": thresholds.individuals},
            "residents_of_one_jurisdiction": {"more_than": 500, "reached_by": residents},
        },
        "rows": impact.rows.iter().map(row).collect::<Vec<_>>(),
        "jurisdictions": impact.jurisdictions.iter().map(jurisdiction).collect::<Vec<_>>(),
        "kinds": impact.kinds.iter().map(kind).collect::<Vec<_>>(),
        "patterns": impact.patterns.iter().map(pattern).collect::<Vec<_>>(),
        "notes": impact.notes,
        "lists": counted.lists.iter().map(list).collect::<Vec<_>>(),
    });
    if counted.people {
        document["people"] = impact.people.iter().map(person).collect();
    }
    document
}

fn source(source: &Source) -> Value {
    let file = source.path.display().to_string();
    json!({"what": source.what, "file": file, "sha256": source.sha256})
}

fn tally(tally: &Tally) -> Value {
    json!({"objects": tally.objects, "records": tally.records, "persons": tally.persons})
}

fn row(row: &Row) -> Value {
    let mut value = tally(&row.tally);
    value["jurisdiction"] = json!(row.jurisdiction.as_deref());
    value["kind"] = json!(row.kind.as_deref());
    value
}

fn jurisdiction(row: &Row) -> Value {
    let mut value = tally(&row.tally);
    value["jurisdiction"] = json!(row.jurisdiction.as_deref());
    value
}

fn kind(row: &Row) -> Value {
    let mut value = tally(&row.tally);
    value["kind"] = json!(row.kind.as_deref());
    value
}

fn pattern(pattern: &PatternTally) -> Value {
    let covered: Vec<Value> = pattern
        .covered
        .iter()
        .map(|(first, objects)| json!({"by": first, "objects": objects}))
        .collect();
    json!({
        "name": pattern.name,
        "objects": pattern.objects,
        "covered": covered,
        "without_id": pattern.without_id,
        "not_in_lookup": pattern.not_in_lookup,
        "without_records": pattern.without_records,
    })
}

fn list(list: &List) -> Value {
    json!({"what": list.what, "file": list.file, "sha256": list.sha256, "rows": list.rows})
}

fn person(person: &Person) -> Value {
    let kinds: Vec<&str> = person.kinds.iter().map(|k| &**k).collect();
    json!({
        "person": person.id,
        "source": &*person.source,
        "jurisdiction": person.jurisdiction.as_deref(),
        "kinds": kinds,
        "objects": (person.objects > 0).then_some(person.objects),
    })
}
