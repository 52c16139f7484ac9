//! Tests of what a file may contain, and of the locations of its errors.

use super::*;
use crate::config::settings::Setting;

const GROUPS: &[Group] = &[
    Group {
        id: "s3.bulk-read",
        settings: &[
            Setting { name: "min_objects", default: 200.0, unit: "objects", help: "" },
            Setting { name: "ratio", default: 1.5, unit: "", help: "" },
        ],
    },
    Group { id: "iam.probing", settings: &[] },
];

fn read(text: &str) -> Result<ParsedFile, ConfigError> {
    parse(Path::new("/etc/incident.toml"), text, GROUPS)
}

/// `12:3: problem | hint`, without the path.
fn error(text: &str) -> String {
    let error = match read(text) {
        Ok(_) => panic!("accepted: {text}"),
        Err(error) => error,
    };
    let message = error.to_string();
    let Some(message) = message.strip_prefix("/etc/incident.toml:") else {
        panic!("no path: {message}")
    };
    match error.hint() {
        Some(hint) => format!("{message} | {hint}"),
        None => message.to_string(),
    }
}

#[test]
fn reads_every_key() {
    let parsed = read(
        r#"baseline_days = 7.5
threads = 0x4
geoip = "geo"
own_ranges = ["198.51.100.0/24", "2001:db8:1::/48"]
own_range_files = ["vpn.cidr", "/srv/vpn.cidr"]
known_accounts = ["444455556666", "777788889999"]
known_organizations = ["o-a1b2c3d4e5"]

[[allow]]
source = ["203.0.113.0/24", "192.0.2.7"]
principal = "arn:aws:iam::*:role/ci-*"
user_agent = "Prowler*"
rule = "s3.bulk-read"
until = 2026-12-31
reason = "  pentest by Example Ltd "

[[allow]]
file = "scanner.cidr"
reason = "scanner"

[detect."s3.bulk-read"]
min_objects = 1_000
ratio = -0.0
"#,
    )
    .unwrap();
    assert_eq!(parsed.baseline_days.unwrap().value, 7.5);
    assert_eq!(parsed.threads.unwrap().value, 4);
    assert_eq!(parsed.geoip.unwrap().value, Path::new("/etc/geo"));
    assert_eq!(parsed.own_ranges.len(), 2);
    let files: Vec<_> = parsed.own_range_files.iter().map(|f| f.value.as_path()).collect();
    assert_eq!(files, [Path::new("/etc/vpn.cidr"), Path::new("/srv/vpn.cidr")]);
    let known = parsed.known_accounts.iter().chain(&parsed.known_organizations);
    let known: Vec<_> = known.map(|id| id.value.as_str()).collect();
    assert_eq!(known, ["444455556666", "777788889999", "o-a1b2c3d4e5"]);
    let [first, second] = parsed.allow.as_slice() else { panic!("{:?}", parsed.allow) };
    assert_eq!(
        first.allow.describe(),
        "source 203.0.113.0/24 or 192.0.2.7/32, principal arn:aws:iam::*:role/ci-*, \
         user agent Prowler*, rule s3.bulk-read (pentest by Example Ltd; until 2026-12-31)"
    );
    assert_eq!(first.allow.origin().to_string(), "/etc/incident.toml:9");
    assert_eq!(
        second.file.as_ref().map(|f| f.value.as_path()),
        Some(Path::new("/etc/scanner.cidr"))
    );
    let settings: Vec<_> = parsed
        .settings
        .iter()
        .map(|s| (s.name, s.value.value.to_string(), s.value.at.line))
        .collect();
    assert_eq!(settings, [("min_objects", "1000".to_string(), 22), ("ratio", "0".to_string(), 23)]);
}

#[test]
fn an_empty_file_sets_nothing() {
    for text in ["", "\n# only a comment\n", "[detect]\n[detect.\"iam.probing\"]"] {
        let parsed = read(text).unwrap();
        assert!(parsed.settings.is_empty() && parsed.allow.is_empty(), "{text}");
    }
}

