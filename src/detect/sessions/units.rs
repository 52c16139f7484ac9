//! Joins the keys of one session into a unit: keys of console pages, and keys that services forward calls with.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::super::Cx;
use super::uses::{Use, uses};
use crate::rollup::Sym;
use crate::rollup::lineage::{How, Lineage, Node};

/// Links followed from a key to its session.
const MOST_STEPS: usize = 64;

/// What stands out in a session or its descendants; higher scores are shown first.
pub const NOTABLE: u8 = ALARMS;
const ELSEWHERE: u8 = 1 << 4;
const SEVERAL: u8 = 1 << 3;
const ALARMS: u8 = 1 << 2;
const OUTSIDE: u8 = 1 << 1;
const DENIED: u8 = 1;

/// The lineage graph with whole sessions as nodes.
pub struct Units {
    pub roots: Vec<Node>,
    children: HashMap<Node, Vec<Node>>,
    uses: HashMap<Node, Use>,
    keys: HashMap<Node, Vec<Sym>>,
    /// The highest score of the unit and its descendants.
    scores: HashMap<Node, u8>,
}

/// The node that represents all keys of a session.
pub fn unit(lineage: &Lineage<'_>, node: Node) -> Node {
    let mut unit = node;
    for _ in 0..MOST_STEPS {
        match lineage.parent(unit) {
            Some(link) if matches!(link.how, How::Console | How::Forwarded(_)) => {
                unit = link.parent;
            }
            _ => break,
        }
    }
    unit
}

impl Units {
    /// Units of the `selected` nodes, or of all.
    pub fn new(cx: &Cx<'_>, selected: Option<&BTreeSet<Node>>) -> Units {
        let lineage = &cx.lineage;
        let mut found = Units {
            roots: Vec::new(),
            children: HashMap::new(),
            uses: HashMap::new(),
            keys: HashMap::new(),
            scores: HashMap::new(),
        };
        let is_selected = |node: &Node| selected.is_none_or(|nodes| nodes.contains(node));
        let mut members: HashSet<Node> = HashSet::new();
        for node in lineage.nodes().filter(is_selected) {
            members.insert(unit(lineage, node));
        }
        found.count(cx, &members);
        found.join(lineage, &members);
        found.score(lineage);
        found
    }

    fn count(&mut self, cx: &Cx<'_>, members: &HashSet<Node>) {
        let uses = uses(cx, |_| true);
        for node in cx.lineage.nodes() {
            let Node::Key(key) = node else { continue };
            let unit = unit(&cx.lineage, node);
            if !members.contains(&unit) {
                continue;
            }
            self.keys.entry(unit).or_default().push(key);
            if let Some(used) = uses.get(&key) {
                self.uses.entry(unit).and_modify(|u| *u = u.merged(*used)).or_insert(*used);
            }
        }
    }

    fn join(&mut self, lineage: &Lineage<'_>, members: &HashSet<Node>) {
        for node in members {
            let parent = parent(lineage, *node).filter(|parent| members.contains(parent));
            match parent {
                Some(parent) => self.children.entry(parent).or_default().push(*node),
                None => self.roots.push(*node),
            }
        }
        // A circular chain has no root: its first node by text becomes one.
        let mut reached: HashSet<Node> = HashSet::new();
        let mut open = self.roots.clone();
        self.reach(&mut reached, &mut open);
        let mut circular: Vec<Node> =
            members.iter().copied().filter(|n| !reached.contains(n)).collect();
        circular.sort_by(|a, b| lineage.order(*a, *b));
        for node in circular {
            if !reached.contains(&node) {
                self.roots.push(node);
                self.reach(&mut reached, &mut vec![node]);
            }
        }
    }

    fn reach(&self, reached: &mut HashSet<Node>, open: &mut Vec<Node>) {
        while let Some(node) = open.pop() {
            if reached.insert(node) {
                open.extend(self.children(node));
            }
        }
    }

    fn score(&mut self, lineage: &Lineage<'_>) {
        let own: Vec<(Node, u8)> =
            self.keys.keys().map(|node| (*node, self.own_score(lineage, *node))).collect();
        for (node, score) in own {
            let mut at = Some(node);
            for _ in 0..MOST_STEPS {
                let Some(unit) = at else { break };
                let best = self.scores.entry(unit).or_default();
                if unit != node && *best >= score {
                    break;
                }
                *best = (*best).max(score);
                at = parent(lineage, unit);
            }
        }
    }

    fn own_score(&self, lineage: &Lineage<'_>, node: Node) -> u8 {
        let made = matches!(node, Node::Key(key) if lineage.creation(key).is_some());
        let made = if made { ALARMS } else { 0 };
        let Some(used) = self.uses.get(&node) else { return made };
        let denied = match (used.denied > 0, used.outside()) {
            (true, true) => ALARMS,
            (true, false) => DENIED,
            _ => 0,
        };
        let flag = |on: bool, flag: u8| if on { flag } else { 0 };
        made | denied
            | flag(used.elsewhere, ELSEWHERE)
            | flag(used.several, SEVERAL)
            | flag(used.outside(), OUTSIDE)
    }

    pub fn children(&self, unit: Node) -> &[Node] {
        self.children.get(&unit).map_or(&[], Vec::as_slice)
    }

    pub fn used(&self, unit: Node) -> Option<Use> {
        self.uses.get(&unit).copied()
    }

    pub fn keys(&self, unit: Node) -> &[Sym] {
        self.keys.get(&unit).map_or(&[], Vec::as_slice)
    }

    pub fn score_of(&self, unit: Node) -> u8 {
        self.scores.get(&unit).copied().unwrap_or(0)
    }

    pub fn len(&self) -> u64 {
        self.children.values().map(Vec::len).sum::<usize>() as u64 + self.roots.len() as u64
    }
}

/// The parent unit.
fn parent(lineage: &Lineage<'_>, node: Node) -> Option<Node> {
    let parent = unit(lineage, lineage.parent(node)?.parent);
    (parent != node).then_some(parent)
}
