//! Injects a fault into every mutating call: the first attempts at each change fail.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::scene::Stage;
use crate::support::aws::calls::Exchange;
use crate::support::aws::{Action, Rule};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// The first attempt is refused.
    Denied,
    /// No answer: the first attempt has no effect, the second has.
    Cut,
    /// The client is killed: at the first attempt before the effect, at the second after it.
    Kill,
    /// One attempt is killed and the other cut, in alternating order.
    Mixed,
}

/// The calls that met a fault so far.
#[derive(Clone, Default)]
pub struct Faults {
    /// For each call, its attempts so far and its turn.
    attempts: Arc<Mutex<BTreeMap<String, (usize, usize)>>>,
}

impl Faults {
    /// Injects the fault from now on, until the rules of the proxy are cleared.
    pub fn start(stage: &Stage, fault: Fault) -> Faults {
        let faults = Faults::default();
        let attempts = Arc::clone(&faults.attempts);
        let (before, after) = (stage.killer(), stage.killer());
        let doomed = Arc::new(Mutex::new(BTreeSet::new()));
        let dooms = Arc::clone(&doomed);
        let decide = move |call: &Exchange| {
            let mut attempts = attempts.lock().unwrap();
            let turn = attempts.len() % 2;
            let (n, turn) = attempts.entry(subject(call)).or_insert((0, turn));
            *n += 1;
            let fault = match (fault, (*n + *turn) % 2) {
                (Fault::Mixed, 0) => Fault::Cut,
                (Fault::Mixed, _) => Fault::Kill,
                _ => fault,
            };
            match (fault, *n) {
                (Fault::Denied, 1) => Action::Fail { status: 403, code: "AccessDenied".into() },
                (Fault::Cut, 1) => Action::CutBefore,
                (Fault::Cut, 2) => Action::CutAfter,
                (Fault::Kill, 1) => {
                    before.kill();
                    Action::CutBefore
                }
                (Fault::Kill, 2) => {
                    dooms.lock().unwrap().insert(call.n);
                    Action::CutAfter
                }
                _ => Action::Pass,
            }
        };
        let kill_after = move |call: &Exchange| {
            if doomed.lock().unwrap().contains(&call.n) {
                after.kill();
            }
        };
        stage.proxy.rule(Rule::mutating().decide(decide).after(kill_after));
        faults
    }

    /// How many calls met a fault.
    pub fn calls(&self) -> usize {
        self.attempts.lock().unwrap().len()
    }
}

/// Identifies what a call changes: the same for a second attempt, different for any other call.
pub fn subject(call: &Exchange) -> String {
    let names =
        ["UserName", "RoleName", "PolicyName", "VersionStage", "Status", "TrailName", "Name"];
    let mut parts = vec![call.name()];
    parts.extend(names.iter().filter_map(|name| call.parameter(name)));
    if call.operation == "UpdateAccessKey" || call.operation.contains("SSH") {
        parts.extend(call.parameter("AccessKeyId"));
    }
    // Two changes of one trail or bucket differ in what they write.
    if call.is_s3() || matches!(call.service.as_str(), "guardduty" | "cloudtrail") {
        let mut body = String::from_utf8_lossy(&call.request_body).into_owned();
        if let Ok(Value::Object(mut members)) = serde_json::from_str(&body) {
            members.remove("clientToken");
            body = Value::Object(members).to_string();
        }
        parts.extend([call.target.clone(), body]);
    }
    parts.join(" ")
}
