//! How the tree is drawn.

use super::{About, Document, formats};
use crate::finding::session::{Branch, Forest, Session, SessionKind};
use crate::report::{RenderOptions, Window};

fn leaf(title: &str) -> Branch {
    Branch { title: title.to_string(), ..Branch::default() }
}

fn about() -> About {
    let window = Window { since: None, until: None, whole_archive: true, baseline_since: None };
    About { generated: 0, window, events: 0, complete: true, notes: Vec::new() }
}

fn drawn(forest: &Forest) -> String {
    render("text", &[], forest)
}

fn render(format: &str, sessions: &[Session], forest: &Forest) -> String {
    let document = Document {
        about: about(),
        forest: &|| forest.clone(),
        sessions: &|each| _ = sessions.iter().cloned().try_for_each(each),
        unused: &Vec::new,
    };
    let format = formats().find(format).expect("listed");
    let mut out = Vec::new();
    format.render(&document, &mut out, &RenderOptions::default()).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn json_has_every_session_in_its_order() {
    let session = |key: &str| Session {
        access_key: key.into(),
        kind: SessionKind::LongTerm,
        ..Session::default()
    };
    let keys = |sessions: &[Session]| -> Vec<String> {
        let json = render("json", sessions, &Forest::default());
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["schema"], super::json::SCHEMA);
        let sessions = json["sessions"].as_array().unwrap();
        sessions.iter().map(|s| s["access_key"].as_str().unwrap().to_string()).collect()
    };
    assert_eq!(keys(&[session("b"), session("a")]), ["b", "a"]);
    assert!(keys(&[]).is_empty());
    assert_eq!(formats().names(), ["text", "json"]);
}

#[test]
fn branches_hang_under_what_they_came_from() {
    let details = |text: &str| vec![text.to_string()];
    let inner = Branch {
        branches: vec![leaf("third")],
        details: details("of the second"),
        chosen: true,
        ..leaf("second")
    };
    let root = Branch {
        branches: vec![inner, leaf(&"a long title ".repeat(12))],
        details: details(&"told of the first, ".repeat(8)),
        ..leaf("first\x1b[2J")
    };
    let forest = Forest { roots: vec![root, leaf("other")], sessions: 5, left_out: 2, unused: 1 };
    insta::assert_snapshot!(drawn(&forest), @r"
    incident: 5 keys, sessions and sign-ins from 4 origins

    first\x1b[2J
    │  told of the first, told of the first, told of the first, told of the first, told of the
    │    first, told of the first, told of the first, told of the first,
    ├─ => second
    │  │  of the second
    │  └─ third
    └─ a long title a long title a long title a long title a long title a long title a long title a
            long title a long title a long title a long title a long title

    other

    … and 2 more keys and groups of sessions (--all lists every one)

    Note: 1 temporary key was issued and not used in these logs.
    ");
}

#[test]
fn however_deep_nothing_is_wider_than_the_page() {
    let mut branch = leaf(&"x".repeat(300));
    for n in 0..18 {
        branch = Branch { branches: vec![branch], ..leaf(&format!("{n} {}", "word ".repeat(40))) };
    }
    let drawn = drawn(&Forest { roots: vec![branch], ..Forest::default() });
    assert!(drawn.lines().all(|line| line.chars().count() <= 100), "{drawn}");
}
