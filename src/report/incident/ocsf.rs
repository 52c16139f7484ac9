//! The `ocsf` format: each finding as a Detection Finding of the Open Cybersecurity Schema Framework, one JSON object
//! per line.
//!
//! Class 2004 of schema 1.9.0 with the `cloud` profile (schema.ocsf.io). Only attributes that every version
//! since 1.1.0 knows are used, so that older readers lose nothing.

use std::io::{self, Write};
use std::net::IpAddr;

use serde_json::{Map, Value, json};

use super::attack::technique;
use super::model::{At, Document, Event, FindingDetail, State};
use crate::report::escape::write_json_line;
use crate::report::{Format, RenderOptions};

pub const VERSION: &str = "1.9.0";
const CATEGORY: u64 = 2;
const CLASS: u64 = 2004;
/// The activity: a finding is created.
const CREATE: u64 = 1;

/// The `ocsf` format.
pub struct Ocsf;

impl Format<Document> for Ocsf {
    fn name(&self) -> &'static str {
        "ocsf"
    }

    fn render(&self, d: &Document, out: &mut dyn Write, _: &RenderOptions) -> io::Result<()> {
        for finding in &d.findings {
            write_json_line(&event(d, finding), out)?;
        }
        Ok(())
    }
}

fn event(d: &Document, f: &FindingDetail) -> Value {
    let (status, status_id) = match d.status.state {
        State::Open => ("New", 1),
        _ => ("In Progress", 2),
    };
    let (severity, severity_id) = severity(f.severity);
    without_empty(json!({
        "activity_id": CREATE,
        "activity_name": "Create",
        "category_uid": CATEGORY,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Detection Finding",
        "type_uid": CLASS * 100 + CREATE,
        "type_name": "Detection Finding: Create",
        "time": d.generated.0,
        "start_time": millis(f.first),
        "end_time": millis(f.last),
        "severity": severity,
        "severity_id": severity_id,
        "status": status,
        "status_id": status_id,
        "message": f.title,
        "metadata": {
            "version": VERSION,
            "profiles": ["cloud"],
            "uid": f.id,
            "correlation_uid": d.case.as_ref().map(|c| c.id.as_str()),
            "product": product(&d.program),
        },
        "cloud": {
            "provider": "AWS",
            "account": {"uid": f.account, "type": "AWS Account", "type_id": 10},
        },
        "finding_info": info(d, f),
        "evidences": evidences(f),
        "resources": f.resources.iter().map(|r| json!({"uid": r})).collect::<Vec<_>>(),
        "remediation": remediation(f),
        "observables": observables(f),
    }))
}

fn product(program: &str) -> Value {
    let (name, version) = program.split_once(' ').unwrap_or((program, ""));
    json!({"name": name, "vendor_name": name, "version": version})
}

fn info(d: &Document, f: &FindingDetail) -> Value {
    json!({
        "uid": f.id,
        "title": f.title,
        "desc": f.reasons.join("; "),
        "types": f.rules,
        "created_time": d.generated.0,
        "first_seen_time": millis(f.first),
        "last_seen_time": millis(f.last),
        "related_events_count": f.events,
        "analytic": {"name": f.rule, "uid": f.rule, "type": "Rule", "type_id": 1},
        "attacks": f.attack.iter().filter(|t| t.url.is_some()).map(|t| attack(&t.id)).collect::<Vec<_>>(),
    })
}

/// A sub-technique also names the technique that it belongs to.
fn attack(id: &str) -> Value {
    let named = |id: &str| {
        let known = technique(id);
        json!({"uid": known.id, "name": known.name, "src_url": known.url})
    };
    match id.split_once('.') {
        Some((parent, _)) => json!({"technique": named(parent), "sub_technique": named(id)}),
        None => json!({"technique": named(id)}),
    }
}

fn evidences(f: &FindingDetail) -> Vec<Value> {
    let user = json!({
        "uid": f.principal,
        "type": f.principal_type,
        "credential_uid": f.access_key,
        "account": {"uid": f.account},
    });
    let from = f.sources.first().map(|address| endpoint(address));
    let one = |event: Option<&Event>| {
        json!({
            "uid": event.map(|e| e.id.as_str()),
            "actor": {"user": user, "session": {"uid": f.session}},
            "src_endpoint": from,
            "api": event.map(|e| api(&e.action)),
            "data": event.map(|e| json!({"file": e.file, "offset": e.offset, "time": millis(e.time)})),
        })
    };
    match f.events_shown.as_slice() {
        [] => vec![one(None)],
        events => events.iter().map(|e| one(Some(e))).collect(),
    }
}

