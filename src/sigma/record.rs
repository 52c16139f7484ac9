//! What every record of CloudTrail has by the time a rule sees it, however it was logged.

use serde_json::Value;

use crate::event::action;

/// Takes the version of the API off `eventName`, and derives `readOnly` from the name where the record lacks it, as
/// records of CloudTrail before version 1.01 do (CloudTrail user guide, "CloudTrail record contents"). Other records
/// stay as they are.
pub fn complete(record: &mut Value) {
    let Some(members) = record.as_object_mut() else { return };
    let Some(Value::String(name)) = members.get_mut("eventName") else { return };
    name.truncate(action::plain(name).len());
    let read_only = action::is_read_only(name);
    if members.get("readOnly").is_none_or(Value::is_null) {
        members.insert("readOnly".to_owned(), Value::Bool(read_only));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_gets_its_plain_name_and_whether_it_reads() {
        for (logged, expected) in [
            (
                json!({"eventName": "UpdateFunctionCode20150331v2"}),
                json!({"eventName": "UpdateFunctionCode", "readOnly": false}),
            ),
            (
                json!({"eventName": "GetFunction20150331", "readOnly": null}),
                json!({"eventName": "GetFunction", "readOnly": true}),
            ),
            (
                json!({"eventName": "GetUser", "readOnly": false}),
                json!({"eventName": "GetUser", "readOnly": false}),
            ),
            (json!({"operation": "REST.GET.OBJECT"}), json!({"operation": "REST.GET.OBJECT"})),
            (json!({"eventName": 7}), json!({"eventName": 7})),
            (json!([]), json!([])),
        ] {
            let mut record = logged;
            complete(&mut record);
            assert_eq!(record, expected);
        }
    }
}
