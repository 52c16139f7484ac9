//! The document `incident.rules/1`.

use std::io::{self, Write};

use serde::Serialize;

use super::{Row, RuleList};
use crate::report::escape::write_json;
use crate::report::{Format, RenderOptions};
use crate::sigma::{Problem, Rule, Skipped};

const SCHEMA: &str = "incident.rules/1";

/// The `json` format.
pub struct Json;

impl<'a> Format<RuleList<'a>> for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn render(
        &self,
        list: &RuleList<'a>,
        out: &mut dyn Write,
        _: &RenderOptions,
    ) -> io::Result<()> {
        let entry = |Row { kind, rule }| Entry { kind, rule };
        let document = Document {
            schema: SCHEMA,
            rules: list.rows().into_iter().map(entry).collect(),
            skipped: list.rules.skipped(),
            problems: list.rules.problems(),
        };
        write_json(&document, out)
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    rules: Vec<Entry<'a>>,
    skipped: &'a [Skipped],
    problems: &'a [Problem],
}

#[derive(Serialize)]
struct Entry<'a> {
    kind: &'static str,
    #[serde(flatten)]
    rule: &'a Rule,
}
