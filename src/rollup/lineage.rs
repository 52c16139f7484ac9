//! Where credentials come from: links each key back to the key or sign-in that it began with, and forward to the keys
//! created with it. Computed from resolved rollups.
//!
//! Attackers can write to logs: links may form a circle or an endless chain, and are cut. Anything that the records do
//! not say stays unknown.

mod children;
mod consoles;
mod root;

use std::sync::OnceLock;

use hashbrown::{HashMap, HashSet};
use rustc_hash::FxBuildHasher;

use super::activity::Rows;
use super::sessions::{Caller, CreatedCredential, Session, Table};
use super::{Names, Rollups, Sym};
use crate::clock::Millis;
use children::Children;
pub use consoles::Console;
use consoles::Consoles;
pub use root::{Missing, Root};

/// Links that are followed. AWS does not limit role chains, but each link must be logged.
const MOST_LINKS: usize = 64;

type Map<K, V> = HashMap<K, V, FxBuildHasher>;

/// A key that signs calls, or a console session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// An access key.
    Key(Sym),
    /// A console session, by its number.
    Console(u32),
}

/// How one node came from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// By the call of that name: `AssumeRole`, `CreateAccessKey`, …
    Call(Sym),
    /// The console created the key for its session.
    Console,
    /// A service created the key to forward a call.
    Forwarded(Sym),
    /// `GetSigninToken`: the console session began with a sign-in link, and the key made the link.
    SigninToken,
}

/// A link from a node to the node that it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    pub child: Node,
    pub parent: Node,
    pub how: How,
    pub at: Millis,
    /// Who made the call, and from where; `0` if there was none.
    pub by: Sym,
    pub from: Sym,
}

/// The chain from a node back to its root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin<'r> {
    /// Nearest first; empty if the node has no parent.
    pub links: Vec<Link>,
    /// The last node of the chain.
    pub top: Node,
    /// The credential or sign-in that this node began with.
    pub root: Root<'r>,
}

/// Principal and first source of a key that is not a session.
#[derive(Debug, Clone, Copy, Default)]
struct Owner {
    principal: Sym,
    source: Sym,
}

/// The graph of all keys in the logs.
pub struct Lineage<'r> {
    names: &'r Names,
    sessions: &'r Table,
    owners: Map<Sym, Owner>,
    /// Index among the created credentials, by key.
    created: Map<Sym, u32>,
    consoles: Consoles,
    /// The key of a session that services forward calls of, by principal, session name and second.
    forwarding: Map<(Sym, Sym, Millis), Sym>,
    /// First event of the logs.
    begin: Millis,
    children: OnceLock<Children>,
}

impl<'r> Lineage<'r> {
    /// From resolved rollups and the activity that was taken out of them.
    pub fn new(rollups: &'r Rollups, rows: &Rows) -> Lineage<'r> {
        let (names, sessions) = (&rollups.names, &rollups.sessions);
        let mut owners: Map<Sym, Owner> = Map::default();
        // Of each behaviour the first row: a key's owner is whoever used it first.
        let mut known = vec![false; rows.behaviours.len()];
        for (behaviour, (key, _)) in rows.numbered().filter(|(_, (key, _))| key.access_key != 0) {
            let new =
                known.get_mut(behaviour as usize).is_some_and(|k| !std::mem::replace(k, true));
            if new && sessions.principal(key.access_key).is_none_or(|principal| principal == 0) {
                let owner = Owner { principal: key.principal, source: key.source };
                owners.entry(key.access_key).or_insert(owner);
            }
        }
        let created = sessions.created.iter().zip(0..).filter(|(one, _)| one.access_key != 0);
        Lineage {
            names,
            sessions,
            owners,
            created: created.map(|(one, n)| (one.access_key, n)).collect(),
            consoles: Consoles::new(names, sessions),
            forwarding: forwarding(sessions),
            begin: rows.iter().next().map_or(0, |(_, v)| v.first.time),
            children: OnceLock::new(),
        }
    }

    /// The chain of an access key.
    pub fn origin(&self, key: Sym) -> Origin<'r> {
        self.origin_of(Node::Key(key))
    }

