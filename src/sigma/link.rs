//! Which rules and correlations feed which correlation, and which fields each must hand on.
//!
//! A correlation of correlations groups by its own fields alone (Correlation Specification,
//! "Ordered Temporal Proximity", note), so the records at the bottom must lend those fields too.

use super::compile::Skipped;
use super::correlate::{Correlation, Source};
use super::field::Path;
use super::problem::{Fault, Faults};
use super::rule::Rule;

/// How deep correlations may build on one another.
const CHAIN: usize = 5;

/// What to take from a record that a rule matched, for one correlation.
#[derive(Debug)]
pub struct CorrelationInput {
    pub correlation: usize,
    pub slot: usize,
    /// Group key, counted fields, then what outer correlations need.
    pub paths: Vec<Path>,
}

/// A correlation that counts the firings of another one.
#[derive(Debug, Clone, Copy)]
pub struct Outer {
    pub correlation: usize,
    pub slot: usize,
    /// Where its fields begin among those handed on.
    pub from: usize,
    pub count: usize,
}

#[derive(Debug, Default)]
pub struct Links {
    /// Correlations, those that others build on first.
    pub order: Vec<usize>,
    /// By rule.
    pub feeds: Vec<Vec<CorrelationInput>>,
    /// By correlation.
    pub outers: Vec<Vec<Outer>>,
}

/// A correlation that was read, with its notes.
pub type Draft = (Correlation, Faults);

/// Finds what the references mean. Keeps the correlations whose references all do, in an order in
/// which each stands after those it builds on.
pub fn resolve(
    mut drafts: Vec<Draft>,
    rules: &[Rule],
    skipped: &[Skipped],
) -> (Vec<Correlation>, Vec<Draft>) {
    let mut done: Vec<(Correlation, usize)> = Vec::new();
    loop {
        let before = drafts.len();
        let mut waiting = Vec::new();
        for (mut draft, faults) in drafts {
            let sources: Option<Vec<(Source, usize)>> = draft
                .references
                .iter()
                .map(|(reference, _)| {
                    let rule = rules.iter().position(|rule| rule.is_called(reference));
                    let inner = || done.iter().position(|(have, _)| have.rule.is_called(reference));
                    rule.map(|rule| (Source::Rule(rule), 0))
                        .or_else(|| inner().map(|i| (Source::Correlation(i), done[i].1 + 1)))
                })
                .collect();
            match sources {
                Some(sources) if sources.iter().all(|(_, depth)| *depth <= CHAIN) => {
                    let depth = sources.iter().map(|(_, depth)| *depth).max().unwrap_or(0);
                    draft.sources = sources.into_iter().map(|(source, _)| source).collect();
                    done.push((draft, depth));
                }
                _ => waiting.push((draft, faults)),
            }
        }
        drafts = waiting;
        if drafts.len() == before {
            break;
        }
    }
    let done: Vec<Correlation> = done.into_iter().map(|(correlation, _)| correlation).collect();
    let names: Vec<Rule> = drafts.iter().map(|(draft, _)| draft.rule.clone()).collect();
    for (draft, faults) in &mut drafts {
        for (reference, at) in &draft.references {
            let known = rules.iter().chain(done.iter().map(|c| &c.rule));
            if known.into_iter().any(|rule| rule.is_called(reference)) {
                continue;
            }
            let what = if skipped.iter().any(|rule| rule.is_called(reference)) {
                format!("refers to `{reference}`, which is not applied")
            } else if names.iter().any(|rule| rule.is_called(reference)) {
                format!("refers to `{reference}`, a correlation that cannot be resolved")
            } else {
                format!("refers to `{reference}`, which is no rule's id or name")
            };
            faults.0.push(Fault::new(*at, what));
        }
        if faults.first_error().is_none() {
            let at = draft.references.first().map(|(_, at)| *at).unwrap_or_default();
            faults.error(at, format!("correlations build on one another more than {CHAIN} deep"));
        }
    }
    (done, drafts)
}

