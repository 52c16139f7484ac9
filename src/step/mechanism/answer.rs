//! Reads fields of AWS's answers. A missing field is an error: a plan must not rest on a guess.

use serde_json::Value;

use crate::cloud::{ApiError, Call, ErrorKind};
use crate::step::model::StepError;

/// The answer as a list.
///
/// # Errors
/// When it is not a list.
pub fn list<'a>(call: &Call, answer: &'a Value) -> Result<&'a [Value], StepError> {
    answer.as_array().map(Vec::as_slice).ok_or_else(|| unexpected(call, "a list"))
}

/// A text member of the answer, or of one entry of it.
///
/// # Errors
/// When it is missing, empty or not a text.
pub fn text<'a>(call: &Call, entry: &'a Value, member: &str) -> Result<&'a str, StepError> {
    as_text(call, &entry[member], member)
}

/// A value as a text; `what` names it in the error.
///
/// # Errors
/// When it is empty or not a text.
pub fn as_text<'a>(call: &Call, value: &'a Value, what: &str) -> Result<&'a str, StepError> {
    value.as_str().filter(|text| !text.is_empty()).ok_or_else(|| unexpected(call, what))
}

/// A member of the answer, whatever its type.
///
/// # Errors
/// When it is missing or `null`.
pub fn member(call: &Call, entry: &Value, member: &str) -> Result<Value, StepError> {
    match &entry[member] {
        Value::Null => Err(unexpected(call, member)),
        value => Ok(value.clone()),
    }
}

fn unexpected(call: &Call, missing: &str) -> StepError {
    let message = format!("the answer lacks {missing}, and incident does not plan on a guess");
    ApiError::new(&call.name(), ErrorKind::Refused, "UnexpectedAnswer", &message).into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_missing_field_is_an_error_that_names_call_and_field() {
        let call = Call::new("iam", "ListAccessKeys", []);
        assert_eq!(list(&call, &json!([1])).unwrap(), [1]);
        assert_eq!(text(&call, &json!({"Id": "x"}), "Id").unwrap(), "x");
        assert_eq!(member(&call, &json!({"On": false}), "On").unwrap(), false);
        for error in [
            list(&call, &json!({})).unwrap_err(),
            text(&call, &json!({"Id": 7}), "a list").unwrap_err(),
            text(&call, &json!({"a list": ""}), "a list").unwrap_err(),
            member(&call, &json!(null), "a list").unwrap_err(),
        ] {
            let error = error.to_string();
            assert!(error.contains("iam:ListAccessKeys") && error.contains("a list"), "{error}");
        }
    }
}
