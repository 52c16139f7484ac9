//! Reads one list. The content decides the format: JSON by its first character, CSV by its header, else text.

use std::path::Path;

use super::builder::{Builder, MAX_CONDITIONS, TooManyIndicators};
use super::list::{Format, List};
use super::{csv_table, plain_text, stix};
use crate::config::error::{ConfigError, Location, Problem};
use crate::config::text_file;
use crate::ui::number::{counted, grouped};

/// The largest list, in bytes.
const MAX_BYTES: u64 = 256 << 20;

/// # Errors
/// If the file cannot be read, is not a list, or has no usable indicator.
pub fn read(path: &Path, builder: &mut Builder) -> Result<(), ConfigError> {
    let bytes = text_file::read_bytes(path, MAX_BYTES)?;
    let not_a_list = |problem: &str, hint: &'static str| ConfigError::List {
        path: path.to_path_buf(),
        problem: problem.to_string(),
        hint,
    };
    if let Some((what, hint)) = other_format(&bytes) {
        return Err(not_a_list(what, hint));
    }
    // Bytes that are not UTF-8 affect their own line only.
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let too_many = |TooManyIndicators| {
        let problem = format!(
            "more than {} indicators in all lists together",
            grouped(MAX_CONDITIONS as u64)
        );
        not_a_list(&problem, "remove old and low-confidence indicators")
    };
    let start = text.trim_start();
    if start.starts_with('<') {
        return Err(not_a_list(
            "XML is not supported",
            "export the list as STIX 2.1 (JSON), CSV or text",
        ));
    }
    if is_json(start) {
        builder.begin(List::new(path, Format::Stix));
        let counts = match stix::read(text, builder) {
            Ok(counts) => counts,
            Err(stix::StixError::TooManyIndicators) => return Err(too_many(TooManyIndicators)),
            Err(stix::StixError::NotJson(error, before)) => {
                return Err(not_json(path, &error, before));
            }
        };
        if counts.indicators == 0 {
            let problem = match counts.others {
                0 => "JSON, but not STIX 2.1".to_string(),
                n => {
                    let objects = counted(n, "STIX object", "STIX objects");
                    format!("{objects}, but no indicator")
                }
            };
            return Err(not_a_list(&problem, "export it as a STIX 2.1 bundle with indicators"));
        }
    } else if let Some(table) = csv_table::recognise(text) {
        builder.begin(List::new(path, Format::Csv));
        csv_table::read(&table, builder).map_err(|stop| match stop {
            csv_table::CsvError::TooManyIndicators => too_many(TooManyIndicators),
            csv_table::CsvError::UnclosedQuote(line) => {
                Problem::new("a row longer than 256 KiB starts here")
                    .hint("close the quote in this row")
                    .at(Location { path: path.to_path_buf(), line, column: 1 })
            }
        })?;
    } else {
        builder.begin(List::new(path, Format::Text));
        plain_text::read(text, builder).map_err(too_many)?;
    }
    match builder.list().filter(|list| list.is_unusable()) {
        None => Ok(()),
        Some(list) => Err(not_a_list(
            &format!("no usable indicator: {}", list.main_reason()),
            "write one address, range, access key, ARN or `ua:` user agent per line, or give CSV with a header or STIX 2.1",
        )),
    }
}

/// An object, an array of objects or an empty array. `[2001:db8::7]` is an address.
fn is_json(start: &str) -> bool {
    let array =
        start.strip_prefix('[').is_some_and(|s| s.trim_start().starts_with(['{', ']', '[']));
    start.starts_with('{') || array
}

/// The format of a file that is not text, and what to do.
fn other_format(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let head = bytes.get(..8192).unwrap_or(bytes);
    let starts = |magic: &[u8]| head.starts_with(magic);
    if starts(b"\x1f\x8b") || starts(b"PK\x03\x04") || starts(b"\x28\xb5\x2f\xfd") {
        Some(("a compressed file", "decompress it first"))
    } else if starts(b"\xff\xfe") || starts(b"\xfe\xff") {
        Some(("UTF-16 text", "save it as UTF-8"))
    } else if head.contains(&0) {
        Some(("not a text file", "give a list as plain text, CSV or STIX 2.1 (JSON)"))
    } else {
        None
    }
}

fn not_json(path: &Path, error: &serde_json::Error, before: usize) -> ConfigError {
    let at = Location {
        path: path.to_path_buf(),
        line: before + error.line().max(1),
        column: error.column().max(1),
    };
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or(&text);
    Problem::new(format!("not JSON: {what}"))
        .hint("download the file again; it may be truncated")
        .at(at)
}
