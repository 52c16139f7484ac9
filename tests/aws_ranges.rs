//! The address ranges of AWS: the program's own, and those that `incident config aws-ranges` saves.

use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::json;

use crate::support::Env;
use crate::support::logs::{call, document, role, with};

const INSTANCE: &str = "i-0123456789abcdef0";
/// An address of Hetzner.
const OUTSIDE: &str = "5.9.0.1";

/// A call of an instance from outside AWS.
fn logs() -> Env {
    let env = Env::new();
    let stolen = call(60, role("web", INSTANCE), "s3", "ListBuckets");
    env.write("log.json", document(&[with(stolen, json!({ "sourceIPAddress": OUTSIDE }))]));
    env
}

/// Amazon's document of a day with one range.
fn published(day: &str, range: &str) -> String {
    let range = json!({ "ip_prefix": range, "region": "x", "service": "AMAZON" });
    json!({ "createDate": format!("{day}-01-11-04"), "prefixes": [range], "ipv6_prefixes": [] })
        .to_string()
}

/// The severity of the finding, and whether its reasons have the text.
fn found(env: &Env, reason: &str) -> Option<(String, bool)> {
    let analysis = env.analyze(&["log.json"]);
    let odd = analysis.findings().iter().find(|f| f["rule"] == "credential.odd-source")?.clone();
    let severity = odd["severity"].as_str().unwrap().to_string();
    Some((severity, odd["reasons"].to_string().contains(reason)))
}

/// The row of the settings in force.
fn setting(env: &Env) -> String {
    let shown = env.run(&["config", "show"]);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    shown.stdout.lines().find(|line| line.starts_with("aws_ranges")).unwrap().to_string()
}

#[test]
fn an_instance_outside_aws_is_found_without_any_configuration() {
    let env = logs();
    assert_eq!(found(&env, "published on 2026-10-26"), Some(("high".to_string(), true)));
    let row = setting(&env);
    assert!(row.contains("published 2026-10-26  ") && row.ends_with(" default"), "{row}");
    env.write("incident.toml", format!("own_ranges = [\"{OUTSIDE}\"]"));
    assert_eq!(found(&env, ""), None);
}

#[test]
fn newer_ranges_of_a_file_are_saved_and_used() {
    let env = logs();
    env.write("new.json", published("2026-11-20", "3.5.140.0/22"));
    let saved = env.run(&["config", "aws-ranges", "--from", "new.json"]);
    let file = env.user_config().with_file_name("aws-ranges.txt");
    let said = format!("Saved 1 range of AWS, published 2026-11-20: {}\n", file.display());
    assert_eq!((saved.stdout, saved.code), (said, 0), "{}", saved.stderr);
    assert_eq!(found(&env, "published on 2026-11-20"), Some(("high".to_string(), true)));
    assert!(setting(&env).contains("aws-ranges.txt:1"), "{}", setting(&env));

    // The user's own file comes before, whatever its date.
    env.write("mine.txt", "published 2026-01-01\n5.9.0.0/16\n");
    env.write("incident.toml", "aws_ranges = \"mine.txt\"");
    assert_eq!(found(&env, ""), None);
}

#[test]
fn older_ranges_do_not_displace_the_programs() {
    let env = logs();
    env.write("old.json", published("2020-01-01", "5.9.0.0/16"));
    let saved = env.run(&["config", "aws-ranges", "--from", "old.json"]);
    assert!(saved.stdout.contains("not newer than the program's own"), "{}", saved.stdout);
    assert!(found(&env, "published on 2026-10-26").is_some_and(|(_, said)| said));
}

#[test]
fn what_is_no_list_of_ranges_changes_nothing() {
    let env = logs();
    env.write("page.html", "<html>");
    for (from, said) in [
        ("page.html", "page.html:1:1: `<html>` is neither an address nor a CIDR range"),
        ("none.json", "cannot read none.json"),
    ] {
        let refused = env.run(&["config", "aws-ranges", "--from", from]);
        assert!(refused.code == 2 || refused.code == 1, "{from}: {}", refused.code);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
    assert!(setting(&env).ends_with("default"), "{}", setting(&env));
    env.write("incident.toml", "aws_ranges = \"page.html\"");
    let refused = env.run(&["analyze", "log.json"]);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
}

/// Answers one request, and returns what was asked.
fn answer(status: &str, body: &str) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/ip-ranges.json", listener.local_addr().unwrap());
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = Vec::new();
        let mut part = [0; 1024];
        while !asked.ends_with(b"\r\n\r\n") {
            let read = stream.read(&mut part).unwrap();
            assert_ne!(read, 0, "the request is cut");
            asked.extend(&part[..read]);
        }
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8(asked).unwrap()
    });
    (url, thread)
}

#[test]
fn ranges_are_fetched_without_credentials() {
    let env = logs();
    let (url, asked) = answer("200 OK", &published("2026-11-20", "3.5.140.0/22"));
    let mut command = env.command(&["config", "aws-ranges", "--from", &url]);
    command.env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "secret");
    let saved = command.output().unwrap();
    assert!(saved.status.success(), "{}", String::from_utf8_lossy(&saved.stderr));
    let asked = asked.join().unwrap();
    assert!(asked.starts_with("GET /ip-ranges.json HTTP/1.1\r\n"), "{asked}");
    assert!(!asked.to_lowercase().contains("authorization"), "{asked}");
    assert!(setting(&env).contains("published 2026-11-20"), "{}", setting(&env));

    let (url, asked) = answer("404 Not Found", "");
    let refused = env.run(&["config", "aws-ranges", "--from", &url]);
    asked.join().unwrap();
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("the server answered 404"), "{}", refused.stderr);
    assert!(refused.stderr.contains("give the file with --from"), "{}", refused.stderr);
}
