//! What an actor read, changed or created: buckets by bytes, and every target of the findings.

use std::collections::BTreeMap;

use crate::clock::HOUR;
use crate::detect::Cx;
use crate::event::Log;
use crate::finding::story::{Actor, Touched};
use crate::finding::{Finding, Target};
use crate::rollup::{Phase, Sym};

/// Targets that are listed.
const MOST: usize = 40;

/// Buckets first, most bytes first; then by kind and name.
pub fn touched(cx: &Cx<'_>, members: &[&Finding], actor: &Actor) -> Vec<Touched> {
    let mut found = buckets(cx, members, actor);
    let mut others: BTreeMap<Target, u64> = BTreeMap::new();
    for f in members {
        for target in &f.targets {
            let known = found.iter().any(|t| t.target == *target);
            let itself = target.name == f.who.access_key || target.kind == "object";
            if !known && !itself {
                *others.entry(target.clone()).or_default() += f.events;
            }
        }
    }
    let others = others.into_iter().map(|(target, events)| Touched { target, events, bytes: 0 });
    found.extend(others);
    found.truncate(MOST);
    found
}

/// Requests for objects by the actor's principals from its addresses within the findings' time, by bucket.
fn buckets(cx: &Cx<'_>, members: &[&Finding], actor: &Actor) -> Vec<Touched> {
    let syms = |texts: &[String]| -> Vec<Sym> {
        texts.iter().filter_map(|text| cx.names.find(text)).collect()
    };
    let (principals, sources) = (syms(&actor.principals), syms(&actor.addresses));
    let from = members.iter().map(|f| f.first_seen).min().unwrap_or(0);
    let until = members.iter().map(|f| f.last_seen).max().unwrap_or(0);
    // Both logs may have the same requests: the one with more counts.
    let mut sums: BTreeMap<Sym, [(u64, u64); 2]> = BTreeMap::new();
    for (key, value) in cx.frames.object_rows.iter().map(|row| (&row.0, &row.1)) {
        let within = value.first.time <= until + HOUR && value.last >= from - HOUR;
        let theirs = principals.contains(&key.principal) && sources.contains(&key.source);
        if key.phase == Phase::Window && within && theirs {
            // A row over several buckets does not say which bytes are whose: the first name gets them all, and the
            // others are named.
            let first = value.buckets.iter().copied().min_by_key(|bucket| cx.text(*bucket));
            let log = usize::from(key.log == Log::S3Access);
            for bucket in &value.buckets {
                let (requests, bytes) = &mut sums.entry(*bucket).or_default()[log];
                if first == Some(*bucket) {
                    *requests += value.requests;
                    *bytes += value.bytes_out;
                }
            }
        }
    }
    let mut found: Vec<Touched> = (sums.into_iter())
        .map(|(bucket, [trail, access])| Touched {
            target: Target { kind: "bucket".to_string(), name: cx.text(bucket).to_string() },
            events: trail.0.max(access.0),
            bytes: trail.1.max(access.1),
        })
        .collect();
    found.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.target.cmp(&b.target)));
    found
}
