//! Sessions as rows, for programs.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::super::Cx;
use super::super::text::service_name;
use super::origin::{describe_root, id, origin_start, session_name};
use super::uses::{Endpoints, Use, endpoints, uses};
use crate::event::identity::arn_account;
use crate::finding::Finding;
use crate::finding::session::{Session, SessionKind, UnusedSessions};
use crate::rollup::Sym;
use crate::rollup::lineage::{How, Lineage, Node, Root};

/// Descendants of one node that are followed.
const MOST_DESCENDANTS: usize = 100_000;

/// Descendants of a finding's key that a report lists.
const MOST_OF_A_FINDING: usize = 200;

/// The nodes with a key's id, a principal's ARN, or both.
pub fn select_nodes(cx: &Cx<'_>, key: Option<&str>, principal: Option<&str>) -> Vec<Node> {
    let lineage = &cx.lineage;
    let is_key = |node: Node| key.is_none_or(|key| id(lineage, node) == key);
    let is_principal = |node: Node| {
        principal.is_none_or(|arn| {
            let text = cx.text(lineage.principal(node));
            text == arn || is_session_of(text, session_name(lineage, node), arn)
        })
    };
    let mut found: Vec<Node> =
        lineage.nodes().filter(|node| is_principal(*node) && is_key(*node)).collect();
    found.sort_by(|a, b| lineage.order(*a, *b));
    found
}

/// True if the ARN is that of the role's session.
fn is_session_of(role: &str, session: &str, arn: &str) -> bool {
    let Some((_, rest)) = arn.split_once(":assumed-role/") else { return false };
    let (name, session_name) = rest.split_once('/').unwrap_or((rest, ""));
    role.ends_with(&format!("/{name}"))
        && session_name == session
        && arn_account(role) == arn_account(arn)
}

/// The nodes with their ancestors and at most `most` descendants each.
pub fn with_relatives(lineage: &Lineage<'_>, nodes: &[Node], most: usize) -> BTreeSet<Node> {
    let mut found: BTreeSet<Node> = nodes.iter().copied().collect();
    for node in nodes {
        found.extend(lineage.origin_of(*node).links.iter().map(|link| link.parent));
        found.extend(lineage.descendants(*node, most.min(MOST_DESCENDANTS)));
    }
    found
}

/// Sessions as rows, made one at a time.
pub struct SessionRows<'c, 'a> {
    cx: &'c Cx<'a>,
    nodes: Vec<Node>,
    uses: HashMap<Sym, Use>,
    endpoints: Vec<Endpoints>,
}

impl<'c, 'a> SessionRows<'c, 'a> {
    /// Rows of the `selected` nodes, or of all, by first use or issue, then by id.
    pub fn new(cx: &'c Cx<'a>, selected: Option<&BTreeSet<Node>>) -> SessionRows<'c, 'a> {
        let lineage = &cx.lineage;
        let mut nodes: Vec<Node> = match selected {
            Some(selected) => selected.iter().copied().collect(),
            None => lineage.nodes().collect(),
        };
        let used_keys: HashSet<Sym> = nodes.iter().flat_map(|node| keys(lineage, *node)).collect();
        let uses = uses(cx, |key| used_keys.contains(&key));
        nodes.sort_by_cached_key(|node| (begin(lineage, &uses, *node), id(lineage, *node)));
        let mut items: HashMap<Sym, Vec<u32>> = HashMap::new();
        for (node, n) in nodes.iter().zip(0u32..) {
            for key in keys(lineage, *node) {
                items.entry(key).or_default().push(n);
            }
        }
        let endpoints = endpoints(cx, nodes.len(), |key| items.get(&key).map(Vec::as_slice));
        SessionRows { cx, nodes, uses, endpoints }
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = Session> {
        let rows = self.nodes.iter().zip(&self.endpoints);
        rows.map(|(node, endpoints)| self.row(*node, endpoints))
    }

    fn row(&self, node: Node, endpoints: &Endpoints) -> Session {
        let (cx, lineage) = (self.cx, &self.cx.lineage);
        let text = |sym: Sym| cx.text(sym).to_string();
        let link = lineage.parent(node);
        let way = lineage.origin_of(node);
        let used = keys(lineage, node).filter_map(|key| self.uses.get(&key).copied());
        let used = used.reduce(Use::merged);
        let principal = cx.text(lineage.principal(node));
        let issue = Issue::new(lineage, node);
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
            addresses: endpoints.addresses.iter().map(|a| text(*a)).collect(),
            services: endpoints
                .services
                .iter()
                .map(|s| service_name(cx.text(*s)).to_string())
                .collect(),
            mfa: match node {
                Node::Key(key) => lineage.session(key).and_then(|s| s.mfa),
                Node::Console(number) => lineage.console(number).and_then(|c| c.mfa),
            },
            source_identity: match node {
                Node::Key(key) => text(lineage.session(key).map_or(0, |s| s.source_identity)),
                Node::Console(_) => String::new(),
            },
            origin: origin_start(lineage, &way),
            contested: matches!(node, Node::Key(key) if lineage.session(key).is_some_and(|s| s.contested)),
        }
    }
}