#[test]
fn unknown_names_at_any_level() {
    for (text, expected) in [
        ("thread = 1", "1:1: unknown key `thread` | did you mean `threads`?"),
        (
            "\n  colour = 1",
            "2:3: unknown key `colour` | known: allow, aws_ranges, baseline_days, detect, geoip, intel, \
             known_accounts, known_organizations, own_range_files, own_ranges, threads",
        ),
        (
            "[[allow]]\nsource = '192.0.2.1'\nuseragent = 'x'\nreason = 'x'",
            "3:1: unknown key in [[allow]] `useragent` | did you mean `user_agent`?",
        ),
        (
            "[detect.\"s3.bulk-reads\"]\nmin_objects = 1",
            "1:9: unknown detector `s3.bulk-reads` | did you mean `s3.bulk-read`?",
        ),
        (
            "[detect.s3.bulk-read]\nmin_objects = 1",
            "1:9: unknown detector `s3` | put the id in quotes: [detect.\"s3.bulk-read\"]",
        ),
        (
            "[detect.\"s3.bulk-read\"]\nmin_object = 1",
            "2:1: unknown setting of `s3.bulk-read`: `min_object` | did you mean `min_objects`?",
        ),
        (
            "[detect.\"iam.probing\"]\nx = 1",
            "2:1: unknown setting of `iam.probing`: `x` | there are none here",
        ),
    ] {
        assert_eq!(error(text), expected, "{text}");
    }
}

#[test]
fn known_accounts_and_organizations_are_ids() {
    let account = "write the 12 digits, as `\"111122223333\"`";
    let organization = "`aws organizations describe-organization` prints it, as `o-a1b2c3d4e5`";
    for (text, expected) in [
        (
            "known_accounts = ['44445555666']",
            format!("1:19: `44445555666` is no account id | {account}"),
        ),
        ("known_accounts = ['*']", format!("1:19: `*` is no account id | {account}")),
        (
            "known_accounts = ['arn:aws:iam::444455556666:root']",
            format!("1:19: `arn:aws:iam::444455556666:root` is no account id | {account}"),
        ),
        (
            "known_accounts = [444455556666]",
            "1:19: `known_accounts` must be a string, not a whole number".to_string(),
        ),
        (
            "known_accounts = '444455556666'",
            "1:18: `known_accounts` must be a list, not a string".to_string(),
        ),
        (
            "known_organizations = ['o-*']",
            format!("1:24: `o-*` is no organization id | {organization}"),
        ),
        (
            "known_organizations = ['444455556666']",
            format!("1:24: `444455556666` is no organization id | {organization}"),
        ),
    ] {
        assert_eq!(error(text), expected, "{text}");
    }
}

#[test]
fn wrong_types() {
    for (text, expected) in [
        ("baseline_days = '7'", "1:17: `baseline_days` must be a number, not a string"),
        ("threads = 2.0", "1:11: `threads` must be a whole number, not a decimal number"),
        ("geoip = true", "1:9: `geoip` must be a string, not true or false"),
        ("own_ranges = '192.0.2.1'", "1:14: `own_ranges` must be a list, not a string"),
        ("own_ranges = [1]", "1:15: `own_ranges` must be a string, not a whole number"),
        (
            "own_range_files = 2026-12-31",
            "1:19: `own_range_files` must be a list, not a date or time",
        ),
        ("[allow]\nreason = 'x'", "1:1: `allow` must be a list, not a table"),
        ("allow = [1]", "1:10: `allow` must be a table, not a whole number"),
        ("detect = []", "1:10: `detect` must be a table, not a list"),
        (
            "[detect]\n\"s3.bulk-read\" = 5",
            "2:18: `s3.bulk-read` must be a table, not a whole number",
        ),
        (
            "[detect.\"s3.bulk-read\"]\nratio = false",
            "2:9: `ratio` must be a number, not true or false",
        ),
        (
            "[[allow]]\nprincipal = 'x'\nreason = 'x'\nuntil = '2026-12-31'",
            "4:9: `until` must be a date, not a string | write it without quotes, as `2026-12-31`",
        ),
        (
            "[[allow]]\nprincipal = 'x'\nreason = 'x'\nuntil = 10:00:00",
            "4:9: `until` must be a date that exists, such as `2026-12-31`",
        ),
    ] {
        assert_eq!(error(text), expected, "{text}");
    }
}

