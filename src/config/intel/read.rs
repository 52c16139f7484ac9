//! Reads one list, whatever its name: JSON by its first sign, a table by its header, else plain text.

use std::path::Path;

use super::build::{Builder, Full, MOST};
use super::list::{Format, List};
use super::{stix, table, text};
use crate::config::error::{ConfigError, Location, Problem};
use crate::config::text_file;
use crate::ui::number::{counted, grouped};

/// The largest list, in bytes.
const MAX_BYTES: u64 = 256 << 20;

/// # Errors
/// If the file cannot be read, is no list, or holds nothing that can be used.
pub fn read(path: &Path, builder: &mut Builder) -> Result<(), ConfigError> {
    let bytes = text_file::read_bytes(path, MAX_BYTES)?;
    let no_list = |problem: &str, hint: &'static str| ConfigError::List {
        path: path.to_path_buf(),
        problem: problem.to_string(),
        hint,
    };
    if let Some((what, hint)) = other_form(&bytes) {
        return Err(no_list(what, hint));
    }
    // Single bytes that are not UTF-8 spoil their own line only.
    let text = String::from_utf8_lossy(&bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let too_many = |Full| {
        let problem = format!("more than {} indicators, all lists together", grouped(MOST as u64));
        no_list(&problem, "leave out what is old or of little confidence")
    };
    let start = text.trim_start();
    if start.starts_with('<') {
        return Err(no_list("XML is not read", "export the list as STIX 2.1 (JSON), CSV or text"));
    }
    if is_json(start) {
        builder.begin(List::new(path, Format::Stix));
        let seen = match stix::read(text, builder) {
            Ok(seen) => seen,
            Err(stix::Stop::Full) => return Err(too_many(Full)),
            Err(stix::Stop::NotJson(error, before)) => return Err(not_json(path, &error, before)),
        };
        if seen.indicators == 0 {
            let problem = match seen.others {
                0 => "JSON, but no STIX 2.1".to_string(),
                n => {
                    let objects = counted(n, "STIX object", "STIX objects");
                    format!("{objects}, but no indicator among them")
                }
            };
            return Err(no_list(&problem, "export it as a STIX 2.1 bundle with indicators"));
        }
    } else if let Some(table) = table::recognise(text) {
        builder.begin(List::new(path, Format::Csv));
        table::read(&table, builder).map_err(|stop| match stop {
            table::Stop::Full => too_many(Full),
            table::Stop::Endless(line) => Problem::new("a row of more than 256 KiB begins here")
                .hint("close its quote")
                .at(Location { path: path.to_path_buf(), line, column: 1 }),
        })?;
    } else {
        builder.begin(List::new(path, Format::Text));
        text::read(text, builder).map_err(too_many)?;
    }
    match builder.list().filter(|list| list.is_useless()) {
        None => Ok(()),
        Some(list) => Err(no_list(
            &format!("nothing in it can be used: {}", list.main_reason()),
            "give one address, range, access key, ARN or `ua:` text a line, CSV with a header, or STIX 2.1",
        )),
    }
}

/// An object, or an array of objects or of nothing; `[2001:db8::7]` is an address.
fn is_json(start: &str) -> bool {
    let array =
        start.strip_prefix('[').is_some_and(|s| s.trim_start().starts_with(['{', ']', '[']));
    start.starts_with('{') || array
}

/// What it is instead of text, and what to do.
fn other_form(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let head = bytes.get(..8192).unwrap_or(bytes);
    let starts = |magic: &[u8]| head.starts_with(magic);
    if starts(b"\x1f\x8b") || starts(b"PK\x03\x04") || starts(b"\x28\xb5\x2f\xfd") {
        Some(("a packed file", "unpack it first"))
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
    Problem::new(format!("not JSON: {what}")).hint("fetch the file again; it may be cut off").at(at)
}
