//! The rules that the source tree keeps: layers, sizes, names, lists.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Every Rust file below these folders, by its path from the root, with its text.
fn files(folders: &[&str]) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for folder in folders {
        for entry in walkdir::WalkDir::new(Path::new(ROOT).join(folder)) {
            let entry = entry.unwrap();
            if entry.path().extension().is_some_and(|e| e == "rs") {
                let name = entry.path().strip_prefix(ROOT).unwrap().to_str().unwrap().to_string();
                let text = fs::read_to_string(entry.path()).unwrap();
                // A fuzz target is a test.
                files.insert(name, text.replace("#[cfg(any(test, fuzzing))]", "#[cfg(test)]"));
            }
        }
    }
    assert!(!files.is_empty(), "{folders:?}");
    files
}

fn all() -> BTreeMap<String, String> {
    files(&["src", "tests", "examples", "benches"])
}

/// The source without its test modules: `#[cfg(test)]` and what follows it in braces or up to `;`.
fn without_tests(name: &str, text: &str) -> String {
    let base = name.rsplit('/').next().unwrap_or(name);
    let tests = name.contains("/tests/") || base == "tests.rs";
    let declared_for_tests = test_modules().contains(&PathBuf::from(name));
    if tests || declared_for_tests {
        return String::new();
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("#[cfg(test)]") {
        out.push_str(&rest[..at]);
        rest = skip_item(&rest[at..]);
    }
    out + rest
}

/// What follows the item at the start of `text`.
fn skip_item(text: &str) -> &str {
    let open = text.find('{').unwrap_or(text.len());
    match text.find(';') {
        Some(end) if end < open => &text[end + 1..],
        // rustfmt ends an item of the top level with a bracket at the start of a line.
        _ => text.find("\n}").map_or("", |end| &text[end + 2..]),
    }
}

/// Files that are mounted by `#[cfg(test)] mod name;`.
fn test_modules() -> &'static BTreeSet<PathBuf> {
    static FOUND: OnceLock<BTreeSet<PathBuf>> = OnceLock::new();
    FOUND.get_or_init(find_test_modules)
}

fn find_test_modules() -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for (name, text) in files(&["src"]) {
        let path = Path::new(&name);
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let folder = match stem {
            "mod" | "lib" | "main" => path.parent().unwrap().to_path_buf(),
            _ => path.with_extension(""),
        };
        for part in text.split("#[cfg(test)]").skip(1) {
            let line = part.trim_start().lines().next().unwrap_or("");
            let module = line.strip_prefix("pub ").unwrap_or(line).strip_prefix("mod ");
            if let Some(module) = module.and_then(|m| m.strip_suffix(';')) {
                found.insert(folder.join(format!("{module}.rs")));
                found.insert(folder.join(module).join("mod.rs"));
            }
        }
    }
    found
}

/// The source without comments and doc comments.
fn without_comments(text: &str) -> String {
    let code = |line: &str| match line.find("//") {
        Some(at) if line[..at].matches('"').count().is_multiple_of(2) => line[..at].to_string(),
        _ => line.to_string(),
    };
    text.lines().map(code).collect::<Vec<_>>().join("\n")
}

/// Code that runs: no tests, no comments.
pub fn code() -> BTreeMap<String, String> {
    let strip = |(name, text): (String, String)| {
        let code = without_comments(&without_tests(&name, &text));
        (name, code)
    };
    files(&["src"]).into_iter().map(strip).collect()
}

/// The layer rule as `src/lib.rs` states it: groups of modules, from left to right.
fn layers() -> Vec<Vec<String>> {
    let lib = fs::read_to_string(Path::new(ROOT).join("src/lib.rs")).unwrap();
    let rule = lib.lines().find(|l| l.starts_with("//! `cli ")).expect("the layer rule");
    let rule = rule.trim_start_matches("//! `").trim_end_matches('`');
    rule.split(" → ").map(|g| g.split(" · ").map(str::to_string).collect()).collect()
}

