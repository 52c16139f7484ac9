//! `incident playbook`: lists, shows and checks containment playbooks.

use std::io::Write;
use std::path::PathBuf;

use clap::Subcommand;

use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::playbook::{self, Kind, Playbook};
use crate::step;
use crate::ui::sanitize::clean;

const EXAMPLES: &str = "Examples:
  incident playbook list
  incident playbook show leaked-access-key
  incident playbook show leaked-access-key --toml > mine.toml
  incident playbook check mine.toml";

/// List, show and check containment playbooks
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List every playbook
    #[command(after_help = EXAMPLES)]
    List,
    /// Show the parameters and steps of a playbook
    #[command(after_help = EXAMPLES)]
    Show {
        /// Name of a built-in playbook
        #[arg(value_name = "PLAYBOOK")]
        name: String,
        /// Print the file, to start your own playbook from it
        #[arg(long)]
        toml: bool,
    },
    /// Check a playbook file
    #[command(after_help = EXAMPLES)]
    Check {
        /// Playbook file (TOML)
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

pub fn run(cx: &Cx, args: &Args) -> Result<Exit, CommandError> {
    let mut out = cx.ui.out();
    match &args.command {
        Command::List => {
            for (id, text) in playbook::builtin() {
                let playbook = playbook::parse(id, text)?;
                writeln!(out, "{id:<20} {}", playbook.title)?;
            }
        }
        Command::Show { name, toml } => {
            let Some((id, text)) = playbook::builtin().find(|(id, _)| id == name) else {
                return Err(CommandError::usage(format!("no playbook '{name}'"))
                    .hint("`incident playbook list` lists the names"));
            };
            if *toml {
                out.write_all(text.as_bytes())?;
            } else {
                show(&mut out, &playbook::parse(id, text)?)?;
            }
        }
        Command::Check { file } => {
            let playbook = playbook::from_file(file)?;
            let problems = problems(&playbook);
            for problem in &problems {
                writeln!(out, "{}", clean(problem))?;
            }
            if !problems.is_empty() {
                out.flush()?;
                return Err(CommandError::usage(format!("{} is invalid", file.display())));
            }
            writeln!(out, "{}: {} steps, valid", clean(&playbook.id), playbook.steps.len())?;
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

const ENGINE: &[(&str, &str)] = &[
    ("settle", "Wait until AWS shows the changes above"),
    ("hold", "Read every change back, several times; apply again what somebody reverted"),
    ("reissue-access-key", "Re-issue the access key: stage the new key, test it, make it current"),
];

fn show(out: &mut impl Write, playbook: &Playbook) -> std::io::Result<()> {
    writeln!(
        out,
        "{}: {}\n\n{}\n\nParameters:",
        playbook.id, playbook.title, playbook.when_to_use
    )?;
    for (name, p) in &playbook.parameters {
        let mut help = p.help.clone();
        if p.required {
            help += " (required)";
        }
        if p.many {
            help += " (can be repeated)";
        }
        if !p.choices.is_empty() {
            help += &format!(" ({})", p.choices.join(", "));
        }
        if let Some(default) = &p.default {
            help += &format!(" [{default}]");
        }
        writeln!(out, "  --{name:<18} {help}")?;
    }
    writeln!(out, "\nSteps:")?;
    for (i, s) in playbook.steps.iter().enumerate() {
        let title = step::find(&s.step).map_or_else(
            || ENGINE.iter().find(|(id, _)| *id == s.step).map_or("", |(_, title)| title),
            |step| step.meta().title,
        );
        let mut when: Vec<String> = s
            .when
            .iter()
            .map(|(name, values)| match values.values() {
                [one] if one == "*" => format!("{name} given"),
                values => format!("{name} {}", values.join(" or ")),
            })
            .collect();
        if s.fallback {
            when.push("a quota leaves no room for the step before".into());
        }
        let when =
            if when.is_empty() { String::new() } else { format!("  (if {})", when.join(", ")) };
        writeln!(out, "{:>3}. {title}  [{}]{when}", i + 1, s.step)?;
    }
    writeln!(out, "\nDoes not reach:")?;
    playbook.not_reached.iter().try_for_each(|what| writeln!(out, "  - {what}"))
}

/// Kinds of subjects that evidence can be collected about.
const COLLECTED: [&str; 5] = ["user", "role", "bucket", "trails", "account"];

/// The mistakes in a playbook, one line each. A misspelt name would leave a step out silently.
pub fn problems(playbook: &Playbook) -> Vec<String> {
    let mut problems = Vec::new();
    for s in &playbook.steps {
        let Some(step) = step::find(&s.step) else {
            if !ENGINE.iter().any(|(id, _)| *id == s.step) {
                problems.push(format!("no step '{}'", s.step));
            }
            continue;
        };
        let meta = step.meta();
        let given = |name: &str| s.with.contains_key(name) || s.each.as_deref() == Some(name);
        for need in meta.needs.iter().filter(|n| !given(n)) {
            problems.push(format!("the step {} needs '{need}'", meta.id));
        }
        for name in s
            .with
            .keys()
            .filter(|n| !meta.needs.contains(&n.as_str()) && !meta.takes.contains(&n.as_str()))
        {
            problems.push(format!("the step {} has no parameter '{name}'", meta.id));
        }
    }
    for (name, wanted) in playbook.steps.iter().flat_map(|s| &s.when) {
        let Some(parameter) = playbook.parameters.get(name) else {
            problems.push(format!("a condition names '{name}', which is not a parameter"));
            continue;
        };
        let known = |value: &String| value == "*" || parameter.choices.contains(value);
        for value in wanted.values().iter().filter(|v| parameter.kind == Kind::Choice && !known(v))
        {
            problems.push(format!("a condition names {name} = '{value}', which is not a choice"));
        }
    }
    for kind in playbook.collect.iter().filter(|kind| !COLLECTED.contains(&kind.as_str())) {
        let known = COLLECTED.join(", ");
        problems.push(format!("cannot collect evidence about '{kind}' (expected one of: {known})"));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_playbook_is_valid() {
        for (id, text) in playbook::builtin() {
            assert_eq!(problems(&playbook::parse(id, text).unwrap()), Vec::<String>::new(), "{id}");
        }
    }
}
