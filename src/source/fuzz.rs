//! Fuzz target of object names: a date in a name is a date, and no name panics.

use super::layout::{Filter, dated, day_of, level_of, step};

pub fn layout(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let key = text.trim_end_matches('\0');
    let level = level_of(key);
    for filter in [Filter::default(), Filter { all_kinds: true, ..Filter::default() }] {
        step(level, key.rsplit('/').next().unwrap_or(""), &filter);
    }
    if let Some(found) = dated(key) {
        assert!(day_of(key).is_some(), "a name has a date and the key has none");
        if let Some(at) = found.sorts_behind {
            assert!(key.is_char_boundary(at), "the date begins inside a character");
        }
    }
}
