//! Every playbook, carried out whole: undisturbed, twice, refused, cut off, killed at each of its changes, and undone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::aws::calls::Exchange;
use crate::support::contain::faults::subject;
use crate::support::contain::scene::CASE;
use crate::support::contain::scenes::SCENES;
use crate::support::contain::state::{differences, protections, state, without_case};
use crate::support::contain::{Cell, Ended, Fault, Faults, Reference, Scene, Stage};

/// One test a scene and check.
macro_rules! matrix {
    ($($scene:ident = $place:literal),* $(,)?) => { $(
        mod $scene {
            #[test]
            fn runs() { super::runs(&super::SCENES[$place]); }
            #[test]
            fn runs_again() { super::runs_again(&super::SCENES[$place]); }
            #[test]
            fn goes_on_after_a_refusal() { super::goes_on_after_a_refusal(&super::SCENES[$place]); }
            #[test]
            fn goes_on_after_lost_answers() { super::goes_on_after_lost_answers(&super::SCENES[$place]); }
            #[test]
            fn goes_on_after_being_killed() { super::goes_on_after_being_killed(&super::SCENES[$place]); }
            #[test]
            fn is_undone() { super::is_undone(&super::SCENES[$place]); }
            #[test]
            fn undo_goes_on_after_stops() {
                super::undo_goes_on_after_stops(&super::SCENES[$place]);
            }
        }
    )* };
}

matrix! {
    leaked_access_key_lockdown = 0,
    leaked_access_key_rotate = 1,
    leaked_access_key_rotate_full = 2,
    leaked_access_key_rotate_file = 3,
    compromised_role_lockdown = 4,
    compromised_role_rotate = 5,
    console_takeover_lockdown = 6,
    console_takeover_rotate = 7,
    s3_exfiltration_principal = 8,
    s3_exfiltration_address = 9,
    s3_exfiltration_allow = 10,
    s3_ransomware = 11,
    turn_on_visibility = 12,
    console_takeover_without_room = 13,
    compromised_role_without_room = 14,
    turn_on_visibility_without_a_trail = 15,
    intruder = 16,
    leaked_access_key_seamless = 17,
}

/// A plan changes nothing; its run holds, with the first denial out at once where that was asked for.
fn runs(scene: &Scene) {
    let cell = Cell::new(scene.name, "run");
    let reference = scene.reference();
    let planned: Vec<String> =
        reference.planning.iter().filter(|e| e.mutating).map(Exchange::name).collect();
    assert_eq!(planned, [""; 0], "a plan changes nothing");
    assert!(!reference.changes.is_empty());
    let urgent = !scene.name.starts_with("turn-on-visibility");
    let ended = &reference.ended.text;
    assert!(ended.contains(if urgent { "CONTAINED" } else { "DONE" }), "{ended}");
    held(ended);
    assert_ne!(reference.begin, reference.end);

    let stage = scene.stage();
    let args = scene.args(&stage);
    let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
    args.push("--yes");
    // The default for playbooks of keys, roles and the console.
    if scene.name.starts_with("s3-exfiltration") || scene.name.starts_with("turn-on") {
        args.push("--contain-first");
    }
    stage.proxy.clear_log();
    let ended = stage.contain(&args).exits(0);
    held(&ended.text);
    let folder = std::fs::read_dir(stage.env.path("")).unwrap().flatten();
    let playbook = args[0];
    let default = |name: &str| name.starts_with("case-") && name.ends_with(playbook);
    assert_eq!(folder.filter(|f| default(&f.file_name().to_string_lossy())).count(), 1);
    let direct = stage.proxy.names();
    assert_eq!(stage.proxy.mutating(), reference.changes);
    if urgent {
        let applied = scene.contains_first().then_some(&reference.calls);
        for calls in applied.into_iter().chain([&direct]) {
            let first = calls.iter().position(|n| *n == reference.changes[0]).unwrap();
            let asked = calls[..first].iter().rposition(|n| n == "sts:GetCallerIdentity").unwrap();
            assert!(first - asked <= 3, "{:?}", &calls[asked..=first]);
        }
    }
    cell.ok(&format!("{} of {} calls", reference.changes.len(), reference.calls.len()));
}

/// Every row of the table says that its change held.
#[track_caller]
fn held(text: &str) {
    let table = text.lines().skip_while(|l| !(l.contains("resource") && l.contains("state")));
    let rows: Vec<&str> = table.skip(1).take_while(|l| !l.ends_with("stayed in force.")).collect();
    assert!(!rows.is_empty(), "{text}");
    for row in rows.iter().filter(|r| r.contains(" arn:")) {
        assert!(row.trim_end().ends_with("held"), "{row}\n{text}");
    }
}

