//! Groups sessions into the lines of the tree: sessions of one role that one caller requested share a line, except
//! those that stand out.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::super::text::list;
use super::super::text::short_name;
use super::origin::{describe_root, id, origin_start, session_name, short_principal, step};
use super::units::{NOTABLE, Units};
use super::uses::Use;
use crate::clock::plain;
use crate::finding::session::Branch;
use crate::rollup::Sym;
use crate::rollup::lineage::{How, Lineage, Missing, Node, Root};
use crate::ui::number::{counted, grouped};
use crate::ui::shell;

/// Sessions of one kind that are shown one by one.
const FEW: usize = 3;
/// Sessions that stand out, shown one by one among more than [`FEW`].
const MOST_UNITS: usize = 5;
/// Kinds below one session.
const MOST_GROUPS: usize = 12;
/// Kinds at the top.
const MOST_ROOTS: usize = 30;
/// Roles whose sessions were not used.
const MOST_UNUSED: usize = 6;
/// Levels of the tree.
const DEEPEST: usize = 16;

/// A branch before its use is described.
pub struct Draft {
    pub branch: Branch,
    pub below: Vec<Draft>,
    pub used: Option<Use>,
    /// Keys whose addresses and services are listed.
    pub keys: Vec<Sym>,
    /// A remark, in a line without a use to describe.
    pub plain: bool,
}

/// What sessions of one kind have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind<'r> {
    /// A long-term key, a line of its own.
    LongTermKey(Node),
    Consoles {
        principal: Sym,
    },
    Root {
        root: Root<'r>,
        principal: Sym,
    },
    Child {
        how: Sym,
        tag: u8,
        principal: Sym,
    },
}

pub struct Layout<'l, 'r> {
    pub lineage: &'l Lineage<'r>,
    pub units: &'l Units,
    pub all: bool,
    /// Nodes that the user chose.
    pub chosen: &'l [Node],
}

