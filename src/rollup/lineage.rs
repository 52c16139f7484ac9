//! Where credentials come from: every key by the links of records back to the key or sign-in that it began
//! with, and forward to what was made of it. Pure: it is computed from the settled rollups.
//!
//! Logs hold what an attacker wrote: links may form a circle or a chain without end, and end here anyway. What
//! the records do not tell is said to be unknown.

mod children;
mod consoles;
mod root;

use std::sync::OnceLock;

use hashbrown::{HashMap, HashSet};
use rustc_hash::FxBuildHasher;

use super::activity::Rows;
use super::sessions::{Caller, Made, Session, Table};
use super::{Names, Rollups, Sym};
use crate::clock::Millis;
use children::Children;
pub use consoles::Console;
use consoles::Consoles;
pub use root::{Missing, Root};

/// Links that are followed; AWS sets no limit to a chain of roles, but each link has to be logged.
const MOST_LINKS: usize = 64;

type Map<K, V> = HashMap<K, V, FxBuildHasher>;

/// Something with which calls are signed, or begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// An access key.
    Key(Sym),
    /// A session at the console, by its number.
    Console(u32),
}

/// How one node came from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// By the call of that name: `AssumeRole`, `CreateAccessKey`, …
    Call(Sym),
    /// The console made the key for its session.
    Console,
    /// A service made the key to go on with the call that it was asked for.
    Forwarded(Sym),
    /// `GetSigninToken`: the session at the console began with a link that was made with the key.
    SigninToken,
}

/// From a node to the one that it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    pub child: Node,
    pub parent: Node,
    pub how: How,
    pub at: Millis,
    /// Who made the call, and from where. `0` where there was none.
    pub by: Sym,
    pub from: Sym,
}

/// The whole way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin<'r> {
    /// From the node on, nearest first. Empty for one that is a root itself.
    pub links: Vec<Link>,
    /// The last node of the way.
    pub top: Node,
    /// What that began with.
    pub root: Root<'r>,
}

/// A key that is no session: whose it is, and where it was first used.
#[derive(Debug, Clone, Copy, Default)]
struct Owner {
    principal: Sym,
    source: Sym,
}

/// The graph over all keys of the logs.
pub struct Lineage<'r> {
    names: &'r Names,
    sessions: &'r Table,
    owners: Map<Sym, Owner>,
    /// By key: number in the table's list.
    made: Map<Sym, u32>,
    consoles: Consoles,
    /// The key of a session that services go on with, by principal, session name and second.
    kin: Map<(Sym, Sym, Millis), Sym>,
    /// First event of the logs.
    begin: Millis,
    children: OnceLock<Children>,
}

impl<'r> Lineage<'r> {
    /// Of settled rollups, and the activity that was taken out of them.
    pub fn of(rollups: &'r Rollups, rows: &Rows) -> Lineage<'r> {
        let (names, sessions) = (&rollups.names, &rollups.sessions);
        let mut owners: Map<Sym, Owner> = Map::default();
        // Behaviours stand in the order of their first events.
        for key in rows.behaviours.iter().filter(|key| key.access_key != 0) {
            if sessions.principal(key.access_key).is_none_or(|principal| principal == 0) {
                let owner = Owner { principal: key.principal, source: key.source };
                owners.entry(key.access_key).or_insert(owner);
            }
        }
        let made = sessions.made.iter().zip(0..).filter(|(made, _)| made.access_key != 0);
        Lineage {
            names,
            sessions,
            owners,
            made: made.map(|(made, n)| (made.access_key, n)).collect(),
            consoles: Consoles::of(names, sessions),
            kin: kin(sessions),
            begin: rows.iter().next().map_or(0, |(_, v)| v.first.time),
            children: OnceLock::new(),
        }
    }

    /// The way back from an access key.
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

    /// What the node came from, where the records name it.
    pub fn parent(&self, node: Node) -> Option<Link> {
        match node {
            Node::Key(key) => self.parent_of_key(key).filter(|link| link.parent != node),
            Node::Console(number) => self.parent_of_console(number),
        }
    }

    fn parent_of_key(&self, key: Sym) -> Option<Link> {
        let child = Node::Key(key);
        let Some(session) = self.sessions.get(&key) else { return self.maker(key) };
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
            && let Some(own) = self.kin.get(&triple(&session))
        {
            let (how, at) = (How::Forwarded(session.service), session.created);
            let by = session.principal;
            return Some(Link { child, parent: Node::Key(*own), how, at, by, from: 0 });
        }
        called(false).or_else(|| self.maker(key))
    }

    fn maker(&self, key: Sym) -> Option<Link> {
        let made = self.made(key)?;
        let caller = self.sessions.caller(made.caller);
        (caller.access_key != 0).then(|| link_to(Node::Key(key), &caller, made.at))
    }

    /// The link's time and place are those of the sign-in, not of what made it possible.
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
        let made = self.consoles.password(console).and_then(|n| self.sessions.made.get(n))?;
        let caller = self.sessions.caller(made.caller);
        let own = self.sessions.get(&caller.access_key).map(|s| self.consoles.number(&s));
        (caller.access_key != 0 && own != Some(Some(number)))
            .then(|| Link { from, ..link_to(child, &caller, at) })
    }

