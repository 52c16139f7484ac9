//! Sessions as rows, for programs.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::super::Cx;
use super::uses::{Named, Use, named, uses};
use super::words::{began, id, root_in_words, session_name};
use crate::event::identity::arn_account;
use crate::finding::Finding;
use crate::finding::session::{Session, SessionKind, UnusedSessions};
use crate::rollup::Sym;
use crate::rollup::lineage::{How, Lineage, Node, Root};

/// Descendants that are followed from one node.
const MOST_DESCENDANTS: usize = 100_000;

/// Descendants of a finding's key that a report lists.
const MOST_OF_A_FINDING: usize = 200;

/// What a key or a name stands for in these logs.
pub type Found = Vec<Node>;

/// The nodes of a key's id, or of a principal's ARN.
pub fn chosen(cx: &Cx<'_>, key: Option<&str>, principal: Option<&str>) -> Found {
    let lineage = &cx.lineage;
    let is_key = |node: Node| key.is_none_or(|key| id(lineage, node) == key);
    let is_principal = |node: Node| {
        principal.is_none_or(|arn| {
            let text = cx.text(lineage.principal(node));
            text == arn || as_session(text, session_name(lineage, node), arn)
        })
    };
    let mut found: Found =
        lineage.nodes().filter(|node| is_principal(*node) && is_key(*node)).collect();
    found.sort_by(|a, b| lineage.order(*a, *b));
    found
}

/// True if the ARN is that of the role's session.
fn as_session(role: &str, session: &str, arn: &str) -> bool {
    let Some((_, rest)) = arn.split_once(":assumed-role/") else { return false };
    let (name, of) = rest.split_once('/').unwrap_or((rest, ""));
    role.ends_with(&format!("/{name}")) && of == session && arn_account(role) == arn_account(arn)
}

/// The nodes, all before them and all that came of them, so many of each at most.
pub fn family(lineage: &Lineage<'_>, of: &[Node], most: usize) -> BTreeSet<Node> {
    let mut found: BTreeSet<Node> = of.iter().copied().collect();
    for node in of {
        found.extend(lineage.origin_of(*node).links.iter().map(|link| link.parent));
        found.extend(lineage.descendants(*node, most.min(MOST_DESCENDANTS)));
    }
    found
}

/// Rows of these nodes, or of all, one after the other.
pub struct All<'c, 'a> {
    cx: &'c Cx<'a>,
    nodes: Vec<Node>,
    uses: HashMap<Sym, Use>,
    named: Vec<Named>,
}

impl<'c, 'a> All<'c, 'a> {
    /// In the order of their first use or issue, then by id. Sessions that were not used in the window are there
    /// only if `family` names them.
    pub fn new(cx: &'c Cx<'a>, family: Option<&BTreeSet<Node>>) -> All<'c, 'a> {
        let lineage = &cx.lineage;
        let mut nodes: Vec<Node> = match family {
            Some(family) => family.iter().copied().collect(),
            None => lineage.nodes().collect(),
        };
        let wanted: HashSet<Sym> = nodes.iter().flat_map(|node| keys(lineage, *node)).collect();
        let uses = uses(cx, |key| wanted.contains(&key));
        nodes.sort_by_cached_key(|node| (begin(lineage, &uses, *node), id(lineage, *node)));
        let mut items: HashMap<Sym, Vec<u32>> = HashMap::new();
        for (node, n) in nodes.iter().zip(0u32..) {
            for key in keys(lineage, *node) {
                items.entry(key).or_default().push(n);
            }
        }
        let named = named(cx, nodes.len(), |key| items.get(&key).map(Vec::as_slice));
        All { cx, nodes, uses, named }
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = Session> {
        self.nodes.iter().zip(&self.named).map(|(node, named)| self.row(*node, named))
    }

    fn row(&self, node: Node, named: &Named) -> Session {
        let (cx, lineage) = (self.cx, &self.cx.lineage);
        let text = |sym: Sym| cx.text(sym).to_string();
        let link = lineage.parent(node);
        let way = lineage.origin_of(node);
        let used = keys(lineage, node).filter_map(|key| self.uses.get(&key).copied());
        let used = used.reduce(Use::and);
        let principal = cx.text(lineage.principal(node));
        let issue = Issue::of(lineage, node);
        Session {
            access_key: id(lineage, node),
            kind: kind(lineage, node),
            principal: principal.to_string(),
            name: session_name(lineage, node).to_string(),
            account: arn_account(principal).to_string(),
            parent_key: link.map_or_else(String::new, |link| id(lineage, link.parent)),
            parent: link.map_or_else(|| issue.by.clone(), |link| text(link.by)),
            how: match link {
                Some(link) => how(lineage, link.how).to_string(),
                None => issue.how,
            },
            issued_at: link.map(|link| link.at).or(issue.at).filter(|at| *at != 0),
            issued_from: match link.map(|link| link.from).filter(|from| *from != 0) {
                Some(from) => text(from),
                None => issue.from,
            },
            first_seen: used.map(|used| used.first),
            last_seen: used.map(|used| used.last),
            events: used.map_or(0, |used| used.events),
            denied: used.map_or(0, |used| used.denied),
            bytes_out: used.map_or(0, |used| used.bytes_out),
            addresses: named.addresses.iter().map(|a| text(*a)).collect(),
            services: named.services.iter().map(|s| service(cx.text(*s))).collect(),
            mfa: match node {
                Node::Key(key) => lineage.session(key).and_then(|s| s.mfa),
                Node::Console(number) => lineage.console(number).and_then(|c| c.mfa),
            },
            source_identity: match node {
                Node::Key(key) => text(lineage.session(key).map_or(0, |s| s.source_identity)),
                Node::Console(_) => String::new(),
            },
            origin: began(lineage, &way),
            contested: matches!(node, Node::Key(key) if lineage.session(key).is_some_and(|s| s.contested)),
        }
    }
}

/// How a node without a parent came about.
#[derive(Default)]
struct Issue {
    by: String,
    how: String,
    from: String,
    at: Option<i64>,
}

impl Issue {
    fn of(lineage: &Lineage<'_>, node: Node) -> Issue {
        let text = |sym: Sym| lineage.text(sym).to_string();
        let key = match node {
            Node::Key(key) => key,
            Node::Console(number) => {
                let Some(console) = lineage.console(number) else { return Issue::default() };
                return Issue {
                    how: console.sign_in.map_or("console", |s| s.kind.name()).to_string(),
                    from: text(console.sign_in.map_or(0, |s| s.source)),
                    at: Some(console.created),
                    by: String::new(),
                };
            }
        };
        let root = lineage.origin(key).root;
        let Some(session) = lineage.session(key) else { return Issue::made(lineage, key) };
        let called = session.caller.map_or("", |caller| lineage.text(caller.how));
        let how = match root {
            Root::Instance { .. } => "instance",
            Root::Service { .. } | Root::Forwarded { .. } => "service",
            _ => called,
        };
        let at = if session.issued_at == 0 { session.created } else { session.issued_at };
        let by = match root {
            Root::Service { .. } | Root::Instance { .. } | Root::Forwarded { .. } => {
                root_in_words(root)
            }
            _ => text(if session.parent == 0 { session.issuer } else { session.parent }),
        };
        Issue { by, how: how.to_string(), from: text(session.issued_to), at: Some(at) }
    }

