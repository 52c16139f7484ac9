//! YAML text as a tree whose every node knows its line and column.
//!
//! Plain scalars follow the YAML 1.2 core schema: `yes` and `no` are text. A number keeps its
//! spelling, so an account id with leading zeros stays whole. Nesting and the size that aliases may
//! grow to are bounded.

use std::collections::HashMap;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use super::problem::{At, Fault, Faults};

/// How deep a document may nest.
const DEPTH: usize = 64;
/// How many nodes a document may hold once its aliases are written out.
const NODES: usize = 200_000;

#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub at: At,
    pub yaml: Yaml,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Yaml {
    Null,
    Bool(bool),
    /// As it is spelled.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub key: String,
    pub at: At,
    pub value: Node,
}

impl Node {
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The members of a map. Nothing where this is no map.
    pub fn entries(&self) -> &[Entry] {
        if let Yaml::Map(entries) = &self.yaml { entries } else { &[] }
    }

    /// A list's items, or the value itself where it is no list.
    pub fn items(&self) -> &[Node] {
        if let Yaml::List(items) = &self.yaml { items } else { std::slice::from_ref(self) }
    }

    /// A scalar as text. Nothing for null, lists and maps.
    pub fn text(&self) -> Option<&str> {
        match &self.yaml {
            Yaml::Text(text) | Yaml::Number(text) => Some(text),
            Yaml::Bool(true) => Some("true"),
            Yaml::Bool(false) => Some("false"),
            Yaml::Null | Yaml::List(_) | Yaml::Map(_) => None,
        }
    }

    /// What it is, for messages.
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

/// One document of a text, with what is wrong in it.
#[derive(Debug)]
pub struct Parsed {
    pub node: Node,
    pub faults: Faults,
}

/// Reads the documents of a text that begins on line `first` of its file. Stops at the first position
/// that is not YAML.
pub fn parse(text: &str, first: u32) -> (Vec<Parsed>, Option<Fault>) {
    let mut build = Build { first, ..Build::default() };
    let mut done = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = match event {
            Ok(found) => found,
            Err(error) => {
                let at = build.at(*error.marker());
                return (done, Some(Fault::new(at, format!("not YAML: {}", error.info()))));
            }
        };
        match build.take(event, span.start) {
            Ok(Some(parsed)) => done.push(parsed),
            Ok(None) => {}
            Err(fault) => return (done, Some(fault)),
        }
    }
    (done, None)
}

enum Frame {
    List(At, usize, Vec<Node>),
    Map(At, usize, Vec<Entry>, Option<(String, At)>),
}

#[derive(Default)]
struct Build {
    first: u32,
    stack: Vec<Frame>,
    root: Option<Node>,
    anchors: HashMap<usize, Node>,
    faults: Faults,
    count: usize,
}

impl Build {
    fn at(&self, mark: Marker) -> At {
        let line = u32::try_from(mark.line()).unwrap_or(u32::MAX).saturating_add(self.first);
        At { line: line.saturating_sub(1), column: u32::try_from(mark.col() + 1).unwrap_or(1) }
    }

    fn take(&mut self, event: Event<'_>, mark: Marker) -> Result<Option<Parsed>, Fault> {
        let at = self.at(mark);
        match event {
            Event::DocumentEnd => {
                self.anchors.clear();
                self.count = 0;
                let faults = std::mem::take(&mut self.faults);
                return Ok(self.root.take().map(|node| Parsed { node, faults }));
            }
            Event::Scalar(text, style, anchor, tag) => {
                let text_tag = tag.is_some_and(|tag| tag.suffix == "str");
                let plain = style == ScalarStyle::Plain && !text_tag;
                let yaml = if plain { scalar(&text) } else { Yaml::Text(text.into_owned()) };
                self.put(Node { at, yaml }, anchor)?;
            }
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor).cloned() else {
                    return Err(Fault::new(at, "an alias to a value that is not complete here"));
                };
                let (count, depth) = node.measure();
                self.count += count;
                if self.stack.len() + depth > DEPTH {
                    return Err(too_deep(at));
                }
                self.put(Node { at, ..node }, 0)?;
            }
            Event::SequenceStart(anchor, _) => {
                self.push(Frame::List(at, anchor, Vec::new()), at)?
            }
            Event::MappingStart(anchor, _) => {
                self.push(Frame::Map(at, anchor, Vec::new(), None), at)?;
            }
            Event::SequenceEnd | Event::MappingEnd => match self.stack.pop() {
                Some(Frame::List(at, anchor, items)) => {
                    self.put(Node { at, yaml: Yaml::List(items) }, anchor)?;
                }
                Some(Frame::Map(at, anchor, entries, _)) => {
                    let yaml = Yaml::Map(self.merge_keys(entries));
                    self.put(Node { at, yaml }, anchor)?;
                }
                None => {}
            },
            _ => {}
        }
        Ok(None)
    }

    fn push(&mut self, frame: Frame, at: At) -> Result<(), Fault> {
        if self.stack.len() >= DEPTH {
            return Err(too_deep(at));
        }
        self.stack.push(frame);
        Ok(())
    }

    fn put(&mut self, node: Node, anchor: usize) -> Result<(), Fault> {
        self.count += 1;
        if self.count > NODES {
            return Err(Fault::new(node.at, format!("more than {NODES} values in a document")));
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
                        self.faults.error(at, format!("`{name}` stands twice in this map"));
                    }
                    entries.push(Entry { key: name, at, value: node });
                }
                None => {
                    let name = if node.yaml == Yaml::Null { Some("null") } else { node.text() };
                    let Some(name) = name else {
                        let what = format!("a key must be text, and this is {}", node.kind());
                        return Err(Fault::new(node.at, what));
                    };
                    *key = Some((name.to_owned(), node.at));
                }
            },
        }
        Ok(())
    }

    /// Writes out `<<: *anchor`, which rule authors know from YAML 1.1.
    fn merge_keys(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        if entries.iter().all(|entry| entry.key != "<<") {
            return entries;
        }
        let (merges, mut own): (Vec<_>, Vec<_>) =
            entries.into_iter().partition(|entry| entry.key == "<<");
        for source in merges.iter().flat_map(|entry| entry.value.items()) {
            for entry in source.entries() {
                if own.iter().all(|have| have.key != entry.key) {
                    own.push(entry.clone());
                }
            }
        }
        own
    }
}

fn too_deep(at: At) -> Fault {
    Fault::new(at, format!("nested more than {DEPTH} deep"))
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
