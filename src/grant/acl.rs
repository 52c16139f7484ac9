//! Access control lists of S3: canned names, grant headers, and the grants of a document.

use serde_json::{Map, Value};

use super::{Reach, Scope, each};

/// Canned ACLs and groups that open a thing to everyone, or to everyone with an AWS account, which is the same.
const EVERYONE: &[&str] = &[
    "public-read",
    "public-read-write",
    "authenticated-read",
    "http://acs.amazonaws.com/groups/global/AllUsers",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers",
];

/// Canned ACLs and groups that give nothing to anybody outside.
const INSIDE: &[&str] = &[
    "private",
    "bucket-owner-read",
    "bucket-owner-full-control",
    "log-delivery-write",
    "aws-exec-read",
    "http://acs.amazonaws.com/groups/s3/LogDelivery",
];

/// A canned name, a group's URI, or the value of an `x-amz-grant-…` header: `uri="…", id="…"`.
pub fn of_text(text: &str, scope: Scope<'_>) -> Option<Reach> {
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(EVERYONE) {
        return Some(Reach::Everyone);
    }
    if is(INSIDE) {
        return Some(Reach::Inside);
    }
    let grantees = text.split(',').map(|part| part.trim().split_once('='));
    let found: Option<Vec<Reach>> =
        grantees.map(|part| part.and_then(|(kind, name)| grantee(kind, name, scope))).collect();
    found?.into_iter().max()
}

fn grantee(kind: &str, name: &str, scope: Scope<'_>) -> Option<Reach> {
    let name = name.trim().trim_matches(['"', '\'']);
    match kind.trim().to_ascii_lowercase().as_str() {
        "uri" => of_text(name, scope).or(Some(Reach::Unclear)),
        "id" => Some(scope.named(name)),
        "emailaddress" => Some(Reach::Outside),
        _ => None,
    }
}

/// `AccessControlPolicy`: an owner, and grants to a group by its URI, to a canonical user by id, or by mail address.
pub fn reach(members: &Map<String, Value>, scope: Scope<'_>) -> Option<Reach> {
    let list = members.get("AccessControlList").unwrap_or(&Value::Null);
    let grants = list.get("Grant").or_else(|| members.get("Grant"))?;
    let owner = members.get("Owner").and_then(|o| o.get("ID")).and_then(Value::as_str);
    each(grants).into_iter().filter_map(|grant| of_grant(grant, owner, scope)).max()
}

fn of_grant(grant: &Value, owner: Option<&str>, scope: Scope<'_>) -> Option<Reach> {
    let who = grant.get("Grantee")?;
    let text = |name: &str| who.get(name).and_then(Value::as_str);
    if let Some(uri) = text("URI") {
        return of_text(uri, scope).or(Some(Reach::Unclear));
    }
    if let Some(id) = text("ID") {
        // Buckets keep an entry for their owner.
        return Some(if owner == Some(id) {
            Reach::Inside
        } else {
            scope.named(id).max(Reach::Unclear)
        });
    }
    text("EmailAddress").map(|_| Reach::Outside)
}
