//! Pages and blocks of the documents that are rendered from the program: compared, or written anew.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Mutex;

/// The command that writes every page and block anew.
const REFRESH: &str = "UPDATE_DOCS=1 cargo test --test main reference";

/// Several tests write blocks of one file.
static ONE_WRITER: Mutex<()> = Mutex::new(());

/// A page that consists of generated text alone.
#[track_caller]
pub fn page(path: &str, title: &str, body: &str) {
    let text = format!(
        "# {title}\n\n<!-- Generated from the program. Refresh: {REFRESH} -->\n\n{}\n",
        tidied(body)
    );
    compare(path, |_| text.clone());
}

/// The text between the markers `<!-- generated: NAME -->` and `<!-- end of generated -->` of a page.
#[track_caller]
pub fn block(path: &str, name: &str, body: &str) {
    let (begin, end) = (format!("<!-- generated: {name} -->\n"), "<!-- end of generated -->");
    let body = tidied(body);
    compare(path, |old| {
        let after = old.find(&begin).map(|at| at + begin.len());
        let after = after.unwrap_or_else(|| panic!("{path} has no marker {}", begin.trim_end()));
        let before_end = old[after..].find(end).map(|at| at + after);
        let before_end = before_end.unwrap_or_else(|| panic!("{path}: {name} has no end marker"));
        format!("{}{body}\n{}", &old[..after], &old[before_end..])
    });
}

/// Fails when the file is not what `render` makes of it; with `UPDATE_DOCS`, writes it.
#[track_caller]
fn compare(path: &str, render: impl Fn(&str) -> String) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let wanted = {
        let _guard = ONE_WRITER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let old = fs::read_to_string(&file).unwrap_or_default();
        let wanted = render(&old);
        if old == wanted {
            return;
        }
        if std::env::var_os("UPDATE_DOCS").is_some_and(|v| !v.is_empty() && v != "0") {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, wanted).unwrap();
            return;
        }
        first_difference(&old, &wanted)
    };
    panic!("{path} is stale at {wanted}\nRefresh the documents: {REFRESH}");
}

fn first_difference(old: &str, new: &str) -> String {
    let (mut old, mut new) = (old.lines(), new.lines());
    let mut number = 1;
    loop {
        match (old.next(), new.next()) {
            (Some(a), Some(b)) if a == b => number += 1,
            (a, b) => {
                let side = |line: Option<&str>| line.unwrap_or("(end of file)").to_string();
                return format!("line {number}:\n  page:    {}\n  program: {}", side(a), side(b));
            }
        }
    }
}

/// Without spaces at the ends of lines and blank lines at either end.
fn tidied(text: &str) -> String {
    let lines: Vec<&str> = text.trim_matches('\n').lines().map(str::trim_end).collect();
    lines.join("\n").trim_end().to_string()
}

/// A fenced block.
pub fn fenced(language: &str, text: &str) -> String {
    assert!(!text.contains("```"), "a fence within a fence: {text}");
    format!("```{language}\n{}\n```\n", tidied(text))
}

/// A table of Markdown; cells are escaped.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let out = format!("| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    out + &table_rows(rows)
}

/// The rows alone, for a table whose head stands in the page.
pub fn table_rows(rows: &[Vec<String>]) -> String {
    let mut out = String::new();
    for row in rows {
        let cells: Vec<String> =
            row.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
        writeln!(out, "| {} |", cells.join(" | ")).unwrap();
    }
    out
}
