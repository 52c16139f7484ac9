//! Whole lists: what each format yields, which indicators match a call, and unusable lists.

use super::*;
use crate::config::until::Until;

struct Lists(tempfile::TempDir);

impl Lists {
    fn new() -> Lists {
        Lists(tempfile::tempdir().unwrap())
    }

    fn load(&self, texts: &[(&str, &[u8])]) -> Result<Intel, String> {
        let paths: Vec<_> = texts.iter().map(|(name, _)| self.0.path().join(name)).collect();
        for (path, (_, text)) in paths.iter().zip(texts) {
            std::fs::write(path, text).unwrap();
        }
        let own = Ranges::new(["198.51.100.0/24".parse().unwrap()]);
        let now = Until::parse("2026-11-21").unwrap().start();
        Intel::load(paths.iter().map(|p| p.as_path()), own, now)
            .map_err(|(_, error)| self.short(&format!("{error} ({})", error.hint().unwrap_or(""))))
    }

    fn short(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.0.path().display()), "")
    }

    fn notes(&self, intel: &Intel) -> String {
        self.short(&intel.notes().join("\n"))
    }
}

fn one(text: &str) -> (Lists, Intel) {
    let lists = Lists::new();
    let intel = lists.load(&[("list", text.as_bytes())]).unwrap();
    (lists, intel)
}

const EMPTY_CALL: Call<'_> =
    Call { source: "", user_agent: "", access_keys: ["", ""], principals: ["", ""] };

/// The indicators that match the call on 2026-11-09: `written (line or id)`.
fn matching(intel: &Intel, call: Call<'_>) -> Vec<String> {
    let at = Until::parse("2026-11-09T12:00:00Z").unwrap().end();
    let texts = [
        (Field::Source, call.source),
        (Field::UserAgent, call.user_agent),
        (Field::AccessKey, call.access_keys[0]),
        (Field::Principal, call.principals[0]),
    ];
    let leads = texts.iter().flat_map(|(field, text)| intel.leads(*field, text));
    let hits = leads.filter(|lead| intel.is_match(*lead, &call, at));
    hits.map(|lead| {
        let i = intel.indicator(lead);
        let place = if i.line == 0 { i.id.to_string() } else { i.line.to_string() };
        format!("{} ({place})", i.written)
    })
    .collect()
}

fn from(intel: &Intel, source: &str) -> Vec<String> {
    matching(intel, Call { source, ..EMPTY_CALL })
}

fn agent(intel: &Intel, user_agent: &str) -> Vec<String> {
    matching(intel, Call { user_agent, ..EMPTY_CALL })
}

#[test]
fn plain_text_has_one_indicator_a_line() {
    let text = "# remark\n\n; remark\r\n203.0.113.7\r\n203.0.113[.]0/24 # scanner\n2001:db8::/32;x\n\
        hxxp://evil[.]example/x\nAKIAIOSFODNN7EXAMPLE\nua: Boto3/1.0 #x; (y)\nuser-agent:*kali*\n\
        arn:aws:iam::123456789012:user/dana\n192.0.2.1 - 192.0.2.3\n1.0.0.7\t5\n";
    let (lists, intel) = one(text);
    assert_eq!(lists.notes(&intel), "Threat lists: 1 file, 10 indicators.");
    assert_eq!(from(&intel, "203.0.113.7"), ["203.0.113.7 (4)", "203.0.113[.]0/24 (5)"]);
    assert_eq!(from(&intel, "::ffff:203.0.113.8"), ["203.0.113[.]0/24 (5)"]);
    assert_eq!(from(&intel, "2001:DB8:9::1"), ["2001:db8::/32 (6)"]);
    assert_eq!(from(&intel, "EVIL.example"), ["hxxp://evil[.]example/x (7)"]);
    assert_eq!(from(&intel, "192.0.2.2"), ["192.0.2.1 - 192.0.2.3 (12)"]);
    assert_eq!(from(&intel, "192.0.2.4"), [""; 0]);
    assert_eq!(agent(&intel, "[Boto3/1.0 #x; (y)]"), ["Boto3/1.0 #x; (y) (9)"]);
    assert_eq!(agent(&intel, "Linux/6.16+kali-amd64"), ["*kali* (10)"]);
    assert_eq!(agent(&intel, "boto3/1.0 #x; (y)"), [""; 0]);
    let keys = ["AKIAIOSFODNN7EXAMPLE", ""];
    assert_eq!(
        matching(&intel, Call { access_keys: keys, ..EMPTY_CALL }),
        ["AKIAIOSFODNN7EXAMPLE (8)"]
    );
    let principals = ["arn:aws:iam::123456789012:user/dana", ""];
    assert_eq!(matching(&intel, Call { principals, ..EMPTY_CALL }).len(), 1);
    let lead = intel.leads(Field::Source, "203.0.113.9")[0];
    assert_eq!(intel.indicator(lead).description, "scanner");
}