    pub fn origin_of(&self, node: Node) -> Origin<'r> {
        let mut links = Vec::new();
        let (mut top, mut root) = (node, None);
        let mut seen: HashSet<Node, FxBuildHasher> = HashSet::from_iter([node]);
        while let Some(link) = self.parent(top) {
            if !seen.insert(link.parent) {
                root = Some(Root::Unknown { by: "", why: Missing::Circle });
                break;
            }
            if links.len() == MOST_LINKS {
                root = Some(Root::Unknown { by: "", why: Missing::TooLong });
                break;
            }
            links.push(link);
            top = link.parent;
        }
        Origin { links, top, root: root.unwrap_or_else(|| self.root(top)) }
    }

    /// The node's parent, if the records name it.
    pub fn parent(&self, node: Node) -> Option<Link> {
        match node {
            Node::Key(key) => self.parent_of_key(key).filter(|link| link.parent != node),
            Node::Console(number) => self.parent_of_console(number),
        }
    }

    fn parent_of_key(&self, key: Sym) -> Option<Link> {
        let child = Node::Key(key);
        let Some(session) = self.sessions.get(&key) else { return self.creator(key) };
        let called = |direct: bool| {
            let caller =
                session.caller.filter(|c| c.access_key != 0 && session.direct == direct)?;
            Some(link_to(child, &caller, session.issued_at))
        };
        if let Some(link) = called(true) {
            return Some(link);
        }
        if let Some(number) = self.consoles.number(&session) {
            let (at, by) = (session.created, session.principal);
            let parent = Node::Console(number);
            return Some(Link { child, parent, how: How::Console, at, by, from: 0 });
        }
        if session.forwarded
            && let Some(own) = self.forwarding.get(&session_id(&session))
        {
            let (how, at) = (How::Forwarded(session.service), session.created);
            let by = session.principal;
            return Some(Link { child, parent: Node::Key(*own), how, at, by, from: 0 });
        }
        called(false).or_else(|| self.creator(key))
    }

    /// The link to the key that created a long-term key.
    fn creator(&self, key: Sym) -> Option<Link> {
        let created = self.creation(key)?;
        let caller = self.sessions.caller(created.caller);
        (caller.access_key != 0).then(|| link_to(Node::Key(key), &caller, created.at))
    }

    /// The link has the time and source of the sign-in, not of the call that made it possible.
    fn parent_of_console(&self, number: u32) -> Option<Link> {
        let console = self.console(number)?;
        let (child, at) = (Node::Console(number), console.created);
        let from = console.sign_in.map_or(0, |s| s.source);
        if let Some(key) = self.consoles.token(console) {
            let (how, parent) = (How::SigninToken, Node::Key(key));
            return Some(Link { child, parent, how, at, by: console.principal, from });
        }
        let caller = console.caller.filter(|c| c.access_key != 0);
        if let Some(caller) = caller {
            return Some(Link { from, ..link_to(child, &caller, at) });
        }
        let password =
            self.consoles.password(console).and_then(|n| self.sessions.created.get(n))?;
        let caller = self.sessions.caller(password.caller);
        let own = self.sessions.get(&caller.access_key).map(|s| self.consoles.number(&s));
        (caller.access_key != 0 && own != Some(Some(number)))
            .then(|| Link { from, ..link_to(child, &caller, at) })
    }

    /// The nodes that were created with this one, earliest first.
    pub fn children(&self, node: Node) -> &[Node] {
        self.children.get_or_init(|| Children::new(self)).get(node)
    }

    /// At most `most` descendants, nearest first.
    pub fn descendants(&self, node: Node, most: usize) -> Vec<Node> {
        let mut seen: HashSet<Node, FxBuildHasher> = HashSet::from_iter([node]);
        let mut found = Vec::new();
        let mut next = 0;
        let mut parent = node;
        loop {
            for child in self.children(parent) {
                if found.len() == most {
                    return found;
                }
                if seen.insert(*child) {
                    found.push(*child);
                }
            }
            let Some(after) = found.get(next) else { return found };
            (parent, next) = (*after, next + 1);
        }
    }

    /// Every key and console session, unordered.
    pub fn nodes(&self) -> impl Iterator<Item = Node> {
        let sessions = self.sessions.keys();
        let others = self.owners.keys().copied().filter(|key| !self.sessions.contains(*key));
        let is_known = |key: Sym| self.sessions.contains(key) || self.owners.contains_key(&key);
        let created = self.created.keys().copied().filter(move |key| !is_known(*key));
        let consoles = (0..self.consoles.len()).map(Node::Console);
        sessions.chain(others).chain(created).map(Node::Key).chain(consoles)
    }

    pub fn session(&self, key: Sym) -> Option<Session> {
        self.sessions.get(&key)
    }

    pub fn console(&self, number: u32) -> Option<&Console> {
        self.consoles.get(number)
    }

    /// The number of the console session that the key belongs to.
    pub fn console_of(&self, key: Sym) -> Option<u32> {
        self.consoles.number(&self.sessions.get(&key)?)
    }

    /// The record that created a long-term key.
    pub fn creation(&self, key: Sym) -> Option<&'r CreatedCredential> {
        self.sessions.created.get(*self.created.get(&key)? as usize)
    }

    pub fn caller(&self, number: u32) -> Caller {
        self.sessions.caller(number)
    }

    /// The principal of the node.
    pub fn principal(&self, node: Node) -> Sym {
        match node {
            Node::Console(number) => self.console(number).map_or(0, |console| console.principal),
            Node::Key(key) => match self.sessions.principal(key) {
                Some(principal) if principal != 0 => principal,
                _ => match self.owners.get(&key) {
                    Some(owner) => owner.principal,
                    None => self.creation(key).map_or(0, |created| created.user),
                },
            },
        }
    }

    /// The first source of a long-term key.
    pub fn first_source(&self, key: Sym) -> Sym {
        self.owners.get(&key).map_or(0, |owner| owner.source)
    }

    /// True for keys whose calls name no session.
    pub fn is_long_term(&self, key: Sym) -> bool {
        let text = self.names.text(key);
        let session =
            self.sessions.get(&key).is_some_and(|s| s.principal != 0 || s.caller.is_some());
        text.starts_with("AKIA") || (!session && !text.starts_with("ASIA"))
    }

    pub fn text(&self, sym: Sym) -> &'r str {
        self.names.text(sym)
    }

    /// First event of the logs.
    pub fn begin(&self) -> Millis {
        self.begin
    }
}

