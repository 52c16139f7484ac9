//! The documents that repeat the program are rendered from it: help, tables and transcripts.
//!
//! A test fails when a committed page is stale, and names the command that refreshes all of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::support::docs::{block, fenced, page, table, table_rows};
use crate::support::report::text;
use crate::support::run::NOW;
use crate::support::{Env, Run};

/// Lines of the analysis that the README shows.
const EXCERPT: usize = 25;

fn printed(args: &[&str]) -> String {
    let run = Env::new().run(args);
    assert_eq!(run.code, 0, "{args:?}: {}", run.stderr);
    run.stdout
}

/// The help of every command, by its path: "", "case", "case new".
pub fn helps() -> BTreeMap<String, String> {
    let mut helps = BTreeMap::new();
    let mut open = vec![String::new()];
    while let Some(path) = open.pop() {
        let mut args: Vec<&str> = path.split_whitespace().collect();
        args.push("--help");
        let help = printed(&args);
        for name in subcommands(&help) {
            open.push(format!("{path} {name}").trim_start().to_string());
        }
        helps.insert(path, help);
    }
    helps
}

/// The names in a help's list of commands.
fn subcommands(help: &str) -> Vec<&str> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let list = lines.take_while(|line| line.is_empty() || line.starts_with(' '));
    list.filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect()
}

/// What a help says in its first line.
fn summary(help: &str) -> String {
    help.lines().next().unwrap_or_default().to_string()
}

#[test]
fn command_line() {
    let helps = helps();
    assert!(helps.len() > 30, "{:?}", helps.keys());
    let name = |path: &str| format!("incident {path}").trim_end().to_string();
    let rows: Vec<Vec<String>> = helps
        .iter()
        .map(|(path, help)| {
            let name = name(path);
            let anchor = name.replace(' ', "-");
            vec![format!("[`{name}`](#{anchor})"), summary(help)]
        })
        .collect();
    let mut body = format!(
        "Every command and its help, as `--help` prints it.\n\n{}",
        table(&["command", "does"], &rows)
    );
    for (path, help) in &helps {
        write!(body, "\n## {}\n\n{}", name(path), fenced("text", help)).unwrap();
    }
    page("docs/reference/command-line.md", "Command line", &body);
}

#[test]
fn exit_codes() {
    let help = printed(&["--help"]);
    let (_, list) = help.split_once("Exit codes:").expect("the list of exit codes");
    let list = list.replace('\n', "  ");
    let rows: Vec<Vec<String>> = list
        .split("  ")
        .filter_map(|entry| entry.trim().split_once(' '))
        .map(|(code, meaning)| vec![code.to_string(), meaning.trim().to_string()])
        .collect();
    let codes: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(codes, ["0", "1", "2", "3", "4", "5", "6"], "{help}");
    block("README.md", "exit-codes", &table_rows(&rows));
}

/// The values that a help gives for `--format`.
fn formats_in(help: &str) -> Option<String> {
    let (_, rest) = help.split_once("--format <FORMAT>")?;
    let (_, rest) = rest.split_once("possible values: ")?;
    let (values, _) = rest.split_once(']')?;
    let values: Vec<String> = values
        .split(',')
        .map(|v| format!("`{}`", v.split_whitespace().collect::<String>()))
        .collect();
    Some(values.join(", "))
}

#[test]
fn formats() {
    let helps = helps();
    let rows: Vec<Vec<String>> = helps
        .iter()
        .filter_map(|(path, help)| Some(vec![format!("`incident {path}`"), formats_in(help)?]))
        .collect();
    assert!(rows.len() >= 8, "{rows:?}");
    let body = format!(
        "The values of `--format` by command. The first is the default.\n\n{}",
        table(&["command", "formats"], &rows)
    );
    page("docs/reference/formats.md", "Output formats", &body);
}

#[test]
fn detectors() {
    let detectors: Vec<_> = incident::detect::DETECTORS.iter().map(|d| d.meta()).collect();
    let rows: Vec<Vec<String>> =
        detectors.iter().map(|m| vec![format!("`{}`", m.id), m.finds.to_string()]).collect();
    block("README.md", "detectors", &table_rows(&rows));
    let mut body = table(&["detector", "finds"], &rows);
    let settings = settings_by_detector();
    for meta in detectors {
        write!(body, "\n## {}\n\n{}\n\n", meta.id, meta.finds).unwrap();
        write!(body, "Ordinary causes: {}\n\n", meta.ordinary).unwrap();
        if !meta.attack.is_empty() {
            write!(body, "MITRE ATT&CK: {}\n\n", meta.attack.join(", ")).unwrap();
        }
        if let Some(rows) = settings.get(meta.id) {
            body += &table(&["setting", "default", "unit", "meaning"], rows);
        }
    }
    page("docs/reference/detectors.md", "Detectors", &body);
}

/// One line of `config show --help-texts` and the meaning below it.
fn settings() -> Vec<Vec<String>> {
    let shown = printed(&["config", "show", "--help-texts"]);
    let lines: Vec<&str> = shown.lines().collect();
    let cells = |line: &str| -> Vec<String> {
        line.split("  ").map(str::trim).filter(|c| !c.is_empty()).map(str::to_string).collect()
    };
    lines
        .chunks(2)
        .map(|pair| {
            let cells = cells(pair[0]);
            let [key, value, between @ .., origin] = &cells[..] else { panic!("{pair:?}") };
            assert_eq!(origin, "default", "{pair:?}");
            let unit = between.first().cloned().unwrap_or_default();
            vec![key.clone(), value.clone(), unit, pair[1].trim().to_string()]
        })
        .collect()
}

