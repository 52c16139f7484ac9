//! What an attacker writes into a log must not steer a terminal, a reader's eye or a spreadsheet.

use serde_json::{Value, json};

use crate::support::logs::{ANSWER, access_head, call, document, get_object, record, user, with};
use crate::support::run::NOW;
use crate::support::{Env, Run};

const AGENT: &str = "x\u{1b}[2J\u{1b}]0;owned\u{7}\r\nerror: fake\u{202e}\u{200b}\u{9b}31m";
const FORMULA: &str = "=cmd|' /C calc'!A0";

/// Bulk reads and denied calls by a principal with such a name, from such an agent, of such keys.
fn logs() -> Env {
    let mut evil = user("eve");
    evil["arn"] = json!(format!("arn:aws:iam::111122223333:user/eve{AGENT}"));
    evil["accessKeyId"] = json!(format!("+AKIA{AGENT}"));
    let mut all: Vec<Value> = (0..80).map(|n| record(n * 3600)).collect();
    for n in 0..160 {
        let key = if n % 2 == 0 { format!("{FORMULA}{n}") } else { format!("{AGENT}{n}") };
        let read = get_object(90 * 3600 + n, evil.clone(), &format!("-b{AGENT}"), &key, 9e6);
        all.push(with(read, json!({ "userAgent": AGENT, "sourceIPAddress": "192.0.2.66" })));
    }
    for n in 0..40 {
        let mut formula = user("x");
        formula["arn"] = json!(FORMULA);
        let denied = call(91 * 3600 + n, formula, "iam", &format!("@Get{n}{AGENT}"));
        let error = format!("AccessDenied{AGENT}");
        let members = json!({
            "errorCode": error, "userAgent": FORMULA, "sourceIPAddress": format!("=1{AGENT}"),
            "awsRegion": AGENT, "recipientAccountId": FORMULA, "eventID": format!("{FORMULA}{n}"),
        });
        all.push(with(denied, members));
    }
    let env = Env::new();
    env.write("lo\u{1b}[31mgs/=x\u{202e}.json", document(&all));
    env.write("lo\u{1b}[31mgs/broken\u{7}.json", r#"{"Records":[{"eventVersion":"1"#);
    let access = format!("{} {ANSWER}\n", access_head(3, "arn:aws:iam::1:user/\u{1b}[2J"));
    env.write("lo\u{1b}[31mgs/2026-11-02-10-00-00-AAAAAAAAAAAAAAAA", access);
    env
}

/// True for what must reach no terminal: anything that commands it or hides.
fn dangerous(c: char) -> bool {
    matches!(c,
        '\0'..='\u{9}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[track_caller]
fn clean(run: &Run, but: &[char]) {
    for text in [&run.stdout, &run.stderr] {
        let bad = text.char_indices().find(|(_, c)| dangerous(*c) && !but.contains(c));
        if let Some((at, c)) = bad {
            let line = text[..at].rsplit('\n').next().unwrap();
            panic!("{c:?} behind {line:?}");
        }
    }
}

fn run(env: &Env, args: &[&str]) -> Run {
    env.run(&[args, &[".", "--now", NOW]].concat())
}

#[test]
fn text_is_clean() {
    let run = run(&logs(), &["analyze", "--top", "100"]);
    assert_eq!(run.code, 3);
    assert!(run.stdout.contains("s3.bulk-read"), "there is something to show");
    assert!(run.stdout.contains(r"\x1b[2J"), "and it is shown escaped");
    clean(&run, &[]);
    let forged = |line: &str| line.trim_start().starts_with("error: fake");
    assert!(!run.stdout.lines().any(forged), "a line end is shown, not made");
    let command = |line: &str| [" incident contain ", " aws "].iter().any(|c| line.contains(c));
    let short = |line: &str| command(line) || line.chars().count() <= 100;
    assert!(run.stdout.lines().skip(1).all(short));
}

#[test]
fn json_is_escaped_and_complete() {
    let run = run(&logs(), &["analyze", "--format", "json"]);
    clean(&run, &[]);
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    let agents = json["summary"]["user_agents"].as_array().unwrap();
    assert!(agents.iter().any(|row| row["value"] == AGENT), "what was logged can be read back");
}

#[test]
fn csv_cells_are_no_formulas() {
    for args in [&["analyze", "--format", "csv"][..], &["timeline"]] {
        let run = run(&logs(), args);
        clean(&run, &[]);
        let mut csv = csv::ReaderBuilder::new().from_reader(run.stdout.as_bytes());
        let rows: Vec<csv::StringRecord> = csv.records().map(Result::unwrap).collect();
        assert!(!rows.is_empty(), "{args:?}");
        for cell in rows.iter().flat_map(|row| row.iter()) {
            let lone = cell == "-";
            let formula = cell.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r']);
            assert!(lone || !formula, "{args:?}: {cell}");
            for part in cell.split("; ") {
                assert!(!part.starts_with(['=', '+', '@']), "{args:?}: {cell}");
            }
        }
    }
}

#[test]
fn json_lines_are_lines() {
    let run = run(&logs(), &["timeline", "--format", "jsonl"]);
    clean(&run, &[]);
    assert!(run.stdout.lines().count() >= 160);
    for line in run.stdout.lines() {
        serde_json::from_str::<Value>(line).unwrap();
    }
}

#[test]
fn messages_are_clean() {
    let env = Env::new();
    for args in [
        &["analyze", "no\u{1b}[2Jsuch"][..],
        &["analyze", "x", "--geoip", "no\u{1b}[2Jsuch"],
        &["analyze", "x", "--allow", "no\u{202e}such"],
        &["analyze", "x", "--config", "no\u{9b}such"],
    ] {
        let run = env.run(args);
        assert_ne!(run.code, 0);
        clean(&run, &[]);
    }
    env.write("incident.toml", "\"bad\\u001b[2Jkey\" = 1\n");
    let run = env.run(&["config", "show"]);
    assert_eq!(run.code, 2);
    clean(&run, &[]);
}
