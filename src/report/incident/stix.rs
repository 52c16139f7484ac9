//! The `stix` format: a STIX 2.1 bundle (OASIS standard of 2021-06-10) of things to look for elsewhere.
//!
//! It has indicators with patterns, the observations, the techniques that they point to, their author, and a report
//! that names them all. Ids are UUIDv5: ids of cyber observables follow section 2.9 of the standard, so that equal
//! things have equal ids everywhere; the other ids derive from the report's own content.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde_json::{Value, json};
use sha1::{Digest, Sha1};
use uuid::{Builder, Uuid, uuid};

use super::attack::technique;
use super::model::{Document, Indicator};
use crate::clock::Millis;
use crate::report::escape::write_json;
use crate::report::{Format, RenderOptions};

/// The namespace that the standard gives for deterministic ids of cyber observables.
const OBSERVABLES: Uuid = uuid!("00abedb4-aa42-466c-9c01-fed23315a9b7");

/// The `stix` format.
pub struct Stix;

impl Format<Document> for Stix {
    fn name(&self) -> &'static str {
        "stix"
    }

    fn render(&self, d: &Document, out: &mut dyn Write, _: &RenderOptions) -> io::Result<()> {
        write_json(&Bundle::of(d), out)
    }
}

struct Bundle {
    objects: Vec<Value>,
    ids: BTreeSet<String>,
    identity: String,
    /// The text that makes this report's ids unique.
    scope: String,
    /// An object keeps its id in a later report of the same case, so its creation time must stay the same, too.
    created: String,
    made: String,
}

impl Bundle {
    fn of(d: &Document) -> Value {
        let scope = match &d.case {
            Some(case) => format!("case {} {}", case.account, case.id),
            None => format!("analysis {}", d.accounts.join(" ")),
        };
        let mut bundle = Bundle {
            objects: Vec::new(),
            ids: BTreeSet::new(),
            identity: id("identity", "incident"),
            scope,
            created: timestamp(created(d)),
            made: timestamp(d.generated.0),
        };
        bundle.identity();
        for indicator in &d.indicators {
            bundle.indicator(indicator);
        }
        for finding in &d.findings {
            for technique in finding.attack.iter().filter(|t| t.url.is_some()) {
                bundle.attack_pattern(&technique.id);
            }
        }
        bundle.report(d);
        let ids: Vec<&str> = bundle.ids.iter().map(String::as_str).collect();
        let id = id("bundle", &format!("{} {} {}", bundle.scope, bundle.made, ids.join(" ")));
        json!({"type": "bundle", "id": id, "objects": bundle.objects})
    }

    fn add(&mut self, object: Value) -> String {
        let id = object["id"].as_str().unwrap_or_default().to_string();
        if self.ids.insert(id.clone()) {
            self.objects.push(object);
        }
        id
    }

    /// A domain object with the members that all of them have.
    fn domain(&self, kind: &str, name: &str, mut members: Value) -> Value {
        let id = id(kind, &format!("{} {name}", self.scope));
        members["type"] = kind.into();
        members["spec_version"] = "2.1".into();
        members["id"] = id.into();
        members["created"] = self.created.as_str().into();
        members["modified"] = self.made.as_str().into();
        members["created_by_ref"] = self.identity.as_str().into();
        members
    }

    fn identity(&mut self) {
        let made = "2026-01-01T00:00:00.000Z";
        self.add(json!({
            "type": "identity",
            "spec_version": "2.1",
            "id": self.identity,
            "created": made,
            "modified": made,
            "name": "incident",
            "description": "A program that analyses AWS logs and contains incidents",
            "identity_class": "system",
        }));
    }