/// The settings of `[detect."ID"]`, with their names alone.
fn settings_by_detector() -> BTreeMap<String, Vec<Vec<String>>> {
    let mut by_detector: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    for mut row in settings() {
        let Some((id, name)) =
            row[0].strip_prefix("detect.\"").and_then(|rest| rest.split_once("\"."))
        else {
            continue;
        };
        let (id, name) = (id.to_string(), name.to_string());
        row[0] = format!("`{name}`");
        by_detector.entry(id).or_default().push(row);
    }
    by_detector
}

#[test]
fn settings_and_defaults() {
    let head = ["setting", "default", "unit", "meaning"];
    let general: Vec<Vec<String>> = settings()
        .into_iter()
        .filter(|row| !row[0].starts_with("detect."))
        .map(|row| vec![format!("`{}`", row[0]), row[1].clone(), row[2].clone(), row[3].clone()])
        .collect();
    let mut body = format!(
        "`incident config show --help-texts` prints these with the values in force.\n\n\
         ## General\n\n{}",
        table(&head, &general)
    );
    for (id, rows) in settings_by_detector() {
        write!(body, "\n## [detect.\"{id}\"]\n\n{}", table(&head, &rows)).unwrap();
    }
    page("docs/reference/settings.md", "Settings and their defaults", &body);
}

#[test]
fn rules() {
    let listed: Value =
        serde_json::from_str(&printed(&["rule", "list", "--format", "json"])).unwrap();
    let mut tactics: BTreeMap<&str, Vec<Vec<String>>> = BTreeMap::new();
    let (mut reported, mut feeding) = (0, 0);
    for rule in listed["rules"].as_array().unwrap() {
        if rule["alone"] == false {
            feeding += 1;
            continue;
        }
        reported += 1;
        let file = rule["file"].as_str().unwrap();
        let (tactic, base) = file.split_once('/').unwrap();
        let attack = rule["attack"].as_array().unwrap().iter().map(text).collect::<Vec<_>>();
        tactics.entry(tactic).or_default().push(vec![
            text(&rule["level"]).to_string(),
            format!("[{}](../../rules/{file})", base.trim_end_matches(".yml")),
            text(&rule["title"]).to_string(),
            attack.join(", "),
        ]);
    }
    let mut body = format!(
        "{reported} rules, and {feeding} more that only feed a correlation. \
         `incident rule show NAME` prints a rule.\n"
    );
    for (tactic, rows) in &tactics {
        let rows = table(&["level", "rule", "title", "ATT&CK"], rows);
        write!(body, "\n## {tactic}\n\n{rows}").unwrap();
    }
    page("docs/reference/rules.md", "Built-in rules", &body);
}

#[test]
fn playbooks() {
    let list = printed(&["playbook", "list"]);
    // Below a name and a title stands, indented, when to use it.
    let names = list.lines().filter(|line| !line.starts_with(' '));
    let playbooks: Vec<(&str, &str)> = names.map(|line| line.split_once(' ').unwrap()).collect();
    assert!(playbooks.len() >= 6, "{list}");
    let rows: Vec<Vec<String>> = playbooks
        .iter()
        .map(|(id, title)| vec![format!("`{id}`"), title.trim().to_string()])
        .collect();
    block("README.md", "playbooks", &table_rows(&rows));
    let mut body = format!(
        "`incident playbook show NAME` prints a playbook; `--toml` prints the file.\n\n{}",
        table(&["playbook", "use it when"], &rows)
    );
    for (id, _) in playbooks {
        let shown = printed(&["playbook", "show", id]);
        write!(body, "\n## {id}\n\n{}", fenced("text", &shown)).unwrap();
    }
    page("docs/reference/playbooks.md", "Playbooks", &body);
}

#[test]
fn steps() {
    let mut metas: Vec<_> = incident::step::all().iter().map(|s| s.meta()).collect();
    metas.sort_by_key(|meta| meta.id);
    let rows: Vec<Vec<String>> = metas
        .iter()
        .map(|m| {
            let undo = match format!("{:?}", m.undo).as_str() {
                "Exact" => "everything".to_string(),
                "None" => format!("nothing: {}", m.loss),
                _ => format!("most: {}", m.loss),
            };
            let risk = format!("{:?}", m.risk).to_lowercase();
            vec![
                format!("`{}`", m.id),
                m.title.to_string(),
                risk,
                undo.trim_end_matches(": ").to_string(),
            ]
        })
        .collect();
    let mut body = format!(
        "Risk: *low* stops nothing that works today, *medium* stops what the contained identity \
         does, *high* may stop what others do.\n\n{}\n## Permissions\n\n",
        table(&["step", "does", "risk", "undo restores"], &rows)
    );
    let actions =
        |list: &[&str]| list.iter().map(|a| format!("`{a}`")).collect::<Vec<_>>().join(", ");
    let rows: Vec<Vec<String>> = metas
        .iter()
        .map(|m| vec![format!("`{}`", m.id), actions(m.reads), actions(m.writes)])
        .collect();
    body += &table(&["step", "reads with", "changes and undoes with"], &rows);
    page("docs/reference/steps.md", "Containment steps", &body);
}

#[test]
fn analysis_of_the_sample_logs() {
    // A relative path, so that the document has no path of this computer.
    let env = Env::new();
    let mut command = env.command(&["analyze", "sample-logs", "--now", NOW]);
    let run = Run::from(command.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap());
    assert_eq!(run.code, 0, "{}", run.stderr);
    let printed = run.stdout;
    let command = "$ incident analyze sample-logs\n";
    let excerpt: Vec<&str> = printed.lines().take(EXCERPT).collect();
    let excerpt = format!("{command}{}\n...", excerpt.join("\n"));
    block("README.md", "analyze-excerpt", &fenced("console", &excerpt));
    let whole = format!("{command}{printed}");
    block("docs/example-analysis.md", "analyze", &fenced("console", &whole));
}
