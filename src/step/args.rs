//! The arguments of a step: texts and lists by name, validated before a step sees them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Values by parameter name. A set flag is `"true"`; a list has its values in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Args(BTreeMap<String, Vec<String>>);

impl Args {
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_string(), vec![value.into()]);
    }

    pub fn set_all(&mut self, name: &str, values: Vec<String>) {
        self.0.insert(name.to_string(), values);
    }

    /// The value, or an empty text without one.
    pub fn text(&self, name: &str) -> &str {
        self.all(name).first().map_or("", String::as_str)
    }

    pub fn all(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    pub fn given(&self, name: &str) -> bool {
        self.all(name).iter().any(|v| !v.is_empty())
    }

    pub fn flag(&self, name: &str) -> bool {
        self.text(name) == "true"
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0.iter().map(|(k, v)| (k.as_str(), v.as_slice()))
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Args {
    fn from(pairs: [(&str, &str); N]) -> Args {
        let mut args = Args::default();
        for (name, value) in pairs {
            args.set(name, value);
        }
        args
    }
}