/// What looks wrong in a correlation's aliases: a rule that it does not count, or one that an alias
/// leaves out.
pub fn alias_notes(
    correlation: &Correlation,
    rules: &[Rule],
    correlations: &[Correlation],
) -> Vec<String> {
    let sources: Vec<&Rule> = correlation
        .sources
        .iter()
        .map(|source| match *source {
            Source::Rule(rule) => &rules[rule],
            Source::Correlation(inner) => &correlations[inner].rule,
        })
        .collect();
    let calls = |slot: usize, name: &str| {
        sources.get(slot).is_some_and(|rule| rule.is_called(name))
            || correlation.references.get(slot).is_some_and(|(written, _)| written == name)
    };
    let mut notes = Vec::new();
    for alias in &correlation.aliases {
        for (name, _) in &alias.fields {
            if !(0..sources.len()).any(|slot| calls(slot, name)) {
                notes.push(format!(
                    "the alias `{}` names `{name}`, not one of its rules",
                    alias.name
                ));
            }
        }
        for (slot, (written, _)) in correlation.references.iter().enumerate() {
            if !alias.fields.iter().any(|(name, _)| calls(slot, name)) {
                notes.push(format!("the alias `{}` has no field for `{written}`", alias.name));
            }
        }
    }
    notes
}

/// Works out feeds and outers. Also marks the rules that only feed. The correlations stand in the
/// order of `resolve`.
pub fn link(
    rules: &mut [Rule],
    correlations: &mut [Correlation],
) -> Result<Links, (usize, String)> {
    let count = correlations.len();
    let mut outers: Vec<Vec<Outer>> = vec![Vec::new(); count];
    let mut needs: Vec<Vec<String>> = vec![Vec::new(); count];
    for inner in (0..count).rev() {
        let mut carried: Vec<String> = Vec::new();
        for outer in inner + 1..count {
            let above = &correlations[outer];
            let slots = above.sources.iter().enumerate();
            for (slot, _) in slots.filter(|(_, source)| **source == Source::Correlation(inner)) {
                let from = carried.len();
                let source = &correlations[inner].rule;
                carried.extend(
                    needs[outer].iter().map(|f| above.field_in(f, slot, source).to_owned()),
                );
                let count = carried.len() - from;
                outers[inner].push(Outer { correlation: outer, slot, from, count });
            }
        }
        let own = &correlations[inner];
        needs[inner] = own.group_by.iter().chain(&own.fields).cloned().chain(carried).collect();
    }
    let mut feeds: Vec<Vec<CorrelationInput>> = rules.iter().map(|_| Vec::new()).collect();
    for (i, correlation) in correlations.iter().enumerate() {
        for (slot, source) in correlation.sources.iter().enumerate() {
            let Source::Rule(rule) = *source else { continue };
            let fields =
                needs[i].iter().map(|field| correlation.field_in(field, slot, &rules[rule]));
            let paths =
                fields.map(Path::new).collect::<Result<_, _>>().map_err(|what| (i, what))?;
            feeds[rule].push(CorrelationInput { correlation: i, slot, paths });
        }
    }
    let mut shown: Vec<(Source, bool)> = Vec::new();
    for correlation in correlations.iter() {
        shown.extend(correlation.sources.iter().map(|source| (*source, correlation.generate)));
    }
    let alone = |source: Source| {
        let mut uses = shown.iter().filter(|(used, _)| *used == source).peekable();
        uses.peek().is_none() || uses.any(|(_, generate)| *generate)
    };
    for (i, rule) in rules.iter_mut().enumerate() {
        rule.alone = alone(Source::Rule(i));
    }
    for (i, correlation) in correlations.iter_mut().enumerate() {
        correlation.rule.alone = alone(Source::Correlation(i));
    }
    Ok(Links { order: (0..count).collect(), feeds, outers })
}
