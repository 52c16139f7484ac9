//! Links correlations to the rules and correlations that they count, and finds the fields that each needs.
//!
//! A correlation of correlations groups by its own fields alone (Correlation Specification, "Ordered Temporal
//! Proximity", note), so these fields are also taken from the records that the innermost rules match.

use super::correlate::{Correlation, Source};
use super::field::Path;
use super::problem::{Diagnostic, Diagnostics};
use super::rule::Rule;
use super::skipped::Skipped;

/// How deep correlations may be nested.
const MAX_DEPTH: usize = 5;

/// The fields that one correlation takes from the records of a rule.
#[derive(Debug)]
pub struct CorrelationInput {
    pub correlation: usize,
    pub slot: usize,
    /// Group key, counted fields, then fields for outer correlations.
    pub paths: Vec<Path>,
}

/// A correlation that counts the firings of another one.
#[derive(Debug, Clone, Copy)]
pub struct OuterCorrelation {
    pub correlation: usize,
    pub slot: usize,
    /// Index of its first field among the fields for outer correlations.
    pub from: usize,
    pub count: usize,
}

#[derive(Debug, Default)]
pub struct Links {
    /// Correlations, inner ones first.
    pub order: Vec<usize>,
    /// By rule.
    pub inputs: Vec<Vec<CorrelationInput>>,
    /// By correlation.
    pub outers: Vec<Vec<OuterCorrelation>>,
}

/// A correlation that was read but not resolved, with its diagnostics.
pub type PendingCorrelation = (Correlation, Diagnostics);

/// Resolves references. Returns the correlations whose references all resolve, inner ones first, and the others
/// with errors.
pub fn resolve(
    mut pending: Vec<PendingCorrelation>,
    rules: &[Rule],
    skipped: &[Skipped],
) -> (Vec<Correlation>, Vec<PendingCorrelation>) {
    let mut done: Vec<(Correlation, usize)> = Vec::new();
    loop {
        let before = pending.len();
        let mut waiting = Vec::new();
        for (mut draft, diagnostics) in pending {
            let sources: Option<Vec<(Source, usize)>> = draft
                .references
                .iter()
                .map(|(reference, _)| {
                    let rule = rules.iter().position(|rule| rule.is_called(reference));
                    let inner =
                        || done.iter().position(|(known, _)| known.rule.is_called(reference));
                    rule.map(|rule| (Source::Rule(rule), 0))
                        .or_else(|| inner().map(|i| (Source::Correlation(i), done[i].1 + 1)))
                })
                .collect();
            match sources {
                Some(sources) if sources.iter().all(|(_, depth)| *depth <= MAX_DEPTH) => {
                    let depth = sources.iter().map(|(_, depth)| *depth).max().unwrap_or(0);
                    draft.sources = sources.into_iter().map(|(source, _)| source).collect();
                    done.push((draft, depth));
                }
                _ => waiting.push((draft, diagnostics)),
            }
        }
        pending = waiting;
        if pending.len() == before {
            break;
        }
    }
    let done: Vec<Correlation> = done.into_iter().map(|(correlation, _)| correlation).collect();
    let names: Vec<Rule> = pending.iter().map(|(draft, _)| draft.rule.clone()).collect();
    for (draft, diagnostics) in &mut pending {
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
                format!("unknown rule `{reference}`: no rule has this id or name")
            };
            diagnostics.0.push(Diagnostic::new(*at, what));
        }
        if diagnostics.first_error().is_none() {
            let at = draft.references.first().map(|(_, at)| *at).unwrap_or_default();
            diagnostics.error(at, format!("correlations are nested more than {MAX_DEPTH} deep"));
        }
    }
    (done, pending)
}

/// Warnings about a correlation's aliases: a rule that it does not count, or one that an alias leaves out.
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
                    "the alias `{}` names `{name}`, which is not in the correlation's `rules`",
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

/// Links inputs and outer correlations, and marks the rules that only serve as input. The correlations must be in
/// the order of `resolve`.
pub fn link(
    rules: &mut [Rule],
    correlations: &mut [Correlation],
) -> Result<Links, (usize, String)> {
    let count = correlations.len();
    let mut outers: Vec<Vec<OuterCorrelation>> = vec![Vec::new(); count];
    let mut needs: Vec<Vec<String>> = vec![Vec::new(); count];
    for inner in (0..count).rev() {
        let mut outer_fields: Vec<String> = Vec::new();
        for outer in inner + 1..count {
            let above = &correlations[outer];
            let slots = above.sources.iter().enumerate();
            for (slot, _) in slots.filter(|(_, source)| **source == Source::Correlation(inner)) {
                let from = outer_fields.len();
                let source = &correlations[inner].rule;
                outer_fields.extend(
                    needs[outer].iter().map(|f| above.field_in(f, slot, source).to_owned()),
                );
                let count = outer_fields.len() - from;
                outers[inner].push(OuterCorrelation { correlation: outer, slot, from, count });
            }
        }
        let own = &correlations[inner];
        needs[inner] =
            own.group_by.iter().chain(&own.fields).cloned().chain(outer_fields).collect();
    }
    let mut inputs: Vec<Vec<CorrelationInput>> = rules.iter().map(|_| Vec::new()).collect();
    for (i, correlation) in correlations.iter().enumerate() {
        for (slot, source) in correlation.sources.iter().enumerate() {
            let Source::Rule(rule) = *source else { continue };
            let fields =
                needs[i].iter().map(|field| correlation.field_in(field, slot, &rules[rule]));
            let paths =
                fields.map(Path::new).collect::<Result<_, _>>().map_err(|what| (i, what))?;
            inputs[rule].push(CorrelationInput { correlation: i, slot, paths });
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
    Ok(Links { order: (0..count).collect(), inputs, outers })
}
