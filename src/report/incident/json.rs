//! The `json` format: the whole report as one versioned document.
//!
//! # Schema `incident.report/1`
//!
//! The members are those of [`Document`], always present, in its order; what is not known is `null`, an empty
//! text or an empty list. Times are RFC 3339 in UTC. `evidence` members hold numbers of the list `evidence`.
//! Fields may be added under the same version; a field that changes its meaning or goes away makes a new one.
//! Log text is complete and unchanged once parsed; control, bidi and zero-width characters are `\uXXXX`.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::PrettyFormatter;

use super::model::Document;
use super::{Format, RenderOptions};
use crate::report::escape::SafeJson;

/// The `json` format.
pub struct Json;

impl Format for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn render(&self, d: &Document, out: &mut dyn Write, _: &RenderOptions) -> io::Result<()> {
        write(d, out)
    }
}

/// Writes a document that a terminal can show: indented, nothing that steers, a line end.
pub fn write<T: Serialize + ?Sized>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    let formatter = SafeJson(PrettyFormatter::new());
    value.serialize(&mut Serializer::with_formatter(&mut *out, formatter)).map_err(io_error)?;
    out.write_all(b"\n")
}

/// The writer's own error where there is one: a broken pipe must stay a broken pipe.
pub fn io_error(error: serde_json::Error) -> io::Error {
    io::Error::from(error)
}
