//! Fills the moment of a call into a change: the cutoff before which sessions are denied.

use serde_json::Value;

use crate::clock::Millis;
use crate::cloud::{Call, cutoff, placeholder};
use crate::step::Change;

/// The call of a change and the state that it writes, with AWS's time `now` filled in.
pub(super) fn filled(change: &Change, now: Millis) -> (Call, Value) {
    let moment = cutoff(now);
    let mut call = change.call.clone();
    for value in call.params.values_mut() {
        fill(value, &moment);
    }
    let mut after = change.after.clone();
    fill(&mut after, &moment);
    (call, after)
}

fn fill(value: &mut Value, moment: &str) {
    match value {
        Value::String(text) if text.contains(placeholder::CUTOFF) => {
            *text = text.replace(placeholder::CUTOFF, moment);
        }
        Value::Array(list) => list.iter_mut().for_each(|v| fill(v, moment)),
        Value::Object(map) => map.values_mut().for_each(|v| fill(v, moment)),
        _ => {}
    }
}
