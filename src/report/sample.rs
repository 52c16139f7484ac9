//! One fixed report for the tests of all formats: rich, and written to by an attacker.

mod gaps;
pub mod guardduty;
mod story;
mod weekly;

pub use weekly::{first, weekly};

use std::collections::BTreeMap;

use super::model::{Note, Report, RulesApplied, Suppressed, Window};
use crate::clock::{DAY, HOUR, MINUTE, Millis, SECOND};
use crate::finding::{
    ActionSeen, Cause, Evidence, Finding, Proposal, Reason, Row, SettingUsed, Severity, SourceSeen,
    Summary, Who,
};
use crate::source::coverage::{Coverage, EventCounts, FileCounts, Problem, SkipReason};

/// 2026-11-02T10:05:00Z.
pub const START: Millis = 1_793_613_900_000;
/// 2026-10-26T00:00:00Z.
const SINCE: Millis = START - 10 * HOUR - 5 * MINUTE - 7 * DAY;
const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const FILE: &str = "logs/AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/02/\
                    111122223333_CloudTrail_us-east-1_20261102T1010Z_Xq8fPzN0bWmR2tLc.json.gz";
/// Text that steers a terminal, forges a line, runs in a spreadsheet and reverses text.
pub const HOSTILE: &str =
    "=cmd|' /C calc'!A0\x1b[2J\u{9b}31m\nincident: nothing found\r\n\u{202e}gpj.exe\u{200b}";

fn strings(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_string()).collect()
}

fn source(address: &str, class: &str, events: u64) -> SourceSeen {
    SourceSeen {
        address: address.into(),
        class: class.into(),
        network: address
            .rsplit_once('.')
            .map_or_else(String::new, |(net, _)| format!("{net}.0/24")),
        country: "NL".into(),
        asn: "AS64500 Example Hosting".into(),
        first: START,
        last: START + 12 * MINUTE,
        events,
    }
}

fn evidence(n: u64) -> Evidence {
    Evidence {
        time: START + n as i64 * SECOND,
        event_id: format!("5f0e6a1c-0000-4000-8000-{n:012}"),
        action: "s3:GetObject".into(),
        file: FILE.into(),
        offset: 14_233 + 2_048 * n,
        log: "cloudtrail".into(),
    }
}

fn finding(id: &str, rule: &str, severity: Severity, title: &str) -> Finding {
    Finding {
        id: id.into(),
        rule: rule.into(),
        rules: strings(&[rule]),
        cause: Cause::Volume,
        title: title.into(),
        severity,
        attack: Vec::new(),
        tactics: vec!["Exfiltration".to_string()],
        description: "What it means. What is ordinary.".to_string(),
        tried: false,
        story: String::new(),
        targets: Vec::new(),
        first_seen: START,
        last_seen: START,
        events: 1,
        who: Who::default(),
        sources: Vec::new(),
        user_agents: Vec::new(),
        actions: Vec::new(),
        resources: Vec::new(),
        reasons: Vec::new(),
        baseline: Vec::new(),
        settings: Vec::new(),
        evidence: Vec::new(),
        scopes: Vec::new(),
        rows: Default::default(),
        playbook: None,
        next: Vec::new(),
    }
}

fn who() -> Who {
    Who {
        account: "111122223333".into(),
        principal: "arn:aws:iam::111122223333:user/ci-deploy".into(),
        kind: "IAMUser".into(),
        access_key: KEY.into(),
        session: String::new(),
        origin: "long-lived access key of the user".into(),
    }
}

fn playbook() -> Option<Proposal> {
    let params = vec![("access-key".to_string(), KEY.to_string())];
    Some(Proposal { id: "leaked-access-key".into(), params })
}

fn reason(rule: &str, text: &str) -> Reason {
    Reason { rule: rule.into(), text: text.into() }
}

fn setting(name: &str, value: f64, unit: &str) -> SettingUsed {
    SettingUsed { name: name.into(), value, unit: unit.into() }
}

fn action(name: &str, events: u64, denied: u64, failed: u64) -> ActionSeen {
    ActionSeen { action: name.into(), events, denied, failed }
}

