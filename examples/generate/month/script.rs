//! Scripts: calls written as text, with gaps for names, and played in sequence.
//!
//! A `.steps` file has sections. A step is a line `service Action`; below it, indented, `?` begins the request
//! and `=` the response, both JSON; lines without such a mark go on with what is above. An action that ends in
//! `!denied`, `!missing` or `!throttled` failed so. `<name>` is a gap.

use std::collections::BTreeMap;

use crate::random::Random;
use crate::record::ACCOUNT;
use crate::story::call::Call;
use crate::story::cast::Caller;
use crate::story::stage::Stage;

/// The sections of a file by name.
pub struct Script(BTreeMap<&'static str, Vec<Step>>);

#[derive(Clone, Default)]
pub struct Step {
    service: &'static str,
    action: &'static str,
    request: String,
    response: String,
}

impl Script {
    pub fn parse(text: &'static str) -> Script {
        let mut sections: BTreeMap<&str, Vec<Step>> = BTreeMap::new();
        let (mut section, mut in_response) = ("", false);
        for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[') {
                section = name.trim_end_matches(']');
            } else if !line.starts_with(' ') {
                let (service, action) = line.split_once(' ').expect("a service and an action");
                let steps = sections.entry(section).or_default();
                steps.push(Step { service, action, ..Step::default() });
            } else {
                let line = line.trim();
                let step = sections.get_mut(section).and_then(|steps| steps.last_mut());
                let step = step.expect("a step above its request");
                let (mark, rest) = line.split_at(1);
                in_response = if mark == "?" { false } else { in_response || mark == "=" };
                let text = if matches!(mark, "?" | "=") { rest.trim_start() } else { line };
                if in_response { &mut step.response } else { &mut step.request }.push_str(text);
            }
        }
        Script(sections)
    }

    /// The steps of a section, which must be there.
    pub fn steps(&self, section: &str) -> &[Step] {
        self.0.get(section).unwrap_or_else(|| unreachable!("no section {section}"))
    }

    /// The names of sections that begin with `prefix`.
    pub fn names(&self, prefix: &str) -> Vec<&'static str> {
        self.0.keys().filter(|name| name.starts_with(prefix)).copied().collect()
    }
}

/// How steps are played.
#[derive(Clone, Copy)]
pub struct Play<'a> {
    pub region: &'static str,
    /// Values for the gaps, in addition to the built-in ones.
    pub gaps: &'a [(&'a str, &'a str)],
    /// Seconds between two steps, at least and at most.
    pub pace: (i64, i64),
}

impl Play<'_> {
    /// Returns when the last step is over.
    pub fn steps(
        self,
        stage: &mut Stage,
        random: &mut Random,
        start: i64,
        caller: &Caller,
        steps: &[Step],
    ) -> i64 {
        let mut time = start;
        for step in steps {
            let call = self.call(random, caller, step);
            stage.add(random, time, caller, call);
            time += random.between(self.pace.0, self.pace.1);
        }
        time
    }

    fn call(self, random: &mut Random, caller: &Caller, step: &Step) -> Call {
        let service = step.service;
        let (name, failure) = step.action.split_once('!').unwrap_or((step.action, ""));
        let call =
            if reads(name) { Call::read(service, name) } else { Call::change(service, name) };
        let mut call = call.region(self.region);
        call.request = self.filled(random, &step.request);
        call.response = self.filled(random, &step.response);
        match failure {
            "denied" => call.denied(&caller.arn, &format!("{service}:{}", plain(name)), "*"),
            "missing" => call.failed("ResourceNotFoundException", "The resource does not exist."),
            "throttled" => call.throttled(),
            _ => call,
        }
    }

    fn filled(self, random: &mut Random, text: &str) -> String {
        if text.is_empty() {
            return "null".to_owned();
        }
        let mut out = String::with_capacity(text.len() + 64);
        let mut parts = text.split('<');
        out.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let (gap, rest) = part.split_once('>').expect("a gap that is closed");
            match gap {
                "account" => out.push_str(ACCOUNT),
                "region" => out.push_str(self.region),
                "hex" => out.push_str(&random.hex(17)),
                "uuid" => out.push_str(&random.uuid()),
                gap => {
                    let known = self.gaps.iter().find(|(name, _)| *name == gap);
                    out.push_str(known.unwrap_or_else(|| unreachable!("no {gap} in {text}")).1);
                }
            }
            out.push_str(rest);
        }
        out
    }
}

/// The action's name in policies: without the version that Lambda puts at the end.
fn plain(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit() || c == 'v')
}

/// Whether CloudTrail calls it read-only.
fn reads(name: &str) -> bool {
    const VERBS: [&str; 14] = [
        "Get",
        "List",
        "Describe",
        "Head",
        "BatchGet",
        "BatchCheck",
        "Lookup",
        "Search",
        "Query",
        "Filter",
        "Select",
        "Scan",
        "Decrypt",
        "AssumeRole",
    ];
    // A data key is made for the caller, and nothing in the account changes.
    VERBS.iter().any(|verb| name.starts_with(verb))
        || matches!(
            name,
            "GenerateDataKey" | "StartQuery" | "ReceiveMessage" | "GenerateCredentialReport"
        )
}