fn link_to(child: Node, caller: &Caller, at: Millis) -> Link {
    let (parent, how) = (Node::Key(caller.access_key), How::Call(caller.how));
    Link { child, parent, how, at, by: caller.principal, from: caller.source }
}

fn session_id(session: &Session) -> (Sym, Sym, Millis) {
    (session.principal, session.name, session.created)
}

/// The issued key of each session that a service forwards calls of; none if several were issued.
fn forwarding(sessions: &Table) -> Map<(Sym, Sym, Millis), Sym> {
    let forwarded = |s: &Session| s.forwarded && s.name != 0 && s.created != 0;
    let mut forwarding: Map<_, Sym> = (sessions.select(|s| !s.in_person && !s.direct))
        .filter(|(_, s)| forwarded(s))
        .map(|(_, s)| (session_id(&s), 0))
        .collect();
    if forwarding.is_empty() {
        return forwarding;
    }
    let mut ambiguous = HashSet::<_, FxBuildHasher>::default();
    for (key, session) in sessions.select(|s| s.direct) {
        if let Some(own) = forwarding.get_mut(&session_id(&session)) {
            if *own != 0 {
                ambiguous.insert(session_id(&session));
            }
            *own = key;
        }
    }
    forwarding.retain(|session, own| *own != 0 && !ambiguous.contains(session));
    forwarding
}

#[cfg(test)]
mod tests;
