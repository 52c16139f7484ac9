//! The mistakes in a playbook that its format allows: a misspelt name would leave a step out silently.

use crate::playbook::{Kind, Playbook, PlaybookStep};
use crate::step;

/// The kinds of subjects that evidence can be collected about.
const COLLECTED: [&str; 5] = ["user", "role", "bucket", "trails", "account"];

/// The steps that the executor itself carries out: id, and a sentence in the imperative without its full stop.
const EXECUTOR: [(&str, &str); 3] = [
    ("settle", "Wait until AWS shows the changes above"),
    ("hold", "Read every change back, several times; apply again what somebody reverted"),
    ("reissue-access-key", "Re-issue the access key: stage the new key, test it, make it current"),
];

/// The title of a step, or of one of the executor's own; `None` if there is no such step.
pub fn step_title(id: &str) -> Option<&'static str> {
    let own = || EXECUTOR.iter().find(|(own, _)| *own == id).map(|(_, title)| *title);
    step::find(id).map(|step| step.meta().title).or_else(own)
}

/// A mistake in a playbook.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    #[error("no step '{0}'")]
    NoStep(String),
    #[error("the step {step} needs '{need}'")]
    Needs { step: &'static str, need: &'static str },
    #[error("the step {step} has no parameter '{name}'")]
    NoParameter { step: &'static str, name: String },
    #[error("a condition names '{0}', which is not a parameter")]
    NotAParameter(String),
    #[error("a condition names {name} = '{value}', which is not a choice")]
    NotAChoice { name: String, value: String },
    #[error("cannot collect evidence about '{0}' (expected one of: {known})", known = COLLECTED.join(", "))]
    NotCollected(String),
}

/// Every mistake in a playbook: of its steps, of their conditions, of its evidence.
pub fn mistakes(playbook: &Playbook) -> Vec<Mistake> {
    let mut found = Vec::new();
    playbook.steps.iter().for_each(|step| in_arguments(step, &mut found));
    playbook.steps.iter().for_each(|step| in_conditions(playbook, step, &mut found));
    let unknown = playbook.collect.iter().filter(|kind| !COLLECTED.contains(&kind.as_str()));
    found.extend(unknown.cloned().map(Mistake::NotCollected));
    found
}

fn in_arguments(from: &PlaybookStep, found: &mut Vec<Mistake>) {
    let Some(step) = step::find(&from.step) else {
        if step_title(&from.step).is_none() {
            found.push(Mistake::NoStep(from.step.clone()));
        }
        return;
    };
    let meta = step.meta();
    let given = |name: &str| from.with.contains_key(name) || from.each.as_deref() == Some(name);
    let needs = meta.needs.iter().filter(|need| !given(need));
    found.extend(needs.map(|need| Mistake::Needs { step: meta.id, need }));
    let takes = |name: &str| meta.needs.contains(&name) || meta.takes.contains(&name);
    let unknown = from.with.keys().filter(|name| !takes(name)).cloned();
    found.extend(unknown.map(|name| Mistake::NoParameter { step: meta.id, name }));
}

fn in_conditions(playbook: &Playbook, step: &PlaybookStep, found: &mut Vec<Mistake>) {
    for (name, wanted) in &step.when {
        let Some(parameter) = playbook.parameters.get(name) else {
            found.push(Mistake::NotAParameter(name.clone()));
            continue;
        };
        if parameter.kind != Kind::Choice {
            continue;
        }
        let known = |value: &&String| *value == "*" || parameter.choices.contains(value);
        let unknown = wanted.values().iter().filter(|value| !known(value)).cloned();
        found.extend(unknown.map(|value| Mistake::NotAChoice { name: name.clone(), value }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playbook;

    #[test]
    fn every_builtin_playbook_is_without_mistakes() {
        for (id, text) in playbook::builtin() {
            assert_eq!(mistakes(&playbook::parse(id, text).unwrap()), [], "{id}");
        }
    }

    #[test]
    fn every_mistake_is_found_in_order() {
        let text = "id='x'\ntitle=''\nwhen-to-use=''\nevidence='first'\ncollect=['usr']\n\
            [parameters.mode]\ntype='choice'\nhelp=''\nchoices=['a']\n\
            [[steps]]\nstep='iam.fly'\nwhen={ mode=['a', 'b', '*'], moood='a' }\n\
            [[steps]]\nstep='iam.deny-user'\nwith={ colour='red' }\n\
            [[steps]]\nstep='hold'\n";
        let playbook = playbook::parse("x", text).unwrap();
        let found: Vec<String> = mistakes(&playbook).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "no step 'iam.fly'",
                "the step iam.deny-user needs 'user'",
                "the step iam.deny-user has no parameter 'colour'",
                "a condition names mode = 'b', which is not a choice",
                "a condition names 'moood', which is not a parameter",
                "cannot collect evidence about 'usr' (expected one of: user, role, bucket, trails, account)",
            ]
        );
    }
}
