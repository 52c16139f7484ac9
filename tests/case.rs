//! `incident case`: made, noted in, closed, listed, handed over, and checked on another machine.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::run::NOW;
use crate::support::scene::files;
use crate::support::{Env, Scene};

/// A place with a case in the folder `case`, with evidence, a note and a decision.
fn place() -> Env {
    let env = Env::in_memory();
    run(&env, &["new", "--dir", "case", "--title", "A bucket", "--account", "123456789012"], 0);
    run(&env, &["note", "case", "called the owner"], 0);
    run(&env, &["note", "case", "it stays closed", "--decision"], 0);
    env
}

/// `incident case ARGS` by alice; gives what it prints.
#[track_caller]
fn run(env: &Env, args: &[&str], code: i32) -> String {
    let common: &[&str] = match args[0] {
        "new" | "note" | "close" | "reopen" => &["--author", "alice"],
        _ => &[],
    };
    let run = env.run(&[&["case"], args, common, &["--now", NOW]].concat());
    assert_eq!(run.code, code, "{args:?}: {run:?}");
    run.stdout
}

fn journal(env: &Env) -> Vec<Value> {
    let text = fs::read_to_string(env.path("case/journal.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_case_without_a_playbook_is_a_case() {
    let env = place();
    for args in [
        &["status", "case"][..],
        &["status", "case", "--format", "json"],
        &["journal", "case"],
        &["journal", "case", "--verify"],
        &["verify", "case"],
        &["case", "verify", "case"],
        &["case", "show", "case"],
        &["case", "show", "case", "--format", "json"],
    ] {
        let run = env.run(args);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{args:?}: {run:?}");
    }
    assert!(env.run(&["status", "case"]).stdout.contains("no plan was approved"));
    for args in [&["resume", "case"][..], &["undo", "case", "--yes"]] {
        let run = env.run(args);
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.stderr.contains("incident contain PLAYBOOK --case case"), "{}", run.stderr);
    }
}

#[test]
fn notes_have_author_and_time_and_are_shown() {
    let env = place();
    let entries = journal(&env);
    let kinds: Vec<&str> = entries.iter().map(|e| e["event"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["created", "manifest", "note", "note"]);
    assert_eq!((&entries[2]["author"], &entries[2]["time"]), (&"alice".into(), &NOW.into()));
    assert_eq!((&entries[2]["decision"], &entries[3]["decision"]), (&Value::Null, &true.into()));
    let shown = run(&env, &["show", "case"], 0);
    assert!(shown.contains("alice, decision: it stays closed"), "{shown}");
    assert!(shown.contains("account    123456789012"), "{shown}");
    run(&env, &["note", "case", " "], 2);
    let hostile = "a\u{1b}[2Jb\nc";
    run(&env, &["note", "case", hostile], 0);
    let shown = run(&env, &["show", "case"], 0);
    assert!(shown.contains("a\\x1b[2Jb\\nc") && !shown.contains('\u{1b}'), "{shown}");
    assert_eq!(env.run(&["verify", "case"]).code, 0);
}

#[test]
fn the_author_is_the_user_of_the_system_if_nobody_is_named() {
    let env = place();
    let output = env.run(&["case", "note", "case", "mine", "--now", NOW]);
    assert_eq!(output.code, 0, "{output:?}");
    let author = journal(&env).last().unwrap()["author"].as_str().unwrap().to_string();
    assert!(!author.is_empty() && author != "alice");
    assert_eq!(env.run(&["case", "note", "case", "x", "--author", " "]).code, 2);
}

#[test]
fn a_closed_case_takes_nothing_until_it_is_reopened() {
    let env = place();
    run(&env, &["close", "case", "--reason", "report sent"], 0);
    let closed = fs::read(env.path("case/journal.jsonl")).unwrap();
    for args in [
        &["case", "note", "case", "one more", "--author", "alice"][..],
        &["clocks", "case", "--set", "regimes=gdpr", "--author", "alice"],
        &["resume", "case"],
        &["undo", "case", "--yes"],
    ] {
        let run = env.run(args);
        assert_eq!(run.code, 6, "{args:?}: {run:?}");
        assert!(run.stderr.contains("incident case reopen case"), "{}", run.stderr);
    }
    for args in [&["verify", "case"][..], &["clocks", "case"], &["case", "show", "case"]] {
        assert_eq!(env.run(args).code, 0, "{args:?}");
    }
    run(&env, &["close", "case"], 0);
    assert_eq!(fs::read(env.path("case/journal.jsonl")).unwrap(), closed, "closed is closed");
    run(&env, &["export", "case", "-o", "a.tar.zst"], 0);
    run(&env, &["reopen", "case"], 0);
    run(&env, &["note", "case", "one more"], 0);
    let kinds: Vec<Value> = journal(&env).iter().map(|e| e["event"].clone()).collect();
    assert_eq!(kinds[4..], ["closed", "reopened", "note"]);
}

#[test]
fn cases_are_listed_with_what_is_wrong_with_them() {
    let env = place();
    run(&env, &["new", "--title", "Another: key/../leak"], 0);
    let name = "case-2026-11-21-another-key-leak";
    assert!(env.path(name).is_dir());
    run(&env, &["new", "--title", "Another key leak"], 0);
    assert!(env.path(&format!("{name}-2")).is_dir(), "a name that is taken gets a number");
    run(&env, &["new", "--dir", "case"], 1);
    run(&env, &["new", "--account", "123"], 2);
    run(&env, &["close", name], 0);
    let list = run(&env, &["list", "."], 0);
    for said in [format!("{name}\n"), "closed; opened".into(), "A bucket".into(), "note".into()] {
        assert!(list.contains(&said), "no {said} in {list}");
    }
    fs::write(env.path("case/journal.jsonl"), "nonsense\n").unwrap();
    env.write("deep/er/broken/case.toml", "no = \"case\"");
    let broken = run(&env, &["list", "--format", "json"], 3);
    let document: Value = serde_json::from_str(&broken).unwrap();
    let cases = document["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 4);
    assert!(cases.iter().any(|c| c["state"] == "JOURNAL BROKEN"), "{document}");
    assert!(cases.iter().any(|c| c["state"] == "UNREADABLE"), "{document}");
    run(&env, &["list", "nowhere"], 2);
}

#[test]
fn an_export_is_the_same_twice_and_never_overwritten() {
    let env = place();
    env.write("case/evidence/1.json", "{}");
    for ending in ["tar.zst", "tar.gz"] {
        let (one, two) = (format!("1.{ending}"), format!("2.{ending}"));
        run(&env, &["export", "case", "-o", &one], 0);
        run(&env, &["export", "case", "-o", &two], 0);
        let read = |name: &str| fs::read(env.path(name)).unwrap();
        assert_eq!(read(&one), read(&two));
        let detached = String::from_utf8(read(&format!("{one}.sha256"))).unwrap();
        assert!(detached.ends_with(&format!("  {one}\n")) && detached.len() == 67 + one.len());
        run(&env, &["export", "case", "-o", &one], 1);
        assert_eq!(read(&one), read(&two));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            for name in [one.clone(), format!("{one}.sha256")] {
                let mode = fs::metadata(env.path(&name)).unwrap().permissions().mode();
                assert_eq!(mode & 0o777, 0o600, "{name}");
            }
        }
    }
    run(&env, &["export", "case", "-o", "case/evidence/own.tar.gz"], 1);
    run(&env, &["export", "case", "-o", "case.zip"], 2);
    run(&env, &["export", "nothing", "-o", "x.tar.gz"], 2);
}

/// Positions of a file: its ends, and some between.
fn positions(length: usize) -> Vec<usize> {
    let step = (length / 12).max(1);
    let mut all: Vec<usize> = (0..length).step_by(step).collect();
    all.extend([length.saturating_sub(1), length.saturating_sub(2)]);
    all
}

#[track_caller]
fn every_flip_is_found(env: &Env, changed: &Path, checked: &str) {
    let whole = fs::read(changed).unwrap();
    for at in positions(whole.len()) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x01;
        fs::write(changed, &bytes).unwrap();
        let run = env.run(&["verify", checked]);
        assert_ne!(run.code, 0, "{} byte {at}: {run:?}", changed.display());
        assert!(!run.stdout.contains("VERIFIED: everything"), "{run:?}");
    }
    fs::write(changed, whole).unwrap();
}

#[test]
fn a_changed_byte_of_an_export_is_found_on_another_machine() {
    let env = place();
    run(&env, &["export", "case", "-o", "a.tar.zst"], 0);
    run(&env, &["export", "case", "-o", "a.tar.gz"], 0);
    let other = Env::in_memory();
    for name in ["a.tar.zst", "a.tar.gz"] {
        for name in [name.to_string(), format!("{name}.sha256")] {
            fs::copy(env.path(&name), other.path(&name)).unwrap();
        }
        let verified = other.run(&["case", "verify", name]);
        assert_eq!(verified.code, 0, "{verified:?}");
        assert!(verified.stdout.contains("VERIFIED: everything"), "{verified:?}");
        every_flip_is_found(&other, &other.path(name), name);
        every_flip_is_found(&other, &other.path(&format!("{name}.sha256")), name);
        fs::remove_file(other.path(&format!("{name}.sha256"))).unwrap();
        let alone = other.run(&["verify", name]);
        assert_eq!(alone.code, 3, "{alone:?}");
        assert!(alone.stdout.contains(".sha256 is missing"), "{alone:?}");
        every_flip_is_found(&other, &other.path(name), name);
    }
    other.write("text.tar.gz", "no archive");
    assert_eq!(other.run(&["verify", "text.tar.gz"]).code, 1);
}

#[test]
fn a_changed_case_stays_changed_in_its_export() {
    let env = place();
    fs::write(env.path("case/case.toml"), "id = \"x\"\ntitle = \"y\"\nopened = \"z\"\n").unwrap();
    run(&env, &["export", "case", "-o", "a.tar.zst"], 0);
    let verified = env.run(&["verify", "a.tar.zst"]);
    assert_eq!(verified.code, 1, "{verified:?}");
    assert!(verified.stdout.contains("case.toml was changed"), "{verified:?}");
}

#[test]
fn a_changed_byte_of_a_case_is_found() {
    let scene = Scene::moto();
    let made = scene.contain_victim(&["--yes"]);
    assert_eq!(made.code, 0, "{made:?}");
    let noted = scene.run(&["case", "note", "case", "contained", "--author", "alice"]);
    assert_eq!(noted.code, 0, "{noted:?}");
    assert_eq!(scene.run(&["verify", "case"]).code, 0, "a note changes no file of the manifest");
    let mut seen = 0;
    for (path, content) in files(&scene.case()) {
        if !content.is_empty() {
            let whole = content.len();
            let evidence = path.parent().is_some_and(|p| p.ends_with("evidence"));
            let places = if evidence { vec![whole / 2] } else { vec![0, whole / 2, whole - 1] };
            for at in places {
                let mut bytes = content.clone();
                bytes[at] ^= 0x01;
                fs::write(&path, &bytes).unwrap();
                let run = scene.run(&["verify", "case"]);
                assert_ne!(run.code, 0, "{} byte {at}: {run:?}", path.display());
                seen += 1;
            }
            fs::write(&path, &content).unwrap();
        }
    }
    assert!(seen > 20, "{seen}");
    let run = scene.run(&["case", "export", "case", "-o", "a.tar.zst"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(scene.run(&["verify", "a.tar.zst"]).code, 0);
}

#[test]
fn contain_runs_in_a_case_that_waits_for_it() {
    let scene = Scene::moto();
    let account = scene.account.id.clone();
    let new = |dir: &str, account: &str| {
        let run = scene.run(&["case", "new", "--dir", dir, "--account", account]);
        assert_eq!(run.code, 0, "{run:?}");
    };
    new("case", &account);
    let id = fs::read_to_string(scene.case().join("case.toml")).unwrap();
    let run = scene.contain_victim(&["--yes"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("case folder case, which existed already"), "{}", run.stderr);
    assert_eq!(fs::read_to_string(scene.case().join("case.toml")).unwrap(), id);
    for args in [&["verify", "case"][..], &["status", "case"], &["case", "show", "case"]] {
        let run = scene.run(args);
        assert_eq!(run.code, 0, "{args:?}: {run:?}");
    }
    assert!(scene.run(&["case", "list"]).stdout.contains("open, held"));
    let name = id.split('"').nth(1).unwrap();
    let plans = files(&scene.case());
    let plan = plans.iter().find(|(path, _)| path.to_string_lossy().contains("plan-")).unwrap();
    assert!(String::from_utf8_lossy(&plan.1).contains(name), "the case's id is the plan's");
    // A case that had a playbook gets no second one.
    let again = scene.contain_victim(&["--yes"]);
    assert!(again.stderr.contains("case folder case-2"), "{}", again.stderr);
    scene.proxy.clear_log();
    new("other", "999999999999");
    let refused = scene.contain_victim(&["--yes", "--case", "other"]);
    assert_eq!(refused.code, 6, "{refused:?}");
    new("closed", &account);
    assert_eq!(scene.run(&["case", "close", "closed"]).code, 0);
    let refused = scene.contain_victim(&["--yes", "--case", "closed"]);
    assert_eq!(refused.code, 6, "{refused:?}");
    scene.unchanged();
}
