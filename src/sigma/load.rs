//! Rule texts as documents, with `action: global`, `reset` and `repeat` worked out.
//!
//! Facts: Sigma specification 1.0, "Rule collections". Version 2 has no actions, and many files
//! still use them.

use super::problem::{Fault, Faults, Problem};
use super::yaml::{self, Entry, Node, Yaml};

/// One document: a rule, a correlation or a filter.
#[derive(Debug)]
pub struct Document {
    pub file: String,
    pub node: Node,
    pub faults: Faults,
}

/// A stretch of a file that is no document at all.
#[derive(Debug)]
pub struct Unread {
    pub file: String,
    pub fault: Fault,
}

/// Reads a file's documents. A document that is not YAML does not spoil the ones after it.
pub fn load(file: &str, text: &str) -> (Vec<Document>, Vec<Unread>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut actions = Actions::default();
    let mut documents = Vec::new();
    let mut unread = Vec::new();
    for (first, chunk) in chunks(text) {
        let (parsed, fault) = yaml::parse(chunk, first);
        for one in parsed {
            let mut faults = one.faults;
            if one.node.yaml == Yaml::Null {
                continue;
            }
            if !matches!(one.node.yaml, Yaml::Map(_)) {
                let what = format!("a rule is a map, and this is {}", one.node.kind());
                unread.push(Unread { file: file.to_owned(), fault: Fault::new(one.node.at, what) });
                continue;
            }
            if let Some(node) = actions.apply(one.node, &mut faults) {
                documents.push(Document { file: file.to_owned(), node, faults });
            } else if !faults.0.is_empty() {
                unread.extend(
                    faults.0.into_iter().map(|fault| Unread { file: file.to_owned(), fault }),
                );
            }
        }
        unread.extend(fault.map(|fault| Unread { file: file.to_owned(), fault }));
    }
    (documents, unread)
}

/// The parts of a text between its `---` lines, each with the number of its first line. A line that
/// begins so is a document marker wherever it stands (YAML 1.2.2, 9.1.2).
fn chunks(text: &str) -> Vec<(u32, &str)> {
    let mut parts = Vec::new();
    let (mut start, mut first, mut offset) = (0, 1, 0);
    for (line, number) in text.split_inclusive('\n').zip(1u32..) {
        let marker = line
            .strip_prefix("---")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']));
        if marker && offset > start {
            parts.push((first, &text[start..offset]));
            (start, first) = (offset, number);
        }
        offset += line.len();
    }
    parts.push((first, &text[start..]));
    let blank = |line: &str| {
        let line = line.trim();
        line.is_empty() || line.starts_with(['#', '%'])
    };
    parts.retain(|(_, part)| !part.lines().all(blank));
    parts
}

#[derive(Default)]
struct Actions {
    global: Option<Node>,
    last: Option<Node>,
}

impl Actions {
    /// The document with what earlier ones lend it, or nothing where it only lends.
    fn apply(&mut self, mut node: Node, faults: &mut Faults) -> Option<Node> {
        let action = take(&mut node, "action");
        let name = action.as_ref().and_then(Node::text);
        match name {
            Some("global") => {
                self.global = Some(match self.global.take() {
                    Some(before) => merged(before, node),
                    None => node,
                });
                return None;
            }
            Some("reset") => {
                self.global = None;
                let only_the_action = node.entries().is_empty();
                if only_the_action {
                    return None;
                }
            }
            Some("repeat") => match self.last.clone() {
                Some(before) => node = merged(before, node),
                None => faults.error(node.at, "`action: repeat` with no document before it"),
            },
            _ => {
                if let Some(action) = action {
                    faults.error(action.at, "an action is `global`, `reset` or `repeat`");
                }
                if let Some(global) = self.global.clone() {
                    node = merged(global, node);
                }
            }
        }
        self.last = Some(node.clone());
        Some(node)
    }
}

fn take(node: &mut Node, key: &str) -> Option<Node> {
    let Yaml::Map(entries) = &mut node.yaml else { return None };
    let position = entries.iter().position(|entry| entry.key == key)?;
    Some(entries.remove(position).value)
}

/// `over` laid on `base`: maps are joined, anything else is replaced.
fn merged(base: Node, over: Node) -> Node {
    let (Yaml::Map(mut entries), Yaml::Map(new)) = (base.yaml, over.yaml.clone()) else {
        return over;
    };
    for entry in new {
        match entries.iter().position(|have| have.key == entry.key) {
            Some(position) => {
                let old = entries.remove(position);
                let value = merged(old.value, entry.value);
                entries.insert(position, Entry { value, ..entry });
            }
            None => entries.push(entry),
        }
    }
    Node { at: over.at, yaml: Yaml::Map(entries) }
}

/// Faults of a stretch that was not read, as problems.
impl From<Unread> for Problem {
    fn from(unread: Unread) -> Problem {
        let Unread { file, fault } = unread;
        let Fault { at, severity, what } = fault;
        Problem { file, line: at.line, column: at.column, severity, what }
    }
}
