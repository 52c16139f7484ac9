//! The acts that the built-in rules are about: the first record of each rule's fixtures.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Name and text of every built-in rule file, and its fixtures.
fn files() -> Vec<(String, String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(&root).sort_by_file_name() {
        let path = entry.unwrap().into_path();
        if path.extension().is_some_and(|e| e == "yml") {
            let name = path.strip_prefix(&root).unwrap().with_extension("");
            let text = fs::read_to_string(&path).unwrap();
            let name = name.to_str().unwrap().to_string();
            files.push((name, text, path.with_extension("fixtures.json")));
        }
    }
    files
}

/// Another user agent is another act.
fn is_about_the_agent(rule: &str) -> bool {
    rule.contains("userAgent")
}

/// Rules about the user agent itself.
pub fn about_the_agent() -> BTreeSet<String> {
    let about = files().into_iter().filter(|(_, text, _)| is_about_the_agent(text));
    about.map(|(name, ..)| name).collect()
}

/// One act for each rule that single records fire, but for rules about user agents.
pub fn all() -> Vec<Value> {
    let mut acts = Vec::new();
    for (_, rule, fixtures) in files() {
        if is_about_the_agent(&rule) || !fixtures.exists() {
            continue;
        }
        let fixtures: Value = serde_json::from_str(&fs::read_to_string(fixtures).unwrap()).unwrap();
        let first = &fixtures["fires"][0];
        if first.is_object() && first["eventVersion"].is_string() {
            acts.push(first.clone());
        }
    }
    assert!(acts.len() > 200, "{}", acts.len());
    acts
}
