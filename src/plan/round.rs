//! One step of a playbook for one value: whether it applies, and its arguments.

use super::model::REISSUE;
use crate::playbook::{self, Playbook, PlaybookStep};
use crate::step::Args;

/// A step of a playbook for one of the values that it repeats for.
pub(super) struct Round<'p> {
    pub from: &'p PlaybookStep,
    /// A fallback of this step follows.
    pub next: bool,
    pub value: Option<&'p str>,
    pub one_of_several: bool,
}

/// Refuses a destination for a new key that the playbook does not make in this mode.
///
/// # Errors
/// With the reason.
pub(super) fn refuse_unused_destination(playbook: &Playbook, args: &Args) -> Result<(), String> {
    let mut reissues = playbook.steps.iter().filter(|s| s.step == REISSUE).peekable();
    let destined = args.given("secret") || args.given("new-key-file");
    if !destined || reissues.peek().is_none() || reissues.any(|step| applies(step, args)) {
        return Ok(());
    }
    Err("lockdown does not re-issue a key: the deny would apply to the new key, too; use --mode rotate or --mode \
         seamless"
        .into())
}

/// Whether the step's conditions are met.
pub(super) fn applies(step: &PlaybookStep, args: &Args) -> bool {
    step.when.iter().all(|(name, wanted)| {
        wanted.values().iter().any(|value| match value.as_str() {
            "*" => args.given(name),
            value => args.all(name).iter().any(|is| is == value),
        })
    })
}

/// The step's arguments: a template that is one parameter takes all its values.
pub(super) fn fill(step: &PlaybookStep, from: &Args) -> Args {
    let mut args = Args::default();
    for (name, template) in &step.with {
        let whole = template.strip_prefix('{').and_then(|t| t.strip_suffix('}'));
        if let Some(parameter) = whole.filter(|p| !p.contains('{')) {
            if from.given(parameter) {
                args.set_all(name, from.all(parameter).to_vec());
            }
            continue;
        }
        let mut text = template.clone();
        for parameter in playbook::parameters_in(template) {
            text = text.replace(&format!("{{{parameter}}}"), from.text(parameter));
        }
        args.set(name, text);
    }
    args
}
