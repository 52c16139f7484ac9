//! What the documents say can be followed: links lead to files, and commands have the flags that they are shown with.

use std::fs;
use std::path::{Path, PathBuf};

use crate::reference::helps;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Every page, by its path from the root.
fn pages() -> Vec<(PathBuf, String)> {
    let top = fs::read_dir(ROOT).unwrap().map(|entry| entry.unwrap().path());
    let docs = walkdir::WalkDir::new(Path::new(ROOT).join("docs")).into_iter();
    let docs = docs.map(|entry| entry.unwrap().into_path());
    let pages: Vec<(PathBuf, String)> = top
        .chain(docs)
        .filter(|path| path.extension().is_some_and(|e| e == "md"))
        .map(|path| (path.clone(), fs::read_to_string(&path).unwrap()))
        .collect();
    assert!(pages.len() > 15, "{}", pages.len());
    pages
}

#[test]
fn links_lead_to_files() {
    let mut wrong = Vec::new();
    for (page, text) in pages() {
        for part in text.split("](").skip(1) {
            let target = part.split([')', '#']).next().unwrap();
            let outside = target.is_empty() || target.contains("://") || target.contains(' ');
            if !outside && !page.parent().unwrap().join(target).exists() {
                wrong.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The lines of `sh` blocks that run the program, without comments.
fn commands(text: &str) -> Vec<String> {
    let mut inside = false;
    let mut commands = Vec::new();
    for line in text.lines() {
        if let Some(language) = line.strip_prefix("```") {
            inside = language == "sh";
        } else if inside {
            let line = line.split(" #").next().unwrap();
            let parts =
                line.split('|').map(|part| part.trim().trim_start_matches("PGPASSWORD=... "));
            commands.extend(parts.filter(|p| p.starts_with("incident ")).map(str::to_string));
        }
    }
    commands
}

#[test]
fn commands_in_documents_exist() {
    let helps = helps();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (page, text) in pages() {
        for command in commands(&text) {
            seen += 1;
            let words: Vec<&str> = command.split_whitespace().skip(1).collect();
            let path = (1..=words.len().min(3)).rev().map(|n| words[..n].join(" "));
            let Some(help) = path.into_iter().find_map(|path| helps.get(&path)) else {
                wrong.push(format!("{}: {command}", page.display()));
                continue;
            };
            for flag in words.iter().filter(|word| word.starts_with('-') && word.len() > 1) {
                let known = |line: &str| line.split([' ', ',', '=']).any(|word| word == *flag);
                if !help.lines().any(known) {
                    wrong.push(format!("{}: {flag} in: {command}", page.display()));
                }
            }
        }
    }
    assert!(seen > 40, "{seen}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_readme_can_be_read_at_once() {
    let text = fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let lines = text.lines().count();
    assert!(lines <= 250, "README.md has {lines} lines: move a part to docs/");
}
