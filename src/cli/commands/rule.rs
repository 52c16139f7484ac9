//! `incident rule`: lists, shows, checks and tests Sigma rules.

use std::io::Write;
use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use serde::Serialize;

use crate::analysis::rule_files::{self, RuleFile, compile};
use crate::cli::args::rules::RuleArgs;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::sigma::{Correlation, Level, Problem, Rule, RuleSet, Severity, Skipped, test};
use crate::ui::sanitize::clean;

/// List, show, check and test Sigma rules
///
/// Works on the built-in rules, which `analyze` applies, and on your own rule files.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  incident rule list
  incident rule list --rules my-rules --no-builtin --format json
  incident rule show persistence/iam_user_created > mine.yml
  incident rule check my-rules
  incident rule test my-rules")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List every rule with its level, ATT&CK techniques, name and title
    ///
    /// The text leaves out rules that only feed a correlation. Rules that are not applied come last, with the
    /// reason.
    #[command(after_help = "Examples:
  incident rule list
  incident rule list --rules my-rules --no-builtin
  incident rule list --format json | jq -r '.rules[] | select(.level == \"critical\") | .file'")]
    List {
        #[command(flatten)]
        chosen: RuleArgs,
        /// Output format
        #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Print a rule's file, and its errors and warnings
    #[command(after_help = "Examples:
  incident rule show persistence/iam_user_created
  incident rule show 75bd2e99-4a1c-4ba8-89a3-c6241a642bf6 > mine.yml")]
    Show {
        /// The rule's id, its `name`, or its file name with or without the folder
        #[arg(value_name = "NAME|ID")]
        name: String,
        #[command(flatten)]
        chosen: RuleArgs,
    },
    /// Check rule files: file, line and column of each problem
    ///
    /// All files are read together, so that a correlation finds its rules. Exits with 1 on an error, not on a
    /// warning.
    #[command(after_help = "Examples:
  incident rule check mine.yml
  incident rule check my-rules more/other.yml")]
    Check {
        /// Rule file, or folder of rule files
        #[arg(value_name = "PATH", required = true)]
        paths: Vec<PathBuf>,
    },
    /// Run the fixtures of rule files: records that must match, and records that must not
    ///
    /// The fixtures of x.yml are x.fixtures.json, next to it: {"fires": [record, …], "quiet": [record, …]}. For a
    /// correlation, each entry is a list of records. Without a path, the built-in rules are tested. A benign twin is
    /// a record that must not match, of a call that another record must match with.
    #[command(after_help = "Examples:
  incident rule test
  incident rule test my-rules
  incident rule test mine.yml")]
    Test {
        /// Rule file, or folder of rule files
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let mut out = cx.ui.out();
    let exit = match &args.command {
        Command::List { chosen, format: Format::Text } => list(&mut out, &chosen.files()?)?,
        Command::List { chosen, format: Format::Json } => json(&mut out, &chosen.files()?)?,
        Command::Show { name, chosen } => show(&mut out, &chosen.files()?, name)?,
        Command::Check { paths } => check(&mut out, paths)?,
        Command::Test { paths } => test(&mut out, paths)?,
    };
    out.flush()?;
    Ok(exit)
}

/// A rule as `list` shows it.
#[derive(Serialize)]
struct Row<'a> {
    kind: &'static str,
    #[serde(flatten)]
    rule: &'a Rule,
}

#[derive(Serialize)]
struct Listing<'a> {
    schema: &'static str,
    rules: Vec<Row<'a>>,
    skipped: &'a [Skipped],
    problems: &'a [Problem],
}

/// Rules and correlations by file and line.
fn rows(set: &RuleSet) -> Vec<Row<'_>> {
    let row = |kind| move |rule| Row { kind, rule };
    let correlations = set.correlations().iter().map(|Correlation { rule, .. }| rule);
    let mut rows: Vec<Row<'_>> = set.rules().iter().map(row("rule")).collect();
    rows.extend(correlations.map(row("correlation")));
    rows.sort_by_key(|row| (&row.rule.file, row.rule.line));
    rows
}

/// A rule's name, as `list` shows it and `show` takes it.
fn without_ending(file: &str) -> &str {
    file.strip_suffix(".yml").or_else(|| file.strip_suffix(".yaml")).unwrap_or(file)
}

fn level(level: Level) -> &'static str {
    Level::NAMES.iter().find(|(_, known)| *known == level).map_or("", |(name, _)| name)
}

fn list(out: &mut impl Write, files: &[RuleFile]) -> Result<Exit, CommandError> {
    let set = compile(files);
    let rows = rows(&set);
    let shown: Vec<&Row<'_>> = rows.iter().filter(|row| row.rule.alone).collect();
    let attack = |row: &Row<'_>| row.rule.attack.join(",");
    let width = shown.iter().map(|row| attack(row).len()).max().unwrap_or(0);
    for row in &shown {
        let Rule { level: given, file, title, .. } = row.rule;
        let (name, title) = (clean(without_ending(file)), clean(title));
        writeln!(out, "{:<13}  {:<width$}  {name}  {title}", level(*given), attack(row))?;
    }
    for skipped in set.skipped() {
        let Skipped { file, line, title, reason, .. } = skipped;
        let (title, reason) = (clean(title), clean(reason));
        writeln!(out, "not applied    {}:{line}  {title}: {reason}", clean(file))?;
    }
    let (rules, fed, skipped) = (shown.len(), rows.len() - shown.len(), set.skipped().len());
    writeln!(
        out,
        "{rules} rules in {} files, {fed} more that only feed a correlation, {skipped} not applied",
        files.len()
    )?;
    Ok(Exit::Done)
}

