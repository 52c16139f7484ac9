//! The state of a case in words, and what an outsider can put into a list.

use super::list::{Listed, State, formats};
use super::*;
use crate::report::RenderOptions;
use crate::ui::sanitize::hostile;

fn rendered(name: &str, cases: &[Listed]) -> String {
    let mut out = Vec::new();
    let format = formats().find(name).expect("listed");
    format.render(cases, &mut out, &RenderOptions::default()).expect("a Vec takes everything");
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn a_state_says_whether_it_is_open_and_how_the_run_ended() {
    let words = |closed, run| Standing { closed, run }.words();
    assert_eq!(words(false, LastRun::None), "open");
    assert_eq!(words(true, LastRun::NotFinished), "closed, not finished");
    assert_eq!(words(false, LastRun::Ended(RunEnd::PartlyUndone)), "open, partly undone");
    assert_eq!(Standing::of(&History::default()).run, LastRun::None);
}

#[test]
fn what_cannot_be_read_is_listed_and_nothing_in_it_steers_a_terminal() {
    let case = Listed {
        folder: "./a\x1b[2J".into(),
        id: "i\u{202e}d".into(),
        title: "t\nopen".into(),
        opened: String::new(),
        state: State::JournalBroken,
        last: None,
        fault: Some("line 3\x1b[2J".into()),
    };
    for name in formats().names() {
        let text = rendered(name, std::slice::from_ref(&case));
        assert!(text.contains("JOURNAL BROKEN"), "{text}");
        assert_eq!(text.chars().find(|c| *c != '\n' && hostile(*c)), None, "{text}");
    }
    assert!(rendered("text", &[case]).starts_with("a\\x1b[2J\n  i\\u{202e}d  t\\nopen\n"));
    assert_eq!(rendered("text", &[]), "");
}
