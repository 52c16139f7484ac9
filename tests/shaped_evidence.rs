//! Evidence that an attacker shaped: what stands where events may be is read, or counted with its reason.

use crate::support::logs::{call, document, record, records, text, user};
use crate::support::run::analyze_file;
use crate::support::{Env, pack};

/// Each skipped file has a place in the problems, with its reason.
#[track_caller]
fn named(problems: &[String], files: &[&str]) {
    for file in files {
        assert!(problems.iter().any(|p| p.contains(file)), "{file} is not in {problems:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_out_of_the_folder_is_skipped_and_named() {
    use std::os::unix::fs::symlink;

    let env = Env::new();
    env.write("outside/secret.json", document(&[record(7)]));
    env.write("logs/good.json", document(&records(2)));
    env.write("logs/deep/more.json", document(&[record(3)]));
    symlink(env.path("outside/secret.json"), env.path("logs/file.json")).unwrap();
    symlink("../outside", env.path("logs/folder")).unwrap();
    symlink("deep", env.path("logs/inside")).unwrap();
    let analysis = env.analyze(&["logs"]);
    let expected = "5 found, 3 read, 2 link-outside; 4 records, 3 decoded, 1 duplicates";
    assert_eq!(analysis.account(), expected);
    named(&analysis.problems(), &["file.json link-outside", "folder link-outside"]);
    assert_eq!(analysis.code, 3);
    // A pattern finds the same; a folder below which it finds nothing is not its matter.
    let analysis = env.analyze(&["logs/*.json"]);
    assert_eq!(analysis.account(), "2 found, 1 read, 1 link-outside; 2 records, 2 decoded");
    // The user may name a link, to a file or to a folder.
    for (name, account) in [
        ("logs/file.json", "1 found, 1 read; 1 records, 1 decoded"),
        ("logs/folder", "1 found, 1 read; 1 records, 1 decoded"),
    ] {
        let analysis = env.analyze(&[name]);
        assert_eq!((analysis.account(), analysis.code), (account.to_string(), 0), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_or_socket_in_a_folder_is_skipped_and_named() {
    let env = Env::new();
    env.write("logs/good.json", document(&records(2)));
    let pipe = env.path("logs/pipe.json");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(env.path("logs/socket")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", env.path("logs/zero.json")).unwrap();
    let analysis = env.analyze(&["logs"]);
    assert_eq!(
        analysis.account(),
        "4 found, 1 read, 1 link-outside, 2 special-file; 2 records, 2 decoded"
    );
    named(&analysis.problems(), &["pipe.json special-file", "socket special-file"]);
    assert_eq!(analysis.code, 3);
}

#[test]
fn events_in_an_unknown_form_are_a_loss() {
    let flat = r#"{"eventtime":"2026-11-02T10:00:00Z","eventname":"StopLogging","eventsource":"cloudtrail.amazonaws.com"}"#;
    let envelope = format!(r#"{{"took":1,"hits":[{{"_source":{}}}]}}"#, record(1));
    for (name, content, lost) in [
        ("flat.json", flat.to_string(), 1),
        ("flat.jsonl", format!("{flat}\n{flat}\n"), 2),
        ("envelope.json", envelope, 1),
        ("text.json", serde_json::json!({ "raw": record(1).to_string() }).to_string(), 1),
    ] {
        let analysis = analyze_file(name, &content);
        let expected = format!(
            "1 found, 1 read, 1 damaged; {lost} records, 0 decoded, {lost} lost: event in an unknown form"
        );
        assert_eq!((analysis.account(), analysis.code), (expected, 3), "{name}");
    }
    for (name, content) in [
        ("columns.txt", "eventtime;eventname;eventsource\n1;2;3\n".to_string()),
        ("syslog", format!("Nov  2 10:00:00 host trail: {}\n", record(1))),
    ] {
        let analysis = analyze_file(name, &content);
        assert_eq!(
            analysis.account(),
            "1 found, 0 read, 1 damaged; 0 records, 0 decoded",
            "{name}"
        );
        named(&analysis.problems(), &["event in an unknown form"]);
        assert_eq!(analysis.code, 3, "{name}");
    }
}

#[test]
fn json_that_is_no_log_stays_no_log() {
    let env = Env::new();
    env.write(
        "package.json",
        r#"{"name":"eventname","version":"1.0.0","keywords":["eventSource"]}"#,
    );
    env.write("pattern.json", r#"{"source":{"eventSource":["a"],"eventName":["b"]}}"#);
    env.write("good.json", document(&records(2)));
    let analysis = env.analyze(&["."]);
    assert_eq!(analysis.account(), "3 found, 1 read, 2 not-a-log; 2 records, 2 decoded");
    assert_eq!(analysis.code, 0);
}

#[test]
fn records_that_strict_json_forbids_are_judged_by_the_rules() {
    let deep = format!("{}{}", "[".repeat(300), "]".repeat(300));
    for odd in [r#""\ud800""#, "1e999", deep.as_str()] {
        let stop = call(1, user("eve"), "cloudtrail", "StopLogging");
        let parameters = format!(r#""requestParameters":{{"name":"t","x":{odd}}}"#);
        let stop = text(&stop).replace(r#""requestParameters":null"#, &parameters);
        let env = Env::new();
        env.write("x.json", format!(r#"{{"Records":[{stop}]}}"#));
        let analysis = env.judge(&["x.json"]);
        assert_eq!((analysis.decoded(), analysis.code), (1, 0), "{odd}: {}", analysis.account());
        let findings = analysis.json["findings"].to_string();
        assert!(findings.contains("StopLogging"), "{odd}: {findings}");
    }
}

#[test]
fn records_that_no_rule_can_read_are_a_loss() {
    let stop = call(1, user("eve"), "cloudtrail", "StopLogging");
    let stop =
        text(&stop).replace(r#""requestParameters":null"#, r#""requestParameters":{name:1}"#);
    let env = Env::new();
    env.write("x.json", format!(r#"{{"Records":[{stop}]}}"#));
    let analysis = env.judge(&["x.json"]);
    assert_eq!(analysis.account(), "1 found, 1 read; 1 records, 1 decoded");
    assert_eq!(analysis.code, 3, "the event counts, but no rule has judged it");
}

/// A tar whose one member has this type.
fn tar_of(kind: tar::EntryType, name: &str, link: Option<&str>, content: &[u8]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_path(name).unwrap();
    if let Some(link) = link {
        header.set_link_name(link).unwrap();
    }
    header.set_entry_type(kind);
    header.set_size(content.len() as u64);
    header.set_cksum();
    tar.append(&header, content).unwrap();
    tar.into_inner().unwrap()
}

/// The members of a tar without its end mark.
fn unended(mut tar: Vec<u8>) -> Vec<u8> {
    tar.truncate(tar.len() - 1024);
    tar
}

#[test]
fn a_member_of_a_tar_with_content_is_read_whatever_its_type() {
    for kind in *b"07125693LZ" {
        let kind = tar::EntryType::new(kind);
        if kind.is_gnu_longname() {
            continue;
        }
        let analysis = analyze_file("x.tar", tar_of(kind, "a.json", None, &document(&records(2))));
        let expected = "1 found, 1 read, 1 opened; 2 records, 2 decoded";
        assert_eq!((analysis.account().as_str(), analysis.code), (expected, 0), "{kind:?}");
    }
}

#[test]
fn a_sparse_member_of_a_tar_is_read_or_a_loss() {
    let content = document(&records(2));
    let mut header = tar::Header::new_gnu();
    header.set_path("a.json").unwrap();
    header.set_entry_type(tar::EntryType::GNUSparse);
    header.set_size(content.len() as u64);
    let gnu = header.as_gnu_mut().unwrap();
    let octal = |n: usize| format!("{n:011o}\0").into_bytes();
    gnu.sparse[0].offset.copy_from_slice(&octal(0));
    gnu.sparse[0].numbytes.copy_from_slice(&octal(content.len()));
    gnu.realsize.copy_from_slice(&octal(content.len()));
    header.set_cksum();
    let mut tar = tar::Builder::new(Vec::new());
    tar.append(&header, content.as_slice()).unwrap();
    let analysis = analyze_file("gnu.tar", tar.into_inner().unwrap());
    assert_eq!(analysis.account(), "1 found, 1 read, 1 opened; 2 records, 2 decoded");
    assert_eq!(analysis.code, 0);

    let mut tar = tar::Builder::new(Vec::new());
    tar.append_pax_extensions([("GNU.sparse.major", b"1".as_slice())]).unwrap();
    let map = [b"1\n0\n9\n".as_slice(), &[0; 506], &content].concat();
    let mut header = tar::Header::new_ustar();
    header.set_size(map.len() as u64);
    header.set_cksum();
    tar.append_data(&mut header, "GNUSparseFile.0/a.json", map.as_slice()).unwrap();
    let analysis = analyze_file("pax.tar", tar.into_inner().unwrap());
    assert_eq!(analysis.account(), "1 found, 0 read, 1 damaged, 1 opened; 0 records, 0 decoded");
    named(&analysis.problems(), &["a.json broken tar"]);
    assert_eq!(analysis.code, 3);
}

#[test]
fn a_link_in_a_tar_is_counted_and_one_to_elsewhere_is_a_loss() {
    let file = unended(pack::tar(&[("logs/a.json", &document(&records(2)))]));
    for (kind, target, expected) in [
        (tar::EntryType::Link, "logs/a.json", "1 link"),
        (tar::EntryType::Link, "logs/b.json", "1 link-outside"),
        (tar::EntryType::Symlink, "a.json", "1 link"),
        (tar::EntryType::Symlink, "../logs", "1 link"),
        (tar::EntryType::Symlink, "/logs/a.json", "1 link"),
        (tar::EntryType::Symlink, "../../etc/passwd", "1 link-outside"),
        (tar::EntryType::Fifo, "", "1 special-file"),
    ] {
        let link = (!target.is_empty()).then_some(target);
        let tar = [&file[..], &tar_of(kind, "logs/l.json", link, b"")].concat();
        let analysis = analyze_file("x.tar", tar);
        let account = format!("2 found, 1 read, {expected}, 1 opened; 2 records, 2 decoded");
        assert_eq!(analysis.account(), account, "{kind:?} to {target}");
        assert_eq!(analysis.code, if expected == "1 link" { 0 } else { 3 }, "{kind:?} {target}");
    }
    let many = "a/".repeat(200_000);
    let mut tar = tar::Builder::new(Vec::new());
    tar.append_pax_extensions([("path", many.as_bytes())]).unwrap();
    let tar = [&unended(tar.into_inner().unwrap())[..], &file, &[0; 1024]].concat();
    assert_eq!(analyze_file("deep.tar", tar).decoded(), 2);
}

#[test]
fn members_behind_the_end_of_a_tar_are_read() {
    let tar = |n| pack::tar(&[("a.json", &document(&[record(n)]))]);
    let joined = [tar(1), vec![0; 10_240], tar(2)].concat();
    let analysis = analyze_file("x.tar", joined);
    assert_eq!(analysis.account(), "2 found, 2 read, 1 opened; 2 records, 2 decoded");
    assert_eq!(analysis.code, 0);
    let analysis = analyze_file("x.tar", [tar(1), vec![7; 512]].concat());
    assert_eq!(analysis.account(), "2 found, 1 read, 1 damaged, 1 opened; 1 records, 1 decoded");
    assert_eq!(analysis.code, 3);
}

#[test]
fn a_folder_of_a_zip_that_has_content_is_a_file() {
    let content = document(&records(2));
    for zip in [pack::zip(&[("logs/", b""), ("x/", &content)]), pack::stored(&[("x/", &content)])] {
        let expected = "1 found, 1 read, 1 opened; 2 records, 2 decoded";
        let analysis = analyze_file("x.zip", &zip);
        assert_eq!((analysis.account().as_str(), analysis.code), (expected, 0));
        let env = Env::new();
        let analysis = env.analyze_input(&["-"], &zip);
        assert_eq!((analysis.account().as_str(), analysis.code), (expected, 0), "as a stream");
    }
}

#[test]
fn a_bomb_in_layers_or_in_many_members_has_one_budget() {
    // Each layer alone stays below the ratio, and each member below the size that is never checked.
    let block = pack::gz(&vec![b' '; 40 << 20]);
    let names: Vec<String> = (0..12).map(|n| format!("{n}.json")).collect();
    let members: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), &block[..])).collect();
    for (name, bytes) in [
        ("many.zip", pack::zip(&members)),
        ("many.tar.gz", pack::gz(&pack::tar(&members))),
        ("many.tar.zst", pack::zst(&pack::tar(&members))),
    ] {
        let analysis = analyze_file(name, &bytes);
        let problems = analysis.problems();
        assert!(problems.iter().any(|p| p.ends_with("decompression bomb")), "{name}: {problems:?}");
        let inflated = analysis.json["coverage"]["bytes_inflated"].as_u64().unwrap();
        assert!(inflated < 300 << 20, "{name}: {} bytes became {inflated}", bytes.len());
        assert_eq!(analysis.code, 3, "{name}");
    }
}
