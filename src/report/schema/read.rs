//! Reads the document. Checks name and version strictly, but accepts fields that are new, absent or `null`.

use serde_json::Value;

use super::{Analysis, SCHEMA};

#[derive(Debug, thiserror::Error)]
pub enum AnalysisError {
    #[error("it is not JSON: {0}")]
    NotJson(serde_json::Error),
    #[error("its schema is '{0}', but this program reads '{SCHEMA}'")]
    Schema(String),
    #[error(
        "its schema is '{0}', but this program reads '{SCHEMA}': analyze the logs again with this version of incident"
    )]
    Version(String),
    #[error("it does not have the shape of {SCHEMA}: {0}")]
    Shape(serde_json::Error),
}

impl Analysis {
    /// Reads the document.
    ///
    /// # Errors
    /// When it is not JSON, has another schema or version, or has a field of another type.
    pub fn parse(bytes: &[u8]) -> Result<Analysis, AnalysisError> {
        let mut value: Value = serde_json::from_slice(bytes).map_err(AnalysisError::NotJson)?;
        check(value["schema"].as_str().unwrap_or_default())?;
        drop_nulls(&mut value);
        serde_json::from_value(value).map_err(AnalysisError::Shape)
    }
}

fn check(schema: &str) -> Result<(), AnalysisError> {
    if schema == SCHEMA {
        return Ok(());
    }
    let shown = schema.chars().take(80).collect();
    let name = |schema: &str| schema.split_once('/').map(|(name, _)| name.to_string());
    match name(schema) == name(SCHEMA) {
        true => Err(AnalysisError::Version(shown)),
        false => Err(AnalysisError::Schema(shown)),
    }
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, v| !v.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => {
            items.retain(|v| !v.is_null());
            items.iter_mut().for_each(drop_nulls);
        }
        _ => {}
    }
}