    fn made(lineage: &Lineage<'_>, key: Sym) -> Issue {
        let Some(made) = lineage.made(key) else { return Issue::default() };
        let caller = lineage.caller(made.caller);
        let text = |sym: Sym| lineage.text(sym).to_string();
        Issue {
            by: text(caller.principal),
            how: text(caller.how),
            from: text(caller.source),
            at: Some(made.at),
        }
    }
}

/// The keys whose use is the node's: a session at the console has no key of its own.
pub fn keys(lineage: &Lineage<'_>, node: Node) -> impl Iterator<Item = Sym> {
    let own = match node {
        Node::Key(key) => Some(key),
        Node::Console(_) => None,
    };
    let pages = match node {
        Node::Key(_) => &[],
        Node::Console(_) => lineage.children(node),
    };
    let pages = pages.iter().filter_map(|child| match child {
        Node::Key(key) => Some(*key),
        Node::Console(_) => None,
    });
    own.into_iter().chain(pages)
}

fn begin(lineage: &Lineage<'_>, uses: &HashMap<Sym, Use>, node: Node) -> i64 {
    let used = keys(lineage, node).filter_map(|key| uses.get(&key)).map(|used| used.first).min();
    let issued = || lineage.parent(node).map(|link| link.at);
    used.or_else(issued).or_else(|| Issue::of(lineage, node).at).unwrap_or(0)
}

fn kind(lineage: &Lineage<'_>, node: Node) -> SessionKind {
    match node {
        Node::Console(_) => SessionKind::Console,
        Node::Key(key) if lineage.is_long_term(key) => SessionKind::LongTerm,
        Node::Key(_) => SessionKind::Temporary,
    }
}

fn how<'r>(lineage: &Lineage<'r>, how: How) -> &'r str {
    match how {
        How::Call(action) => lineage.text(action),
        How::Console => "console",
        How::Forwarded(_) => "service",
        How::SigninToken => "GetSigninToken",
    }
}

/// `s3` for `s3.amazonaws.com`.
pub fn service(name: &str) -> String {
    name.strip_suffix(".amazonaws.com").unwrap_or(name).to_string()
}

/// The keys of the findings, what came before them and what came of them.
pub fn of_findings(cx: &Cx<'_>, findings: &[Finding]) -> Vec<Session> {
    let own = findings.iter().map(|f| &f.who.access_key);
    let scopes = findings.iter().flat_map(|f| &f.scopes).flat_map(|scope| &scope.access_keys);
    let keys: BTreeSet<Sym> = own.chain(scopes).filter_map(|key| cx.names.find(key)).collect();
    let nodes: Vec<Node> = keys.into_iter().filter(|key| *key != 0).map(Node::Key).collect();
    if nodes.is_empty() {
        return Vec::new();
    }
    let family = family(&cx.lineage, &nodes, MOST_OF_A_FINDING);
    All::new(cx, Some(&family)).iter().collect()
}

/// What was handed out and never used, earliest first; of these callers only, if `family` is given.
pub fn unused(cx: &Cx<'_>, family: Option<&BTreeSet<Node>>) -> Vec<UnusedSessions> {
    let lineage = &cx.lineage;
    let text = |sym: Sym| cx.text(sym).to_string();
    let of = |key: Sym| family.is_none_or(|family| key != 0 && family.contains(&Node::Key(key)));
    let all = cx.rollups.sessions.unused.iter().map(|u| (u, lineage.caller(u.caller)));
    all.filter(|(_, caller)| of(caller.access_key))
        .map(|(unused, caller)| UnusedSessions {
            how: text(caller.how),
            role: text(caller.role),
            parent: text(caller.principal),
            parent_key: text(caller.access_key),
            issued_from: text(caller.source),
            keys: unused.keys,
            first: unused.first,
            last: unused.last,
        })
        .collect()
}
