//! From each node to its children.

use std::cmp::Ordering;

use super::super::sessions::UnusedKeys;
use super::{Lineage, Node};
use crate::clock::Millis;

/// Sorted by parent; the children of one parent by time, then text.
pub struct Children {
    parents: Vec<(Node, u32, u32)>,
    children: Vec<Node>,
}

impl Children {
    pub fn new(lineage: &Lineage<'_>) -> Children {
        let mut pairs: Vec<(Node, Millis, Node)> = lineage
            .nodes()
            .filter_map(|node| lineage.parent(node))
            .map(|link| (link.parent, link.at, link.child))
            .collect();
        pairs.sort_unstable_by(|a, b| {
            (a.0, a.1).cmp(&(b.0, b.1)).then_with(|| lineage.order(a.2, b.2))
        });
        let mut parents = Vec::new();
        let mut begin = 0;
        for group in pairs.chunk_by(|a, b| a.0 == b.0) {
            let end = begin + group.len() as u32;
            parents.push((group[0].0, begin, end));
            begin = end;
        }
        Children { parents, children: pairs.into_iter().map(|(_, _, child)| child).collect() }
    }

    pub fn get(&self, node: Node) -> &[Node] {
        let Ok(at) = self.parents.binary_search_by_key(&node, |(parent, ..)| *parent) else {
            return &[];
        };
        let (_, begin, end) = self.parents[at];
        self.children.get(begin as usize..end as usize).unwrap_or(&[])
    }
}

impl<'r> Lineage<'r> {
    /// By texts, not numbers, which depend on the order in which files were read.
    pub fn order(&self, a: Node, b: Node) -> Ordering {
        match (a, b) {
            (Node::Key(a), Node::Key(b)) => self.text(a).cmp(self.text(b)),
            _ => a.cmp(&b),
        }
    }

    /// Sessions that were requested with this key and never used in these logs, earliest first.
    pub fn unused(&self, node: Node) -> impl Iterator<Item = &'r UnusedKeys> {
        let by_node = move |unused: &&UnusedKeys| match node {
            Node::Key(key) => key != 0 && self.caller(unused.caller).access_key == key,
            Node::Console(_) => false,
        };
        self.sessions.unused.iter().filter(by_node)
    }
}
