//! The tree of sessions, with the activity of each.

use std::collections::HashMap;

use super::super::Cx;
use super::super::text::{list, service_name};
use super::TreeOptions;
use super::layout::{Draft, Layout};
use super::rows::with_relatives;
use super::units::Units;
use super::uses::{Endpoints, Use, endpoints, uses};
use crate::clock::span;
use crate::finding::session::{Branch, Forest};
use crate::rollup::Sym;
use crate::rollup::lineage::Node;
use crate::ui::number::{bytes, counted, grouped};

const ADDRESSES: usize = 5;
const SERVICES: usize = 8;

/// Descendants of the chosen nodes that the tree follows.
const MOST_DESCENDANTS: usize = 100_000;

pub fn forest(cx: &Cx<'_>, options: TreeOptions<'_>) -> Forest {
    let lineage = &cx.lineage;
    let selected = options.chosen.map(|nodes| with_relatives(lineage, nodes, MOST_DESCENDANTS));
    let units = Units::new(cx, selected.as_ref());
    let chosen = options.chosen.unwrap_or(&[]);
    let layout = Layout { lineage, units: &units, all: options.all, chosen };
    let (mut drafts, left_out) = layout.roots();
    let mut items: HashMap<Sym, Vec<u32>> = HashMap::new();
    let mut count = 0;
    number(&drafts, &mut items, &mut count);
    let endpoints = endpoints(cx, count as usize, |key| items.get(&key).map(Vec::as_slice));
    let uses = uses(cx, |key| chosen.contains(&Node::Key(key)));
    let mut next = 0;
    let roots =
        drafts.drain(..).map(|draft| branch(cx, draft, &endpoints, &uses, &mut next)).collect();
    let unused = cx.rollups.sessions.unused.iter().map(|u| u.keys).sum();
    Forest { roots, sessions: units.len(), left_out, unused }
}

/// Numbers the drafts in the order of the tree: by key, the drafts that it belongs to.
fn number(drafts: &[Draft], items: &mut HashMap<Sym, Vec<u32>>, count: &mut u32) {
    for draft in drafts {
        for key in &draft.keys {
            items.entry(*key).or_default().push(*count);
        }
        *count += 1;
        number(&draft.below, items, count);
    }
}

/// A branch with its use, and the branches below it.
fn branch(
    cx: &Cx<'_>,
    draft: Draft,
    endpoints: &[Endpoints],
    uses: &HashMap<Sym, Use>,
    next: &mut usize,
) -> Branch {
    let mut branch = draft.branch;
    let reached = endpoints.get(*next);
    *next += 1;
    let used = match draft.keys.as_slice() {
        [key] if draft.used.is_none() => uses.get(key).copied(),
        _ => draft.used,
    };
    if !draft.plain {
        branch.details.push(describe_use(cx, used, reached));
    }
    branch.branches = draft
        .below
        .into_iter()
        .map(|below| self::branch(cx, below, endpoints, uses, next))
        .collect();
    branch
}

/// `25 calls, 3 denied, 1.2 MiB out, 2026-11-09 10:06:00 to 10:30:00 UTC; from 198.51.100.7; s3, iam`.
fn describe_use(cx: &Cx<'_>, used: Option<Use>, endpoints: Option<&Endpoints>) -> String {
    let Some(used) = used else { return "not used in these logs".to_string() };
    let denied = match used.denied {
        0 => String::new(),
        n => format!(", {} denied", grouped(n)),
    };
    let out = if used.bytes_out == 0 {
        String::new()
    } else {
        format!(", {} out", bytes(used.bytes_out))
    };
    let calls = counted(used.events, "call", "calls");
    let when = span(used.first, used.last);
    let names = |syms: &[Sym], most| list(syms.iter().map(|sym| cx.text(*sym)), most);
    let from = endpoints.filter(|n| !n.addresses.is_empty());
    let from =
        from.map_or_else(String::new, |n| format!("; from {}", names(&n.addresses, ADDRESSES)));
    let services = endpoints.map_or(&[][..], |n| &n.services);
    let services: Vec<&str> = services.iter().map(|s| service_name(cx.text(*s))).collect();
    let services = match services.is_empty() {
        true => String::new(),
        false => format!("; {}", list(services.into_iter(), SERVICES)),
    };
    let elsewhere = if used.elsewhere { "; used elsewhere than issued" } else { "" };
    format!("{calls}{denied}{out}, {when}{from}{services}{elsewhere}")
}
