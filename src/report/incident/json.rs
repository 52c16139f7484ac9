//! The `json` format: the whole report as one versioned document.
//!
//! # Schema `incident.report/1`
//!
//! The members are those of [`Document`], always present, in its order. Unknown values are `null`, an empty text or an
//! empty list. Times are RFC 3339 in UTC. `evidence` members hold numbers of the list `evidence`. Fields may be added
//! under the same version; a field that changes its meaning or disappears requires a new version. Log text is complete
//! and unchanged once parsed; control, bidi and zero-width characters are `\uXXXX`.

use std::io::{self, Write};

use super::model::Document;
use crate::report::escape::write_json;
use crate::report::{Format, RenderOptions};

/// The `json` format.
pub struct Json;

impl Format<Document> for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn render(&self, d: &Document, out: &mut dyn Write, _: &RenderOptions) -> io::Result<()> {
        write_json(d, out)
    }
}
