//! Fuzz target of indicator lists: STIX, its patterns, CSV and plain text.

use std::path::Path;

use super::builder::Builder;
use super::list::{Format, List};
use super::{csv_table, plain_text, stix};
use crate::config::Ranges;

/// The first byte chooses the format.
pub fn intel(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(bytes);
    let mut builder = Builder::new(Ranges::default(), 0);
    let begin = |builder: &mut Builder, format| builder.begin(List::new(Path::new("list"), format));
    match kind % 3 {
        0 => {
            begin(&mut builder, Format::Stix);
            // Most bytes go into patterns where they are no JSON.
            if stix::read(&text, &mut builder).is_err() {
                let indicator = serde_json::json!({
                    "type": "indicator", "id": "indicator--1", "pattern_type": "stix", "pattern": text,
                });
                let read = stix::read(&indicator.to_string(), &mut builder);
                assert!(read.is_ok(), "a pattern broke the document around it");
            }
        }
        1 => {
            if let Some(table) = csv_table::recognise(&text) {
                begin(&mut builder, Format::Csv);
                let _ = csv_table::read(&table, &mut builder);
            }
        }
        _ => {
            begin(&mut builder, Format::Text);
            let _ = plain_text::read(&text, &mut builder);
        }
    }
    let intel = builder.finish();
    intel.leads(super::Field::UserAgent, &text);
}
