//! Threat lists: each form, what they name in the report, and lists that are bad, old, hostile or long.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::logs::{call, document, record, user, with};
use crate::support::run::NOW;
use crate::support::{Analysis, Env};

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const AGENT: &str = "Boto3/1.26.165 Linux/6.16.8+kali-amd64";

/// Dana's key in the office for sixty hours, then twelve calls with it from 192.0.2.77.
fn logs() -> Env {
    let mut dana = user("dana");
    dana["accessKeyId"] = json!(KEY);
    let mut all: Vec<Value> = (0..60).map(|n| record(n * 3600)).collect();
    all.extend((0..60).map(|n| call(n * 3600 + 60, dana.clone(), "s3", "ListBuckets")));
    let away = json!({ "sourceIPAddress": "192.0.2.77", "userAgent": AGENT });
    for n in 0..12 {
        let listed = call(61 * 3600 + n, dana.clone(), "iam", "ListUsers");
        all.push(with(listed, away.clone()));
    }
    let env = Env::new();
    env.write("log.json", document(&all));
    env
}

fn stix(pattern: &str, more: &Value) -> String {
    let mut indicator = json!({
        "type": "indicator", "spec_version": "2.1", "pattern_type": "stix", "pattern": pattern,
        "id": "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
    });
    for (name, value) in more.as_object().unwrap() {
        indicator[name] = value.clone();
    }
    json!({ "type": "bundle", "id": "bundle--1", "objects": [indicator] }).to_string()
}

/// The findings that a list has a part in, and their reasons that name one.
fn named(analysis: &Analysis) -> Vec<(&Value, Vec<&str>)> {
    let by_list = |f: &&Value| f["rules"].as_array().unwrap().contains(&json!("intel.match"));
    let found = analysis.findings().iter().filter(by_list);
    found.map(|finding| (finding, listed(finding))).collect()
}

fn listed(finding: &Value) -> Vec<&str> {
    let reasons = finding["reasons"].as_array().unwrap().iter();
    reasons.filter_map(Value::as_str).filter(|text| text.contains("on the list")).collect()
}

#[test]
fn every_form_names_the_calls() {
    let env = logs();
    let agent_path = "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'";
    let both =
        format!("[network-traffic:src_ref.value = '192.0.2.77' AND {agent_path} LIKE '%kali%']");
    for (text, reason) in [
        ("192.0.2.77\n".to_string(), "192.0.2.77 is on the list feed, line 1: `192.0.2.77`"),
        (
            "# by us\n192.0.2[.]0/24 ; C2".to_string(),
            "192.0.2.77 is on the list feed, line 2: `192.0.2[.]0/24` (C2)",
        ),
        (KEY.to_string(), "access key AKIAIOSFODNN7EXAMPLE is on the list feed, line 1"),
        (
            "ua: *kali*".to_string(),
            "12 of 12 calls sent a user agent that is on the list feed, line 1: `*kali*`",
        ),
        (
            format!("user-agent: {AGENT}"),
            "12 of 12 calls sent a user agent that is on the list feed, line 1",
        ),
        (
            "arn:aws:iam::111122223333:user/dana".to_string(),
            "arn:aws:iam::111122223333:user/dana is on the list feed, line 1",
        ),
        (
            "Indicator;Type;Confidence;Comment\n\"192.0.2.77\";ip-src;80;\"C2; \"\"loud\"\"\"\n"
                .to_string(),
            "192.0.2.77 is on the list feed, line 2: `192.0.2.77` (C2; \"loud\"; confidence 80)",
        ),
        (
            stix(
                "[ipv4-addr:value ISSUBSET '192.0.2.0/24']",
                &json!({ "name": "C2", "confidence": 80 }),
            ),
            "192.0.2.77 is on the list feed, indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f: \
             `[ipv4-addr:value ISSUBSET '192.0.2.0/24']` (C2; confidence 80)",
        ),
        (stix(&both, &json!({})), "192.0.2.77 is on the list feed, indicator--8e2e2d2b"),
    ] {
        env.write("feed", &text);
        let analysis = env.analyze(&["log.json", "--intel", "feed"]);
        assert_eq!(analysis.code, 0);
        let away = "192.0.2.77";
        let found = named(&analysis).into_iter().find(|(f, _)| f["source_address"] == away);
        let (finding, reasons) = found.unwrap_or_else(|| panic!("{text}: {:?}", analysis.titles()));
        assert!(reasons[0].starts_with(reason), "{reasons:?}");
        let rules = finding["rules"].as_array().unwrap();
        assert!(rules.contains(&json!("credential.unfamiliar-source")), "one cause: {rules:?}");
        assert_eq!(finding["events"], 12);
        assert_eq!(finding["playbook"]["id"], "leaked-access-key");
        let note = "Threat lists: 1 file, 1 indicator.";
        assert!(analysis.notes().contains(note), "{}", analysis.notes());
    }
}

