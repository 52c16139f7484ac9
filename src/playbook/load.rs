//! Loads playbooks from the binary and from files; errors name line and column.

use std::path::Path;

use super::model::Playbook;

/// The playbooks in the binary, by id.
const BUILTIN: &[(&str, &str)] = &[
    ("compromised-role", include_str!("../../playbooks/compromised-role.toml")),
    ("console-takeover", include_str!("../../playbooks/console-takeover.toml")),
    ("intruder", include_str!("../../playbooks/intruder.toml")),
    ("leaked-access-key", include_str!("../../playbooks/leaked-access-key.toml")),
    ("s3-exfiltration", include_str!("../../playbooks/s3-exfiltration.toml")),
    ("s3-ransomware", include_str!("../../playbooks/s3-ransomware.toml")),
    ("turn-on-visibility", include_str!("../../playbooks/turn-on-visibility.toml")),
];

#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("cannot read {0}: {1}")]
    Unreadable(String, std::io::Error),
    /// The parser's message has the line number, the column and the line itself.
    #[error("{0}: {1}")]
    Malformed(String, String),
}

/// The built-in playbooks: id and TOML text.
pub fn builtin() -> impl Iterator<Item = (&'static str, &'static str)> {
    BUILTIN.iter().copied()
}

/// The built-in playbook of this id.
///
/// # Errors
/// [`LoadError::Malformed`]; a test makes sure that every built-in playbook parses.
pub fn find(id: &str) -> Option<Result<Playbook, LoadError>> {
    let (id, text) = BUILTIN.iter().find(|(name, _)| *name == id)?;
    Some(parse(&format!("playbook {id}"), text))
}

/// A playbook from a file.
///
/// # Errors
/// When the file cannot be read or is not a valid playbook.
pub fn from_file(path: &Path) -> Result<Playbook, LoadError> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|e| LoadError::Unreadable(name.clone(), e))?;
    parse(&name, &text)
}

/// A playbook from its text.
///
/// # Errors
/// Unknown keys, wrong types, references to parameters that are not declared.
pub fn parse(name: &str, text: &str) -> Result<Playbook, LoadError> {
    let malformed = |what: String| LoadError::Malformed(name.to_string(), what);
    let playbook: Playbook = toml::from_str(text).map_err(|e| malformed(e.to_string()))?;
    if let Some(first) = playbook.steps.first().filter(|step| step.belongs_before()) {
        return Err(malformed(format!("step {}: a fallback needs a step before it", first.step)));
    }
    for (at, step) in playbook.steps.iter().enumerate() {
        for (argument, template) in &step.with {
            for parameter in parameters_in(template) {
                if !playbook.parameters.contains_key(parameter) {
                    return Err(malformed(format!(
                        "step {}: '{argument}' uses {{{parameter}}}, which the playbook does not declare",
                        step.step
                    )));
                }
            }
        }
        if step.after_fallback && !playbook.steps[at - 1].belongs_before() {
            return Err(malformed(format!("step {}: there is no fallback before it", step.step)));
        }
        if step.belongs_before() && step.each != playbook.steps[at - 1].each {
            return Err(malformed(format!(
                "step {}: a fallback repeats as the step before it (each)",
                step.step
            )));
        }
        if let Some(each) = &step.each
            && !playbook.parameters.contains_key(each)
        {
            return Err(malformed(format!(
                "step {}: each = '{each}' names a parameter that the playbook does not declare",
                step.step
            )));
        }
    }
    for (name, parameter) in &playbook.parameters {
        if parameter.kind == super::Kind::Choice
            && parameter.default.as_ref().is_some_and(|d| !parameter.choices.contains(d))
        {
            return Err(malformed(format!(
                "parameter '{name}': its default is not one of its choices"
            )));
        }
    }
    Ok(playbook)
}

/// The parameter names in braces: `{user}`.
pub fn parameters_in(template: &str) -> impl Iterator<Item = &str> {
    template.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_playbook_parses_and_is_named_as_its_file() {
        for (id, text) in builtin() {
            let playbook = parse(id, text).unwrap();
            assert_eq!(playbook.id, id);
        }
    }

    #[test]
    fn errors_name_the_line_and_column() {
        let text =
            "id = 'x'\ntitle = 'x'\nwhen-to-use = ''\nevidence = 'first'\nsteps = []\nnope = 1\n";
        let e = parse("mine.toml", text).unwrap_err().to_string();
        assert!(e.contains("line 6, column 1") && e.contains("nope"), "{e}");
        let text = "id='x'\ntitle=''\nwhen-to-use=''\nevidence='first'\n[[steps]]\nstep='a'\nfallback=true";
        let e = parse("mine.toml", text).unwrap_err().to_string();
        assert!(e.contains("step before it"), "{e}");
        let text = "id='x'\ntitle=''\nwhen-to-use=''\nevidence='first'\n[parameters.user]\ntype='user'\nhelp=''\n\
            [[steps]]\nstep='a'\neach='user'\n[[steps]]\nstep='b'\nfallback=true";
        let e = parse("mine.toml", text).unwrap_err().to_string();
        assert!(e.contains("repeats as the step before it"), "{e}");
        let text = "id='x'\ntitle=''\nwhen-to-use=''\nevidence='first'\n[[steps]]\nstep='a'\nwith={ user='{u}' }";
        let e = parse("mine.toml", text).unwrap_err().to_string();
        assert!(e.contains("{u}"), "{e}");
    }
}
