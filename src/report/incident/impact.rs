//! The newest count of people in a case, as `incident impact` wrote it.

use serde_json::Value;

use super::input::{Impact, Jurisdiction};

/// Numbers and sentences of the document `incident.impact/1`.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub fn read(bytes: &[u8]) -> Result<Impact, String> {
    let document: Value =
        serde_json::from_slice(bytes).map_err(|e| format!("it cannot be read: {e}"))?;
    if document["schema"] != "incident.impact/1" {
        return Err("incident did not write this impact count".into());
    }
    let number = |pointer: &str| document.pointer(pointer).and_then(Value::as_u64);
    let Some(objects) = number("/objects/accessed") else {
        return Err("it has no number of objects".into());
    };
    let by = match document["by"].as_str() {
        Some("query") => "a query on the data's own database",
        _ => "patterns of their keys",
    };
    let records = number("/records").map_or_else(String::new, |n| format!(", records: {n}"));
    let statement = format!("Counted by {by}; accessed objects: {objects}{records}.");
    let list = |name: &str| document[name].as_array().cloned().unwrap_or_default();
    let jurisdictions = list("jurisdictions").iter().map(jurisdiction).collect();
    let text = |value: &Value| value.as_str().map(str::to_string);
    let mut limits: Vec<String> = list("notes").iter().filter_map(text).collect();
    let known = [
        ("/objects/unmatched", "accessed objects with unknown content"),
        ("/requests_without_key", "requests whose objects the log does not name"),
        ("/persons/without_id", "people without an id, who may be counted more than once"),
        ("/persons/several_jurisdictions", "people who count in more than one jurisdiction"),
    ];
    let more = known.iter().filter_map(|(pointer, what)| {
        number(pointer).filter(|n| *n > 0).map(|n| format!("{what}: {n}"))
    });
    limits.extend(more);
    if document["complete"] == false {
        limits.push("the numbers are lower bounds".into());
    }
    Ok(Impact { statement, people: number("/persons/total"), jurisdictions, limits })
}

fn jurisdiction(row: &Value) -> Jurisdiction {
    let objects = row["objects"].as_u64().map_or_else(|| "not known".into(), |n| n.to_string());
    Jurisdiction {
        name: row["jurisdiction"].as_str().unwrap_or("not known").to_string(),
        people: row["persons"].as_u64().unwrap_or(0),
        basis: format!("accessed objects: {objects}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_limits_are_taken_over() {
        let text = br#"{"schema": "incident.impact/1", "by": "patterns", "complete": false,
            "objects": {"accessed": 5, "unmatched": 2}, "records": 8, "persons": {"total": 43},
            "jurisdictions": [{"jurisdiction": "CA", "persons": 3, "objects": 4},
                {"jurisdiction": null, "persons": 40, "objects": null}],
            "notes": ["'exports' fits no object"]}"#;
        let impact = read(text).unwrap();
        assert_eq!(impact.people, Some(43));
        let said = "Counted by patterns of their keys; accessed objects: 5, records: 8.";
        assert_eq!(impact.statement, said);
        let names: Vec<&str> = impact.jurisdictions.iter().map(|j| j.name.as_str()).collect();
        assert_eq!(names, ["CA", "not known"]);
        let bases: Vec<&str> = impact.jurisdictions.iter().map(|j| j.basis.as_str()).collect();
        assert_eq!(bases, ["accessed objects: 4", "accessed objects: not known"]);
        assert_eq!(impact.limits.len(), 3, "{:?}", impact.limits);
    }

    #[test]
    fn another_document_is_refused() {
        for text in ["", "{}", "{\"schema\": \"incident.impact/1\"}", "[1]"] {
            assert!(read(text.as_bytes()).is_err(), "{text}");
        }
    }
}
