//! Rendering lives in `src/report` alone: a command hands it a typed value.

use std::collections::BTreeMap;

use crate::tidy::code;

/// What only a file that renders needs: it writes lines, draws tables, cleans log text or makes JSON.
const RENDERS: [&str; 10] = [
    "writeln!",
    "write!(",
    "write_all",
    "to_writer",
    "Table::new",
    "comfy_table",
    "ui::table",
    "sanitize",
    "SafeJson",
    "json!(",
];

/// Files of commands that render. `completions.rs` passes on what clap has written.
fn commands_that_render(code: &BTreeMap<String, String>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, text) in code {
        let Some(inside) = name.strip_prefix("src/cli/commands/") else { continue };
        if inside == "completions.rs" {
            continue;
        }
        let words = RENDERS.iter().filter(|word| text.contains(**word));
        wrong.extend(words.map(|word| format!("{name}: {word} belongs to src/report")));
    }
    wrong
}

#[test]
fn commands_do_not_render() {
    assert_eq!(commands_that_render(&code()), Vec::<String>::new());
    let sample = [
        ("src/cli/commands/x.rs", "let t = Table::new([]);\nwriteln!(out, \"{t}\")"),
        ("src/cli/commands/y/mod.rs", "use crate::ui::sanitize::clean;"),
        ("src/cli/commands/z.rs", "format.render(&document, &mut out, &options)?;"),
        ("src/report/x.rs", "writeln!(out)"),
    ];
    let sample = sample.map(|(name, text)| (name.to_string(), text.to_string())).into();
    assert_eq!(
        commands_that_render(&sample),
        [
            "src/cli/commands/x.rs: writeln! belongs to src/report",
            "src/cli/commands/x.rs: Table::new belongs to src/report",
            "src/cli/commands/y/mod.rs: sanitize belongs to src/report",
        ]
    );
}