    fn indicator(&mut self, indicator: &Indicator) {
        let Some((pattern, observable)) = described(indicator) else { return };
        let (first, last) = (indicator.first, indicator.last.max(indicator.first));
        let observed = self.add(observable);
        let observed = first.zip(last).map(|(first, last)| {
            let data = json!({
                "first_observed": timestamp(first.0),
                "last_observed": timestamp(last.0),
                "number_observed": indicator.events.clamp(1, 999_999_999),
                "object_refs": [observed],
            });
            let data = self.domain("observed-data", &indicator.value, data);
            self.add(data)
        });
        let from = first.map_or_else(|| self.made.clone(), |at| timestamp(at.0));
        let members = json!({
            "name": indicator.value,
            "description": description(indicator),
            "indicator_types": [if indicator.side == "attacker" { "malicious-activity" } else { "compromised" }],
            "pattern": pattern,
            "pattern_type": "stix",
            "pattern_version": "2.1",
            "valid_from": from,
        });
        let object =
            self.domain("indicator", &format!("{} {}", indicator.kind, indicator.value), members);
        let id = self.add(object);
        if let Some(observed) = observed {
            self.relate(&id, "based-on", &observed);
        }
        for attack in indicator.attack.iter().filter(|id| technique(id).url.is_some()) {
            let pattern = self.attack_pattern(attack);
            self.relate(&id, "indicates", &pattern);
        }
    }

    fn attack_pattern(&mut self, attack: &str) -> String {
        let known = technique(attack);
        let members = json!({
            "name": known.name,
            "external_references": [{
                "source_name": "mitre-attack",
                "external_id": known.id,
                "url": known.url,
            }],
        });
        let object = self.domain("attack-pattern", attack, members);
        self.add(object)
    }

    fn relate(&mut self, from: &str, how: &str, to: &str) {
        let members = json!({"relationship_type": how, "source_ref": from, "target_ref": to});
        let object = self.domain("relationship", &format!("{from} {how} {to}"), members);
        self.add(object);
    }

    fn report(&mut self, d: &Document) {
        let refs: Vec<&String> = self.ids.iter().collect();
        let summary: Vec<&str> = d.summary.iter().map(|s| s.text.as_str()).collect();
        let members = json!({
            "name": d.title,
            "description": summary.join(" "),
            "report_types": ["indicator", "observed-data"],
            "published": self.made,
            "object_refs": refs,
        });
        let object = self.domain("report", "report", members);
        self.add(object);
    }
}

fn created(d: &Document) -> Millis {
    let opened = d.case.as_ref().and_then(|c| c.opened);
    let first = d.findings.iter().filter_map(|f| f.first).min();
    opened.or(first).map_or(d.generated.0, |at| at.0.min(d.generated.0))
}

fn id(kind: &str, name: &str) -> String {
    // The UUID of this program. Any UUID works if it never changes.
    const OWN: Uuid = uuid!("5b1d8a3e-7c0f-5c56-9d0b-3f6b2f1f4e11");
    format!("{kind}--{}", version_5(&OWN, &format!("{kind} {name}")))
}

/// RFC 9562, section 5.5.
fn version_5(namespace: &Uuid, name: &str) -> Uuid {
    let hash = Sha1::new().chain_update(namespace.as_bytes()).chain_update(name).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    Builder::from_sha1_bytes(bytes).into_uuid()
}

/// The pattern, and the observable that it matches. `None` for kinds that would match too much elsewhere.
fn described(indicator: &Indicator) -> Option<(String, Value)> {
    let value = indicator.value.as_str();
    let (object, path, member) = match indicator.kind {
        "ipv4-addr" | "ipv6-addr" => (indicator.kind, "value", "value"),
        "access-key" => ("user-account", "user_id", "user_id"),
        _ => return None,
    };
    let pattern = format!("[{object}:{path} = {}]", literal(value));
    // The contributing properties in RFC 8785's form: one member here, as serde_json writes it.
    let name = json!({member: value}).to_string();
    let mut observable = json!({member: value});
    observable["type"] = object.into();
    observable["spec_version"] = "2.1".into();
    observable["id"] = format!("{object}--{}", version_5(&OBSERVABLES, &name)).into();
    Some((pattern, observable))
}

