//! Splits rule texts into documents, and applies `action: global`, `reset` and `repeat`.
//!
//! Facts: Sigma specification 1.0, "Rule collections". Version 2 has no actions, but many files still use them.

use super::problem::{Diagnostic, Diagnostics, Problem};
use super::yaml::{self, Entry, Node, Yaml};

/// One document: a rule, a correlation or a filter.
#[derive(Debug)]
pub struct Document {
    pub file: String,
    pub node: Node,
    pub diagnostics: Diagnostics,
}

/// A part of a file that is not a document.
#[derive(Debug)]
pub struct UnreadPart {
    pub file: String,
    pub diagnostic: Diagnostic,
}

/// Reads a file's documents. One that is not YAML does not affect those after it.
pub fn load(file: &str, text: &str) -> (Vec<Document>, Vec<UnreadPart>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut actions = Actions::default();
    let mut documents = Vec::new();
    let mut unread = Vec::new();
    for (first, chunk) in chunks(text) {
        let (parsed, diagnostic) = yaml::parse(chunk, first);
        for one in parsed {
            let mut diagnostics = one.diagnostics;
            if one.node.yaml == Yaml::Null {
                continue;
            }
            if !matches!(one.node.yaml, Yaml::Map(_)) {
                let what = format!("a rule must be a map, not {}", one.node.kind());
                unread.push(UnreadPart {
                    file: file.to_owned(),
                    diagnostic: Diagnostic::new(one.node.at, what),
                });
                continue;
            }
            if let Some(node) = actions.apply(one.node, &mut diagnostics) {
                documents.push(Document { file: file.to_owned(), node, diagnostics });
            } else if !diagnostics.0.is_empty() {
                unread.extend(
                    diagnostics
                        .0
                        .into_iter()
                        .map(|diagnostic| UnreadPart { file: file.to_owned(), diagnostic }),
                );
            }
        }
        unread
            .extend(diagnostic.map(|diagnostic| UnreadPart { file: file.to_owned(), diagnostic }));
    }
    (documents, unread)
}

/// The parts of a text between its `---` lines, each with the number of its first line. A line that
/// begins with `---` is always a document marker (YAML 1.2.2, 9.1.2).
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
    /// The document merged with earlier ones. `None` if it only changes later ones.
    fn apply(&mut self, mut node: Node, diagnostics: &mut Diagnostics) -> Option<Node> {
        let action = remove_key(&mut node, "action");
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
                None => diagnostics.error(node.at, "`action: repeat` needs a document before it"),
            },
            _ => {
                if let Some(action) = action {
                    diagnostics.error(
                        action.at,
                        "unknown action (expected `global`, `reset` or `repeat`)",
                    );
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

fn remove_key(node: &mut Node, key: &str) -> Option<Node> {
    let Yaml::Map(entries) = &mut node.yaml else { return None };
    let position = entries.iter().position(|entry| entry.key == key)?;
    Some(entries.remove(position).value)
}

/// `over` merged into `base`: maps are merged, anything else is replaced.
fn merged(base: Node, over: Node) -> Node {
    let (Yaml::Map(mut entries), Yaml::Map(new)) = (base.yaml, over.yaml.clone()) else {
        return over;
    };
    for entry in new {
        match entries.iter().position(|known| known.key == entry.key) {
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

/// The diagnostic of a part that was not read, as a problem.
impl From<UnreadPart> for Problem {
    fn from(unread: UnreadPart) -> Problem {
        let UnreadPart { file, diagnostic } = unread;
        let Diagnostic { at, severity, what } = diagnostic;
        Problem { file, line: at.line, column: at.column, severity, what }
    }
}
