//! The `md` format: Markdown for a ticket, a wiki, a repository. Log text is escaped or in code spans.

use std::io::{self, Write};

use minijinja::context;
use minijinja::value::Serde;

use super::model::Document;
use super::template::render;
use crate::report::{Format, RenderOptions, escape};

const REPORT: &str = include_str!("markdown/report.md");

/// The `md` format.
pub struct Markdown;

impl Format<Document> for Markdown {
    fn name(&self) -> &'static str {
        "md"
    }

    fn render(&self, d: &Document, out: &mut dyn Write, _: &RenderOptions) -> io::Result<()> {
        let text =
            render(&[("report.md", REPORT)], context! { d => Serde(d) }, escape::markdown, |env| {
                env.add_filter("code", |text: &str| escape::code(text));
            });
        let text = text.map_err(io::Error::other)?;
        // Absent parts leave blank lines behind: remove them.
        let mut blank = true;
        for line in text.lines().map(str::trim_end) {
            if !(blank && line.is_empty()) {
                writeln!(out, "{line}")?;
            }
            blank = line.is_empty();
        }
        Ok(())
    }
}
