//! Lists `rules/**/*.yml` with their texts and fixtures, so that a rule is one file and no code.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?);
    let root = root.join("rules");
    println!("cargo::rerun-if-changed=rules");
    let mut files = Vec::new();
    walk(&root, &mut files)?;
    files.sort();
    let mut code = String::from("&[\n");
    for file in files.iter().filter(|file| file.extension().is_some_and(|e| e == "yml")) {
        let name = file.strip_prefix(&root).map_err(io::Error::other)?;
        let name = name.to_string_lossy().replace('\\', "/");
        // By the folder at compile time: a build cache may serve clones in several folders.
        let include = |name: &str| {
            let path = format!("/rules/{name}");
            format!("include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {path:?}))")
        };
        let text = include(&name);
        let fixtures = match (name.strip_suffix(".yml"), file.with_extension("fixtures.json")) {
            (Some(stem), fixtures) if fixtures.exists() => {
                format!("Some({})", include(&format!("{stem}.fixtures.json")))
            }
            _ => "None".to_owned(),
        };
        // Writing to a String cannot fail.
        let _ =
            writeln!(code, "    File {{ name: {name:?}, text: {text}, fixtures: {fixtures} }},");
    }
    code.push_str("]\n");
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    fs::write(out.join("rules.rs"), code)
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