#[test]
fn numbers_are_finite_and_not_negative() {
    for (number, problem) in [
        ("-1", "must not be negative"),
        ("-0.5", "must not be negative"),
        ("nan", "must be a finite number"),
        ("inf", "must be a finite number"),
        ("-inf", "must be a finite number"),
        ("1e999", "must be a finite number"),
        ("99999999999999999999", "is out of range"),
    ] {
        let text = format!("baseline_days = {number}");
        assert_eq!(error(&text), format!("1:17: `baseline_days` {problem}"), "{number}");
        let text = format!("[detect.\"s3.bulk-read\"]\nratio = {number}");
        assert_eq!(error(&text), format!("2:9: `ratio` {problem}"), "{number}");
    }
    for threads in ["0", "1025"] {
        assert_eq!(error(&format!("threads = {threads}")), "1:11: `threads` must be 1 to 1024");
    }
    assert_eq!(error("threads = -1"), "1:11: `threads` must not be negative");
}

#[test]
fn allow_entries_need_a_condition_and_a_reason() {
    let needs_reason = "1:1: an [[allow]] entry needs a reason | \
                        add `reason = \"…\"`; the report shows it";
    assert_eq!(error("[[allow]]\nprincipal = 'x'"), needs_reason);
    let needs_condition = "1:1: an [[allow]] entry needs at least one condition | \
                           add one of `source`, `file`, `principal`, `user_agent`";
    assert_eq!(error("[[allow]]\nreason = 'x'"), needs_condition);
    assert_eq!(error("[[allow]]\nreason = 'x'\nrule = '*'\nuntil = 2026-12-31"), needs_condition);
    for (line, expected) in [
        ("principal = ''", "3:13: `principal` must not be empty"),
        ("source = []", "3:10: `source` must not be empty"),
        (
            "source = ['192.0.2.1', 'x']",
            "3:24: `x` is neither an address nor a CIDR range | \
             write it as `198.51.100.0/24`, `2001:db8::/32` or a single address",
        ),
        (
            "source = 'a'\nfile = 'b'",
            "3:10: `a` is neither an address nor a CIDR range | \
             write it as `198.51.100.0/24`, `2001:db8::/32` or a single address",
        ),
        (
            "source = '192.0.2.1'\nfile = 'b'",
            "4:1: an [[allow]] entry cannot have both `source` and `file` | write one entry for each",
        ),
        (
            "user_agent = 'a['",
            "3:14: `user_agent` is not a valid glob: unclosed character class; missing ']'",
        ),
    ] {
        assert_eq!(error(&format!("[[allow]]\nreason = 'x'\n{line}")), expected, "{line}");
    }
    assert_eq!(
        error("[[allow]]\nprincipal = 'x'\nreason = ' '"),
        "3:10: `reason` must not be empty"
    );
}

#[test]
fn invalid_toml_has_a_location() {
    for (text, place) in
        [("threads = ", "1:11: "), ("a = 1\nb c", "2:3: "), ("threads = 1\nthreads = 2", "2:1: ")]
    {
        let message = error(text);
        assert!(message.starts_with(place), "{message}");
        assert!(!message.contains('\n'), "{message}");
    }
}

#[test]
fn invalid_ranges_have_a_location() {
    assert_eq!(
        error("own_ranges = [\n  \"192.0.2.0/24\",\n  \"192.0.2.9/24\",\n]"),
        "3:3: `192.0.2.9/24` has host bits set: a range starts at its first address | \
         write `192.0.2.0/24` for the range or `192.0.2.9` for the address"
    );
}