/// Who issued a node without a parent, how, when and from where.
#[derive(Default)]
struct Issue {
    by: String,
    how: String,
    from: String,
    at: Option<i64>,
}

impl Issue {
    fn new(lineage: &Lineage<'_>, node: Node) -> Issue {
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
        let Some(session) = lineage.session(key) else {
            return Issue::of_created_key(lineage, key);
        };
        let called = session.caller.map_or("", |caller| lineage.text(caller.how));
        let how = match root {
            Root::Instance { .. } => "instance",
            Root::Service { .. } | Root::Forwarded { .. } => "service",
            _ => called,
        };
        let at = if session.issued_at == 0 { session.created } else { session.issued_at };
        let by = match root {
            Root::Service { .. } | Root::Instance { .. } | Root::Forwarded { .. } => {
                describe_root(root)
            }
            _ => text(if session.parent == 0 { session.issuer } else { session.parent }),
        };
        Issue { by, how: how.to_string(), from: text(session.issued_to), at: Some(at) }
    }

    fn of_created_key(lineage: &Lineage<'_>, key: Sym) -> Issue {
        let Some(created) = lineage.creation(key) else { return Issue::default() };
        let caller = lineage.caller(created.caller);
        let text = |sym: Sym| lineage.text(sym).to_string();
        Issue {
            by: text(caller.principal),
            how: text(caller.how),
            from: text(caller.source),
            at: Some(created.at),
        }
    }
}

/// The keys whose calls are the node's. A console session has only the keys of its pages.
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
    used.or_else(issued).or_else(|| Issue::new(lineage, node).at).unwrap_or(0)
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

/// Rows of the findings' keys with their ancestors and descendants.
pub fn rows_of_findings(cx: &Cx<'_>, findings: &[Finding]) -> Vec<Session> {
    let own = findings.iter().map(|f| &f.who.access_key);
    let scopes = findings.iter().flat_map(|f| &f.scopes).flat_map(|scope| &scope.access_keys);
    let keys: BTreeSet<Sym> = own.chain(scopes).filter_map(|key| cx.names.find(key)).collect();
    let nodes: Vec<Node> = keys.into_iter().filter(|key| *key != 0).map(Node::Key).collect();
    if nodes.is_empty() {
        return Vec::new();
    }
    let selected = with_relatives(&cx.lineage, &nodes, MOST_OF_A_FINDING);
    SessionRows::new(cx, Some(&selected)).iter().collect()
}

/// Sessions that were issued and never used, earliest first; only those of `selected` callers, if given.
pub fn unused_sessions(cx: &Cx<'_>, selected: Option<&BTreeSet<Node>>) -> Vec<UnusedSessions> {
    let lineage = &cx.lineage;
    let text = |sym: Sym| cx.text(sym).to_string();
    let is_selected =
        |key: Sym| selected.is_none_or(|nodes| key != 0 && nodes.contains(&Node::Key(key)));
    let all = cx.rollups.sessions.unused.iter().map(|u| (u, lineage.caller(u.caller)));
    all.filter(|(_, caller)| is_selected(caller.access_key))
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
