//! The `html` format: one self-contained file that loads nothing and runs nothing but its own script.
//!
//! The page's content policy names its one style and its one script by their SHA-256 (CSP Level 3, "hash source") and
//! allows nothing else. Even text that got past the escapes would not run.

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::{Serde, Value};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::charts::Charts;
use super::model::Document;
use super::template::render;
use crate::clock::plain;
use crate::report::{Format, RenderOptions, escape};

const PAGE: &str = include_str!("html/page.html");
const CHARTS: &str = include_str!("html/charts.html");
const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/sort.js");

/// The `html` format.
pub struct Html;

impl Format<Document> for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn render(
        &self,
        document: &Document,
        out: &mut dyn Write,
        _: &RenderOptions,
    ) -> io::Result<()> {
        let style = format!("{STYLE}{}", paper(document));
        let page = Page {
            d: document,
            c: Charts::of(document),
            sections: sections(document),
            policy: policy(&style, SCRIPT),
            style: &style,
            script: SCRIPT,
        };
        let parts = [("page.html", PAGE), ("charts.html", CHARTS)];
        let escaped = |text: &str| escape::html(text).into_owned();
        let text = render(&parts, Value::from(Serde(page)), escaped, |_| {});
        out.write_all(text.map_err(io::Error::other)?.as_bytes())
    }
}

#[derive(Serialize)]
struct Page<'a> {
    d: &'a Document,
    c: Charts,
    sections: Vec<Section>,
    policy: String,
    style: &'a str,
    script: &'static str,
}

#[derive(Serialize)]
struct Section {
    id: &'static str,
    name: &'static str,
}

/// The sections of the page, by their anchors. Anchors never change.
fn sections(d: &Document) -> Vec<Section> {
    let all = [
        ("summary", "Summary", true),
        ("status", "Severity and status", true),
        ("timeline", "Timeline", true),
        ("actors", "Actors and access", true),
        ("sources", "Sources", true),
        ("touched", "What was touched", true),
        ("containment", "How it was contained", true),
        ("not-covered", "What was not covered", true),
        ("indicators", "Indicators", true),
        ("next-steps", "Next steps", true),
        ("clocks", "Notification clocks", !d.clocks.is_empty()),
        ("impact", "Impact", d.impact.is_some()),
        ("notes", "Notes and decisions", !d.notes.is_empty()),
        ("evidence", "Evidence", true),
        ("findings", "Appendix: findings", true),
    ];
    all.into_iter().filter(|s| s.2).map(|(id, name, _)| Section { id, name }).collect()
}

fn policy(style: &str, script: &str) -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(style),
        hash(script)
    )
}

/// Page headers for printing. Of the case's id, only letters, digits and dashes get into the style.
fn paper(d: &Document) -> String {
    let id = d.case.as_ref().map_or("", |c| c.id.as_str());
    let id: String =
        id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(40).collect();
    let head =
        if id.is_empty() { "Incident report".into() } else { format!("Incident report {id}") };
    let made = format!("made {} UTC", plain(d.generated.0));
    let font = "font: 7.5pt system-ui, sans-serif; color: #59626d;";
    format!(
        "@page {{ size: A4; margin: 19mm 15mm 17mm;\n  @top-left {{ content: \"{head}\"; {font} }}\n  \
         @top-right {{ content: \"{made}\"; {font} }}\n  \
         @bottom-right {{ content: counter(page) \" / \" counter(pages); {font} }}\n}}\n"
    )
}

#[cfg(test)]
mod tests;