#[test]
fn what_is_not_understood_is_named_and_the_rest_is_used() {
    let text = "foo bar\n203.0.113.7\n203.0.113.7/24\n10.1.2.3\n0.0.0.0/0\n198.51.100.9\n6.0.0.0/7\n\
        203.0.113.7 203.0.113.9\nua: -\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\nua: \u{1b}[2J*\n";
    let (lists, intel) = one(text);
    let notes = lists.notes(&intel);
    assert!(
        notes.starts_with("Threat lists: 1 file, 2 indicators, 4 not understood, 5 refused.\n"),
        "{notes}"
    );
    for part in [
        "line 1 `foo bar`",
        "line 3 `203.0.113.7/24`",
        "line 4 `10.1.2.3`",
        "line 6 `198.51.100.9`",
    ] {
        assert!(notes.contains(part), "{part}: {notes}");
    }
    assert!(!notes.contains("wJalr"), "{notes}");
    for source in ["10.1.2.3", "198.51.100.9", "8.8.8.8"] {
        assert_eq!(from(&intel, source), [""; 0], "{source}");
    }
}

#[test]
fn tables_are_known_by_their_header() {
    let text = "\"Indicator\",\"Type\",Confidence,Valid Until,x,Description\r\n\
        203.0.113.7,ip,80,2026-12-31,a,\"C2, \"\"loud\"\"\"\r\n\
        pacu/1.5,User-Agent,,,,\r\nd41d8cd98f00b204e9800998ecf8427e,md5,,,,\r\n\
        203.0.113.8,ip-src,50,2026-11-01,,\n203.0.113.9,ip,50,never,,\nnonsense,ip,,,,\n,,,,,\n,ip,,,,\n";
    let (lists, intel) = one(text);
    let notes = lists.notes(&intel);
    let first = "Threat lists: 1 file, 4 indicators, 2 not understood, 1 of types that these logs do not contain, \
        1 partly used.";
    assert_eq!(notes.lines().next().unwrap(), first);
    assert!(notes.contains("1 indicator expired;"), "{notes}");
    assert!(notes.contains("type `md5` (1, first line 4"), "{notes}");
    assert!(notes.contains("invalid end date; used without an end): line 6 `never`"), "{notes}");
    let lead = intel.leads(Field::Source, "203.0.113.7")[0];
    let i = intel.indicator(lead);
    let seen = (i.written, i.line, i.description, i.confidence, i.until_text);
    assert_eq!(seen, ("203.0.113.7", 2, "C2, \"loud\"", "80", "2026-12-31"));
    assert_eq!(from(&intel, "203.0.113.8"), [""; 0], "it ended before the call");
    assert_eq!(agent(&intel, "pacu/1.5"), ["pacu/1.5 (3)"]);
}

#[test]
fn tables_come_in_many_formats() {
    for (text, line) in [
        ("ip\n203.0.113.7\n", 2),
        (
            "# by x\n# \"first_seen\", \"ioc_value\", \"ioc_type\"\n\"2026\", \"203.0.113.7:443\", \"ip:port\"\n# end\n",
            3,
        ),
        ("ip;comment\n203.0.113.7;x\n", 2),
        ("source_ip\tnetwork_name\n203.0.113.7\tx\n", 2),
        ("\n\nname,ip,domain\nx,203.0.113.7,evil.example\n", 4),
        ("a,\"b\nc\"\n203.0.113.7,x\n", 0),
        ("x,ip\n\"a\nb\",203.0.113.7\n", 2),
        ("x,ip\r\n\"a\nb\",192.0.2.1\r\n# x\r\n\r\n#\r\n,203.0.113.7\r\n", 7),
    ] {
        let (lists, intel) = one(text);
        let found: Vec<_> = (intel.leads(Field::Source, "203.0.113.7").into_iter())
            .map(|lead| intel.indicator(lead).line)
            .collect();
        let expected: Vec<usize> = if line == 0 { vec![3] } else { vec![line] };
        assert_eq!(found, expected, "{text}: {}", lists.notes(&intel));
        assert_eq!(
            from(&intel, "evil.example"),
            [""; 0],
            "a name next to an address belongs to it"
        );
    }
}