fn json(out: &mut impl Write, files: &[RuleFile]) -> Result<Exit, CommandError> {
    let set = compile(files);
    let listing = Listing {
        schema: "incident.rules/1",
        rules: rows(&set),
        skipped: set.skipped(),
        problems: set.problems(),
    };
    serde_json::to_writer_pretty(&mut *out, &listing).map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(Exit::Done)
}

fn show(out: &mut impl Write, files: &[RuleFile], wanted: &str) -> Result<Exit, CommandError> {
    let set = compile(files);
    let rows = rows(&set);
    let called = |file: &str| {
        let by_rule = rows.iter().any(|row| row.rule.file == file && row.rule.is_called(wanted));
        let by_skipped = set.skipped().iter().any(|s| s.file == file && s.is_called(wanted));
        by_rule || by_skipped
    };
    let named = |file: &str| {
        let stem = without_ending(file);
        let base = stem.rsplit('/').next().unwrap_or(stem);
        [file, stem, base].contains(&wanted)
    };
    let found: Vec<&RuleFile> =
        files.iter().filter(|file| named(&file.name) || called(&file.name)).collect();
    let file = match found[..] {
        [file] => file,
        [] => {
            return Err(CommandError::usage(format!("no rule '{}'", clean(wanted)))
                .hint("`incident rule list` lists the names"));
        }
        _ => {
            let names: Vec<_> = found.iter().map(|file| clean(&file.name)).collect();
            let (wanted, names) = (clean(wanted), names.join(", "));
            return Err(CommandError::usage(format!("'{wanted}' is ambiguous: {names}")));
        }
    };
    for line in file.text.lines() {
        writeln!(out, "{}", clean(line))?;
    }
    // Print problems as comments, so that the output stays a valid rule file.
    for problem in set.problems().iter().filter(|problem| problem.file == file.name) {
        writeln!(out, "# {}", clean(&problem.to_string()))?;
    }
    for skipped in set.skipped().iter().filter(|skipped| skipped.file == file.name) {
        writeln!(out, "# line {}: not applied: {}", skipped.line, clean(&skipped.reason))?;
    }
    Ok(Exit::Done)
}

fn check(out: &mut impl Write, paths: &[PathBuf]) -> Result<Exit, CommandError> {
    let (files, unreadable) = rule_files::read(paths);
    let set = compile(&files);
    for what in &unreadable {
        writeln!(out, "{}", clean(what))?;
    }
    for problem in set.problems() {
        writeln!(out, "{}", clean(&problem.to_string()))?;
    }
    let failed = |skipped: &Skipped| {
        let same = |p: &Problem| p.file == skipped.file && skipped.reason.contains(&p.what);
        set.problems().iter().any(|p| p.severity == Severity::Error && same(p))
    };
    for Skipped { file, line, reason, .. } in set.skipped().iter().filter(|s| !failed(s)) {
        writeln!(out, "{}:{line}: not applied: {}", clean(file), clean(reason))?;
    }
    let wrong = errors(&set) + unreadable.len();
    let warnings = set.problems().len() - errors(&set);
    writeln!(
        out,
        "{} files: {} rules, {} correlations, {} not applied, {wrong} errors, {warnings} warnings",
        files.len(),
        set.rules().len(),
        set.correlations().len(),
        set.skipped().len(),
    )?;
    Ok(if wrong == 0 { Exit::Done } else { Exit::Failed })
}

fn errors(set: &RuleSet) -> usize {
    set.problems().iter().filter(|problem| problem.severity == Severity::Error).count()
}

fn test(out: &mut impl Write, paths: &[PathBuf]) -> Result<Exit, CommandError> {
    let (files, mut failures) = match paths {
        [] => (rule_files::builtin(), Vec::new()),
        paths => rule_files::read(paths),
    };
    let set = compile(&files);
    let errors = set.problems().iter().filter(|problem| problem.severity == Severity::Error);
    failures.extend(errors.map(Problem::to_string));
    let (mut tested, mut passed, mut twins) = (0, 0, 0);
    for file in &files {
        let Some(fixtures) = &file.fixtures else { continue };
        tested += 1;
        match fixtures.as_deref().map(|text| test::run(&set, &file.name, text)) {
            Ok(Ok(report)) => {
                passed += report.passed;
                twins += usize::from(report.has_twin);
                failures.extend(report.failures.iter().map(
                    |test::Failure { list, index, what }| {
                        format!("{}: {list}[{index}]: {what}", test::fixtures_of(&file.name))
                    },
                ));
            }
            Ok(Err(e)) => failures.push(format!("{}: {e}", test::fixtures_of(&file.name))),
            Err(what) => failures.push(what.clone()),
        }
    }
    if tested == 0 && failures.is_empty() {
        failures.push("no fixtures found".to_owned());
    }
    for failure in &failures {
        writeln!(out, "{}", clean(failure))?;
    }
    writeln!(
        out,
        "{} rules in {} files, {tested} with fixtures, {twins} with a benign twin: {passed} entries passed, {} failures",
        set.rules().len() + set.correlations().len(),
        files.len(),
        failures.len()
    )?;
    Ok(if failures.is_empty() { Exit::Done } else { Exit::Failed })
}
