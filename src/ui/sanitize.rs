//! Makes log text safe to show: text from an attacker must not control a terminal or mislead a reader.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with every invisible character and terminal control escaped.
///
/// Control characters become `\n`, `\t`, `\x1b`; everything else that hides, reorders or breaks lines becomes
/// `\u{202e}`. Text without such characters is returned unchanged.
pub fn clean(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let Some(first) = text.find(hostile) else { return Cow::Borrowed(text) };
    let (safe, rest) = text.split_at(first);
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(safe);
    for c in rest.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if !hostile(c) => out.push(c),
            // Writing to a String cannot fail.
            c if c.is_ascii() => _ = write!(out, "\\x{:02x}", u32::from(c)),
            c => _ = write!(out, "\\u{{{:x}}}", u32::from(c)),
        }
    }
    Cow::Owned(out)
}

/// True for printable ASCII only: a cheap test for the common case.
pub fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' '..=b'~'))
}

/// True for characters that must not reach a terminal or a report unescaped.
pub fn hostile(c: char) -> bool {
    match c {
        ' '..='~' => false,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        // Soft hyphen, combining grapheme joiner, Arabic letter mark, fillers without a glyph.
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' => {
            true
        }
        // Mongolian variation selectors and vowel separator; Khmer inherent vowels.
        '\u{180b}'..='\u{180f}' | '\u{17b4}' | '\u{17b5}' => true,
        // Zero-width characters and direction marks; line and paragraph separator; bidi controls.
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        // Variation selectors, byte order mark, interlinear annotations, tags.
        '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' => true,
        '\u{e0000}'..='\u{e0fff}' => true,
        _ => false,
    }
}

/// At most `max` characters; a cut end is marked by `…`.
pub fn clip(text: &str, max: usize) -> Cow<'_, str> {
    // No text has more characters than bytes.
    if text.len() <= max || text.chars().count() <= max {
        return Cow::Borrowed(text);
    }
    let head: String = text.chars().take(max.saturating_sub(1)).collect();
    Cow::Owned(if max == 0 { head } else { head + "…" })
}

/// At most `max` characters, cut in the middle: identifiers differ at both ends.
pub fn clip_middle(text: &str, max: usize) -> Cow<'_, str> {
    let count = if text.len() <= max { 0 } else { text.chars().count() };
    if count <= max {
        return Cow::Borrowed(text);
    }
    let keep = max.saturating_sub(1);
    let head = keep / 2;
    let tail = keep - head;
    let mut out: String = text.chars().take(head).collect();
    if max > 0 {
        out.push('…');
    }
    out.extend(text.chars().skip(count - tail));
    Cow::Owned(out)
}

/// At most `max` characters, cut at the start: the end of a path matters most.
pub fn clip_start(text: &str, max: usize) -> Cow<'_, str> {
    let count = if text.len() <= max { 0 } else { text.chars().count() };
    if count <= max {
        return Cow::Borrowed(text);
    }
    let tail: String = text.chars().skip(count - max.saturating_sub(1)).collect();
    Cow::Owned(if max == 0 { tail } else { format!("…{tail}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_borrowed() {
        assert!(matches!(clean("aws-cli/2.15 Python/3.11 – Zürich 東京"), Cow::Borrowed(_)));
    }

    #[test]
    fn hostile_characters_are_shown_escaped() {
        assert_eq!(clean("a\x1b[2Jb\r\n\tc\x7f"), "a\\x1b[2Jb\\r\\n\\tc\\x7f");
        assert_eq!(clean("\u{9b}31m"), "\\u{9b}31m");
        assert_eq!(clean("x\u{202e}gpj.exe\u{2066}"), "x\\u{202e}gpj.exe\\u{2066}");
        assert_eq!(
            clean("\u{feff}a\u{200b}b\u{2028}c\u{2029}"),
            "\\u{feff}a\\u{200b}b\\u{2028}c\\u{2029}"
        );
    }

    #[test]
    fn cleaned_text_is_clean() {
        for c in (0..=0x10_ffff).filter_map(char::from_u32) {
            let mut buffer = [0; 4];
            assert!(!clean(c.encode_utf8(&mut buffer)).contains(hostile), "{:x}", u32::from(c));
        }
    }

    #[test]
    fn clipping_counts_characters() {
        assert_eq!(clip("äöüß", 4), "äöüß");
        assert_eq!(clip("äöüßx", 4), "äöü…");
        assert_eq!(clip("ab", 0), "");
        assert_eq!(clip_middle("arn:aws:iam::1:user/ci", 9), "arn:…r/ci");
        assert_eq!(clip_middle("äöüßx", 3), "ä…x");
        assert_eq!(clip_middle("ab", 0), "");
        assert_eq!(clip_middle("ab", 1), "…");
        assert_eq!(clip_start("logs/2026/a.json.gz", 10), "…a.json.gz");
        assert_eq!(clip_start("ab", 0), "");
    }
}
