//! Imports make no circles: the file graph of `src`, built from `use` lines and paths.
//!
//! A file depends on the file that defines what it names, seen through re-exports. A child may use its ancestors
//! (a folder's `mod.rs` defines what its files share), so those edges do not count. Two files may use each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::tidy::code;

/// Files that one circle may have.
const MOST: usize = 2;

/// A module path below the crate: `["case", "manifest"]`. The crate itself is empty.
type Path = Vec<String>;

/// What a module's file names.
#[derive(Default)]
struct Module {
    file: String,
    /// What `use` binds: the name in this module, and the path it stands for.
    bound: BTreeMap<String, Path>,
    /// `use x::*`.
    globs: Vec<Path>,
    /// Every path that the file names, absolute.
    named: BTreeSet<Path>,
}

fn module_path(file: &str) -> Path {
    let inside = file.strip_prefix("src/").unwrap().strip_suffix(".rs").unwrap();
    let mut path: Path = inside.split('/').map(str::to_string).collect();
    if matches!(path.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        path.pop();
    }
    path
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The text without what stands in quotes, which may look like code.
fn without_texts(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(at) = rest.find(['"', '\'']) {
        out.push_str(&rest[..at]);
        let quoted = &rest[at..];
        let skipped = if let Some(inside) = quoted.strip_prefix('\'') {
            // A character, else a lifetime.
            let mut chars = inside.chars();
            match (chars.next(), chars.next()) {
                (Some('\\'), _) => quoted[3..].find('\'').map_or(1, |end| end + 4),
                (Some(c), Some('\'')) => c.len_utf8() + 2,
                _ => 1,
            }
        } else {
            let hashes = out.len() - out.trim_end_matches('#').len();
            let raw = out.trim_end_matches('#').ends_with('r');
            let end = if raw { format!("\"{}", "#".repeat(hashes)) } else { "\"".to_string() };
            let mut from = 1;
            loop {
                let Some(found) = quoted[from..].find(&end) else { break quoted.len() };
                let body = &quoted[1..from + found];
                let escapes = body.len() - body.trim_end_matches('\\').len();
                if raw || escapes.is_multiple_of(2) {
                    break from + found + end.len();
                }
                from += found + 1;
            }
        };
        out.push(' ');
        rest = &quoted[skipped..];
    }
    out + rest
}

/// The leaves of a `use` tree: path segments and the name that is bound.
fn leaves(tree: &str, prefix: &[String], out: &mut Vec<(Path, String)>) {
    let tree = tree.trim();
    if let Some(open) = tree.find('{') {
        let close = tree.rfind('}').unwrap_or(tree.len());
        let mut path = prefix.to_vec();
        path.extend(segments(&tree[..open]));
        let (mut depth, mut from) = (0, open + 1);
        for (at, c) in tree[..close].char_indices().skip_while(|(at, _)| *at <= open) {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    leaves(&tree[from..at], &path, out);
                    from = at + 1;
                }
                _ => {}
            }
        }
        leaves(&tree[from..close], &path, out);
    } else if !tree.is_empty() {
        let (text, alias) = tree.split_once(" as ").map_or((tree, None), |(t, a)| (t, Some(a)));
        let mut path = prefix.to_vec();
        path.extend(segments(text));
        if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
            path.pop();
        }
        let name = alias.map_or_else(|| path.last().cloned().unwrap_or_default(), str::to_string);
        out.push((path, name.trim().to_string()));
    }
}

fn segments(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split("::").map(|s| s.trim().to_string()).filter(|s| !s.is_empty())
}

/// A path as written in `module`, from the crate's root; none for another crate's.
fn absolute(path: &[String], module: &[String], modules: &BTreeSet<Path>) -> Option<Path> {
    let mut base: Path = module.to_vec();
    let mut rest = path;
    match path.first()?.as_str() {
        "crate" => {
            base.clear();
            rest = &path[1..];
        }
        "self" => rest = &path[1..],
        "super" => {
            while rest.first().is_some_and(|s| s == "super") {
                base.pop()?;
                rest = &rest[1..];
            }
        }
        first => {
            // A child of this module, or another crate.
            base.push(first.to_string());
            if !modules.contains(&base) {
                return None;
            }
            base.pop();
        }
    }
    base.extend(rest.iter().cloned());
    Some(base)
}

/// Paths that code names outside `use`: `crate::a::b`, `super::c`, and `child::d` in the child's parent.
fn paths_in(code: &str) -> Vec<Path> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find("::") {
        let head = rest[..at]
            .rfind(|c| !is_word(c))
            .map_or(0, |n| n + rest[n..].chars().next().map_or(1, char::len_utf8));
        let mut path = vec![rest[head..at].to_string()];
        rest = &rest[at..];
        while let Some(next) = rest.strip_prefix("::") {
            let end = next.find(|c| !is_word(c)).unwrap_or(next.len());
            rest = next;
            if end == 0 {
                break;
            }
            path.push(next[..end].to_string());
            rest = &next[end..];
        }
        if path.iter().all(|s| !s.is_empty()) {
            found.push(path);
        }
    }
    found
}

