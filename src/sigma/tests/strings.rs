//! Text: case, wildcards, escapes and the modifiers that work on text.

use serde_json::json;

use super::{fits, hits, selection, wrong};

#[test]
fn text_is_case_insensitive_unless_cased() {
    assert!(fits("f: Root", json!("rOOT")));
    assert!(!fits("f|cased: Root", json!("root")));
    assert!(fits("f|cased: Root", json!("Root")));
    assert!(fits("f: ÄRGER", json!("ärger")));
    assert!(fits("f|contains: 'ß*É'", json!("xßyé")));
    assert!(!fits("f: Root", json!("Roots")));
}

#[test]
fn wildcards() {
    assert!(fits("f: 'a*c'", json!("abbbc")));
    assert!(fits("f: 'a*c'", json!("ac")));
    assert!(!fits("f: 'a?c'", json!("ac")));
    assert!(fits("f: 'a?c'", json!("aéc")));
    assert!(fits("f: '*b*d*'", json!("abcd")));
    assert!(!fits("f: '*b*d'", json!("abcde")));
    assert!(fits("f: 'a*b*c*d'", json!("aXbbXcbcXd")));
    assert!(fits("f: '*'", json!("")));
    assert!(!hits(&selection("f: '*'"), json!({"f": null})));
    assert!(!hits(&selection("f: '*'"), json!({"g": 1})));
    assert!(fits("f: '?*'", json!("x")));
    assert!(!fits("f: '?*'", json!("")));
}

