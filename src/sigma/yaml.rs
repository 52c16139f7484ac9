//! Parses YAML into a tree in which every node has its line and column.
//!
//! Plain scalars follow the YAML 1.2 core schema: `yes` and `no` are text. A number keeps its spelling, so an
//! account id keeps its leading zeros. Nesting and the expansion of aliases are limited.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use super::problem::{Diagnostic, Diagnostics, Location};

/// How deep a document may be nested.
const DEPTH: usize = 64;
/// The most nodes of a document after its aliases are expanded.
const NODES: usize = 200_000;

#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub at: Location,
    pub yaml: Yaml,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Yaml {
    Null,
    Bool(bool),
    /// As written.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub key: String,
    pub at: Location,
    pub value: Node,
}

impl Node {
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The members of a map. Empty if this is not a map.
    pub fn entries(&self) -> &[Entry] {
        if let Yaml::Map(entries) = &self.yaml { entries } else { &[] }
    }

    /// The items of a list, or the value itself if it is not a list.
    pub fn items(&self) -> &[Node] {
        if let Yaml::List(items) = &self.yaml { items } else { std::slice::from_ref(self) }
    }

    /// A scalar as text. `None` for null, lists and maps.
    pub fn text(&self) -> Option<&str> {
        match &self.yaml {
            Yaml::Text(text) | Yaml::Number(text) => Some(text),
            Yaml::Bool(true) => Some("true"),
            Yaml::Bool(false) => Some("false"),
            Yaml::Null | Yaml::List(_) | Yaml::Map(_) => None,
        }
    }

    /// The kind of node, for error messages.
    pub fn kind(&self) -> &'static str {
        match self.yaml {
            Yaml::Null => "nothing",
            Yaml::Bool(_) => "true or false",
            Yaml::Number(_) => "a number",
            Yaml::Text(_) => "text",
            Yaml::List(_) => "a list",
            Yaml::Map(_) => "a map",
        }
    }

    fn measure(&self) -> (usize, usize) {
        let children: &mut dyn Iterator<Item = &Node> = match &self.yaml {
            Yaml::List(items) => &mut items.iter(),
            Yaml::Map(entries) => &mut entries.iter().map(|entry| &entry.value),
            _ => return (1, 0),
        };
        children
            .map(Node::measure)
            .fold((1, 1), |(count, depth), (c, d)| (count + c, depth.max(d + 1)))
    }
}

/// One document of a text, with its diagnostics.
#[derive(Debug)]
pub struct Parsed {
    pub node: Node,
    pub diagnostics: Diagnostics,
}

/// Parses the documents of a text that begins on line `first` of its file. Stops at the first invalid YAML.
pub fn parse(text: &str, first: u32) -> (Vec<Parsed>, Option<Diagnostic>) {
    let mut build = TreeBuilder { first, ..TreeBuilder::default() };
    let mut done = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = match event {
            Ok(found) => found,
            Err(error) => {
                let at = build.at(*error.marker());
                return (done, Some(Diagnostic::new(at, format!("not YAML: {}", error.info()))));
            }
        };
        match build.handle(event, span.start) {
            Ok(Some(parsed)) => done.push(parsed),
            Ok(None) => {}
            Err(diagnostic) => return (done, Some(diagnostic)),
        }
    }
    (done, None)
}

enum Frame {
    List(Location, usize, Vec<Node>),
    Map(Location, usize, Vec<Entry>, Option<(String, Location)>),
}

#[derive(Default)]
struct TreeBuilder {
    first: u32,
    stack: Vec<Frame>,
    root: Option<Node>,
    anchors: HashMap<usize, Node>,
    diagnostics: Diagnostics,
    count: usize,
}

impl TreeBuilder {
    fn at(&self, mark: Marker) -> Location {
        let line = u32::try_from(mark.line()).unwrap_or(u32::MAX).saturating_add(self.first);
        Location {
            line: line.saturating_sub(1),
            column: u32::try_from(mark.col() + 1).unwrap_or(1),
        }
    }