    /// What was made of the node, earliest first.
    pub fn children(&self, node: Node) -> &[Node] {
        self.children.get_or_init(|| Children::of(self)).of_node(node)
    }

    /// All that was made of the node, and of that, itself excluded; nearest first, so many at most.
    pub fn descendants(&self, node: Node, most: usize) -> Vec<Node> {
        let mut seen: HashSet<Node, FxBuildHasher> = HashSet::from_iter([node]);
        let mut found = Vec::new();
        let mut next = 0;
        let mut of = node;
        loop {
            for child in self.children(of) {
                if found.len() == most {
                    return found;
                }
                if seen.insert(*child) {
                    found.push(*child);
                }
            }
            let Some(after) = found.get(next) else { return found };
            (of, next) = (*after, next + 1);
        }
    }

    /// Everything that calls are signed with or begin with, in no order.
    pub fn nodes(&self) -> impl Iterator<Item = Node> {
        let sessions = self.sessions.keys();
        let others = self.owners.keys().copied().filter(|key| !self.sessions.contains(*key));
        let is_known = |key: Sym| self.sessions.contains(key) || self.owners.contains_key(&key);
        let made = self.made.keys().copied().filter(move |key| !is_known(*key));
        let consoles = (0..self.consoles.len()).map(Node::Console);
        sessions.chain(others).chain(made).map(Node::Key).chain(consoles)
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

    /// The record that made a long-term key.
    pub fn made(&self, key: Sym) -> Option<&'r Made> {
        self.sessions.made.get(*self.made.get(&key)? as usize)
    }

    pub fn caller(&self, number: u32) -> Caller {
        self.sessions.caller(number)
    }

    /// Whose the node is.
    pub fn principal(&self, node: Node) -> Sym {
        match node {
            Node::Console(number) => self.console(number).map_or(0, |console| console.principal),
            Node::Key(key) => match self.sessions.principal(key) {
                Some(principal) if principal != 0 => principal,
                _ => match self.owners.get(&key) {
                    Some(owner) => owner.principal,
                    None => self.made(key).map_or(0, |made| made.user),
                },
            },
        }
    }

    /// Where a long-term key was used first.
    pub fn first_source(&self, key: Sym) -> Sym {
        self.owners.get(&key).map_or(0, |owner| owner.source)
    }

    /// True for keys that last: no call with them speaks of a session.
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

fn triple(session: &Session) -> (Sym, Sym, Millis) {
    (session.principal, session.name, session.created)
}

/// Sessions with which a service went on, by the key that was handed out for them.
fn kin(sessions: &Table) -> Map<(Sym, Sym, Millis), Sym> {
    let forwarded = |s: &Session| s.forwarded && s.name != 0 && s.created != 0;
    let mut kin: Map<_, Sym> = (sessions.select(|s| !s.in_person && !s.direct))
        .filter(|(_, s)| forwarded(s))
        .map(|(_, s)| (triple(&s), 0))
        .collect();
    if kin.is_empty() {
        return kin;
    }
    let mut twice = HashSet::<_, FxBuildHasher>::default();
    for (key, session) in sessions.select(|s| s.direct) {
        if let Some(own) = kin.get_mut(&triple(&session)) {
            if *own != 0 {
                twice.insert(triple(&session));
            }
            *own = key;
        }
    }
    kin.retain(|session, own| *own != 0 && !twice.contains(session));
    kin
}

#[cfg(test)]
mod tests;
