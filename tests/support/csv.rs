//! CloudTrail records as the CSV that SQL engines export.

use serde_json::Value;

/// The columns of AWS's own table definition for Athena, in lower case.
const COLUMNS: [&str; 18] = [
    "eventVersion",
    "userIdentity",
    "eventTime",
    "eventSource",
    "eventName",
    "awsRegion",
    "sourceIPAddress",
    "userAgent",
    "errorCode",
    "errorMessage",
    "requestParameters",
    "responseElements",
    "additionalEventData",
    "requestID",
    "eventID",
    "readOnly",
    "eventType",
    "recipientAccountId",
];

/// Athena: nested values with names of their own as JSON text, the identity as the text of a struct.
pub fn athena(records: &[Value]) -> Vec<u8> {
    let mut csv =
        csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
    csv.write_record(COLUMNS.map(str::to_lowercase)).unwrap();
    for record in records {
        let cell = |name: &&str| match &record[*name] {
            value if *name == "userIdentity" => struct_text(value),
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        csv.write_record(COLUMNS.iter().map(cell)).unwrap();
    }
    csv.into_inner().unwrap()
}

/// CloudTrail Lake: the whole record in one column.
pub fn lake(records: &[Value]) -> Vec<u8> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["eventTime", "eventJson"]).unwrap();
    for record in records {
        let time = record["eventTime"].as_str().unwrap();
        csv.write_record([time, &record.to_string()]).unwrap();
    }
    csv.into_inner().unwrap()
}

/// `{type=IAMUser, principalid=…, sessioncontext={attributes={…}}}`: names in lower case, no quotes.
fn struct_text(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let one = |(name, value): (&String, &Value)| {
                format!("{}={}", name.to_lowercase(), struct_text(value))
            };
            format!("{{{}}}", members.iter().map(one).collect::<Vec<_>>().join(", "))
        }
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
