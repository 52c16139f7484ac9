//! Tests of which findings entries suppress, through `incident.toml`.

use super::*;
use crate::clock::DAY;
use crate::config::Config;
use crate::config::fixture::{Folder, GROUP, NOW};

const SUBJECT: Subject<'static> = Subject {
    rule: "s3.bulk-read",
    principal: "arn:aws:iam::111122223333:role/ci-deploy",
    sources: &["203.0.113.5"],
    user_agents: &["Prowler/5.1"],
    at: NOW,
};

fn load_allow(text: &str) -> Config {
    Folder::new(&[("incident.toml", text)]).load()
}

#[test]
fn every_condition_must_match() {
    let config = load_allow(
        "[[allow]]\nsource = '203.0.113.0/24'\nprincipal = 'arn:aws:iam::*:role/ci-*'\n\
         user_agent = 'Prowler*'\nrule = 's3.*'\nuntil = 2026-12-31\nreason = 'pentest'",
    );
    assert_eq!(config.allowed(&SUBJECT).map(Allow::reason), Some("pentest"));
    let others = [
        Subject { rule: "iam.probing", ..SUBJECT },
        Subject { principal: "arn:aws:iam::111122223333:role/admin", ..SUBJECT },
        Subject { sources: &["203.0.114.5"], ..SUBJECT },
        Subject { user_agents: &["Boto3"], ..SUBJECT },
        Subject { at: NOW + 41 * DAY, ..SUBJECT },
    ];
    for other in others {
        assert!(config.allowed(&other).is_none(), "{other:?}");
    }
    assert!(config.allowed(&Subject { at: NOW + 41 * DAY - 1, ..SUBJECT }).is_some());
}

#[test]
fn a_finding_partly_outside_is_never_suppressed() {
    let config = load_allow(
        "[[allow]]\nsource = ['203.0.113.0/24', '2001:db8::/32']\nuser_agent = 'Prowler*'\n\
         reason = 'x'",
    );
    let allowed = |sources: &[&str], user_agents: &[&str]| {
        config.allowed(&Subject { sources, user_agents, ..SUBJECT }).is_some()
    };
    assert!(allowed(&["203.0.113.5", "2001:db8::1", "::ffff:203.0.113.6"], &["Prowler/5"]));
    assert!(!allowed(&["203.0.113.5", "192.0.2.1"], &["Prowler/5"]));
    assert!(!allowed(&["203.0.113.5", "lambda.amazonaws.com"], &["Prowler/5"]));
    assert!(!allowed(&["203.0.113.5"], &["Prowler/5", "aws-cli/2"]));
    assert!(!allowed(&[], &["Prowler/5"]));
    assert!(!allowed(&["203.0.113.5"], &[]));
}

#[test]
fn two_entries_together_do_not_cover_one_finding() {
    let config = load_allow(
        "[[allow]]\nsource = '203.0.113.0/24'\nreason = 'a'\n\
         [[allow]]\nsource = '192.0.2.0/24'\nreason = 'b'",
    );
    let both = Subject { sources: &["203.0.113.5", "192.0.2.1"], ..SUBJECT };
    assert!(config.allowed(&both).is_none());
    let second = Subject { sources: &["192.0.2.1"], ..SUBJECT };
    assert_eq!(config.allowed(&second).map(Allow::reason), Some("b"));
}

#[test]
fn globs_match_the_whole_text_and_capitals_count() {
    let config = load_allow("[[allow]]\nprincipal = 'arn:aws:iam::*/ci-?eploy'\nreason = 'x'");
    let allowed = |principal| config.allowed(&Subject { principal, ..SUBJECT }).is_some();
    assert!(allowed(SUBJECT.principal));
    assert!(allowed("arn:aws:iam::1:role/path/role/ci-deploy"));
    assert!(!allowed("arn:aws:iam::1:role/ci-deploy-2"));
    assert!(!allowed("x arn:aws:iam::1:role/ci-deploy"));
    assert!(!allowed("arn:aws:iam::1:role/CI-deploy"));
    assert!(!allowed(""));
}

#[test]
fn expired_entries_do_not_apply_and_are_listed() {
    let folder = Folder::new(&[(
        "incident.toml",
        "[[allow]]\nsource = '203.0.113.0/24'\nuntil = 2026-11-20\nreason = 'old'\n\
         [[allow]]\nprincipal = '*:role/x'\nuntil = 2026-11-21\nreason = 'today'",
    )]);
    let config = folder.load();
    assert!(config.allowed(&SUBJECT).is_none());
    let expired: Vec<String> = config.expired().iter().map(|e| folder.short(e)).collect();
    assert_eq!(expired, ["allowed source 203.0.113.0/24 (old; until 2026-11-20), incident.toml:1"]);
    assert_eq!(
        folder.shown(&config, "allow"),
        ["principal *:role/x (today; until 2026-11-21) (incident.toml:5)"]
    );
}

#[test]
fn allow_files_list_ranges() {
    let folder = Folder::new(&[
        ("incident.toml", "[[allow]]\nfile = 'scanner.cidr'\nrule = 'iam.*'\nreason = 'scanner'"),
        ("scanner.cidr", "203.0.113.0/25\n203.0.113.128/25 until=2026-01-31"),
        ("flag.cidr", "192.0.2.0/24"),
    ]);
    let mut inputs = folder.inputs();
    inputs.flags.allow_files = vec![folder.path("flag.cidr")];
    let config = Config::load(&inputs, &[GROUP]).unwrap();
    let describe = |subject| config.allowed(&subject).map(|a| folder.short(&a.describe()));
    assert_eq!(
        describe(Subject { rule: "iam.probing", ..SUBJECT }).as_deref(),
        Some("source in scanner.cidr (1 range), rule iam.* (scanner)")
    );
    assert_eq!(describe(SUBJECT), None);
    assert_eq!(
        describe(Subject { sources: &["192.0.2.1"], ..SUBJECT }).as_deref(),
        Some("source in flag.cidr (1 range) (given by --allow)")
    );
    let outside = Subject { rule: "iam.probing", sources: &["203.0.113.200"], ..SUBJECT };
    assert_eq!(describe(outside), None);
    let expired: Vec<String> = config.expired().iter().map(|e| folder.short(e)).collect();
    assert_eq!(expired, ["allowed source 203.0.113.128/25 (until 2026-01-31), scanner.cidr:2"]);
}

#[test]
fn an_allow_file_without_ranges_allows_nothing() {
    for ranges in ["", "# none yet\n", "203.0.113.0/24 until=2020-01-01"] {
        let folder = Folder::new(&[
            ("incident.toml", "[[allow]]\nfile = 'a'\nprincipal = '*'\nreason = 'x'"),
            ("a", ranges),
        ]);
        assert!(folder.load().allowed(&SUBJECT).is_none(), "{ranges}");
        let empty = Subject { sources: &[], ..SUBJECT };
        assert!(folder.load().allowed(&empty).is_none(), "{ranges}");
    }
}
