//! Links findings of one actor: by credential lineage, network and the identities that one made for the other.

mod links;

use std::collections::{BTreeMap, BTreeSet};

use links::{Joined, links};

use crate::clock::Millis;
use crate::detect::Cx;
use crate::detect::text::short_name;
use crate::finding::Finding;
use crate::rollup::lineage::Node;

/// Calls that create or issue a credential or an identity.
const CREATING: &[&str] = &[
    "iam:CreateUser",
    "iam:CreateAccessKey",
    "iam:UpdateAccessKey",
    "iam:CreateLoginProfile",
    "iam:UpdateLoginProfile",
    "iam:CreateRole",
    "iam:UpdateAssumeRolePolicy",
    "sts:AssumeRole",
    "sts:GetFederationToken",
    "sts:GetSessionToken",
];

/// The properties that link a finding to others.
struct Traits<'a> {
    principal: &'a str,
    key: &'a str,
    /// The key or sign-in that the key's chain began with.
    root: String,
    networks: BTreeSet<&'a str>,
    /// Networks that are unfamiliar to the principal.
    unfamiliar: BTreeSet<&'a str>,
    makes: BTreeSet<&'a str>,
    first: Millis,
    last: Millis,
}

/// True for source classes of addresses that a person or program calls from.
pub fn is_address(class: &str) -> bool {
    matches!(class, "other" | "cloud" | "private" | "own")
}

/// Numbers of findings that belong together, in the findings' order.
pub fn groups(cx: &Cx<'_>, findings: &[Finding]) -> Vec<Vec<usize>> {
    let nodes: Vec<Traits<'_>> = findings.iter().map(|f| traits(cx, f)).collect();
    let mut joined = Joined::new(nodes.len());
    links(&nodes, &mut joined);
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for n in 0..nodes.len() {
        groups.entry(joined.find(n)).or_default().push(n);
    }
    groups.into_values().collect()
}

fn traits<'a>(cx: &Cx<'_>, f: &'a Finding) -> Traits<'a> {
    let addresses = || f.sources.iter().filter(|s| is_address(&s.class));
    let principal = cx.names.find(&f.who.principal).unwrap_or(0);
    let unfamiliar = addresses().filter(|s| {
        let source = cx.names.find(&s.address).unwrap_or(0);
        s.class != "own" && cx.is_unfamiliar(principal, source, s.first)
    });
    let makes = f
        .actions
        .iter()
        .any(|a| CREATING.contains(&a.action.as_str()) && a.denied + a.failed < a.events);
    let made = f
        .targets
        .iter()
        .filter(|t| makes && matches!(t.kind.as_str(), "user" | "role" | "access-key"));
    Traits {
        principal: &f.who.principal,
        key: &f.who.access_key,
        root: root(cx, &f.who.access_key),
        networks: addresses().map(|s| s.network.as_str()).collect(),
        unfamiliar: unfamiliar.map(|s| s.network.as_str()).collect(),
        makes: made
            .map(|t| short_name(&t.name))
            .filter(|n| *n != short_name(&f.who.principal))
            .collect(),
        first: f.first_seen,
        last: f.last_seen,
    }
}

/// A text for the start of a key's chain, equal for all keys of the chain.
fn root(cx: &Cx<'_>, key: &str) -> String {
    match top(cx, key) {
        None => String::new(),
        Some(Node::Key(top)) => cx.text(top).to_string(),
        Some(Node::Console(number)) => format!("console {number}"),
    }
}

/// The key or sign-in that a key's chain began with, as far as the logs show; the key itself if it has no parent.
pub fn top(cx: &Cx<'_>, key: &str) -> Option<Node> {
    let sym = cx.names.find(key).filter(|sym| *sym != 0)?;
    Some(cx.lineage.origin(sym).top)
}