fn foreign_use() -> Finding {
    let title = format!("Access key {KEY} used from 192.0.2.77, new to the account");
    Finding {
        rules: strings(&["credential.unfamiliar-source", "iam.enumeration"]),
        cause: Cause::ForeignUse,
        attack: strings(&["T1078.004", "T1087.004"]),
        last_seen: START + 12 * MINUTE + 7 * SECOND,
        events: 1_318,
        who: who(),
        sources: vec![source("192.0.2.77", "other", 1_302), source("198.51.100.9", "cloud", 16)],
        user_agents: strings(&[
            "aws-cli/2.15.30 Python/3.11.8 Linux/6.5 kali",
            "python-requests/2.31",
        ]),
        actions: vec![
            action("s3:GetObject", 1_240, 12, 3),
            action("s3:ListObjectsV2", 61, 0, 0),
            action("sts:GetCallerIdentity", 9, 0, 0),
            action("iam:ListUsers", 8, 8, 0),
        ],
        reasons: vec![
            reason(
                "credential.unfamiliar-source",
                "Address, network 192.0.2.0/24, country NL and AS64500 are new to the key, the user \
                 and the account; in 30 days before, the key came from 10.20.0.0/16 only",
            ),
            reason("credential.unfamiliar-source", "User agent aws-cli is new to the key"),
            reason("iam.enumeration", "4 services asked in 40 s, 8 of 9 IAM calls were denied"),
        ],
        settings: vec![
            setting("credential.unfamiliar-source.baseline_days", 30.0, "days"),
            setting("iam.enumeration.min_services", 3.0, "services"),
        ],
        evidence: (0..5).map(evidence).collect(),
        playbook: playbook(),
        next: strings(&[
            "Deactivate the access key, then revoke the user's sessions.",
            "Ask the owner of ci-deploy where the key is kept, and search the repositories for it.",
        ]),
        ..finding("f-7c1d09ab", "credential.unfamiliar-source", Severity::Critical, &title)
    }
}

fn bulk_read() -> Finding {
    Finding {
        cause: Cause::BulkRead,
        attack: strings(&["T1530"]),
        first_seen: START + 2 * MINUTE,
        last_seen: START + 9 * MINUTE,
        events: 1_240,
        who: who(),
        sources: vec![source("192.0.2.77", "other", 1_240)],
        actions: vec![action("s3:GetObject", 1_240, 12, 3)],
        resources: (1..=7).map(|n| format!("s3://acme-invoices/2026/{n:02}.pdf")).collect(),
        reasons: vec![reason(
            "s3.bulk-read",
            "1,225 distinct objects (4.2 GiB) in 7 min; the most of any hour before was 40",
        )],
        settings: vec![
            setting("s3.bulk-read.min_objects", 100.0, "objects"),
            setting("s3.bulk-read.factor", 2.5, "times the usual"),
        ],
        evidence: vec![evidence(120)],
        playbook: playbook(),
        next: strings(&["Find out what the objects hold and who must be told."]),
        ..finding(
            "f-02be11d4",
            "s3.bulk-read",
            Severity::Critical,
            "1,225 objects (4.2 GiB) read from acme-invoices in 7 min",
        )
    }
}

fn hostile() -> Finding {
    Finding {
        events: 3,
        who: Who {
            account: "111122223333".into(),
            principal: HOSTILE.into(),
            kind: "AssumedRole".into(),
            access_key: "ASIAQEXAMPLEEXAMPLE1".into(),
            session: HOSTILE.into(),
            origin: HOSTILE.into(),
        },
        sources: vec![source(HOSTILE, "aws-internal", 3)],
        user_agents: vec![HOSTILE.into(), "x".repeat(5_000)],
        actions: vec![action(HOSTILE, 3, 3, 0)],
        resources: vec![format!("s3://b/{}", "long/".repeat(200)), HOSTILE.into()],
        reasons: vec![reason(HOSTILE, HOSTILE)],
        evidence: vec![Evidence { file: format!("a.zip!{HOSTILE}"), ..evidence(1) }],
        playbook: Some(Proposal {
            id: "leaked-session".into(),
            params: vec![("session".into(), HOSTILE.into())],
        }),
        ..finding("f-99aa00ff", "iam.enumeration", Severity::High, HOSTILE)
    }
}

fn row(value: &str, detail: &str, events: u64) -> Row {
    Row {
        value: value.into(),
        detail: detail.into(),
        events,
        first: START - 3 * DAY,
        last: START + DAY,
        success: events - events / 10,
        denied: events / 10,
        failed: 0,
        bytes_out: events * 3_700_000,
    }
}

