//! The sample compared with a run of the week before.

use super::{HOSTILE, SINCE, START, rich};
use crate::clock::{DAY, HOUR};
use crate::finding::Severity;
use crate::finding::change::{Before, Change, Count, Measured, Periods, Range};
use crate::finding::seen::{Names, Seen, SeenFinding, SeenName, severities};
use crate::report::Report;

fn name(name: &str, events: u64, in_baseline: bool) -> SeenName {
    SeenName { name: name.into(), detail: "IAMUser".into(), events, last: START, in_baseline }
}

fn names(items: Vec<SeenName>) -> Names {
    Names { items, beyond: 0 }
}

fn now() -> Seen {
    let report = rich();
    let users =
        (1..=7).map(|n| name(&format!("arn:aws:iam::111122223333:user/u{n}"), 90 - n, n < 3));
    Seen {
        run: SINCE + 14 * DAY + 5 * HOUR,
        since: Some(SINCE + 7 * DAY),
        until: SINCE + 14 * DAY + 5 * HOUR,
        program: "0.1.0".into(),
        rules: "b".into(),
        principals: names(users.chain([name(HOSTILE, 3, false)]).collect()),
        sources: names(vec![name("192.0.2.0/24", 1_302, false)]),
        user_agents: names(vec![name("aws-cli", 5_000, true), name("Boto3", 9, true)]),
        findings: report.findings.iter().map(SeenFinding::of).collect(),
        severities: severities(&report.findings),
        ..Seen::default()
    }
}

/// The week before had two of these findings, and one that is no longer in the window.
fn last() -> Seen {
    let now = now();
    let mut findings = now.findings[..2].to_vec();
    findings[0].severity = Severity::Medium;
    findings[1].last -= HOUR;
    let old = SeenFinding { rule: HOSTILE.into(), title: HOSTILE.into(), ..findings[0].clone() };
    findings.push(SeenFinding { last: SINCE, ..old });
    Seen {
        run: now.run - 7 * DAY,
        since: Some(SINCE),
        until: now.until - 7 * DAY,
        principals: names(vec![
            name("arn:aws:iam::111122223333:user/u7", 80, false),
            name(HOSTILE, 9, false),
            name("gone", 1, false),
        ]),
        user_agents: names(vec![name("aws-cli", 4_000, false)]),
        rules: "a".into(),
        severities: [0, 1, 1, 0, 1],
        findings,
        ..now
    }
}

fn measured(periods: u64) -> Measured {
    let range =
        |mean, min, max| Some(Range { of: periods, mean, min, max }).filter(|_| periods > 0);
    let count = |what: &str, now, before| Count { what: what.into(), now, before };
    Measured {
        accounts: vec!["111122223333".into()],
        periods: Periods { number: periods, step: 7 * DAY },
        counts: vec![
            count("events", 8_214, range(7_001.25, 6_000, 9_000)),
            count("principals", 8, range(6.5, 6, 7)),
            count("refused", 41, range(12.0, 0, 30)),
            count("s3-bytes-out", 4_509_715_660, range(1_048_576.0, 0, 4_194_304)),
        ],
    }
}

/// The sample with a last run and four earlier weeks.
pub fn weekly() -> Report {
    let change = Change::between(&now(), &Before::Run(Box::new(last())), measured(4), 12);
    Report { change: Some(change), ..rich() }
}

/// The sample without an earlier run or earlier weeks.
pub fn first() -> Report {
    let change = Change::between(&now(), &Before::None, measured(0), 0);
    Report { change: Some(change), ..rich() }
}
