//! What was touched: buckets and objects, secrets, resources created or changed.

use std::collections::{BTreeMap, BTreeSet};

use super::actions::{is_mutating, reads_secret};
use super::facts::Facts;
use super::names::short;
use super::register::Register;
use super::sources::earliest;
use super::steps::title;
use crate::event::time;
use crate::report::incident::input::ObjectRow;
use crate::report::incident::model::{At, Bucket, Object, Thing, Touched};
use crate::report::schema::Finding;

/// The most single objects shown. The case's list has all of them.
const OBJECTS: usize = 50;
/// Kinds of resources in a story that contain secrets.
const SECRETS: [&str; 4] = ["secret", "parameter", "kms-key", "password"];

pub fn build(facts: &Facts<'_>, register: &mut Register<'_>) -> Touched {
    let rows = &facts.input.objects;
    let file = facts.input.objects_file.as_ref();
    let (secrets, resources) = things(facts, register);
    let mut objects: Vec<&ObjectRow> = rows.iter().collect();
    objects.sort_by(|a, b| {
        b.bytes.cmp(&a.bytes).then_with(|| (&a.bucket, &a.key).cmp(&(&b.bucket, &b.key)))
    });
    Touched {
        buckets: buckets(facts, register),
        objects: objects.into_iter().take(OBJECTS).map(object).collect(),
        objects_total: rows.len() as u64,
        objects_file: file.map(|f| f.name.clone()),
        secrets,
        resources,
    }
}

fn object(row: &ObjectRow) -> Object {
    Object {
        bucket: row.bucket.clone(),
        key: row.key.clone(),
        version: row.version.clone(),
        operation: row.operation.clone(),
        principal: row.principal.clone(),
        source: row.source.clone(),
        first: time::parse(&row.first).map(At),
        requests: row.requests,
        bytes: row.bytes,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Read,
    Write,
    Delete,
}

/// By the operation's name, as CloudTrail (`GetObject`) and access logs (`REST.GET.OBJECT`) write it.
fn act(operation: &str) -> Option<Act> {
    let name = operation.rsplit(':').next().unwrap_or(operation).to_ascii_lowercase();
    let has = |word: &str| name.contains(word);
    if has("delete") {
        Some(Act::Delete)
    } else if ["put", "post", "write", "copy", "upload", "create"].iter().any(|w| has(w)) {
        Some(Act::Write)
    } else if ["get", "read", "select", "download"].iter().any(|w| has(w)) {
        Some(Act::Read)
    } else {
        None
    }
}

fn buckets(facts: &Facts<'_>, register: &mut Register<'_>) -> Vec<Bucket> {
    let mut found: BTreeMap<&str, Bucket> = BTreeMap::new();
    let rows = &facts.input.objects;
    if rows.is_empty() {
        of_stories(facts, &mut found);
    } else {
        of_objects(facts, rows, register, &mut found);
    }
    // Buckets that only the resources of a finding name.
    for finding in facts.weighty.iter().copied() {
        let names: BTreeSet<&str> = finding.resources.iter().filter_map(|r| bucket_of(r)).collect();
        for name in names {
            let number = register.finding(finding);
            let bucket = found.entry(name).or_insert_with(|| blank(name));
            if !bucket.evidence.contains(&number) {
                bucket.evidence.push(number);
            }
            bucket.first = earliest(bucket.first, finding.first_seen);
            bucket.last = bucket.last.max(finding.last_seen);
            if rows.is_empty() && bucket.requests == 0 {
                bucket.requests = s3_requests(finding);
            }
        }
    }
    let mut buckets: Vec<Bucket> = found.into_values().collect();
    for bucket in &mut buckets {
        bucket.evidence.sort_unstable();
        bucket.now =
            now(facts, |resource| resource.split('#').next() == Some(bucket.name.as_str()));
        if bucket.bytes.is_none() {
            bucket.bytes = finding_bytes(facts, &bucket.name);
        }
    }
    buckets.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.name.cmp(&b.name)));
    buckets
}

