//! One story of the JSON document.

use serde::Serialize;

use super::finding::{PlaybookJson, outcome};
use super::{Each, Text, Time};
use crate::finding::Proposal;
use crate::finding::story::{Actor, Step, Story, Touched};

#[derive(Serialize)]
pub(super) struct StoryJson<'a> {
    id: &'a str,
    headline: &'a str,
    severity: &'static str,
    first_seen: Time,
    last_seen: Time,
    account: Text<'a>,
    actor: ActorJson<'a>,
    steps: Each<'a, Step, StepJson<'a>>,
    gained: &'a [String],
    touched: Each<'a, Touched, TouchedJson<'a>>,
    playbooks: Each<'a, Proposal, PlaybookJson<'a>>,
    findings: &'a [String],
}

impl<'a> From<&'a Story> for StoryJson<'a> {
    fn from(s: &'a Story) -> StoryJson<'a> {
        let Actor { origin, principals, access_keys, addresses } = &s.actor;
        StoryJson {
            id: &s.id,
            headline: &s.headline,
            severity: s.severity.name(),
            first_seen: Time(s.first_seen),
            last_seen: Time(s.last_seen),
            account: Text(&s.account),
            actor: ActorJson { origin: Text(origin), principals, access_keys, addresses },
            steps: Each(&s.steps, StepJson::from),
            gained: &s.gained,
            touched: Each(&s.touched, TouchedJson::from),
            playbooks: Each(&s.playbooks, PlaybookJson::from),
            findings: &s.findings,
        }
    }
}

#[derive(Serialize)]
struct ActorJson<'a> {
    origin: Text<'a>,
    principals: &'a [String],
    access_keys: &'a [String],
    addresses: &'a [String],
}

#[derive(Serialize)]
struct StepJson<'a> {
    time: Time,
    last: Time,
    tactic: Text<'a>,
    text: &'a str,
    finding: &'a str,
    severity: &'static str,
    outcome: &'static str,
}

impl<'a> From<&'a Step> for StepJson<'a> {
    fn from(step: &'a Step) -> StepJson<'a> {
        StepJson {
            time: Time(step.time),
            last: Time(step.last),
            tactic: Text(&step.tactic),
            text: &step.text,
            finding: &step.finding,
            severity: step.severity.name(),
            outcome: outcome(step.tried),
        }
    }
}

#[derive(Serialize)]
struct TouchedJson<'a> {
    kind: &'a str,
    name: &'a str,
    events: u64,
    bytes: u64,
}

impl<'a> From<&'a Touched> for TouchedJson<'a> {
    fn from(touched: &'a Touched) -> TouchedJson<'a> {
        let Touched { target, events, bytes } = touched;
        TouchedJson { kind: &target.kind, name: &target.name, events: *events, bytes: *bytes }
    }
}