fn indicator(id: &str, pattern: &str, more: &str) -> String {
    let pattern = pattern.replace('\\', r"\\").replace('"', "\\\"");
    format!(
        r#"{{"type":"indicator","id":"indicator--{id}","pattern_type":"stix","pattern":"{pattern}"{more}}}"#
    )
}

#[test]
fn stix_bundles_say_what_each_indicator_says() {
    let agent_path = "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'";
    let both =
        format!("[network-traffic:src_ref.value = '203.0.113.9' AND {agent_path} LIKE 'pacu%']");
    let objects = [
        indicator(
            "1",
            "[ipv4-addr:value = '203.0.113.7']",
            r#","name":"C2","confidence":80,"valid_from":"2026-11-01T00:00:00Z","valid_until":"2026-12-31T00:00:00.000Z""#,
        ),
        indicator("2", "[ipv4-addr:value = '203.0.113.8']", r#","revoked":true"#),
        indicator("3", &both, ""),
        indicator("4", "[file:hashes.MD5 = 'aa']", ""),
        indicator(
            "5",
            "[ipv4-addr:value ISSUBSET '192.0.2.0/24']",
            r#","valid_until":"2026-11-09T11:00:00Z""#,
        ),
        indicator("6", "rule x { }", r#","pattern_type":"yara""#),
        r#"{"type":"malware","id":"malware--1","name":"x"}"#.to_string(),
        indicator("8", "[ipv4-addr:value", ""),
    ];
    let bundle =
        format!(r#"{{"objects":[{}],"type":"bundle","id":"bundle--1"}}"#, objects.join(","));
    for text in [
        bundle.clone(),
        format!("[{}]", objects.join(",\n")),
        objects.join("\n"),
        format!("\u{feff} {bundle}\n"),
    ] {
        let (lists, intel) = one(&text);
        let notes = lists.notes(&intel);
        let first = "Threat lists: 1 file, 3 indicators, 1 not understood, 2 of types that these logs do not contain, \
            1 revoked.";
        assert_eq!(notes.lines().next().unwrap(), first, "{notes}");
        assert!(notes.contains("`file:hashes.MD5` (1, first indicator--4"), "{notes}");
        assert!(notes.contains("a pattern of type `yara`"), "{notes}");
        assert_eq!(
            from(&intel, "203.0.113.7"),
            ["[ipv4-addr:value = '203.0.113.7'] (indicator--1)"]
        );
        assert_eq!(from(&intel, "203.0.113.8"), [""; 0], "revoked");
        assert_eq!(from(&intel, "192.0.2.9"), [""; 0], "ended an hour before");
        assert_eq!(from(&intel, "203.0.113.9"), [""; 0], "the user agent is asked for, too");
        let call = Call { source: "203.0.113.9", user_agent: "[pacu/1.5]", ..EMPTY_CALL };
        assert_eq!(matching(&intel, call).len(), 1);
        let i = intel.indicator(intel.leads(Field::Source, "203.0.113.7")[0]);
        assert_eq!(
            (i.description, i.confidence, i.until_text),
            ("C2", "80", "2026-12-31T00:00:00.000Z")
        );
        assert_eq!(i.from, Some(Until::parse("2026-11-01").unwrap().start()));
    }
}

#[test]
fn of_several_versions_the_newest_counts() {
    let version = |pattern: &str, modified: &str, more: &str| {
        indicator("1", pattern, &format!(r#","modified":"{modified}"{more}"#))
    };
    let ended = r#","valid_until":"2026-11-10""#;
    let old = version("[ipv4-addr:value = '203.0.113.7']", "2026-11-01T00:00:00Z", ended);
    let new = version("[ipv4-addr:value = '203.0.113.8']", "2026-11-02T00:00:00Z", "");
    let gone =
        version("[ipv4-addr:value = '203.0.113.9']", "2026-11-03T00:00:00Z", r#","revoked":true"#);
    for objects in [[&old, &new], [&new, &old]] {
        let (_, intel) = one(&format!("[{},{}]", objects[0], objects[1]));
        assert_eq!(from(&intel, "203.0.113.7"), [""; 0]);
        assert_eq!(from(&intel, "203.0.113.8").len(), 1);
    }
    let other = indicator("2", "[ipv4-addr:value = '192.0.2.1']", "");
    for objects in [[&old, &gone], [&gone, &old]] {
        let (lists, intel) = one(&format!("[{other},{},{}]", objects[0], objects[1]));
        assert_eq!(from(&intel, "203.0.113.7"), [""; 0]);
        let notes = lists.notes(&intel);
        assert!(notes.starts_with("Threat lists: 1 file, 1 indicator, "), "{notes}");
        assert!(!notes.contains("expired"), "what was replaced is not counted: {notes}");
    }
}

#[test]
fn a_list_revokes_and_replaces_its_own_indicators_only() {
    let version = |modified: &str, pattern: &str, more: &str| {
        indicator("1", pattern, &format!(r#","modified":"{modified}"{more}"#))
    };
    let real = version("2026-11-01T00:00:00Z", "[ipv4-addr:value = '203.0.113.7']", "");
    let other = indicator("2", "[ipv4-addr:value = '192.0.2.1']", "");
    for hostile in [
        version("2026-11-02T00:00:00Z", "[ipv4-addr:value = '203.0.113.7']", r#","revoked":true"#),
        version("2026-11-02T00:00:00Z", "[ipv4-addr:value = '203.0.113.9']", ""),
    ] {
        let hostile = format!("[{hostile},{other}]");
        let files = [("real.json", real.as_bytes()), ("hostile.json", hostile.as_bytes())];
        for files in [files, [files[1], files[0]]] {
            let intel = Lists::new().load(&files).unwrap();
            assert_eq!(from(&intel, "203.0.113.7").len(), 1);
        }
    }
}

#[test]
fn lists_add_up_and_each_names_itself() {
    let lists = Lists::new();
    let intel =
        lists.load(&[("a.txt", b"203.0.113.7\n"), ("b.csv", b"ip\n203.0.113.7\nx\n")]).unwrap();
    let found: Vec<_> = (intel.leads(Field::Source, "203.0.113.7").into_iter())
        .map(|lead| intel.indicator(lead).list.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(found, ["a.txt", "b.csv"]);
    let described: Vec<_> = intel.lists().map(|l| lists.short(&l)).collect();
    assert_eq!(described, ["a.txt (text, 1 indicator)", "b.csv (CSV, 1 indicator)"]);
    assert!(
        lists.notes(&intel).starts_with("Threat lists: 2 files, 2 indicators, 1 not understood.\n")
    );
}

#[test]
fn a_file_that_is_not_a_list_says_what_to_do() {
    let lists = Lists::new();
    for (text, expected) in [
        (&b"\x1f\x8b\x08x"[..], "list: a compressed file (decompress it first)"),
        (b"PK\x03\x04", "list: a compressed file (decompress it first)"),
        (b"\xff\xfe2\x000\x00", "list: UTF-16 text (save it as UTF-8)"),
        (b"20\x003", "list: not a text file ("),
        (b" <stix:STIX_Package>", "list: XML is not supported (export the list as STIX 2.1"),
        (b"{}", "list: JSON, but not STIX 2.1 ("),
        (b"{\"Event\":{\"Attribute\":[{\"type\":\"ip-src\"}]}}", "list: JSON, but not STIX 2.1 ("),
        (b"[{\"type\":\"malware\"}]", "list: 1 STIX object, but no indicator"),
        (b"[{\"type\":\n\"indicator\",", "list:2:12: not JSON: EOF while parsing"),
        (
            b"{\"type\":\"indicator\",\"pattern\":\"[x:y = 1]\"}",
            "list: no usable indicator: 1 of types",
        ),
        (b"hello\nworld\n", "list: no usable indicator: 2 not understood"),
        (b"ip,x\n203.0.113.7,a\n\"203.0.113.8,b\n", "nothing"),
    ] {
        match lists.load(&[("list", text)]) {
            Err(error) => assert!(error.starts_with(expected), "{error}"),
            Ok(intel) => assert_eq!(expected, "nothing", "{}", lists.notes(&intel)),
        }
    }
    let endless = format!("ip,x\n203.0.113.7,\"a\n{}", "203.0.113.8,b\n".repeat(30_000));
    let error = lists.load(&[("list", endless.as_bytes())]).unwrap_err();
    assert_eq!(
        error,
        "list:2:1: a row longer than 256 KiB starts here (close the quote in this row)"
    );
    for empty in
        [&b""[..], b"# nothing today\n", b"ip,x\n", b"[{\"type\":\"indicator\",\"revoked\":true}]"]
    {
        let result = lists.load(&[("list", empty)]);
        let unusable = empty.starts_with(b"[");
        assert_eq!(result.is_err(), unusable, "{result:?}");
    }
}