/// The same playbook as a new case: it does no harm, and adds at most what carries its own name.
fn runs_again(scene: &Scene) {
    let cell = Cell::new(scene.name, "again");
    let reference = scene.reference();
    let stage = scene.stage();
    _ = stage.apply(scene, &reference.plan).exits(0);
    stage.proxy.clear_log();
    _ = stage.resume().exits(0);
    assert_eq!(stage.proxy.mutating(), [""; 0], "a case that holds is not done again");
    let args = scene.args(&stage);
    let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
    args.extend(["--yes", "--case", "second"]);
    let ended = stage.contain(&args).exits(scene.again);
    let changes = stage.proxy.mutating();
    let now = state(&stage);
    if scene.again != 0 {
        assert_eq!(changes, [""; 0], "{}", ended.text);
    }
    let case = std::fs::read_to_string(stage.env.path("second/case.toml")).unwrap_or_default();
    let id = case.lines().find_map(|l| l.strip_prefix("id = \"")?.strip_suffix('"'));
    let (end, now) = match id {
        Some(id) => (without_case(reference.end.clone(), "none"), without_case(now, id)),
        None => (reference.end.clone(), now),
    };
    same(&end, &now, &ended.text);
    cell.ok(&format!("{} calls", changes.len()));
}

fn goes_on_after_a_refusal(scene: &Scene) {
    disturbed(scene, "denied", Fault::Denied);
}

fn goes_on_after_lost_answers(scene: &Scene) {
    disturbed(scene, "cut", Fault::Cut);
}

fn goes_on_after_being_killed(scene: &Scene) {
    disturbed(scene, "killed", Fault::Kill);
}

/// Runs and resumes until it is through; every change met its faults, and the end is that of a run without.
fn disturbed(scene: &Scene, check: &str, fault: Fault) {
    let cell = Cell::new(scene.name, check);
    let reference = scene.reference();
    let stage = scene.stage();
    stage.proxy.clear_log();
    let faults = Faults::start(&stage, fault);
    let mut ended = stage.apply(scene, &reference.plan);
    let mut stops = 0;
    while ended.code != Some(0) {
        stops += 1;
        assert!(stops <= 60, "no end: {}", ended.text);
        stopped(&stage, fault, &ended);
        ended = stage.resume();
    }
    stage.proxy.clear_rules();
    held(&ended.text);
    assert!(
        faults.calls() >= reference.changes.len(),
        "{} of {:?}",
        faults.calls(),
        reference.changes
    );
    same(&reference.end, &state(&stage), &ended.text);
    once(&stage, fault);
    _ = stage.status().exits(0);
    _ = stage.run_offline(&["verify", CASE]).exits(0);
    cell.ok(&format!("{} faults, {stops} stops", faults.calls()));
}

/// What a run that did not get through says, by its fault.
#[track_caller]
fn stopped(stage: &Stage, fault: Fault, ended: &Ended) {
    match fault {
        Fault::Kill => assert_eq!(ended.code, None, "{}", ended.text),
        _ => {
            _ = ended.clone().exits(3).says("INCOMPLETE").says("incident resume the-case");
            let status = stage.run(&["status", CASE, "--offline"]);
            _ = status.exits(3).says("the last run ended: incomplete").says("left: ");
        }
    }
}

/// No change was made twice: what took effect was not sent again. A key whose secret was lost is made anew,
/// and a password that nobody knows is as good as another.
#[track_caller]
fn once(stage: &Stage, fault: Fault) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for call in stage.took_effect() {
        let ids = ["AccessKeyId", "ClientRequestToken", "MoveToVersionId", "RemoveFromVersionId"];
        let ids: Vec<String> = ids.iter().filter_map(|name| call.parameter(name)).collect();
        *seen.entry(format!("{} {}", subject(&call), ids.join(" "))).or_default() += 1;
    }
    let made = |what: &str| {
        let calls = seen.iter().filter(|(name, _)| name.starts_with(what));
        calls.map(|(_, n)| n).sum::<usize>()
    };
    if made("iam:CreateAccessKey") > 0 {
        assert!(made("iam:CreateAccessKey") <= made("iam:DeleteAccessKey") + 1, "{seen:?}");
    }
    let twice: BTreeSet<&String> = seen
        .iter()
        .filter(|(name, n)| **n > 1 && !name.starts_with("iam:CreateAccessKey"))
        .map(|(name, _)| name)
        .collect();
    assert!(twice.is_empty(), "{fault:?}: {twice:?}");
}

