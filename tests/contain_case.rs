//! The case folder against a second writer, a torn line, and whoever edits it.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::support::aws::Rule;
use crate::support::aws::account::RESPONDER;
use crate::support::scene::contain;
use crate::support::{Run, Scene};

/// A case that was carried out and held.
fn contained() -> Scene {
    let scene = Scene::moto();
    let run = scene.contain_victim(&["--yes"]);
    assert_eq!(run.code, 0, "{run:?}");
    scene.proxy.clear_log();
    scene
}

fn journal(scene: &Scene) -> PathBuf {
    scene.case().join("journal.jsonl")
}

#[test]
fn one_process_at_a_time() {
    let scene = Scene::moto();
    let url = scene.proxy.url();
    let key = scene.account.victim[0].id.as_str();
    let args =
        ["leaked-access-key", "--access-key", key, "--visibility", "none", "--yes", "--hold", "3"];
    let args = contain(&url, &args);
    let mut command = scene.command_as(&scene.account.responder, &args);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    let begun = || fs::read_to_string(journal(&scene)).is_ok_and(|j| j.contains("\"intent\""));
    while !begun() {
        assert!(start.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(50));
    }
    for args in [&["resume", "case"][..], &["undo", "case", "--yes"]] {
        let run = scene.run(args);
        assert_ne!(run.code, 0, "{run:?}");
        assert!(run.stderr.contains("another incident is writing"), "{}", run.stderr);
    }
    assert_eq!(scene.run(&["status", "case", "--offline"]).code, 3, "reading goes on");
    let run = Run::from(child.wait_with_output().unwrap());
    assert_eq!(run.code, 0, "{run:?}");
    let taken = scene.contain_victim(&["--yes"]);
    assert!(taken.stderr.contains("case folder case-2"), "a case is not written over: {taken:?}");
}

#[test]
fn an_edited_journal_is_refused() {
    let scene = contained();
    let whole = fs::read_to_string(journal(&scene)).unwrap();
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let without = |n: usize| {
        let kept = lines.iter().enumerate().filter(|(i, _)| *i != n);
        kept.map(|(_, l)| *l).collect::<String>()
    };
    let swapped = [&[lines[1], lines[0]], &lines[2..]].concat().concat();
    for edited in [
        whole.replacen(RESPONDER, "somebody0", 1),
        whole.replacen("\"outcome\":\"applied\"", "\"outcome\":\"already\"", 1),
        without(3),
        without(0),
        swapped,
        whole.replacen('{', "[", 1),
    ] {
        assert_ne!(edited, whole);
        fs::write(journal(&scene), &edited).unwrap();
        for args in [
            &["journal", "case", "--verify"][..],
            &["journal", "case"],
            &["resume", "case"],
            &["undo", "case", "--yes"],
            &["status", "case"],
            &["verify", "case"],
        ] {
            let run = scene.run(args);
            assert_eq!(run.code, 1, "{args:?}: {run:?}");
            assert!(run.stderr.contains("broken at line"), "{args:?}: {}", run.stderr);
        }
        assert_eq!(fs::read_to_string(journal(&scene)).unwrap(), edited, "it is not mended");
    }
    scene.unchanged();
    fs::write(journal(&scene), &whole).unwrap();
    let run = scene.run(&["journal", "case", "--verify"]);
    assert_eq!(run.code, 0, "{run:?}");
}

#[test]
fn another_plan_in_its_place_is_refused() {
    let scene = contained();
    let run = scene.contain(&[
        "s3-ransomware",
        "--bucket",
        "acme-data",
        "--plan-only",
        "-o",
        "other.json",
    ]);
    assert_eq!(run.code, 0, "{run:?}");
    let plan = fs::read_dir(scene.case()).unwrap().map(|e| e.unwrap().path());
    let plan =
        plan.into_iter().find(|p| p.file_name().unwrap().to_string_lossy().starts_with("plan-"));
    let plan = plan.unwrap();
    let approved = fs::read(&plan).unwrap();
    fs::copy(scene.env.path("other.json"), &plan).unwrap();
    for args in [
        &["resume", "case"][..],
        &["undo", "case", "--yes"],
        &["status", "case"],
        &["verify", "case"],
    ] {
        let run = scene.run(args);
        assert_eq!(run.code, 6, "{args:?}: {run:?}");
        assert!(run.stderr.contains("approved"), "{args:?}: {}", run.stderr);
    }
    scene.unchanged();
    fs::write(&plan, approved).unwrap();
    assert_eq!(scene.run(&["verify", "case"]).code, 0);
}

#[test]
fn a_torn_line_is_set_aside_and_the_run_goes_on() {
    let scene = contained();
    let whole = fs::read_to_string(journal(&scene)).unwrap();
    let half = "{\"seq\":99,\"time\":\"2026-";
    fs::write(journal(&scene), format!("{whole}{half}")).unwrap();
    let run = scene.run(&["journal", "case", "--verify"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("a crash cut off the last line"), "{}", run.stderr);
    let run = scene.run(&["resume", "case", "--hold", "0.1", "--settle", "1"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(scene.journal().starts_with(&whole) && !scene.journal().contains(half));
    scene.unchanged();
    let run = scene.run(&["verify", "case"]);
    assert_eq!(run.code, 0, "{run:?}");
}

#[test]
fn evidence_that_was_touched_is_found() {
    let scene = contained();
    let verify = |code: i32, says: &str| {
        let run = scene.run(&["verify", "case"]);
        assert_eq!(run.code, code, "{run:?}");
        assert!(run.stdout.contains(says), "no '{says}' in {}", run.stdout);
    };
    verify(0, "VERIFIED");
    let evidence = scene.case().join("evidence");
    let mut files: Vec<PathBuf> =
        fs::read_dir(&evidence).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let [first, second, ..] = &files[..] else { panic!("{files:?}") };
    let (one, two) = (fs::read(first).unwrap(), fs::read(second).unwrap());
    fs::write(evidence.join("added.json"), "{}").unwrap();
    verify(3, "added.json is not in the manifest");
    fs::write(first, [&one[..], b" "].concat()).unwrap();
    verify(1, "was changed");
    fs::write(first, &one).unwrap();
    fs::remove_file(second).unwrap();
    verify(1, "is missing");
    fs::write(second, two).unwrap();
    fs::remove_file(evidence.join("added.json")).unwrap();
    verify(0, "VERIFIED");
    // A later run does not make a change true.
    fs::write(first, "forged").unwrap();
    let run = scene.run(&["undo", "case", "--yes", "--settle", "1"]);
    assert_eq!(run.code, 0, "{run:?}");
    verify(1, "was changed");
    fs::write(first, one).unwrap();
    verify(0, "VERIFIED");
}

#[test]
fn a_status_that_could_not_be_read_is_incomplete() {
    let scene = contained();
    assert_eq!(scene.run(&["status", "case"]).code, 0);
    scene.proxy.rule(Rule::on("iam:ListAccessKeys").fail("AccessDenied"));
    for format in ["text", "json"] {
        let run = scene.run(&["status", "case", "--format", format]);
        assert_eq!(run.code, 3, "{run:?}");
        assert!(run.stderr.contains("cannot be read now"), "{run:?}");
    }
}
