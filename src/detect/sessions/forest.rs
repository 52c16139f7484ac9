//! The tree of sessions, with what was done in each.

use std::collections::HashMap;

use super::super::Cx;
use super::super::build::list;
use super::Shown;
use super::layout::{Draft, Layout};
use super::rows::{family, service};
use super::units::Units;
use super::uses::{Named, Use, named, uses};
use crate::clock::span;
use crate::finding::session::{Branch, Forest};
use crate::rollup::Sym;
use crate::rollup::lineage::Node;
use crate::ui::number::{bytes, counted, grouped};

const ADDRESSES: usize = 5;
const SERVICES: usize = 8;

/// Descendants of what was asked for that the tree holds.
const MOST_DESCENDANTS: usize = 100_000;

pub fn forest(cx: &Cx<'_>, shown: Shown<'_>) -> Forest {
    let lineage = &cx.lineage;
    let family = shown.chosen.map(|nodes| family(lineage, nodes, MOST_DESCENDANTS));
    let units = Units::of(cx, family.as_ref());
    let chosen = shown.chosen.unwrap_or(&[]);
    let layout = Layout { lineage, units: &units, all: shown.all, chosen };
    let (mut drafts, left_out) = layout.roots();
    let mut items: HashMap<Sym, Vec<u32>> = HashMap::new();
    let mut count = 0;
    number(&drafts, &mut items, &mut count);
    let named = named(cx, count as usize, |key| items.get(&key).map(Vec::as_slice));
    let uses = uses(cx, |key| chosen.contains(&Node::Key(key)));
    let mut next = 0;
    let roots = drafts.drain(..).map(|draft| grown(cx, draft, &named, &uses, &mut next)).collect();
    let unused = cx.rollups.sessions.unused.iter().map(|u| u.keys).sum();
    Forest { roots, sessions: units.len(), left_out, unused }
}

/// Numbers the drafts in the order of the tree.
fn number(drafts: &[Draft], items: &mut HashMap<Sym, Vec<u32>>, count: &mut u32) {
    for draft in drafts {
        for key in &draft.keys {
            items.entry(*key).or_default().push(*count);
        }
        *count += 1;
        number(&draft.below, items, count);
    }
}

fn grown(
    cx: &Cx<'_>,
    draft: Draft,
    named: &[Named],
    uses: &HashMap<Sym, Use>,
    next: &mut usize,
) -> Branch {
    let mut branch = draft.branch;
    let what = named.get(*next);
    *next += 1;
    let used = match draft.keys.as_slice() {
        [key] if draft.used.is_none() => uses.get(key).copied(),
        _ => draft.used,
    };
    if !draft.plain {
        branch.details.push(told(cx, used, what));
    }
    branch.branches =
        draft.below.into_iter().map(|below| grown(cx, below, named, uses, next)).collect();
    branch
}

/// `25 calls, 3 denied, 1.2 MiB out, 2026-11-09 10:06:00 to 10:30:00 UTC; from 198.51.100.7; s3, iam`.
fn told(cx: &Cx<'_>, used: Option<Use>, named: Option<&Named>) -> String {
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
    let from = named.filter(|n| !n.addresses.is_empty());
    let from =
        from.map_or_else(String::new, |n| format!("; from {}", names(&n.addresses, ADDRESSES)));
    let services: Vec<String> =
        named.map_or(&[][..], |n| &n.services).iter().map(|s| service(cx.text(*s))).collect();
    let services = match services.is_empty() {
        true => String::new(),
        false => format!("; {}", list(services.iter().map(String::as_str), SERVICES)),
    };
    let elsewhere = if used.elsewhere { "; used elsewhere than handed out" } else { "" };
    format!("{calls}{denied}{out}, {when}{from}{services}{elsewhere}")
}