/// Reads every module's `use` lines and paths.
fn modules(files: &BTreeMap<String, String>) -> BTreeMap<Path, Module> {
    let known: BTreeSet<Path> = files.keys().map(|file| module_path(file)).collect();
    let mut modules = BTreeMap::new();
    for (file, text) in files.iter().filter(|(name, _)| *name != "src/main.rs") {
        let own = module_path(file);
        let mut module = Module { file: file.clone(), ..Module::default() };
        let text = without_texts(text);
        let mut body = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find("use ") {
            let before = rest[..at].chars().next_back();
            if before.is_some_and(is_word) {
                body.push_str(&rest[..at + 4]);
                rest = &rest[at + 4..];
                continue;
            }
            body.push_str(&rest[..at]);
            let end = rest[at..].find(';').map_or(rest.len(), |n| at + n);
            let mut found = Vec::new();
            leaves(&rest[at + 4..end], &[], &mut found);
            for (path, name) in found {
                let Some(mut path) = absolute(&path, &own, &known) else { continue };
                if path.last().is_some_and(|last| last == "*") {
                    path.pop();
                    module.globs.push(path.clone());
                } else {
                    module.bound.insert(name, path.clone());
                }
                module.named.insert(path);
            }
            rest = &rest[end..];
        }
        body.push_str(rest);
        for path in paths_in(&body) {
            // A path may begin with a name that `use` bound: `step::find`.
            let head = module.bound.get(&path[0]).cloned();
            let path = match head {
                Some(head) => Some(head.into_iter().chain(path[1..].iter().cloned()).collect()),
                None => absolute(&path, &own, &known),
            };
            module.named.extend(path);
        }
        modules.insert(own, module);
    }
    modules
}

/// The module that defines what `path` names, through re-exports.
fn defined_in(path: &[String], modules: &BTreeMap<Path, Module>, depth: usize) -> Option<Path> {
    let at = (0..=path.len()).rev().find(|n| modules.contains_key(&path[..*n]))?;
    let owner = path[..at].to_vec();
    let Some(name) = path.get(at) else { return Some(owner) };
    if depth == 0 {
        return Some(owner);
    }
    let module = &modules[&owner];
    if let Some(target) = module.bound.get(name).filter(|target| **target != path[..=at]) {
        let full: Path = target.iter().chain(&path[at + 1..]).cloned().collect();
        return defined_in(&full, modules, depth - 1);
    }
    Some(owner)
}

/// Which file uses which, by name. A child's use of an ancestor is left out.
fn graph(files: &BTreeMap<String, String>) -> BTreeMap<String, BTreeSet<String>> {
    let modules = modules(files);
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (own, module) in &modules {
        for path in &module.named {
            let Some(target) = defined_in(path, &modules, 8) else { continue };
            if !own.starts_with(&target) {
                edges.entry(module.file.clone()).or_default().insert(modules[&target].file.clone());
            }
        }
    }
    edges
}

/// Groups of files that reach each other.
fn circles(edges: &BTreeMap<String, BTreeSet<String>>) -> Vec<BTreeSet<String>> {
    let reach = |from: &str| {
        let mut seen = BTreeSet::new();
        let mut open = vec![from.to_string()];
        while let Some(file) = open.pop() {
            for next in edges.get(&file).into_iter().flatten() {
                if seen.insert(next.clone()) {
                    open.push(next.clone());
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&String, BTreeSet<String>> =
        edges.keys().map(|file| (file, reach(file))).collect();
    let mut groups: BTreeSet<BTreeSet<String>> = BTreeSet::new();
    for (file, all) in &reached {
        let back = |other: &&String| reached.get(other).is_some_and(|r| r.contains(*file));
        let group: BTreeSet<String> = all.iter().filter(back).cloned().collect();
        if group.len() > 1 {
            groups.insert(group);
        }
    }
    groups.into_iter().collect()
}

#[test]
fn imports_make_no_circles() {
    let edges = graph(&code());
    assert!(edges.len() > 100, "the graph is too small: {}", edges.len());
    let mut wrong = Vec::new();
    for circle in circles(&edges).iter().filter(|circle| circle.len() > MOST) {
        wrong.push(format!("a circle of {} files:", circle.len()));
        for from in circle {
            for to in edges[from].intersection(circle) {
                wrong.push(format!("    {from} -> {to}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_graph_sees_through_re_exports() {
    let files = [
        ("src/lib.rs", "pub mod a; pub mod b;"),
        ("src/a/mod.rs", "mod x;\nmod y;\npub use x::X;\npub struct Own;"),
        ("src/a/x.rs", "use super::y::Y;\nuse super::Own;\npub struct X(Y);"),
        ("src/a/y.rs", "use crate::b::{self, B as Other};\nfn f() { b::c::g(); super::Own }"),
        (
            "src/b/mod.rs",
            "pub mod c;\npub use self::c::C as B;\nconst T: &str = \"crate::a::x::X\";",
        ),
        ("src/b/c.rs", "pub struct C;\nfn g<'a>(x: &'a str) { let _ = crate::a::X; }"),
    ];
    let files = files.iter().map(|(n, t)| ((*n).to_string(), (*t).to_string())).collect();
    let edges = graph(&files);
    let list: Vec<String> = edges
        .iter()
        .flat_map(|(from, all)| {
            all.iter().map(move |to| format!("{from} {to}").replace("src/", ""))
        })
        .collect();
    let wanted = [
        "a/mod.rs a/x.rs",
        "a/x.rs a/y.rs",
        "a/y.rs b/c.rs",
        "a/y.rs b/mod.rs",
        "b/c.rs a/x.rs",
        "b/mod.rs b/c.rs",
    ];
    assert_eq!(list, wanted);
    let found = circles(&edges);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].len(), 4, "{found:?}");
}