impl<'r> Layout<'_, 'r> {
    /// The trees, and how many are left out.
    pub fn roots(&self) -> (Vec<Draft>, u64) {
        let most = if self.all { usize::MAX } else { MOST_ROOTS };
        self.groups(&self.units.roots, 0, most)
    }

    fn groups(&self, units: &[Node], depth: usize, most: usize) -> (Vec<Draft>, u64) {
        let mut groups: BTreeMap<Kind<'r>, Vec<Node>> = BTreeMap::new();
        for unit in units {
            groups.entry(self.kind(*unit)).or_default().push(*unit);
        }
        let mut order: Vec<(Kind<'r>, Vec<Node>)> = groups.into_iter().collect();
        order.sort_by_cached_key(|(_, units)| {
            let events: u64 =
                units.iter().filter_map(|u| self.units.used(*u)).map(|u| u.events).sum();
            let best = units.iter().map(|u| self.units.score_of(*u)).max().unwrap_or(0);
            let first = units.iter().map(|u| id(self.lineage, *u)).min();
            (Reverse(best), Reverse(events), first)
        });
        let left_out = order.len().saturating_sub(most) as u64;
        let drafts = order.into_iter().take(most);
        let drafts = drafts.flat_map(|(kind, units)| self.group(kind, units, depth)).collect();
        (drafts, left_out)
    }

    /// One line for each of a few sessions; one for all of many, and below it those that stand out.
    fn group(&self, kind: Kind<'r>, mut units: Vec<Node>, depth: usize) -> Vec<Draft> {
        units.sort_by_cached_key(|u| {
            let used = self.units.used(*u);
            let events = used.map_or(0, |used| used.events);
            let first = used.map_or(i64::MAX, |used| used.first);
            (Reverse(self.units.score_of(*u)), Reverse(events), first, id(self.lineage, *u))
        });
        if units.len() <= FEW {
            return units.iter().map(|unit| self.unit(*unit, depth)).collect();
        }
        let stands_out =
            |u: &Node| self.all || self.is_chosen(*u) || self.units.score_of(*u) >= NOTABLE;
        let most = if self.all { usize::MAX } else { MOST_UNITS };
        let (shown, rest): (Vec<Node>, Vec<Node>) = units.iter().partition(|u| stands_out(u));
        let mut below: Vec<Draft> =
            shown.iter().take(most).map(|unit| self.unit(*unit, depth + 1)).collect();
        if shown.len() > most {
            let left = (shown.len() - most) as u64;
            let more = counted(left, "session more that stands", "sessions more that stand");
            below.push(note(format!("… and {more} out (--all)")));
        }
        if !rest.is_empty() && depth < DEEPEST {
            let children: Vec<Node> =
                rest.iter().flat_map(|u| self.units.children(*u)).copied().collect();
            below.extend(self.groups(&children, depth + 1, MOST_GROUPS).0);
        }
        let title = format!(
            "{}: {}",
            self.name(kind, units[0]),
            counted(units.len() as u64, "session", "sessions")
        );
        let used = units.iter().filter_map(|u| self.units.used(*u)).reduce(Use::merged);
        let keys = units.iter().flat_map(|u| self.units.keys(*u)).copied().collect();
        let branch = Branch { title, ..Branch::default() };
        vec![Draft { branch, below, used, keys, plain: false }]
    }

    fn unit(&self, unit: Node, depth: usize) -> Draft {
        let children = self.units.children(unit);
        let mut below = self.chosen_keys(unit);
        if depth >= DEEPEST && !children.is_empty() {
            let n = counted(children.len() as u64, "session", "sessions");
            let named = id(self.lineage, unit);
            let key = shell::word(&named).map_or_else(String::new, |key| format!(" (--key {key})"));
            below.push(note(format!("… {n} below{key}")));
        } else {
            let most = if self.all { usize::MAX } else { MOST_GROUPS };
            let (drafts, left_out) = self.groups(children, depth + 1, most);
            below.extend(drafts);
            if left_out > 0 {
                below.push(note(format!(
                    "… and sessions of {} (--all)",
                    counted(left_out, "more kind", "more kinds")
                )));
            }
        }
        below.extend(self.unused(unit));
        let branch = Branch {
            title: self.title(unit),
            details: self.issue(unit).into_iter().collect(),
            chosen: self.is_chosen(unit),
            ..Branch::default()
        };
        let (used, keys) = (self.units.used(unit), self.units.keys(unit).to_vec());
        Draft { branch, below, used, keys, plain: false }
    }

    fn is_chosen(&self, unit: Node) -> bool {
        self.chosen.contains(&unit)
    }

    /// Keys of the session that the user chose by id.
    fn chosen_keys(&self, unit: Node) -> Vec<Draft> {
        let keys = self.units.keys(unit).iter();
        let chosen =
            keys.filter(|key| Node::Key(**key) != unit && self.chosen.contains(&Node::Key(**key)));
        chosen
            .map(|key| Draft {
                branch: Branch {
                    title: format!("{}  a key of this session", self.lineage.text(*key)),
                    chosen: true,
                    ..Branch::default()
                },
                below: Vec::new(),
                used: None,
                keys: vec![*key],
                plain: false,
            })
            .collect()
    }

    /// `3 sessions issued and not used in these logs: AssumeRole admin (3)`.
    fn unused(&self, unit: Node) -> Option<Draft> {
        let mut groups: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        let keys = self.units.keys(unit).iter();
        for unused in keys.flat_map(|key| self.lineage.unused(Node::Key(*key))) {
            let caller = self.lineage.caller(unused.caller);
            let role = short_name(self.lineage.text(caller.role));
            *groups.entry((self.lineage.text(caller.how), role)).or_default() += unused.keys;
        }
        let all: u64 = groups.values().sum();
        if all == 0 {
            return None;
        }
        let mut most: Vec<_> = groups.into_iter().collect();
        most.sort_by_key(|(what, keys)| (Reverse(*keys), *what));
        let name = |((how, role), keys): &((&str, &str), u64)| {
            let times = if *keys == 1 { String::new() } else { format!(" ({})", grouped(*keys)) };
            format!("{how} {role}{times}")
        };
        let names: Vec<String> = most.iter().map(name).collect();
        let names = list(names.iter().map(String::as_str), MOST_UNUSED);
        let sessions = counted(all, "session", "sessions");
        Some(note(format!("{sessions} issued and not used in these logs: {names}")))
    }

    fn kind(&self, unit: Node) -> Kind<'r> {
        let principal = self.lineage.principal(unit);
        let is_key = matches!(unit, Node::Key(key) if self.lineage.is_long_term(key));
        if is_key {
            return Kind::LongTermKey(unit);
        }
        match self.lineage.parent(unit).map(|link| link.how) {
            Some(How::Call(how)) => Kind::Child { how, tag: 0, principal },
            Some(How::SigninToken) => Kind::Child { how: 0, tag: 1, principal },
            Some(How::Console | How::Forwarded(_)) => Kind::Child { how: 0, tag: 2, principal },
            None => match self.lineage.origin_of(unit).root {
                Root::Console { .. } => Kind::Consoles { principal },
                Root::Instance { id, certain, .. } => {
                    Kind::Root { root: Root::Instance { id, delivery: 0, certain }, principal }
                }
                Root::Unknown { by, why } => {
                    let why = match why {
                        Missing::BeforeLogs { .. } => Missing::BeforeLogs { created: 0 },
                        Missing::NotInLogs { .. } => Missing::NotInLogs { created: 0 },
                        other => other,
                    };
                    Kind::Root { root: Root::Unknown { by, why }, principal }
                }
                root => Kind::Root { root, principal },
            },
        }
    }

    /// The common name of the sessions of a kind.
    fn name(&self, kind: Kind<'r>, first: Node) -> String {
        let text = |sym: Sym| self.lineage.text(sym);
        match kind {
            Kind::LongTermKey(node) => self.title(node),
            Kind::Consoles { principal } => {
                format!("console sign-ins of {}", short_principal(text(principal)))
            }
            Kind::Root { root: Root::Unknown { by, why }, principal } => {
                let by = if by.is_empty() {
                    String::new()
                } else {
                    format!(", requested by {}", short_principal(by))
                };
                let why = match why {
                    Missing::BeforeLogs { .. } => "from before the logs",
                    Missing::NotInLogs { .. } => "whose start is not in these logs",
                    Missing::Circle => "in a circular chain",
                    Missing::TooLong => "in a chain too long to follow",
                };
                format!("{} {why}{by}", short_principal(text(principal)))
            }
            Kind::Root { root: root @ Root::Forwarded { .. }, .. } => describe_root(root),
            Kind::Root { root, principal } => {
                format!("{} as {}", describe_root(root), short_principal(text(principal)))
            }
            Kind::Child { .. } => match self.lineage.parent(first) {
                Some(link) => {
                    let how = match link.how {
                        How::Call(how) => text(how),
                        _ => "console",
                    };
                    format!("{how} {}", short_name(text(self.lineage.principal(first))))
                }
                None => short_principal(text(self.lineage.principal(first))),
            },
        }
    }

    /// The title of one session, id first.
    fn title(&self, unit: Node) -> String {
        let lineage = self.lineage;
        let id = id(lineage, unit);
        if let Some(link) = lineage.parent(unit) {
            return format!("{id}  {}", step(lineage, &link));
        }
        let principal = lineage.text(lineage.principal(unit));
        let way = lineage.origin_of(unit);
        match way.root {
            Root::LongTerm { .. } => {
                let account = crate::event::identity::arn_account(principal);
                let account =
                    if account.is_empty() { String::new() } else { format!(" ({account})") };
                format!("{id}  access key of {}{account}", short_principal(principal))
            }
            Root::Console { .. } => format!("{id}  {}", origin_start(lineage, &way)),
            root => {
                let session = match (session_name(lineage, unit), root) {
                    ("", _) | (_, Root::Instance { .. }) => String::new(),
                    (name, _) => format!(" (session {name})"),
                };
                format!("{id}  {}{session}: {}", short_principal(principal), describe_root(root))
            }
        }
    }

    /// `issued at … UTC to 198.51.100.7, with MFA`.
    fn issue(&self, unit: Node) -> Option<String> {
        let lineage = self.lineage;
        let link = lineage.parent(unit);
        let session = match unit {
            Node::Key(key) => lineage.session(key),
            Node::Console(_) => None,
        };
        let mut parts = Vec::new();
        if let Some(link) = link.filter(|link| link.at != 0) {
            let (verb, to) = match link.how {
                How::Call(how) if lineage.text(how) == "CreateAccessKey" => ("created", "from"),
                How::Call(_) if matches!(unit, Node::Key(_)) => ("issued", "to"),
                _ => ("signed in", "from"),
            };
            let to = match lineage.text(link.from) {
                "" => String::new(),
                from => format!(" {to} {from}"),
            };
            parts.push(format!("{verb} at {} UTC{to}", plain(link.at)));
        } else if let Some(session) = session.filter(|s| s.issued_at != 0) {
            let how = lineage.text(session.caller.map_or(0, |caller| caller.how));
            let to = lineage.text(session.issued_to);
            parts.push(format!("{how} at {} UTC from {to}", plain(session.issued_at)));
        }
        let console = match unit {
            Node::Console(number) if link.is_some() => lineage.console(number),
            _ => None,
        };
        match session.map_or(console.and_then(|c| c.mfa), |s| s.mfa) {
            Some(true) => parts.push("with MFA".to_string()),
            Some(false) if console.is_some() => parts.push("without MFA".to_string()),
            _ => {}
        }
        if let Some(session) = session {
            if session.source_identity != 0 {
                parts.push(format!("source identity {}", lineage.text(session.source_identity)));
            }
            if session.contested {
                parts.push(
                    "records disagree about who requested it; the earliest counts".to_string(),
                );
            }
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

fn note(title: String) -> Draft {
    let branch = Branch { title, ..Branch::default() };
    Draft { branch, below: Vec::new(), used: None, keys: Vec::new(), plain: true }
}
