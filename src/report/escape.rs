//! Escapes log text for every format: spreadsheets, HTML, Markdown, and JSON that may end up on a terminal.
//! Text for a terminal is cleaned by [`crate::ui::sanitize`].

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use crate::ui::sanitize::{clean, hostile, is_plain};

/// A text cell: control characters are escaped, and a spreadsheet takes nothing in it for a formula.
pub fn cell(text: &str) -> Cow<'_, str> {
    let text = clean(text);
    if is_formula(&text) { Cow::Owned(format!("'{text}")) } else { text }
}

/// A cell of several values, without empty ones. Each value is guarded, because some spreadsheets split at `;`.
pub fn list<S: AsRef<str>>(items: impl IntoIterator<Item = S>) -> String {
    let mut out = String::new();
    for item in items {
        if item.as_ref().is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push_str("; ");
        }
        out.push_str(&cell(item.as_ref()));
    }
    out
}

/// True if a spreadsheet may evaluate the cell: it begins with `=`, `+`, `-`, `@` (or their full-width forms) after
/// optional blanks, or with a tab or line end.
fn is_formula(text: &str) -> bool {
    text.starts_with(['\t', '\r', '\n'])
        || text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// Text for HTML and SVG, between tags and inside quoted attributes. Characters that hide or reorder are
/// shown as `\x1b` and `\u{202e}`.
pub fn html(text: &str) -> Cow<'_, str> {
    let text = clean(text);
    if !text.contains(['<', '>', '&', '"', '\'', '`']) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '`' => out.push_str("&#96;"),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Text for one line of Markdown: CommonMark, and GitHub's tables, maths, mentions and bare links. CommonMark 0.31,
/// "Backslash escapes": any ASCII punctuation may be escaped.
pub fn markdown(text: &str) -> String {
    let text = clean(text);
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text.as_ref();
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let www = out.len() >= 3 && out.to_ascii_lowercase().ends_with("www") && c == '.';
        let special = matches!(
            c,
            '\\' | '`'
                | '*'
                | '_'
                | '['
                | ']'
                | '<'
                | '>'
                | '|'
                | '~'
                | '&'
                | '!'
                | '#'
                | '$'
                | '{'
                | '}'
                | '@'
        );
        if special || www || (c == ':' && after.starts_with("//")) {
            out.push('\\');
        }
        out.push(c);
        rest = after;
    }
    out
}

/// An identifier as a code span, or as escaped text if some renderers cannot show it in a span.
pub fn code(text: &str) -> String {
    let cleaned = clean(text);
    let plain = !cleaned.is_empty()
        && !cleaned.contains(['`', '|', '{', '}', '$'])
        && cleaned.trim() == cleaned
        && !cleaned.contains("  ");
    if plain { format!("`{cleaned}`") } else { markdown(text) }
}

/// Writes a JSON document: indented, harmless on a terminal, and ending with a line end.
///
/// # Errors
/// The writer's own error: a broken pipe must stay a broken pipe.
pub fn write_json<T: Serialize + ?Sized>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    let formatter = SafeJson(PrettyFormatter::new());
    value.serialize(&mut Serializer::with_formatter(&mut *out, formatter))?;
    out.write_all(b"\n")
}

/// Writes a JSON document on one line.
///
/// # Errors
/// The writer's own.
pub fn write_json_line<T: Serialize + ?Sized>(value: &T, out: &mut dyn Write) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(&mut *out, SafeJson(CompactFormatter)))?;
    out.write_all(b"\n")
}

/// Writes JSON in which control, bidi and zero-width characters are `\uXXXX`.
///
/// A parser reads back exactly the same text, and the text cannot steer a terminal that shows the document.
pub struct SafeJson<F>(pub F);

impl<F: Formatter> Formatter for SafeJson<F> {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, s: &str) -> io::Result<()> {
        if is_plain(s) {
            return self.0.write_string_fragment(out, s);
        }
        let mut rest = s;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| hostile(*c)) {
            self.0.write_string_fragment(out, &rest[..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        self.0.write_string_fragment(out, rest)
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

#[cfg(test)]
mod tests;
