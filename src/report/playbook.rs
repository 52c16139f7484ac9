//! The text of `incident playbook`: the list of playbooks, one playbook, and the mistakes in one.

use std::io::{self, Write};

use super::text::page::wrap;
use crate::plan::{Mistake, step_title};
use crate::playbook::{OneOrMany, Parameter, Playbook, PlaybookStep};
use crate::ui::WIDTH;
use crate::ui::number::counted;
use crate::ui::sanitize::clean;

/// Writes the name and the title of each playbook, and below them the first sentence about when to use it.
///
/// # Errors
/// Those of `out`.
pub fn list(playbooks: &[Playbook], out: &mut dyn Write) -> io::Result<()> {
    let width = playbooks.iter().map(|p| p.id.chars().count()).max().unwrap_or(0);
    for playbook in playbooks {
        writeln!(out, "{:<width$}  {}", clean(&playbook.id), clean(&playbook.title))?;
        let left = width + 2;
        let when = clean(first_sentence(&playbook.when_to_use));
        for line in wrap(&when, WIDTH.saturating_sub(left)) {
            writeln!(out, "{:left$}{line}", "")?;
        }
    }
    Ok(())
}

/// The text up to the first full stop that ends a sentence, with it.
fn first_sentence(text: &str) -> &str {
    text.split_inclusive(". ").next().unwrap_or_default().trim()
}

/// Writes what a playbook is for, its parameters and its steps.
///
/// # Errors
/// Those of `out`.
pub fn show(playbook: &Playbook, out: &mut dyn Write) -> io::Result<()> {
    let Playbook { id, title, when_to_use, .. } = playbook;
    writeln!(out, "{}: {}\n\n{}", clean(id), clean(title), clean(when_to_use))?;
    writeln!(out, "\nParameters:")?;
    for (name, parameter) in &playbook.parameters {
        writeln!(out, "  --{name:<18} {}", clean(&help(parameter)))?;
    }
    writeln!(out, "\nSteps:")?;
    for (n, step) in (1..).zip(&playbook.steps) {
        let title = step_title(&step.step).unwrap_or_default();
        writeln!(out, "{n:>3}. {title}  [{}]{}", clean(&step.step), clean(&condition(step)))?;
    }
    writeln!(out, "\nDoes not reach:")?;
    playbook.not_reached.iter().try_for_each(|what| writeln!(out, "  - {}", clean(what)))
}

fn help(parameter: &Parameter) -> String {
    let mut help = parameter.help.clone();
    if parameter.required {
        help += " (required)";
    }
    if parameter.many {
        help += " (can be repeated)";
    }
    if !parameter.choices.is_empty() {
        help += &format!(" ({})", parameter.choices.join(", "));
    }
    if let Some(default) = &parameter.default {
        help += &format!(" [{default}]");
    }
    help
}

/// `  (if mode lockdown)`; empty without a condition.
fn condition(step: &PlaybookStep) -> String {
    let condition = |(name, values): (&String, &OneOrMany)| match values.values() {
        [one] if one == "*" => format!("{name} given"),
        values => format!("{name} {}", values.join(" or ")),
    };
    let mut conditions: Vec<String> = step.when.iter().map(condition).collect();
    if step.fallback {
        conditions.push("a quota leaves no room for the step before".into());
    }
    if step.after_fallback {
        conditions.push("a fallback before it was made".into());
    }
    if conditions.is_empty() {
        return String::new();
    }
    format!("  (if {})", conditions.join(", "))
}

/// Writes the mistakes of a playbook, one a line; without any, that it is valid.
///
/// # Errors
/// Those of `out`.
pub fn checked(playbook: &Playbook, mistakes: &[Mistake], out: &mut dyn Write) -> io::Result<()> {
    for mistake in mistakes {
        writeln!(out, "{}", clean(&mistake.to_string()))?;
    }
    if mistakes.is_empty() {
        let steps = counted(playbook.steps.len() as u64, "step", "steps");
        writeln!(out, "{}: {steps}, valid", clean(&playbook.id))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playbook::{builtin, parse};

    fn text(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_list_says_when_to_use_each() {
        let playbooks: Vec<Playbook> =
            builtin().map(|(id, text)| parse(id, text).unwrap()).collect();
        let listed = text(|out| list(&playbooks, out));
        assert!(listed.lines().all(|line| line.chars().count() <= WIDTH), "{listed}");
        for playbook in &playbooks {
            let after = listed.split(&format!("\n{} ", playbook.id)).nth(1);
            let after = after.or(listed.strip_prefix(&format!("{} ", playbook.id))).unwrap();
            assert!(after.trim_start().starts_with(&playbook.title), "{listed}");
        }
        let words = listed.split_whitespace().collect::<Vec<_>>().join(" ");
        let when = "A ConsoleLogin from a place where the user is not, a phished password, or an unknown MFA device.";
        assert!(words.contains(when), "{words}");
        assert!(!words.contains("For roles behind"), "{words}");
    }

    #[test]
    fn one_step_is_singular() {
        let step = "[[steps]]\nstep='hold'\n";
        let head = "id='mine'\ntitle=''\nwhen-to-use=''\nevidence='first'\n";
        let valid = |steps: usize| {
            let playbook = parse("mine", &format!("{head}{}", step.repeat(steps))).unwrap();
            text(|out| checked(&playbook, &[], out))
        };
        assert_eq!(valid(1), "mine: 1 step, valid\n");
        assert_eq!(valid(2), "mine: 2 steps, valid\n");
    }

    #[test]
    fn a_sentence_ends_at_its_full_stop() {
        assert_eq!(first_sentence("Use 1.5 of it. Then not.\n"), "Use 1.5 of it.");
        assert_eq!(first_sentence("Only one.\n"), "Only one.");
        assert_eq!(first_sentence(""), "");
    }
}