fn endpoint(address: &str) -> Value {
    match address.parse::<IpAddr>() {
        Ok(_) => json!({"ip": address}),
        Err(_) => json!({"name": address}),
    }
}

fn api(action: &str) -> Value {
    match action.split_once(':') {
        Some((service, operation)) => {
            json!({"operation": operation, "service": {"name": format!("{service}.amazonaws.com")}})
        }
        None => json!({"operation": action}),
    }
}

fn remediation(f: &FindingDetail) -> Value {
    match f.next.is_empty() {
        true => Value::Null,
        false => json!({"desc": f.next.join("\n")}),
    }
}

/// Values to search for elsewhere. Types are numbers of the schema; 99 is a type that not all of its versions know.
fn observables(f: &FindingDetail) -> Vec<Value> {
    let of = |name: &str, kind: &str, number: u64, value: &str| json!({"name": name, "type": kind, "type_id": number, "value": value});
    let mut found = Vec::new();
    for address in f.sources.iter().filter(|a| a.parse::<IpAddr>().is_ok()) {
        found.push(of("evidences.src_endpoint.ip", "IP Address", 2, address));
    }
    if !f.access_key.is_empty() {
        found.push(of("evidences.actor.user.credential_uid", "Access Key", 99, &f.access_key));
    }
    for resource in &f.resources {
        found.push(of("resources.uid", "Resource UID", 10, resource));
    }
    found
}

fn severity(name: &str) -> (&'static str, u64) {
    match name {
        "info" => ("Informational", 1),
        "low" => ("Low", 2),
        "medium" => ("Medium", 3),
        "high" => ("High", 4),
        "critical" => ("Critical", 5),
        _ => ("Unknown", 0),
    }
}

fn millis(at: Option<At>) -> Option<i64> {
    at.map(|at| at.0)
}

/// Leaves out unknown members: the schema has no `null`, and an empty object breaks its rules.
fn without_empty(value: Value) -> Value {
    let empty = |v: &Value| match v {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    };
    match value {
        Value::Object(members) => {
            let members = members.into_iter().map(|(k, v)| (k, without_empty(v)));
            Value::Object(members.filter(|(_, v)| !empty(v)).collect::<Map<_, _>>())
        }
        Value::Array(items) => {
            Value::Array(items.into_iter().map(without_empty).filter(|v| !empty(v)).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::incident::build;
    use crate::report::incident::sample::{analysis_only, hostile, rich};

    /// Attributes that the class, its profile and the objects used require (OCSF 1.9.0).
    const REQUIRED: [&str; 14] = [
        "/activity_id",
        "/category_uid",
        "/class_uid",
        "/cloud/provider",
        "/finding_info/analytic/type_id",
        "/finding_info/title",
        "/finding_info/uid",
        "/metadata/product/name",
        "/metadata/product/vendor_name",
        "/metadata/version",
        "/severity_id",
        "/status_id",
        "/time",
        "/type_uid",
    ];

    fn events(input: &crate::report::incident::Input) -> Vec<Value> {
        let document = build(input);
        document.findings.iter().map(|f| event(&document, f)).collect()
    }

    #[test]
    fn what_the_schema_requires_is_there() {
        for input in [rich(), analysis_only(), hostile()] {
            let events = events(&input);
            assert_eq!(events.len(), 5);
            for event in events {
                for path in REQUIRED {
                    assert!(event.pointer(path).is_some_and(|v| !v.is_null()), "{path}");
                }
                for evidence in event["evidences"].as_array().into_iter().flatten() {
                    assert!(evidence.pointer("/actor/user/uid").is_some());
                    let api = &evidence["api"];
                    assert!(api.is_null() || api["operation"].is_string());
                }
                for observable in event["observables"].as_array().into_iter().flatten() {
                    assert!(observable["type_id"].is_u64() && observable["name"].is_string());
                }
            }
        }
    }

    #[test]
    fn the_class_is_detection_finding() {
        let event = &events(&rich())[0];
        assert_eq!((&event["class_uid"], &event["category_uid"]), (&json!(2004), &json!(2)));
        assert_eq!((&event["type_uid"], &event["severity_id"]), (&json!(200_401), &json!(5)));
        let attack = &event["finding_info"]["attacks"][0];
        assert_eq!(attack["technique"]["uid"], "T1078");
        assert_eq!(attack["sub_technique"]["name"], "Cloud Accounts");
    }

    #[test]
    fn a_line_is_one_finding() {
        let mut out = Vec::new();
        Ocsf.render(&build(&hostile()), &mut out, &RenderOptions::default()).expect("a Vec");
        let text = String::from_utf8(out).expect("UTF-8");
        assert_eq!(text.lines().count(), 5);
        assert!(text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    }
}