/// A string literal of the pattern language (section 9.2): quotes and backslashes are escaped.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

fn description(indicator: &Indicator) -> String {
    let context = match indicator.context.as_str() {
        "" => String::new(),
        context => format!(" ({context})"),
    };
    format!("{}: {}{context}", indicator.side, indicator.kind)
}

/// RFC 3339 with milliseconds, as the standard recommends.
fn timestamp(at: Millis) -> String {
    let text = crate::clock::rfc3339(at);
    match text.contains('.') {
        true => text,
        false => text.replace('Z', ".000Z"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::report::incident::build;
    use crate::report::incident::sample::{empty, hostile, rich};

    #[test]
    fn every_reference_is_in_the_bundle_and_every_object_has_what_it_must() {
        for input in [rich(), hostile(), empty()] {
            let bundle = Bundle::of(&build(&input));
            let objects = bundle["objects"].as_array().expect("a list");
            let by_id: BTreeMap<&str, &Value> =
                objects.iter().map(|o| (o["id"].as_str().expect("an id"), o)).collect();
            assert_eq!(by_id.len(), objects.len(), "an id stands twice");
            for object in objects {
                let kind = object["type"].as_str().expect("a type");
                for member in required(kind) {
                    assert!(!object[*member].is_null(), "{kind} without {member}");
                }
                assert!(
                    object["id"].as_str().is_some_and(|id| id.starts_with(&format!("{kind}--")))
                );
                assert_eq!(object["spec_version"], "2.1");
                let refs = ["object_refs", "source_ref", "target_ref", "created_by_ref"];
                for target in refs.iter().flat_map(|name| texts(&object[*name])) {
                    assert!(by_id.contains_key(target), "{target}");
                }
            }
        }
    }

    fn texts(value: &Value) -> Vec<&str> {
        match value {
            Value::String(text) => vec![text],
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Required members by type (STIX 2.1, sections 4 to 6).
    fn required(kind: &str) -> &'static [&'static str] {
        match kind {
            "identity" => &["created", "modified", "name"],
            "indicator" => &["created", "modified", "pattern", "pattern_type", "valid_from"],
            "observed-data" => {
                &["first_observed", "last_observed", "number_observed", "object_refs"]
            }
            "attack-pattern" => &["created", "modified", "name"],
            "relationship" => &["relationship_type", "source_ref", "target_ref"],
            "report" => &["name", "published", "object_refs"],
            "ipv4-addr" | "ipv6-addr" => &["value"],
            "user-account" => &["user_id"],
            other => panic!("{other} is not expected"),
        }
    }

    #[test]
    fn ids_stay_when_the_report_is_made_again_later() {
        let mut later = rich();
        later.generated += 86_400_000;
        let (a, b) = (Bundle::of(&build(&rich())), Bundle::of(&build(&later)));
        let members = |bundle: &Value| -> Vec<(Value, Value)> {
            let objects = bundle["objects"].as_array().expect("a list");
            objects.iter().map(|o| (o["id"].clone(), o["created"].clone())).collect()
        };
        assert_eq!(members(&a), members(&b));
        assert_ne!(a["id"], b["id"], "a bundle is of one time");
    }

    #[test]
    fn an_address_has_the_id_that_the_standard_gives_it() {
        let bundle = Bundle::of(&build(&rich()));
        let objects = bundle["objects"].as_array().expect("a list");
        // As python-stix2 computes it.
        let id = "ipv4-addr--6d4f86c1-6474-5a39-8276-b9df7851493d";
        assert!(objects.iter().any(|o| o["id"] == id && o["value"] == "192.0.2.77"));
    }

    #[test]
    fn a_pattern_cannot_be_left_by_a_quote() {
        assert_eq!(literal("a'] OR [b = '\\"), "'a\\'] OR [b = \\'\\\\'");
    }
}
