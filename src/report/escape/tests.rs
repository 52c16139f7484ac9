//! Nothing that a caller writes steers a spreadsheet, a browser, a renderer or a terminal.

use pulldown_cmark::{Event, Options, Parser};

use super::*;
use crate::impact::strip_formula_guard;

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
    for text in ["=1", "+1", "-1", "@a", "  =1", "\u{a0}=1", "＝1", "＠x", "a", "'a", "a=b", ""] {
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
    write_json_line(text, &mut out).expect("a Vec takes everything");
    let written = String::from_utf8(out).expect("JSON is UTF-8");
    assert!(!written.trim_end().contains(hostile), "{written:?}");
    assert!(written.contains("東京"));
    assert_eq!(serde_json::from_str::<String>(&written).expect("valid"), text);
}

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