#[test]
fn escapes_as_the_specification_lists_them() {
    // A plain backslash, single or double.
    assert!(fits(r"f: 'a\b'", json!(r"a\b")));
    assert!(fits(r"f: 'a\\b'", json!(r"a\b")));
    // An escaped wildcard.
    assert!(fits(r"f: 'a\*b'", json!("a*b")));
    assert!(!fits(r"f: 'a\*b'", json!("axb")));
    assert!(fits(r"f: 'a\?b'", json!("a?b")));
    assert!(!fits(r"f: 'a\?b'", json!("axb")));
    // A backslash, then a wildcard.
    assert!(fits(r"f: 'a\\*b'", json!(r"a\xxb")));
    assert!(!fits(r"f: 'a\\*b'", json!("axxb")));
    // A backslash, then a star.
    assert!(fits(r"f: 'a\\\*b'", json!(r"a\*b")));
    assert!(!fits(r"f: 'a\\\*b'", json!(r"a\xb")));
    // Three or four are two.
    assert!(fits(r"f: 'a\\\b'", json!(r"a\\b")));
    assert!(fits(r"f: 'a\\\\b'", json!(r"a\\b")));
    assert!(fits(r"f: 'a\'", json!(r"a\")));
}

#[test]
fn match_positions() {
    assert!(fits("f|contains: bc", json!("aBCd")));
    assert!(fits("f|startswith: ab", json!("ABc")));
    assert!(!fits("f|startswith: bc", json!("abc")));
    assert!(fits("f|endswith: bc", json!("abc")));
    assert!(!fits("f|endswith: ab", json!("abc")));
    assert!(fits("f|contains: 'a*c'", json!("xabbcx")));
    assert!(fits("f|startswith: 'a?c'", json!("abcdef")));
    assert!(fits("f|contains: ''", json!("anything")));
}

#[test]
fn lists_are_or_and_all_is_and() {
    assert!(fits("f: [a, b]", json!("b")));
    assert!(fits("f|contains|all: [a, b]", json!("ba")));
    assert!(!fits("f|contains|all: [a, b]", json!("a")));
    assert!(fits("f|all: [a, b]", json!(["b", "a"])));
}

#[test]
fn regular_expressions_and_flags() {
    assert!(fits("f|re: 'a.c'", json!("xxabcxx")));
    assert!(!fits("f|re: 'a.c'", json!("ABC")));
    assert!(fits("f|re|i: 'a.c'", json!("ABC")));
    assert!(!fits("f|re: '^b'", json!("a\nb")));
    assert!(fits("f|re|m: '^b'", json!("a\nb")));
    assert!(!fits("f|re: 'a.b'", json!("a\nb")));
    assert!(fits("f|re|s: 'a.b'", json!("a\nb")));
    assert!(fits("f|re|i|s: 'A.B'", json!("a\nb")));
    assert!(fits("f|re: '^\\d{12}$'", json!("123456789012")));
    assert!(fits("f|re: '^5'", json!(53)));
    assert!(!fits("f|re|startswith: 'b'", json!("ab")));
    assert!(wrong("f|i: a").contains("flag of `re`"));
    assert!(wrong("f|re: '(a'").contains("not a regular expression"));
    assert!(wrong("f|re: '(?=a)b'").contains("look-around"), "{}", wrong("f|re: '(?=a)b'"));
}

#[test]
fn base64() {
    assert!(fits("f|base64: foo", json!("Zm9v")));
    assert!(fits("f|base64|contains: foo", json!("xxZm9vxx")));
    assert!(wrong("f|base64: 'f*o'").contains("wildcards"));
    assert!(fits(r"f|base64: 'f\*o'", json!("Zipv")));
}

#[test]
fn base64_at_each_of_three_offsets() {
    use base64::Engine;
    let set = selection("f|base64offset|contains: 'secret*'".replace('*', "key").as_str());
    let bare = selection("f|base64offset: secretkey");
    for shift in 0..6 {
        for tail in 0..3 {
            let text = format!("{}secretkey{}", "x".repeat(shift), "y".repeat(tail));
            let encoded = base64::engine::general_purpose::STANDARD.encode(text);
            assert!(hits(&set, json!({"f": encoded})), "{shift} {tail}");
            assert!(hits(&bare, json!({"f": encoded})), "{shift} {tail}");
        }
    }
    assert!(!hits(&set, json!({"f": "c2VjcmV0"})));
}

#[test]
fn utf16_variants_then_base64() {
    assert!(fits("f|wide|base64: cmd", json!("YwBtAGQA")));
    assert!(fits("f|utf16le|base64: cmd", json!("YwBtAGQA")));
    assert!(fits("f|utf16be|base64: cmd", json!("AGMAbQBk")));
    assert!(fits("f|utf16|base64: cmd", json!("//5jAG0AZAA=")));
    assert!(fits("f|wide|base64offset|contains: ping", json!("AABwAGkAbgBnAAAA")));
    assert!(fits("f|wide: ab", json!("a\0b\0")));
    assert!(wrong("f|utf16: ab").contains("base64"));
}

#[test]
fn windash() {
    for dash in ["-", "/", "–", "—", "―"] {
        assert!(fits("f|windash|contains: ' -x'", json!(format!("cmd {dash}X"))), "{dash}");
        assert!(fits("f|windash|contains: ' /x'", json!(format!("cmd {dash}x"))), "{dash}");
    }
    assert!(!fits("f|windash|contains: ' -x'", json!("cmd +x")));
    // Inside a word it is a hyphen.
    assert!(!fits("f|windash: 'a-b'", json!("a/b")));
    assert!(fits("f|windash|contains|all: [' -a', ' -b']", json!("c /b –a")));
    assert!(fits("f|windash|base64|contains: ' -x'", json!("IC94")));
}

#[test]
fn invalid_modifiers() {
    assert!(wrong("f|expand: '%x%'").contains("placeholders"));
    assert!(wrong("f|nope: x").contains("unknown modifier `nope`"));
    assert!(wrong("f|re|cidr: x").contains("cannot be combined"));
    assert!(wrong("f|cidr|contains: 10.0.0.0/8").contains("cannot be combined"));
    assert!(wrong("f|: x").contains("missing modifier"));
    assert!(wrong("f|contains: null").contains("null"));
}
