//! Escapes log text for spreadsheets and for JSON that ends up on a terminal.

use std::borrow::Cow;
use std::io::{self, Write};

use serde_json::ser::Formatter;

use crate::ui::sanitize::{clean, hostile, is_plain};

/// A text cell: control characters shown escaped, and nothing that a spreadsheet takes for a formula.
pub fn cell(text: &str) -> Cow<'_, str> {
    let text = clean(text);
    if is_formula(&text) { Cow::Owned(format!("'{text}")) } else { text }
}

/// A cell of several values, empty ones left out. Each is guarded: some spreadsheets split at `;`.
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

/// True when a spreadsheet may run the cell: `=`, `+`, `-`, `@` (or their full-width forms) first,
/// blanks aside, or a tab or line end first.
fn is_formula(text: &str) -> bool {
    text.starts_with(['\t', '\r', '\n'])
        || text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// Writes JSON in which control, bidi and zero-width characters are `\uXXXX`.
///
/// A parser reads back the very same text; a terminal that shows the document is not steered by it.
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
mod tests {
    use serde::Serialize;
    use serde_json::ser::{CompactFormatter, Serializer};

    use crate::impact::strip_formula_guard;

    use super::*;

    #[test]
    fn formulas_are_disarmed() {
        for text in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "  =1", "\u{a0}=1", "＝1"] {
            assert_eq!(cell(text), format!("'{text}"));
        }
        assert_eq!(cell("\t=1"), "\\t=1", "a tab is shown, and so is no longer one");
        assert_eq!(cell("\u{200b}=1"), "\\u{200b}=1");
        assert!(is_formula("\r=1") && is_formula("\tx"));
    }

    #[test]
    fn the_count_of_people_takes_off_what_is_set_here() {
        for text in ["=1", "+1", "-1", "@a", "  =1", "\u{a0}=1", "＝1", "＠x", "a", "'a", "a=b", ""]
        {
            assert_eq!(strip_formula_guard(&cell(text)), text);
        }
    }

    #[test]
    fn plain_text_is_left_alone() {
        for text in ["", "arn:aws:iam::1:user/a", "a=b", "2026-11-02", "'x"] {
            assert_eq!(cell(text), text);
        }
    }

    #[test]
    fn each_value_of_a_list_is_guarded() {
        assert_eq!(list(["", "a", "=b", "", "c"]), "a; '=b; c");
        assert_eq!(list(Vec::<String>::new()), "");
    }

    #[test]
    fn json_text_survives_and_is_harmless() {
        let text = "\u{9b}31m\"\\\n\x1b[2J\u{7f} x\u{202e}y\u{e0041} 東京";
        let mut out = Vec::new();
        text.serialize(&mut Serializer::with_formatter(&mut out, SafeJson(CompactFormatter)))
            .expect("a Vec takes everything");
        let written = String::from_utf8(out).expect("JSON is UTF-8");
        assert!(!written.contains(hostile), "{written:?}");
        assert!(written.contains("東京"));
        assert_eq!(serde_json::from_str::<String>(&written).expect("valid"), text);
    }
}
