//! The command line: exit codes, output files, settings, lists of what is known, help.

use std::process::Stdio;

use serde_json::Value;

use crate::support::logs::{call, document, record, records, user, with};
use crate::support::run::{NOW, sample_logs};
use crate::support::{Env, Run, mmdb};

/// A clean log, a broken log, and a log with a finding.
fn logs() -> Env {
    let env = Env::new();
    env.write("clean.json", document(&records(5)));
    let cut = document(&records(5));
    env.write("broken.json", &cut[..cut.len() - 30]);
    let mut all: Vec<Value> = (0..200).map(|n| record(n * 3600)).collect();
    let foreign = serde_json::json!({ "sourceIPAddress": "192.0.2.77", "userAgent": "kali" });
    for n in 0..30 {
        let call = call(720_000 + n, user("alice"), "iam", "ListUsers");
        all.push(with(call, foreign.clone()));
    }
    env.write("found.json", document(&all));
    env
}

#[track_caller]
fn ends(run: &Run, code: i32, said: &str) {
    assert_eq!(run.code, code, "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains(said), "{said:?} in {}", run.stderr);
}

#[test]
fn exit_codes_are_as_documented() {
    let env = logs();
    for (args, code) in [
        (&["analyze", "clean.json"][..], 0),
        (&["analyze", "found.json"], 0),
        (&["analyze", "broken.json"], 3),
        (&["analyze", "found.json", "--fail-on", "low"], 4),
        (&["analyze", "found.json", "broken.json", "--fail-on", "info"], 4),
        (&["analyze", "clean.json", "--fail-on", "info"], 0),
        (&["analyze", "broken.json", "--fail-on", "info"], 3),
        (&["timeline", "found.json"], 0),
        (&["timeline", "broken.json"], 3),
        (&["analyze", "clean.json", "-o", "no/such/folder/x"], 1),
        (&["analyze", "clean.json", "--fail-on", "worst"], 2),
        (&["analyze", "clean.json", "--format", "xml"], 2),
        (&["analyze", "clean.json", "--threads", "0"], 2),
        (&["analyze"], 2),
        (&["nonsense"], 2),
        (&["timeline", "-"], 2),
        (&["timeline", "found.json", "--finding", "f-000000000000"], 2),
        (&["completions", "tcsh"], 2),
        (&["config"], 2),
        (&[], 2),
        (&["--help"], 0),
        (&["--version"], 0),
        (&["config", "show"], 0),
    ] {
        let run = env.run(args);
        assert_eq!(run.code, code, "{args:?}: {}", run.stderr);
        assert_eq!(run.stderr.is_empty(), matches!(code, 0 | 3 | 4) && args[0] != "timeline");
    }
}

#[test]
fn fail_on_looks_at_the_severest_finding() {
    let env = logs();
    let severity = env.analyze(&["found.json"]).findings()[0]["severity"].clone();
    let levels = ["info", "low", "medium", "high", "critical"];
    let at = levels.iter().position(|l| severity == *l).unwrap();
    for (n, level) in levels.iter().enumerate() {
        let run = env.run(&["analyze", "found.json", "--fail-on", level]);
        assert_eq!(run.code, if n <= at { 4 } else { 0 }, "{level} with {severity}");
        assert!(!run.stdout.is_empty(), "the report is written all the same");
    }
}

#[test]
fn a_path_that_is_not_there_is_a_mistake() {
    let env = logs();
    for path in ["nope.json", "nope/", "nope/*.json", "*.nothing"] {
        let run = env.run(&["analyze", "clean.json", path]);
        ends(&run, 2, path);
        assert!(run.stderr.contains("hint: "), "{}", run.stderr);
        assert_eq!(run.stdout, "", "nothing is reported on a part of what was asked for");
    }
    ends(&env.run(&["analyze", "-", "-"]), 2, "once");
    ends(&env.run(&["analyze", "[z-a].json"]), 2, "invalid pattern");
}

#[test]
fn an_unknown_flag_gets_a_suggestion_that_can_be_used() {
    let run = logs().run(&["analyze", "clean.json", "--thread", "2"]);
    ends(&run, 2, "--threads");
    let run = logs().run(&["analyze", "clean.json", "--nope"]);
    ends(&run, 2, "--nope");
}

#[test]
fn an_output_file_is_new_and_private() {
    let env = logs();
    for format in ["text", "json", "csv"] {
        let name = format!("out.{format}");
        let args = ["analyze", "found.json", "--format", format, "--now", NOW];
        let run = env.run(&[&args[..], &["-o", &name]].concat());
        ends(&run, 0, &format!("written to {name}"));
        assert_eq!(run.stdout, "");
        let written = std::fs::read_to_string(env.path(&name)).unwrap();
        assert_eq!(written, env.run(&args).stdout);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(env.path(&name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let again = env.run(&["analyze", "clean.json", "-o", &name]);
        ends(&again, 1, "exists");
        assert!(again.stderr.contains("hint: "));
        assert_eq!(std::fs::read_to_string(env.path(&name)).unwrap(), written);
    }
    let quiet = env.run(&["timeline", "found.json", "-q", "-o", "t.csv"]);
    assert_eq!((quiet.code, quiet.stdout.as_str(), quiet.stderr.as_str()), (0, "", ""));
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let env = logs();
    for args in [
        &["analyze", sample_logs()][..],
        &["analyze", sample_logs(), "--format", "json"],
        &["analyze", sample_logs(), "--format", "csv"],
        &["timeline", sample_logs(), "-q"],
        &["timeline", sample_logs(), "-q", "--format", "jsonl"],
        &["config", "show"],
        &["completions", "bash"],
        &["--help"],
    ] {
        let mut command = env.command(args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), stderr.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    for args in [
        &["analyze", sample_logs()][..],
        &["analyze", sample_logs(), "--format", "json"],
        &["analyze", sample_logs(), "--format", "csv"],
        &["timeline", sample_logs(), "-q"],
        &["config", "show"],
        &["completions", "bash"],
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = logs().command(args).stdout(full).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {stderr}");
        assert!(stderr.contains("cannot write"), "{stderr}");
    }
}

#[test]
fn nothing_is_coloured_when_piped() {
    let env = logs();
    let plain = env.run(&["analyze", "found.json", "--now", NOW]);
    assert!(!plain.stdout.contains('\u{1b}'));
    let args = ["analyze", "found.json", "--no-color", "--now", NOW];
    let flag = env.run(&args);
    let mut command = env.command(&["analyze", "found.json", "--now", NOW]);
    let variable = Run::from(command.env("NO_COLOR", "1").output().unwrap());
    assert_eq!((&flag.stdout, &variable.stdout), (&plain.stdout, &plain.stdout));
}

#[test]
fn settings_say_where_they_come_from() {
    let env = Env::new();
    env.write_user_config("baseline_days = 10\nthreads = 3\n");
    env.write("incident.toml", "baseline_days = 20\n\n[detect.\"s3.bulk-read\"]\nratio = 9\n");
    let run = env.run(&["config", "show"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let row = |key: &str| {
        let row =
            run.stdout.lines().find(|l| l.starts_with(key)).unwrap_or_else(|| panic!("{key}"));
        row.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(row("baseline_days"), "baseline_days 20 days incident.toml:1");
    assert!(row("threads").starts_with("threads 3 "), "{}", row("threads"));
    assert!(row("threads").ends_with("incident.toml:2"), "{}", row("threads"));
    assert!(row("detect.\"s3.bulk-read\".ratio").ends_with("9 times incident.toml:4"));
    assert!(row("detect.\"s3.bulk-read\".min_objects").ends_with("default"));
    env.write("third.toml", "baseline_days = 5\n");
    let run = env.run(&["config", "show", "--config", "third.toml"]);
    assert!(run.stdout.contains("third.toml:1") && !run.stdout.contains("incident.toml:1 "));
    ends(&env.run(&["config", "show", "--config", "none.toml"]), 2, "none.toml");
}

#[test]
fn settings_are_shown_so_that_they_can_be_copied() {
    let env = Env::new();
    env.write_user_config("threads = 3\n");
    let run = env.run(&["config", "show"]);
    assert!(!run.stdout.contains('…'), "a key that is cut cannot be written: {}", run.stdout);
    assert!(run.stdout.contains("credential.unfamiliar-source\".min_history_events"));
    assert!(run.stdout.contains(&format!("{}:1", env.user_config().display())));
}

#[test]
fn a_mistake_in_a_setting_has_its_line_and_a_suggestion() {
    for (text, place, hint) in [
        ("baseline_days = 5\nthread = 2\n", "incident.toml:2:1", "did you mean `threads`?"),
        ("\n[detect.\"s3.bulk-read\"]\nmin_objcts = 3\n", "incident.toml:3:1", "`min_objects`?"),
        ("[detect.\"s3.bulk-raed\"]\nratio = 3\n", "incident.toml:1:", "`s3.bulk-read`?"),
        ("baseline_days = \"x\"\n", "incident.toml:1:17", ""),
        ("baseline_days = -1\n", "incident.toml:1:17", ""),
        ("baseline_days = \n", "incident.toml:1:", ""),
        ("[[allow]]\nsource = \"192.0.2.0/33\"\n", "incident.toml:2:", ""),
    ] {
        let env = logs();
        env.write("incident.toml", text);
        for args in [&["config", "show"][..], &["analyze", "clean.json"]] {
            let run = env.run(args);
            ends(&run, 2, place);
            assert!(run.stderr.contains(hint), "{}", run.stderr);
            assert_eq!(run.stdout, "");
        }
    }
}

#[test]
fn thresholds_are_obeyed_and_printed() {
    let env = logs();
    let rule = "credential.unfamiliar-source";
    let finding = env.analyze(&["found.json"]).finding(rule).clone();
    assert!(finding["settings"].to_string().contains("min_score"), "{}", finding["settings"]);
    env.write("incident.toml", format!("[detect.\"{rule}\"]\nmin_score = 50\n"));
    let analysis = env.analyze(&["found.json"]);
    assert!(analysis.findings().iter().all(|f| f["rule"] != rule), "{:?}", analysis.titles());
    assert!(analysis.notes().contains("incident.toml"), "{}", analysis.notes());
}

#[test]
fn what_is_allowed_is_kept_back_aloud() {
    let env = logs();
    env.write("pentest.cidr", "# agreed\n192.0.2.0/24 until=2026-12-31\n");
    let args = ["found.json", "--allow", "pentest.cidr"];
    let analysis = env.analyze(&args);
    assert!(analysis.findings().is_empty(), "{:?}", analysis.titles());
    let suppressed = &analysis.json["suppressed"];
    assert_eq!(suppressed[0]["findings"], 1, "{suppressed}");
    assert!(suppressed[0]["entry"].as_str().unwrap().contains("pentest.cidr"));
    let text = env.run(&["analyze", "found.json", "--allow", "pentest.cidr", "--now", NOW]).stdout;
    assert!(text.contains("pentest.cidr"), "{text}");
    let verdict = text.split("SUMMARY").next().unwrap();
    assert!(
        !verdict.contains("had anything to say"),
        "something was found and kept back: {verdict}"
    );
    let run = env.run(&["analyze", "found.json", "--allow", "pentest.cidr", "--fail-on", "info"]);
    assert_eq!(run.code, 0);
}

#[test]
fn what_has_expired_is_not_allowed_any_more() {
    let env = logs();
    env.write("old.cidr", "192.0.2.0/24 until=2026-11-01\n");
    let analysis = env.analyze(&["found.json", "--allow", "old.cidr"]);
    assert_eq!(analysis.findings().len(), 1, "{:?}", analysis.titles());
    assert!(analysis.notes().contains("Expired"), "{}", analysis.notes());
    env.write("bad.cidr", "192.0.2.0/24\nnonsense\n");
    ends(&env.run(&["analyze", "found.json", "--allow", "bad.cidr"]), 2, "bad.cidr:2:1");
    ends(&env.run(&["analyze", "found.json", "--own", "none.cidr"]), 2, "none.cidr");
}

#[test]
fn an_entry_of_the_settings_allows_what_it_names() {
    let env = logs();
    let entry = "[[allow]]\nprincipal = \"*:user/alice\"\nreason = \"on call\"\n";
    for (more, found) in [
        ("until = 2026-12-31\n", 0),
        ("until = 2026-11-01\n", 1),
        ("rule = \"credential.*\"\n", 0),
        ("rule = \"s3.bulk-read\"\n", 1),
        ("user_agent = \"other*\"\n", 1),
    ] {
        env.write("incident.toml", format!("{entry}{more}"));
        let analysis = env.analyze(&["found.json"]);
        assert_eq!(analysis.findings().len(), found, "{more}: {:?}", analysis.titles());
    }
}

#[test]
fn own_ranges_are_no_strangers() {
    let env = logs();
    env.write("office.cidr", "192.0.2.0/24  # the new office\n");
    let analysis = env.analyze(&["found.json", "--own", "office.cidr"]);
    assert!(analysis.findings().is_empty(), "{:?}", analysis.titles());
    let sources = analysis.table("source_addresses");
    assert!(sources.contains(&"192.0.2.77 (own): 30 + 0 + 0".to_string()), "{sources:?}");
}

#[test]
fn countries_and_networks_are_in_the_reasons() {
    let env = logs();
    let city = [
        ("198.51.100.0/24", mmdb::city("NL", "Amsterdam")),
        ("192.0.2.0/24", mmdb::city("KP", "Pyongyang")),
    ];
    env.write("geo/GeoLite2-City.mmdb", mmdb::database("GeoLite2-City", &city));
    let asn = [("192.0.2.0/24", mmdb::asn(64_500, "EXAMPLE-HOSTING"))];
    env.write("geo/GeoLite2-ASN.mmdb", mmdb::database("GeoLite2-ASN", &asn));
    let analysis = env.analyze(&["found.json", "--geoip", "geo"]);
    let finding = analysis.finding("credential.unfamiliar-source");
    let source = &finding["sources"][0];
    assert_eq!(source["country"], "KP");
    assert!(source["asn"].as_str().unwrap().contains("64500"), "{source}");
    let reasons = finding["reasons"].to_string();
    assert!(reasons.contains("KP") && reasons.contains("country"), "{reasons}");
    assert!(!analysis.notes().contains("no GeoIP files"), "{}", analysis.notes());
    ends(&env.run(&["analyze", "found.json", "--geoip", "none"]), 2, "none");
    env.write("wrong/GeoLite2-City.mmdb", "not a database");
    ends(&env.run(&["analyze", "found.json", "--geoip", "wrong"]), 2, "GeoLite2-City.mmdb");
}

#[test]
fn completions_are_for_every_shell() {
    let env = Env::new();
    for (shell, part) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef incident"),
        ("fish", "complete -c incident"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let run = env.run(&["completions", shell]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        assert!(run.stdout.contains(part) && run.stdout.contains("timeline"), "{shell}");
    }
}

#[test]
fn help_has_examples() {
    let env = Env::new();
    for command in [
        &[][..],
        &["analyze"],
        &["timeline"],
        &["sessions"],
        &["collect"],
        &["impact"],
        &["report"],
        &["state"],
        &["state", "show"],
        &["state", "verify"],
        &["state", "prune"],
        &["playbook"],
        &["playbook", "list"],
        &["playbook", "show"],
        &["playbook", "check"],
        &["rule"],
        &["rule", "list"],
        &["rule", "show"],
        &["rule", "check"],
        &["rule", "test"],
        &["config"],
        &["config", "show"],
        &["completions"],
        &["clocks"],
        &["verify"],
        &["case"],
        &["case", "new"],
        &["case", "list"],
        &["case", "show"],
        &["case", "note"],
        &["case", "close"],
        &["case", "reopen"],
        &["case", "export"],
        &["case", "verify"],
    ] {
        let run = env.run(&[command, &["--help"]].concat());
        assert_eq!((run.code, run.stderr.as_str()), (0, ""));
        assert!(run.stdout.contains("Example"), "incident {command:?} --help has no example");
        assert!(run.stdout.lines().all(|line| line.chars().count() <= 100), "{command:?}");
    }
    let version = env.run(&["--version"]).stdout;
    assert_eq!(version, format!("incident {}\n", env!("CARGO_PKG_VERSION")));
}
