//! The sample's story.

use super::{HOSTILE, KEY, START, playbook, strings};
use crate::clock::HOUR;
use crate::finding::story::{Actor, Step, Story, Touched};
use crate::finding::{Severity, Target};

pub fn story() -> Story {
    let step = |tactic: &str, text: &str, tried| Step {
        time: START,
        last: START + HOUR,
        tactic: tactic.into(),
        text: text.into(),
        finding: "f-02be11d4".into(),
        severity: Severity::High,
        tried,
    };
    let target = |kind: &str, name: &str| Target { kind: kind.into(), name: name.into() };
    Story {
        id: "s-01".into(),
        headline: format!("Access key {KEY} of ci-deploy from 203.0.113.9: took data out"),
        severity: Severity::Critical,
        account: "111122223333".into(),
        first_seen: START,
        last_seen: START + HOUR,
        actor: Actor {
            origin: format!("access key {KEY} of ci-deploy"),
            principals: strings(&["arn:aws:iam::111122223333:user/ci-deploy"]),
            access_keys: strings(&[KEY]),
            addresses: strings(&["203.0.113.9"]),
        },
        steps: vec![
            step("Initial Access", "A key was used elsewhere", false),
            step("Persistence", HOSTILE, true),
        ],
        gained: strings(&["a new user mallory"]),
        touched: vec![
            Touched { target: target("bucket", "acme-invoices"), events: 412, bytes: 757_000_000 },
            Touched { target: target("user", HOSTILE), events: 1, bytes: 0 },
        ],
        playbooks: playbook().into_iter().collect(),
        findings: strings(&["f-02be11d4"]),
    }
}
