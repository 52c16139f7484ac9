//! Members of JSON with the names of the API reference, for shapes that are read and written again.

use serde_json::{Map, Value};

/// An object of the members that are there.
pub fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let there = members.into_iter().filter_map(|(name, v)| Some((name.to_string(), v?)));
    Value::Object(there.collect::<Map<_, _>>())
}

/// A list; `None` for an empty one.
pub fn of_each<T>(list: &[T], one: impl Fn(&T) -> Value) -> Option<Value> {
    (!list.is_empty()).then(|| list.iter().map(one).collect())
}

pub fn each(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// The value, unless it is `null`.
pub fn some(value: &Value) -> Option<&Value> {
    (!value.is_null()).then_some(value)
}

pub fn string(value: &Value, name: &str) -> Option<String> {
    value[name].as_str().map(str::to_string)
}

pub fn int(value: &Value, name: &str) -> Option<i32> {
    value[name].as_i64().and_then(|n| i32::try_from(n).ok())
}

pub fn long(value: &Value, name: &str) -> Option<i64> {
    value[name].as_i64()
}
