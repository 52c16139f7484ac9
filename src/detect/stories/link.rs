//! Which findings are one actor's.

use std::collections::{BTreeMap, BTreeSet};

use crate::clock::{DAY, Millis};
use crate::detect::Cx;
use crate::detect::advice::name_of;
use crate::finding::Finding;
use crate::rollup::lineage::Node;

/// Calls that make a credential or an identity, or hand one out.
const MAKING: &[&str] = &[
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

/// What a finding is linked by.
struct Ties<'a> {
    principal: &'a str,
    key: &'a str,
    root: String,
    networks: BTreeSet<&'a str>,
    /// Networks that are not the principal's own.
    foreign: BTreeSet<&'a str>,
    makes: BTreeSet<&'a str>,
    first: Millis,
    last: Millis,
}

/// True for source classes in which somebody sits.
pub fn is_address(class: &str) -> bool {
    matches!(class, "other" | "cloud" | "private" | "own")
}

/// Numbers of findings that belong together, in the findings' order.
pub fn groups(cx: &Cx<'_>, findings: &[Finding]) -> Vec<Vec<usize>> {
    let nodes: Vec<Ties<'_>> = findings.iter().map(|f| ties(cx, f)).collect();
    let mut parent: Vec<usize> = (0..nodes.len()).collect();
    for b in 1..nodes.len() {
        for a in 0..b {
            if linked(&nodes[a], &nodes[b]) {
                let (x, y) = (find(&mut parent, a), find(&mut parent, b));
                parent[x.max(y)] = x.min(y);
            }
        }
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for n in 0..nodes.len() {
        groups.entry(find(&mut parent, n)).or_default().push(n);
    }
    groups.into_values().collect()
}

fn find(parent: &mut [usize], mut n: usize) -> usize {
    while parent[n] != n {
        parent[n] = parent[parent[n]];
        n = parent[n];
    }
    n
}

fn ties<'a>(cx: &Cx<'_>, f: &'a Finding) -> Ties<'a> {
    let places = || f.sources.iter().filter(|s| is_address(&s.class));
    let principal = cx.names.find(&f.who.principal).unwrap_or(0);
    let foreign = places().filter(|s| {
        let source = cx.names.find(&s.address).unwrap_or(0);
        s.class != "own" && cx.foreign(principal, source, s.first)
    });
    let makes = f
        .actions
        .iter()
        .any(|a| MAKING.contains(&a.action.as_str()) && a.denied + a.failed < a.events);
    let made = f
        .targets
        .iter()
        .filter(|t| makes && matches!(t.kind.as_str(), "user" | "role" | "access-key"));
    Ties {
        principal: &f.who.principal,
        key: &f.who.access_key,
        root: root(cx, &f.who.access_key),
        networks: places().map(|s| s.network.as_str()).collect(),
        foreign: foreign.map(|s| s.network.as_str()).collect(),
        makes: made.map(|t| name_of(&t.name)).filter(|n| *n != name_of(&f.who.principal)).collect(),
        first: f.first_seen,
        last: f.last_seen,
    }
}

fn linked(a: &Ties<'_>, b: &Ties<'_>) -> bool {
    let near = a.first <= b.last + DAY && b.first <= a.last + DAY;
    let shares = |x: &BTreeSet<&str>, y: &BTreeSet<&str>| x.intersection(y).next().is_some();
    let same = !a.principal.is_empty() && a.principal == b.principal;
    let of_one_root = !a.root.is_empty() && a.root == b.root;
    let place = shares(&a.networks, &b.networks);
    let made = |x: &Ties<'_>, y: &Ties<'_>| {
        y.last >= x.first && (x.makes.contains(name_of(y.principal)) || x.makes.contains(y.key))
    };
    (near && place && (same || of_one_root))
        || (near && of_one_root && !a.foreign.is_empty() && !b.foreign.is_empty())
        // Someone else's place, whoever the credential belongs to.
        || shares(&a.foreign, &b.networks) && near && !b.foreign.is_empty()
        || made(a, b)
        || made(b, a)
}

/// What a key's chain began with, as a text that is the same for all that began with it.
pub fn root(cx: &Cx<'_>, key: &str) -> String {
    match top(cx, key) {
        None => String::new(),
        Some(Node::Key(top)) => cx.text(top).to_string(),
        Some(Node::Console(number)) => format!("console {number}"),
    }
}

/// The key or sign-in that a key's chain began with, as far as the logs tell; the key itself if it is none.
pub fn top(cx: &Cx<'_>, key: &str) -> Option<Node> {
    let sym = cx.names.find(key).filter(|sym| *sym != 0)?;
    Some(cx.lineage.origin(sym).top)
}