/// The top-level modules that the code names: `use crate::x…`, `use crate::{x, …}`, `crate::x::y`.
fn named(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for part in code.split("crate::").skip(1) {
        if let Some(group) = part.strip_prefix('{') {
            let group = &group[..group.find("};").unwrap_or(group.len())];
            let mut depth = 0;
            let flat: String = group
                .chars()
                .filter(|c| {
                    depth += i32::from(*c == '{') - i32::from(*c == '}');
                    depth == 0
                })
                .collect();
            found.extend(flat.split(',').map(word).filter(|w| !w.is_empty()));
        } else {
            found.insert(word(part));
        }
    }
    found
}

fn word(text: &str) -> String {
    text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn imports_go_one_way() {
    let layers = layers();
    let rank: BTreeMap<&str, usize> = layers
        .iter()
        .enumerate()
        .flat_map(|(n, g)| g.iter().map(move |m| (m.as_str(), n)))
        .collect();
    let mut wrong = Vec::new();
    for (name, code) in code() {
        let inside = name.strip_prefix("src/").unwrap();
        let own = inside.split(['/', '.']).next().unwrap();
        if own == "lib" || own == "main" {
            continue;
        }
        let Some(from) = rank.get(own) else {
            wrong.push(format!("{name}: {own} has no layer"));
            continue;
        };
        for other in named(&code) {
            match rank.get(other.as_str()) {
                Some(to) if to > from || other == own => {}
                Some(_) => wrong.push(format!("{name} must not know {other}")),
                None => wrong.push(format!("{name}: `crate::{other}` is no module of a layer")),
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_module_has_a_layer() {
    let lib = fs::read_to_string(Path::new(ROOT).join("src/lib.rs")).unwrap();
    let modules: BTreeSet<String> = lib
        .lines()
        .filter_map(|l| {
            let module = l.strip_prefix("pub mod ").or(l.strip_prefix("pub(crate) mod "))?;
            module.strip_suffix(';').map(str::to_string)
        })
        .collect();
    let layered: BTreeSet<String> = layers().into_iter().flatten().collect();
    assert_eq!(modules, layered);
}

/// Words, and the places where they may stand.
const ONLY: [(&[&str], &[&str]); 10] = [
    (
        &["std::fs", "File::open", "OpenOptions"],
        &[
            "src/source/",
            "src/config/",
            "src/cli/",
            "src/analysis/rule_files.rs",
            "src/decode/archives.rs",
            "src/case/",
            "src/casework/",
            "src/impact/",
            "src/journal/",
            "src/playbook/load.rs",
            "src/rotate/",
            "src/state/",
        ],
    ),
    (&["polars"], &["src/rollup/", "src/engine/", "src/state/", "src/detect/"]),
    (&["println!", "print!", "eprint", "io::stderr"], &["src/ui/"]),
    (&["io::stdout"], &["src/ui/", "src/cli/commands/completions.rs"]),
    (&["clap::"], &["src/cli/"]),
    (&["ExitCode", "process::exit"], &["src/cli/", "src/main.rs"]),
    (&["env::var", "args_os", "env::args"], &["src/cli/"]),
    (&["aws_sdk", "aws_config", "aws_smithy", "tokio::"], &["src/cloud/"]),
    (&["postgres::", "rustls::"], &["src/impact/database/"]),
    (&["unsafe "], &["src/decode/inflate.rs", "src/main.rs"]),
];

#[test]
fn words_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for (name, code) in code() {
        for (words, places) in ONLY {
            let allowed = places.iter().any(|place| name.starts_with(place));
            for word in words.iter().filter(|word| !allowed && code.contains(**word)) {
                wrong.push(format!("{name}: {word}"));
            }
        }
        let opens = ["File::open", "fs::read", "File::create"].iter().any(|w| code.contains(w));
        if opens && name.starts_with("src/decode/") {
            wrong.push(format!("{name}: decode is given readers and opens nothing"));
        }
        // `ui::shell` quotes text and speaks to nobody either.
        if name.starts_with("src/casework/") && code.replace("ui::shell", "").contains("ui::") {
            wrong.push(format!("{name}: casework returns errors and speaks to nobody"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What a folder must not know, beyond what the layers say: the absences that `src/lib.rs` states.
const ABSENT: [(&str, &[&str]); 4] = [
    ("src/decode/", &["crate::sigma", "polars"]),
    ("src/detect/", &["crate::decode", "event::Event", "crate::report", "crate::engine"]),
    ("src/report/", &["polars", "crate::rollup::", "crate::cloud"]),
    ("src/step/", &["crate::journal", "prompt", "crate::execute", "crate::case"]),
];

#[test]
fn absences_hold() {
    let mut wrong = Vec::new();
    for (name, code) in code() {
        for (folder, words) in ABSENT.iter().filter(|(folder, _)| name.starts_with(folder)) {
            for word in words.iter().filter(|word| code.contains(**word)) {
                wrong.push(format!("{name}: {folder} knows no {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn files_are_short_and_say_what_they_are() {
    let mut wrong = Vec::new();
    for (name, text) in all() {
        let lines = text.lines().count();
        if lines > 400 {
            wrong.push(format!("{name}: {lines} lines, 400 at most"));
        }
        if !text.starts_with("//!") {
            wrong.push(format!("{name}: does not begin with `//!`"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_file_is_named_after_nothing() {
    for name in all().keys() {
        let stem = Path::new(name).file_stem().unwrap().to_str().unwrap();
        let vague = ["utils", "util", "helpers", "helper", "common", "misc", "lib2", "stuff"];
        assert!(!vague.contains(&stem), "{name}");
    }
}

#[test]
fn nothing_is_left_unfinished() {
    let words = ["todo!", "unimplemented!", "dbg!", "#[ignore", "FIXME"];
    let places = ["/work/", "/root/"];
    let mut wrong = Vec::new();
    for (name, text) in all() {
        if name == "tests/tidy.rs" {
            continue;
        }
        for word in words.iter().chain(&places).filter(|word| text.contains(**word)) {
            wrong.push(format!("{name}: {word}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_detector_is_named_as_its_file_and_listed_once() {
    let list = fs::read_to_string(Path::new(ROOT).join("src/detect/mod.rs")).unwrap();
    let listed = &list[list.find("pub const DETECTORS").expect("the list")..];
    let listed = &listed[..listed.find("];").unwrap()];
    let mut ids = BTreeSet::new();
    let detectors = code().into_iter().filter(|(name, _)| name.starts_with("src/detect/"));
    for (name, text) in detectors {
        let Some(meta) = text.split("static META: Meta").nth(1) else { continue };
        let id = meta.split("id: \"").nth(1).and_then(|t| t.split('"').next()).expect("an id");
        let inside = name.strip_prefix("src/detect/").unwrap();
        let module = inside.strip_suffix("/mod.rs").or(inside.strip_suffix(".rs")).unwrap();
        assert_eq!(module, id.replace(['.', '-'], "_"), "{name} declares {id}");
        assert!(ids.insert(id.to_string()), "{id} is declared twice");
        let lines = listed.lines().filter(|l| l.trim_start().starts_with(&format!("&{module}::")));
        assert_eq!(lines.count(), 1, "{module} stands once in DETECTORS");
    }
    let lines = listed.lines().filter(|l| l.trim_start().starts_with('&')).count();
    assert_eq!(lines, ids.len(), "every listed detector has a META");
    assert!(ids.len() >= 5);
}

#[test]
fn a_step_is_named_as_its_file_and_listed_once() {
    let list = fs::read_to_string(Path::new(ROOT).join("src/step/mod.rs")).unwrap();
    let listed = &list[list.find("pub fn all()").expect("the list")..];
    let mut ids = BTreeSet::new();
    for (name, text) in code().into_iter().filter(|(name, _)| name.starts_with("src/step/")) {
        let Some(meta) = text.split("static META: Meta").nth(1) else { continue };
        let id = meta.split("id: \"").nth(1).and_then(|t| t.split('"').next()).expect("an id");
        let module = name.strip_prefix("src/step/").unwrap().strip_suffix(".rs").unwrap();
        assert_eq!(module, id.replace(['.', '-'], "_"), "{name} declares {id}");
        assert!(ids.insert(id.to_string()), "{id} is declared twice");
        let lines = listed.lines().filter(|l| l.trim_start().starts_with(&format!("&{module}::")));
        assert_eq!(lines.count(), 1, "{module} stands once in the list");
    }
    assert!(ids.len() >= 20);
}

/// Modules of `src/step` that are steps, and files that name one of them other than the list.
fn steps_known_elsewhere(code: &BTreeMap<String, String>) -> Vec<String> {
    let steps: Vec<&str> = code
        .iter()
        .filter(|(_, text)| text.contains("static META: Meta"))
        .filter_map(|(name, _)| name.strip_prefix("src/step/")?.strip_suffix(".rs"))
        .collect();
    let names = |text: &str| -> BTreeSet<String> {
        text.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_string).collect()
    };
    let mut wrong = Vec::new();
    for (name, text) in code.iter().filter(|(name, _)| *name != "src/step/mod.rs") {
        let names = names(text);
        let known = steps.iter().filter(|step| names.contains(**step));
        wrong.extend(known.map(|step| format!("{name} must not know the step {step}")));
    }
    wrong
}

#[test]
fn a_step_is_imported_by_the_list_alone() {
    let code = code();
    let steps =
        code.iter().filter(|(n, t)| n.starts_with("src/step/") && t.contains("static META"));
    assert!(steps.count() >= 20);
    assert_eq!(steps_known_elsewhere(&code), Vec::<String>::new());
    let sample = [
        ("src/step/iam_x.rs", "static META: Meta = Meta { };"),
        ("src/step/iam_y.rs", "use super::iam_x; static META: Meta = Meta { };"),
        ("src/step/mechanism/z.rs", "use super::super::{iam_x_y, iam_y::STEP};"),
        ("src/step/mod.rs", "mod iam_x; mod iam_y;"),
    ];
    let sample = sample.map(|(name, text)| (name.to_string(), text.to_string())).into();
    assert_eq!(
        steps_known_elsewhere(&sample),
        [
            "src/step/iam_y.rs must not know the step iam_x",
            "src/step/mechanism/z.rs must not know the step iam_y"
        ]
    );
}

#[test]
fn every_test_file_is_mounted() {
    for name in files(&["tests"]).keys() {
        let (folder, module) = name.rsplit_once('/').unwrap();
        let module = module.trim_end_matches(".rs");
        if matches!(module, "main" | "mod") {
            continue;
        }
        let list = if folder == "tests" { "main.rs" } else { "mod.rs" };
        let list = fs::read_to_string(Path::new(ROOT).join(folder).join(list)).unwrap();
        let line = format!("mod {module};");
        assert!(list.lines().any(|l| l == line || l == format!("pub {line}")), "{name}");
    }
}

#[test]
fn the_rules_catch_what_they_are_for() {
    let names = named("use crate::{a, b::{c, d}};\nlet x = crate::e::F; pub(crate) fn g() {}");
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["a", "b", "e"]);
    let text = "a\n#[cfg(test)]\nmod t {\n    b\n}\nc\n#[cfg(test)]\nmod u;\nd";
    assert_eq!(without_tests("src/x.rs", text), "a\n\nc\n\nd");
    assert_eq!(without_comments("a // b\n\"//\" c\n//! d"), "a \n\"//\" c\n");
}
