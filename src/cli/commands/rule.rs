//! `incident rule`: lists, shows, checks and tests Sigma rules.

use std::io::Write;
use std::path::PathBuf;

use clap::Subcommand;

use crate::analysis::rule_files::{self, RuleFile, compile};
use crate::cli::args::rules::RuleArgs;
use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::report::RenderOptions;
use crate::report::rules::{CheckedRules, RuleList, RuleText, formats, without_ending};

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
        #[arg(long, value_name = "FORMAT", default_value = "text",
              value_parser = clap::builder::PossibleValuesParser::new(formats().names()))]
        format: String,
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

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let mut out = cx.ui.out();
    let exit = match &args.command {
        Command::List { chosen, format } => list(&mut out, &chosen.files()?, format)?,
        Command::Show { name, chosen } => show(&mut out, &chosen.files()?, name)?,
        Command::Check { paths } => check(&mut out, paths)?,
        Command::Test { paths } => test(&mut out, paths)?,
    };
    out.flush()?;
    Ok(exit)
}

fn list(out: &mut dyn Write, files: &[RuleFile], format: &str) -> Result<Exit, CommandError> {
    let Some(format) = formats().find(format) else {
        return Err(CommandError::usage(format!("there is no format '{format}'")));
    };
    let rules = compile(files);
    let list = RuleList { rules: &rules, files: files.len() };
    format.render(&list, out, &RenderOptions::default())?;
    Ok(Exit::Done)
}

fn show(out: &mut dyn Write, files: &[RuleFile], wanted: &str) -> Result<Exit, CommandError> {
    let set = compile(files);
    let called = |file: &str| {
        let correlations = set.correlations().iter().map(|c| &c.rule);
        let mut rules = set.rules().iter().chain(correlations);
        let by_rule = rules.any(|rule| rule.file == file && rule.is_called(wanted));
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
            return Err(CommandError::usage(format!("no rule '{wanted}'"))
                .hint("`incident rule list` lists the names"));
        }
        _ => {
            let names: Vec<&str> = found.iter().map(|file| file.name.as_str()).collect();
            let names = names.join(", ");
            return Err(CommandError::usage(format!("'{wanted}' is ambiguous: {names}")));
        }
    };
    RuleText { file: &file.name, text: &file.text, rules: &set }.write(out)?;
    Ok(Exit::Done)
}

fn check(out: &mut dyn Write, paths: &[PathBuf]) -> Result<Exit, CommandError> {
    let (files, unreadable) = rule_files::read(paths);
    let rules = compile(&files);
    let checked = CheckedRules { rules: &rules, files: files.len(), unreadable: &unreadable };
    checked.write(out)?;
    Ok(if checked.errors() == 0 { Exit::Done } else { Exit::Failed })
}

fn test(out: &mut dyn Write, paths: &[PathBuf]) -> Result<Exit, CommandError> {
    let (files, unreadable) = match paths {
        [] => (rule_files::builtin(), Vec::new()),
        paths => rule_files::read(paths),
    };
    let tested = rule_files::test(&files, unreadable);
    tested.write(out)?;
    Ok(if tested.failures.is_empty() { Exit::Done } else { Exit::Failed })
}