/// A story counts the bytes of each bucket. Without a story, only the findings' titles have bytes.
fn finding_bytes(facts: &Facts<'_>, bucket: &str) -> Option<u64> {
    let stories = facts.analysis.map_or(&[][..], |a| &a.stories);
    let touched = stories.iter().flat_map(|s| &s.touched);
    let bytes: Vec<u64> =
        touched.filter(|t| t.kind == "bucket" && t.name == bucket).map(|t| t.bytes).collect();
    (!bytes.is_empty()).then(|| bytes.iter().sum())
}

fn blank(name: &str) -> Bucket {
    Bucket {
        name: name.to_string(),
        read: None,
        written: None,
        deleted: None,
        requests: 0,
        bytes: None,
        first: None,
        last: None,
        now: String::new(),
        evidence: Vec::new(),
    }
}

fn of_stories<'a>(facts: &Facts<'a>, found: &mut BTreeMap<&'a str, Bucket>) {
    for story in facts.analysis.map_or(&[][..], |a| &a.stories) {
        for thing in story.touched.iter().filter(|t| t.kind == "bucket") {
            let bucket = found.entry(&thing.name).or_insert_with(|| blank(&thing.name));
            bucket.requests += thing.events;
        }
    }
}

fn of_objects<'a>(
    facts: &Facts<'a>,
    rows: &'a [ObjectRow],
    register: &mut Register<'_>,
    found: &mut BTreeMap<&'a str, Bucket>,
) {
    let mut distinct: BTreeMap<&str, [BTreeSet<(&str, &str)>; 3]> = BTreeMap::new();
    let file = facts.input.objects_file.as_ref();
    let number = file.map(|f| register.file(f, "every object read, written or deleted"));
    for row in rows {
        let bucket = found.entry(&row.bucket).or_insert_with(|| blank(&row.bucket));
        bucket.requests += row.requests;
        bucket.first = earliest(bucket.first, time::parse(&row.first).map(At));
        bucket.last = bucket.last.max(time::parse(&row.last).map(At));
        let sets = distinct.entry(&row.bucket).or_default();
        match act(&row.operation) {
            Some(Act::Read) => {
                *bucket.bytes.get_or_insert(0) += row.bytes;
                sets[0].insert((&row.key, &row.version));
            }
            Some(Act::Write) => _ = sets[1].insert((&row.key, &row.version)),
            Some(Act::Delete) => _ = sets[2].insert((&row.key, &row.version)),
            None => {}
        }
        bucket.evidence = number.into_iter().collect();
    }
    for (name, sets) in distinct {
        if let Some(bucket) = found.get_mut(name) {
            let [read, written, deleted] = sets.map(|s| Some(s.len() as u64));
            (bucket.read, bucket.written, bucket.deleted) = (read, written, deleted);
        }
    }
}

/// `s3://bucket/key` and `arn:aws:s3:::bucket/key`.
fn bucket_of(resource: &str) -> Option<&str> {
    let rest = match resource.strip_prefix("s3://") {
        Some(rest) => rest,
        None => resource.split_once(":s3:::").map(|(_, rest)| rest)?,
    };
    rest.split('/').next().filter(|name| !name.is_empty())
}

fn s3_requests(finding: &Finding) -> u64 {
    let s3 = finding.action_counts.iter().filter(|a| a.action.starts_with("s3:"));
    s3.map(|a| a.events - (a.denied + a.failed).min(a.events)).sum()
}

/// What the case did to a matching resource.
fn now(facts: &Facts<'_>, fits: impl Fn(&str) -> bool) -> String {
    let records = facts.history.changes.iter().filter(|(_, r)| fits(short(&r.resource)));
    let changes: Vec<String> = records
        .map(|(n, r)| format!("{} (change {n}, {})", title(&r.step), facts.state_of(*n, r)))
        .collect();
    changes.join("; ")
}

