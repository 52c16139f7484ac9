//! Access-log rows whose calls CloudTrail has, too.

use rustc_hash::FxHashMap;

use super::activity::Rows;
use crate::event::Log;

/// Marks access-log rows whose calls CloudTrail has, too. Only CloudTrail's rows count, because they have the access
/// key.
pub fn also_in_cloudtrail(rows: &Rows) -> Vec<bool> {
    let mut marks = vec![false; rows.len()];
    let mut calls: FxHashMap<_, bool> = FxHashMap::default();
    for (k, v) in rows.iter().filter(|(k, _)| k.log == Log::S3Access) {
        calls.insert((k.principal, k.source, k.action, v.hour()), false);
    }
    if calls.is_empty() {
        return marks;
    }
    for (k, v) in rows.iter().filter(|(k, _)| k.log == Log::CloudTrail) {
        if let Some(in_trail) = calls.get_mut(&(k.principal, k.source, k.action, v.hour())) {
            *in_trail = true;
        }
    }
    for (mark, (k, v)) in marks.iter_mut().zip(rows.iter()) {
        let call = (k.principal, k.source, k.action, v.hour());
        *mark = k.log == Log::S3Access && calls.get(&call).is_some_and(|in_trail| *in_trail);
    }
    marks
}