#[test]
fn lists_can_stand_in_the_settings() {
    let env = logs();
    env.write("incident.toml", "[intel]\nfiles = ['lists/a.txt']\n");
    env.write("lists/a.txt", "192.0.2.77\nfoo\n");
    env.write("b.csv", "ip,type\n203.0.113.9,ip\n");
    let analysis = env.analyze(&["log.json", "--intel", "b.csv"]);
    assert_eq!(named(&analysis).len(), 1);
    let note = "Threat lists: 2 files, 2 indicators, 1 not understood.";
    assert!(analysis.notes().contains(note), "{}", analysis.notes());
    let shown = env.run(&["config", "show"]);
    assert!(shown.stdout.contains("lists/a.txt (text, 1 indicator)"), "{}", shown.stdout);
    assert_eq!(env.run(&["analyze", "log.json", "--now", NOW, "--fail-on", "high"]).code, 4);
}

#[test]
fn a_bad_line_is_named_and_a_bad_list_is_an_error() {
    let env = logs();
    env.write("feed", "what is this\n192.0.2.77\n10.0.0.0/8\n0.0.0.0/0\n198.51.100.7\n");
    env.write("own", "198.51.100.0/24\n");
    let analysis = env.analyze(&["log.json", "--intel", "feed", "--own", "own"]);
    assert_eq!(analysis.code, 0);
    assert_eq!(named(&analysis).len(), 1);
    let notes = analysis.notes();
    for part in [
        "Threat lists: 1 file, 1 indicator, 1 not understood, 3 refused.",
        "line 1 `what is this`",
        "feed: 1 refused (private or reserved addresses): line 3 `10.0.0.0/8`.",
        "feed: 1 refused (covers every address): line 4 `0.0.0.0/0`.",
        "feed: 1 refused (own addresses): line 5 `198.51.100.7`.",
    ] {
        assert!(notes.contains(part), "{part}: {notes}");
    }
    for (text, expected) in [
        (&b"hello\n"[..], "no usable indicator: 1 not understood"),
        (b"\x1f\x8b\x08", "a compressed file"),
        (b"{\"Event\":{}}", "JSON, but not STIX 2.1"),
        (b"[{\"type\":\"indicator\"", "not JSON: EOF"),
    ] {
        env.write("feed", text);
        let run = env.run(&["analyze", "log.json", "--intel", "feed"]);
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.stderr.contains(expected) && run.stdout.is_empty(), "{run:?}");
    }
    let absent = env.run(&["analyze", "log.json", "--intel", "absent"]);
    assert_eq!(absent.code, 2);
    assert!(absent.stderr.contains("cannot read absent"), "{}", absent.stderr);
}

#[test]
fn an_expired_indicator_names_no_call_after_its_end() {
    let env = logs();
    for (until, expected) in [("2026-11-04T22:00:00Z", 0), ("2026-11-05", 1), ("2026-12-31", 1)] {
        let csv = format!("ip,valid_until\n192.0.2.77,{until}\n");
        let bundle = stix("[ipv4-addr:value = '192.0.2.77']", &json!({ "valid_until": until }));
        for text in [csv, bundle] {
            env.write("feed", &text);
            let analysis = env.analyze(&["log.json", "--intel", "feed"]);
            assert_eq!(named(&analysis).len(), expected, "{text}");
            let said = analysis.notes().contains("1 indicator expired;");
            assert_eq!(said, until != "2026-12-31", "{}", analysis.notes());
        }
    }
    env.write("feed", stix("[ipv4-addr:value = '192.0.2.77']", &json!({ "revoked": true })));
    let run = env.run(&["analyze", "log.json", "--intel", "feed"]);
    assert_eq!(run.code, 2, "a list without anything else is of no use");
    assert!(run.stderr.contains("1 revoked"), "{}", run.stderr);
}

#[test]
fn what_a_list_says_is_shown_escaped() {
    let env = logs();
    let evil = "=cmd|' /C calc'!A0 \u{1b}[2J\u{1b}]0;x\u{7}\u{202e}\u{9b}31m";
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    env.write("feed", format!("192.0.2.77 {evil} {secret}\n{evil}\n{KEY}:{secret}\n"));
    for format in ["text", "csv", "json"] {
        let args = ["analyze", "log.json", "--intel", "feed", "--format", format, "--now", NOW];
        let run = env.run(&args);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let bad = |c: char| c.is_control() && !matches!(c, '\n' | '\r') || c == '\u{202e}';
        assert!(!run.stdout.contains(bad), "{format}");
        assert!(!run.stdout.contains("wJalr"), "{format}");
    }
    let analysis = env.analyze(&["log.json", "--intel", "feed"]);
    let found = named(&analysis);
    let whole = found.iter().flat_map(|(_, listed)| listed).any(|text| text.contains(evil));
    assert!(whole, "what the list says can be read back");
}

#[test]
fn long_lists_are_held() {
    let env = logs();
    let mut text = String::from("ip,description\n");
    for n in 0..200_000u32 {
        let [_, a, b, c] = n.to_be_bytes();
        writeln!(text, "11.{a}.{b}.{c},campaign {}", n % 50).unwrap();
    }
    text.push_str("192.0.2.77,the last one\n");
    env.write("feed", text);
    let analysis = env.analyze(&["log.json", "--intel", "feed"]);
    let note = "Threat lists: 1 file, 200,001 indicators.";
    assert!(analysis.notes().contains(note), "{}", analysis.notes());
    let found = named(&analysis);
    assert_eq!(found.len(), 1);
    let reason = "192.0.2.77 is on the list feed, line 200002: `192.0.2.77` (the last one)";
    assert_eq!(found[0].1, [reason]);
}
