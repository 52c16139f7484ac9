//! Records that only an attacker would write.

use super::super::{MOST_LINKS, Node};
use super::scene::{Call, Logs, origin, tree};
use super::{assume, work};

#[test]
fn a_circle_is_cut_and_reported() {
    let calls = [
        assume(0, "role/a", "ASIAA", "ASIAB", "role/b", "x").session("x", 0),
        assume(1, "role/b", "ASIAB", "ASIAA", "role/a", "x").session("x", 0),
        assume(2, "role/c", "ASIAC", "ASIAC", "role/c", "x").session("x", 0),
    ];
    let chain = origin(&calls, "ASIAA");
    assert!(chain.starts_with("ASIAA <AssumeRole ASIAB: Unknown"), "{chain}");
    assert!(chain.contains("Circle"), "{chain}");
    let chain = origin(&calls, "ASIAC");
    assert!(chain.starts_with("ASIAC: "), "a key that issues itself: {chain}");
    let logs = Logs::new(&calls);
    let lineage = logs.lineage();
    let a = Node::Key(logs.rollups.names.find("ASIAA").unwrap());
    assert_eq!(lineage.descendants(a, 100).len(), 1);
}

#[test]
fn an_endless_chain_is_cut() {
    let calls: Vec<Call> = (0..200)
        .map(|n| {
            let (own, next) = (format!("ASIA{n}"), format!("ASIA{}", n + 1));
            assume(n, "role/a", &own, &next, "role/a", "x").session("x", 0)
        })
        .collect();
    let chain = origin(&calls, "ASIA199");
    assert!(chain.ends_with("why: TooLong }"), "{chain}");
    assert_eq!(chain.matches('<').count(), MOST_LINKS);
    let logs = Logs::new(&calls);
    let first = Node::Key(logs.rollups.names.find("ASIA0").unwrap());
    assert_eq!(logs.lineage().descendants(first, 1_000).len(), 199);
    assert_eq!(logs.lineage().descendants(first, 7).len(), 7);
}

#[test]
fn of_two_parents_the_earliest_counts_and_the_conflict_is_recorded() {
    let used = work(9, "role/deploy", "ASIA1", "x", 0);
    let early = assume(0, "user/ci", "AKIACI", "ASIA1", "role/deploy", "x");
    let late = assume(3, "user/eve", "AKIAEVE", "ASIA1", "role/deploy", "x");
    let calls = [late.clone(), early.clone(), used.clone()];
    assert_eq!(origin(&calls, "ASIA1"), "ASIA1 <AssumeRole AKIACI: key of user/ci");
    let contested = |calls: &[Call]| {
        let logs = Logs::new(calls);
        let key = logs.rollups.names.find("ASIA1").unwrap();
        logs.rollups.sessions.get(&key).unwrap().contested
    };
    assert!(contested(&calls) && !contested(&[early.clone(), early.clone(), used]));
    let same_time = late.with(|c| c.at = early.at);
    assert_eq!(origin(&[same_time, early], "AKIACI"), "AKIACI: key of user/ci");
}

#[test]
fn two_parents_of_the_same_moment_are_ordered_by_their_texts() {
    let used = work(9, "role/deploy", "ASIA1", "x", 0);
    let one = assume(0, "user/b", "AKIAB", "ASIA1", "role/deploy", "x");
    let two = assume(0, "user/a", "AKIAA", "ASIA1", "role/deploy", "x");
    for calls in [[one.clone(), two.clone(), used.clone()], [two, used, one]] {
        assert_eq!(origin(&calls, "ASIA1"), "ASIA1 <AssumeRole AKIAA: key of user/a");
    }
}

#[test]
fn sessions_of_one_name_and_second_with_two_callers_are_not_guessed() {
    let used = work(9, "role/deploy", "ASIA3", "x", 0);
    let one = assume(0, "user/a", "AKIAA", "ASIA1", "role/deploy", "x");
    let two = assume(0, "user/b", "AKIAB", "ASIA2", "role/deploy", "x");
    assert_eq!(
        origin(&[one.clone(), used.clone()], "ASIA3"),
        "ASIA3 <AssumeRole AKIAA: key of user/a"
    );
    let chain = origin(&[one, two, used], "ASIA3");
    assert!(chain.starts_with("ASIA3: Unknown"), "{chain}");
}

#[test]
fn one_key_with_two_names_has_the_same_one_in_whatever_order() {
    let calls = [work(1, "role/b", "ASIA1", "second", 5), work(2, "role/a", "ASIA1", "first", 3)];
    origin(&calls, "ASIA1");
    tree(&calls, "ASIA1");
}