/// Secrets, and the resources that stories or findings report as created or changed.
fn things(facts: &Facts<'_>, register: &mut Register<'_>) -> (Vec<Thing>, Vec<Thing>) {
    let (mut secrets, mut resources) = (Vec::new(), Vec::new());
    for story in facts.analysis.map_or(&[][..], |a| &a.stories) {
        let findings = story.findings.iter().filter_map(|id| facts.finding(id));
        let evidence = register.findings(findings);
        for thing in story.touched.iter().filter(|t| t.kind != "bucket") {
            let secret = SECRETS.contains(&thing.kind.as_str());
            let list = if secret { &mut secrets } else { &mut resources };
            list.push(Thing {
                kind: thing.kind.clone(),
                name: thing.name.clone(),
                what: if secret { "read".into() } else { "touched".into() },
                done: thing.events,
                denied: 0,
                now: now(facts, |resource| names(resource, &thing.name)),
                evidence: evidence.clone(),
            });
        }
    }
    for (action, (done, denied, evidence)) in actions(facts, register) {
        let service = action.split(':').next().unwrap_or_default();
        let secret = reads_secret(action);
        let list = if secret { &mut secrets } else { &mut resources };
        list.push(Thing {
            kind: service.to_string(),
            name: action.to_string(),
            what: outcome(done, denied),
            done,
            denied,
            now: String::new(),
            evidence,
        });
    }
    (secrets, resources)
}

fn names(resource: &str, name: &str) -> bool {
    let name = short(name);
    !name.is_empty() && resource.split(['#', '/']).any(|part| Some(part) == name.rsplit('/').next())
}

fn outcome(done: u64, denied: u64) -> String {
    match (done, denied) {
        (0, _) => "tried, never succeeded".into(),
        (_, 0) => "done".into(),
        _ => "done; refused at other times".into(),
    }
}

/// Actions of the findings that change something or read secrets. Several findings may count the same calls, so use the
/// largest count.
fn actions<'a>(
    facts: &Facts<'a>,
    register: &mut Register<'_>,
) -> BTreeMap<&'a str, (u64, u64, Vec<usize>)> {
    let mut found: BTreeMap<&str, (u64, u64, Vec<usize>)> = BTreeMap::new();
    for finding in facts.weighty.iter() {
        for a in &finding.action_counts {
            let object = a.action.starts_with("s3:") && act(&a.action).is_some();
            if !(is_mutating(&a.action) || reads_secret(&a.action))
                || object && a.action.contains("Object")
            {
                continue;
            }
            let refused = (a.denied + a.failed).min(a.events);
            let row = found.entry(&a.action).or_default();
            row.0 = row.0.max(a.events - refused);
            row.1 = row.1.max(refused);
            let number = register.finding(finding);
            if !row.2.contains(&number) {
                row.2.push(number);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_of_both_logs_are_told_apart() {
        assert!(
            act("s3:GetObject") == Some(Act::Read) && act("REST.GET.OBJECT") == Some(Act::Read)
        );
        assert!(act("REST.COPY.PART") == Some(Act::Write) && act("PutObject") == Some(Act::Write));
        assert!(act("s3:DeleteObjects") == Some(Act::Delete));
        assert!(act("s3:ListObjects").is_none());
    }

    #[test]
    fn a_resource_names_its_bucket() {
        assert_eq!(bucket_of("s3://acme/2025/x.pdf"), Some("acme"));
        assert_eq!(bucket_of("arn:aws-cn:s3:::acme"), Some("acme"));
        assert_eq!(bucket_of("arn:aws:iam::1:user/s3"), None);
        assert_eq!(bucket_of("s3://"), None);
    }

    #[test]
    fn a_change_is_about_the_thing_it_names() {
        assert!(names("user/svc-backup#access-key/AKIA1", "svc-backup"));
        assert!(names("user/svc-backup#access-key/AKIA1", "arn:aws:iam::1:user/svc-backup"));
        assert!(!names("user/svc#x", "svc-backup") && !names("user/svc#x", ""));
    }
}
