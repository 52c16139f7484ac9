//! Escapes log text for HTML, SVG and Markdown. Everything goes through here, whatever a template says.

use std::borrow::Cow;

use crate::ui::sanitize::clean;

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

/// Text for one line of Markdown (CommonMark and GitHub's tables, maths, mentions and links by themselves).
/// CommonMark 0.31, "Backslash escapes": any ASCII punctuation may be escaped.
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

/// An identifier as a code span, or as escaped text when a span could not hold it everywhere.
pub fn code(text: &str) -> String {
    let cleaned = clean(text);
    let plain = !cleaned.is_empty()
        && !cleaned.contains(['`', '|', '{', '}', '$'])
        && cleaned.trim() == cleaned
        && !cleaned.contains("  ");
    if plain { format!("`{cleaned}`") } else { markdown(text) }
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Event, Options, Parser};

    use super::*;

    const NASTY: &[&str] = &[
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "{{7*7}} {% raw %} ${7*7}",
        "[a](javascript:alert(1)) ![b](http://x/y) <http://x> ",
        "a | b \\| c `d` ``e`` *f* __g__ ~~h~~ # i",
        "&lt;b&gt; &#x6a; &amp;",
        "http://evil.example/ www.evil.example WWW.x me@evil.example",
        "$x$ \\( y \\)",
    ];

    /// What a reader sees of one table cell.
    fn seen(markdown: &str) -> (String, usize) {
        let table = format!("| a | b |\n|---|---|\n| {markdown} | end |\n");
        let mut text = String::new();
        let mut cells = 0;
        for event in Parser::new_ext(&table, Options::ENABLE_TABLES | Options::ENABLE_GFM) {
            match event {
                Event::Text(t) | Event::Code(t) => text.push_str(&t),
                Event::Html(h) | Event::InlineHtml(h) => panic!("HTML: {h}"),
                Event::Start(tag) => match tag {
                    pulldown_cmark::Tag::Link { .. } | pulldown_cmark::Tag::Image { .. } => {
                        panic!("{tag:?} from {markdown}")
                    }
                    pulldown_cmark::Tag::TableCell => cells += 1,
                    _ => {}
                },
                _ => {}
            }
        }
        (text, cells)
    }

    #[test]
    fn markdown_reads_as_it_was_written() {
        for nasty in NASTY {
            let nasty = nasty.trim();
            for written in [markdown(nasty), code(nasty)] {
                let (text, cells) = seen(&written);
                assert_eq!((text, cells), (format!("ab{nasty}end"), 4), "{written}");
            }
        }
    }

    #[test]
    fn nothing_becomes_a_link_by_itself() {
        let out = markdown("http://x www.y Www.z a@b");
        assert_eq!(out, "http\\://x www\\.y Www\\.z a\\@b");
    }

    #[test]
    fn html_has_no_markup_left() {
        for nasty in NASTY {
            let out = html(nasty);
            assert!(!out.contains(['<', '>', '"', '\'']), "{out}");
        }
        assert_eq!(html("a\0\u{202e}<"), "a\\x00\\u{202e}&lt;");
        assert_eq!(html("plain"), "plain");
    }

    #[test]
    fn code_is_for_what_fits_everywhere() {
        assert_eq!(code("arn:aws:iam::1:user/a_b"), "`arn:aws:iam::1:user/a_b`");
        assert_eq!(code("a|b"), "a\\|b");
        assert_eq!(code(""), "");
    }
}