    fn handle(&mut self, event: Event<'_>, mark: Marker) -> Result<Option<Parsed>, Diagnostic> {
        let at = self.at(mark);
        match event {
            Event::DocumentEnd => {
                self.anchors.clear();
                self.count = 0;
                let diagnostics = std::mem::take(&mut self.diagnostics);
                return Ok(self.root.take().map(|node| Parsed { node, diagnostics }));
            }
            Event::Scalar(text, style, anchor, tag) => {
                let text_tag = tag.is_some_and(|tag| tag.suffix == "str");
                let plain = style == ScalarStyle::Plain && !text_tag;
                let yaml = if plain { scalar(&text) } else { Yaml::Text(text.into_owned()) };
                self.add(Node { at, yaml }, anchor)?;
            }
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor).cloned() else {
                    return Err(Diagnostic::new(
                        at,
                        "the alias refers to a value that is not complete yet",
                    ));
                };
                let (count, depth) = node.measure();
                self.count += count;
                if self.stack.len() + depth > DEPTH {
                    return Err(too_deep(at));
                }
                self.add(Node { at, ..node }, 0)?;
            }
            Event::SequenceStart(anchor, _) => {
                self.push(Frame::List(at, anchor, Vec::new()), at)?
            }
            Event::MappingStart(anchor, _) => {
                self.push(Frame::Map(at, anchor, Vec::new(), None), at)?;
            }
            Event::SequenceEnd | Event::MappingEnd => match self.stack.pop() {
                Some(Frame::List(at, anchor, items)) => {
                    self.add(Node { at, yaml: Yaml::List(items) }, anchor)?;
                }
                Some(Frame::Map(at, anchor, entries, _)) => {
                    let yaml = Yaml::Map(self.merge_keys(entries));
                    self.add(Node { at, yaml }, anchor)?;
                }
                None => {}
            },
            _ => {}
        }
        Ok(None)
    }

    fn push(&mut self, frame: Frame, at: Location) -> Result<(), Diagnostic> {
        if self.stack.len() >= DEPTH {
            return Err(too_deep(at));
        }
        self.stack.push(frame);
        Ok(())
    }

    fn add(&mut self, node: Node, anchor: usize) -> Result<(), Diagnostic> {
        self.count += 1;
        if self.count > NODES {
            return Err(Diagnostic::new(
                node.at,
                format!("more than {NODES} values in a document"),
            ));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(Frame::List(_, _, items)) => items.push(node),
            Some(Frame::Map(_, _, entries, key)) => match key.take() {
                Some((name, at)) => {
                    if name != "<<" && entries.iter().any(|entry| entry.key == name) {
                        self.diagnostics.error(at, format!("duplicate key `{name}`"));
                    }
                    entries.push(Entry { key: name, at, value: node });
                }
                None => {
                    let name = if node.yaml == Yaml::Null { Some("null") } else { node.text() };
                    let Some(name) = name else {
                        let what = format!("a key must be text, not {}", node.kind());
                        return Err(Diagnostic::new(node.at, what));
                    };
                    *key = Some((name.to_owned(), node.at));
                }
            },
        }
        Ok(())
    }

    /// Expands `<<: *anchor`, which rule authors know from YAML 1.1.
    fn merge_keys(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        if entries.iter().all(|entry| entry.key != "<<") {
            return entries;
        }
        let (merges, mut own): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|entry| entry.key == "<<");
        for source in merges.iter().flat_map(|entry| entry.value.items()) {
            for entry in source.entries() {
                if own.iter().all(|known| known.key != entry.key) {
                    own.push(entry.clone());
                }
            }
        }
        own
    }
}

fn too_deep(at: Location) -> Diagnostic {
    Diagnostic::new(at, format!("nested more than {DEPTH} deep"))
}

/// A plain scalar by the core schema (YAML 1.2.2, 10.3.2).
fn scalar(text: &str) -> Yaml {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Yaml::Null,
        "true" | "True" | "TRUE" => Yaml::Bool(true),
        "false" | "False" | "FALSE" => Yaml::Bool(false),
        _ if is_number(text) => Yaml::Number(text.to_owned()),
        _ => Yaml::Text(text.to_owned()),
    }
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.bytes().any(|b| b.is_ascii_digit())
        && text.parse::<f64>().is_ok()
}
