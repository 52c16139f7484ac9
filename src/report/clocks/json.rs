//! The document `incident.clocks/1`.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Clocks, REFERENCE};
use crate::clock::{self, Millis};
use crate::clocks::{Duty, Facts, Regime, State};
use crate::report::escape::write_json;
use crate::report::{Format, RenderOptions};

/// The `json` format.
pub struct Json;

impl<'a> Format<Clocks<'a>> for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn render(&self, c: &Clocks<'a>, out: &mut dyn Write, _: &RenderOptions) -> io::Result<()> {
        write_json(&document(c), out)
    }
}

fn document(clocks: &Clocks<'_>) -> Value {
    let (facts, now) = (clocks.facts, clocks.now);
    json!({
        "schema": "incident.clocks/1",
        "case": clocks.case,
        "now": time(facts, now),
        "timezone": facts.zone().name(),
        "regimes": facts.regimes().into_iter().map(Regime::name).collect::<Vec<_>>(),
        "clocks": clocks.duties.iter().map(|duty| entry(facts, duty, now)).collect::<Vec<_>>(),
        "reference": REFERENCE,
    })
}

fn time(facts: &Facts, at: Millis) -> Value {
    json!({"local": facts.zone().rfc3339(at), "utc": clock::rfc3339(at)})
}

/// A clock.
pub fn entry(facts: &Facts, duty: &Duty, now: Millis) -> Value {
    let (state, at) = match duty.state {
        State::Runs if duty.overdue(now) => ("overdue", None),
        State::Runs => ("runs", None),
        State::Held { until } => ("held", Some(until)),
        State::NotStarted => ("not-started", None),
        State::NotApplicable => ("not-applicable", None),
        State::Submitted { at } => ("submitted", Some(at)),
    };
    let start = duty.start.map(|(key, when)| (key, when.canonical(facts.zone())));
    json!({
        "id": duty.id,
        "regime": duty.regime.name(),
        "duty": duty.what,
        "law": duty.law,
        "state": state,
        "state_time": at.map(|at| time(facts, at)),
        "starts": start.map(|(key, value)| json!({"fact": key, "value": value})),
        "due": duty.due.map(|due| time(facts, due)),
        "at_once": duty.at_once,
        "seconds_left": duty.due.filter(|_| duty.is_open()).map(|due| (due - now) / clock::SECOND),
        "why": duty.why,
        "notes": duty.notes,
        "missing": duty.missing,
    })
}
