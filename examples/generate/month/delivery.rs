//! Sorts the month into files: four a day for the home region, one a day for each other.

use std::collections::BTreeMap;

use crate::calendar::{self, DAY, HOUR, MINUTE};
use crate::json::{array, object};
use crate::output::{Output, Result, trail_path};
use crate::story::call::HOME;
use crate::story::stage::Stage;

/// How much was delivered.
pub struct Delivered {
    pub events: usize,
    pub trail_files: usize,
    pub lines: usize,
    pub line_files: usize,
}

pub fn deliver(stage: Stage, output: &Output) -> Result<Delivered> {
    let mut random = stage.random("month delivery");
    let (events, lines) = (stage.events.len(), stage.lines.len());
    let mut files: BTreeMap<(&str, i64), Vec<(i64, String)>> = BTreeMap::new();
    for event in stage.events {
        let length = if event.region == HOME { 6 * HOUR } else { DAY };
        let end = (event.time / length + 1) * length;
        files.entry((event.region, end)).or_default().push((event.time, event.record));
    }
    let trail_files = files.len();
    for ((region, end), mut events) in files {
        events.sort_by_key(|(time, _)| *time);
        let records: Vec<String> = events.into_iter().map(|(_, record)| record).collect();
        let content = object(|o| {
            o.raw("Records", &array(&records));
        });
        let path = trail_path(region, end + 5 * MINUTE, &random.file_tail());
        output.write_gzip(&path, content.as_bytes())?;
    }
    let mut logs: BTreeMap<i64, Vec<(i64, String)>> = BTreeMap::new();
    for (time, line) in stage.lines {
        logs.entry((time / (12 * HOUR) + 1) * 12 * HOUR).or_default().push((time, line));
    }
    let line_files = logs.len();
    for (end, mut lines) in logs {
        lines.sort_by_key(|(time, _)| *time);
        let mut content = String::new();
        for (_, line) in lines {
            content.push_str(&line);
            content.push('\n');
        }
        let name = calendar::dashed(end + random.between(20, 3000));
        let path = format!("s3-access-logs/{name}-{}", random.upper_hex_16());
        output.write(&path, content.as_bytes())?;
    }
    Ok(Delivered { events, trail_files, lines, line_files })
}