fn summary() -> Summary {
    let user = "arn:aws:iam::111122223333:user/ci-deploy";
    let role = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_AdministratorAccess_0123456789abcdef/jo@example.org";
    Summary {
        principals: vec![row(role, "AssumedRole", 6_100), row(user, "IAMUser", 1_318)],
        access_keys: vec![row(KEY, user, 1_318)],
        sources: (0..123)
            .map(|n| row(&format!("10.20.0.{n}"), "private address", 900 - n * 7))
            .collect(),
        user_agents: vec![row(HOSTILE, "", 3), row("aws-cli", "", 1_300)],
        actions: vec![Row { bytes_out: 0, denied: 0, ..row("s3:GetObject", "", 1_240) }],
        regions: vec![row("us-east-1", "", 8_214)],
        error_codes: Vec::new(),
        buckets: vec![row("acme-invoices", "", 1_301)],
    }
}

fn coverage() -> Coverage {
    Coverage {
        files: FileCounts { found: 105, read: 105, archives: 1, ..FileCounts::default() },
        events: EventCounts {
            records: 19_344,
            decoded: 8_214,
            duplicates: 40,
            outside_window: 11_090,
            baseline: 11_002,
            not_events: BTreeMap::from([("insight".into(), 12)]),
            ..EventCounts::default()
        },
        oldest: Some(SINCE - 30 * DAY),
        newest: Some(SINCE + 14 * DAY - SECOND),
        bytes_read: 39_950_000,
        bytes_inflated: 304_400_000,
        by_log: BTreeMap::from([("cloudtrail".into(), 8_000), ("s3-access".into(), 214)]),
        ..Coverage::default()
    }
}

/// Findings of every severity, all input read.
pub fn rich() -> Report {
    let low = |n: u64| Finding {
        events: n,
        ..finding(
            "f-10",
            "volume.spike",
            Severity::Low,
            "Calls by arn:aws:iam::111122223333:role/etl tripled",
        )
    };
    let findings = vec![
        foreign_use(),
        bulk_read(),
        hostile(),
        low(12_000),
        finding("f-11", "root.use", Severity::Info, "Root signed in with MFA, as it does monthly"),
    ];
    Report {
        sessions: Vec::new(),
        guardduty: guardduty::matches(&findings),
        change: None,
        rules: RulesApplied::default(),
        stories: vec![story::story()],
        generated: SINCE + 14 * DAY,
        window: Window {
            since: Some(SINCE),
            until: Some(SINCE + 14 * DAY),
            whole_archive: false,
            baseline_since: Some(SINCE - 30 * DAY),
        },
        coverage: coverage(),
        matrix: gaps::matrix(),
        findings,
        suppressed: vec![Suppressed {
            entry: "cidr 203.0.113.0/24 (pentest, until 2026-12-31)".into(),
            findings: 2,
        }],
        summary: summary(),
        notes: strings(&[
            "No GeoIP file was given: countries and network owners are those the logs name.",
            "Allow-list entry 'role/old-backup' expired on 2026-10-01 and was not applied.",
        ])
        .into_iter()
        .map(Note::from)
        .collect(),
        case: None,
    }
}

/// The same report, with every kind of lost input.
pub fn incomplete() -> Report {
    let mut report = rich();
    let files = &mut report.coverage.files;
    files.found = 1_108;
    files.read = 1_100;
    files.damaged = 1;
    files.skipped = BTreeMap::from([
        (SkipReason::Digest, 5),
        (SkipReason::NotALog, 2),
        (SkipReason::PermissionDenied, 1),
    ]);
    let events = &mut report.coverage.events;
    events.records += 12;
    events.lost = 12;
    events.lost_by_reason =
        BTreeMap::from([("malformed record".into(), 11), ("record cut off".into(), 1)]);
    let problem = |n: u64| Problem {
        file: FILE.into(),
        offset: Some(n * 1_000),
        reason: "malformed record".into(),
        detail: format!("expected value at column {n}"),
    };
    report.coverage.problems = (1..=24).map(problem).collect();
    report.coverage.problems[0].detail = HOSTILE.into();
    report.coverage.problems[1] = Problem {
        file: HOSTILE.into(),
        offset: None,
        reason: "unreadable".into(),
        detail: String::new(),
    };
    report.coverage.problems_total = 30;
    report
}

/// Logs without findings, all read.
pub fn quiet() -> Report {
    Report {
        stories: Vec::new(),
        findings: Vec::new(),
        guardduty: Vec::new(),
        suppressed: Vec::new(),
        summary: Summary::default(),
        notes: Vec::new(),
        ..rich()
    }
}

/// No input was found.
pub fn empty() -> Report {
    Report {
        coverage: Coverage::default(),
        matrix: Default::default(),
        window: Window { since: None, until: None, whole_archive: true, baseline_since: None },
        ..quiet()
    }
}