#[track_caller]
fn same(expected: &Value, now: &Value, text: &str) {
    let differ = differences(expected, now);
    let at = |state: &Value, path: &str| state.pointer(&format!("/{path}")).cloned();
    let shown: Vec<_> = differ.iter().map(|p| (p, at(expected, p), at(now, p))).collect();
    assert!(differ.is_empty(), "{shown:#?}\n{text}");
}

/// Everything that undo can be asked to revert.
const EVERYTHING: [&str; 2] = ["--reactivate-credentials", "--hardening"];
/// Seconds after which no session of a user or a role is left.
const SESSIONS_ENDED: i64 = 40 * 3600;

/// Undo leaves credentials dead and protections in place, unless they are asked for; a second one finds nothing to do.
fn is_undone(scene: &Scene) {
    let cell = Cell::new(scene.name, "undo");
    let reference = scene.reference();
    let stage = scene.stage();
    _ = stage.apply(scene, &reference.plan).exits(0);
    if !scene.full.is_empty() {
        // Without room for a cutoff, stolen sessions would work again: the deny stays.
        _ = stage.undo(&[]).exits(3).says("make room");
        assert_eq!(state(&stage), reference.end);
        stage.quota.make_room();
    }
    stage.proxy.clear_log();
    let first = stage.undo(&[]).exits(0);
    assert_eq!(
        protections(&state(&stage)),
        protections(&reference.end),
        "a plain undo lowers no protection: {}",
        first.text
    );
    let undone = stage.proxy.mutating().len();
    let given_back = |e: &Exchange| {
        let name = e.name();
        name.starts_with("iam:Update") && e.parameter("Status").is_some()
    };
    assert!(!stage.proxy.log().iter().any(given_back), "{}", first.text);
    stage.proxy.clear_log();
    let second = stage.undo(&[]);
    assert_eq!(stage.proxy.mutating(), [""; 0], "{}", second.text);
    _ = stage.undo(&EVERYTHING);
    stage.proxy.skew_clock(SESSIONS_ENDED);
    let with = stage.undo(&EVERYTHING);
    let end = state(&stage);
    stays(scene, reference, &end, &with);
    stage.proxy.clear_log();
    let again = stage.undo(&EVERYTHING);
    assert_eq!(stage.proxy.mutating(), [""; 0], "{}", again.text);
    _ = stage.resume().exits(6).says("was undone");
    assert_eq!(stage.proxy.mutating(), [""; 0], "a case that was undone is not resumed");
    let left = differences(&reference.begin, &end).len();
    cell.ok(&format!("{undone} calls, {left} stay"));
}

/// The account is as it began, less what the scene says.
#[track_caller]
fn stays(scene: &Scene, reference: &Reference, end: &Value, ended: &Ended) {
    let differ = differences(&reference.begin, end);
    let known = |path: &str| {
        scene
            .stays
            .iter()
            .any(|s| path.strip_prefix(s).is_some_and(|r| r.is_empty() || r.starts_with('/')))
    };
    let strange: Vec<_> = differ
        .iter()
        .filter(|path| !known(path))
        .map(|p| {
            let p = format!("/{p}");
            (p.clone(), reference.begin.pointer(&p).cloned(), end.pointer(&p).cloned())
        })
        .collect();
    assert!(strange.is_empty(), "{strange:#?}\n{}", ended.text);
}

fn undo_goes_on_after_stops(scene: &Scene) {
    let cell = Cell::new(scene.name, "undo stopped");
    let reference = scene.reference();
    let stage = scene.stage();
    _ = stage.apply(scene, &reference.plan).exits(0);
    stage.quota.make_room();
    stage.proxy.clear_log();
    let faults = Faults::start(&stage, Fault::Mixed);
    let mut stops = 0;
    let mut to_the_end = || loop {
        let ended = stage.undo(&EVERYTHING);
        if ended.code.is_some() && !ended.text.contains("run undo again") {
            break ended;
        }
        stops += 1;
        assert!(stops <= 60, "no end: {}", ended.text);
    };
    _ = to_the_end();
    stage.proxy.skew_clock(SESSIONS_ENDED);
    let ended = to_the_end();
    stage.proxy.clear_rules();
    stays(scene, reference, &state(&stage), &ended);
    once(&stage, Fault::Mixed);
    cell.ok(&format!("{} faults, {stops} stops", faults.calls()));
}
