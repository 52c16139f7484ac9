//! The prefilter: a cheap search in a record's bytes that decides which rules can match it.

use std::collections::HashMap;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use memchr::{memchr, memmem};

use super::compile::RuleSet;

/// The most text, in bytes, for which the automaton is a DFA. A DFA needs some hundred bytes per byte of text.
const DFA_TEXT: usize = 4 * 1024;

/// A set of rules, with the member names and required literals that decide which of them a record may match.
#[derive(Debug)]
pub struct Prefilter {
    rules: Box<[u32]>,
    /// Member names, each with the rules that require it. They are searched first, because a case-sensitive search
    /// is much faster.
    members: Vec<(memmem::Finder<'static>, Vec<u32>)>,
    /// Rules without required literals. If one of them is left, the record must be parsed.
    unconditional: Vec<u32>,
    automaton: Option<AhoCorasick>,
    /// By literal: the rules that require it.
    owners: Vec<Vec<u32>>,
}

/// One prefilter for each list of rules.
#[derive(Debug, Default)]
pub struct PrefilterCache(HashMap<Vec<u32>, Arc<Prefilter>>);

impl PrefilterCache {
    /// `None` without rules.
    pub fn of(&mut self, set: &RuleSet, rules: Vec<u32>) -> Option<Arc<Prefilter>> {
        if rules.is_empty() {
            return None;
        }
        let made = || Arc::new(Prefilter::new(set, &rules));
        Some(match self.0.get(&rules) {
            Some(known) => Arc::clone(known),
            None => {
                let prefilter = made();
                self.0.insert(rules, Arc::clone(&prefilter));
                prefilter
            }
        })
    }
}

impl Prefilter {
    fn new(set: &RuleSet, rules: &[u32]) -> Prefilter {
        let mut literals: Vec<&str> = Vec::new();
        let mut owners: Vec<Vec<u32>> = Vec::new();
        let mut unconditional = Vec::new();
        let mut members: Vec<(&str, Vec<u32>)> = Vec::new();
        for rule in rules {
            if let Some(name) = set.member_names.get(*rule as usize).and_then(Option::as_deref) {
                match members.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, rules)) => rules.push(*rule),
                    None => members.push((name, vec![*rule])),
                }
            }
            let Some(texts) = set.literals.get(*rule as usize).and_then(Option::as_deref) else {
                unconditional.push(*rule);
                continue;
            };
            for text in texts {
                let position =
                    literals.iter().position(|literal| literal == text).unwrap_or_else(|| {
                        literals.push(text);
                        owners.push(Vec::new());
                        literals.len() - 1
                    });
                owners[position].push(*rule);
            }
        }
        let small = literals.iter().map(|literal| literal.len()).sum::<usize>() <= DFA_TEXT;
        let mut builder = AhoCorasick::builder();
        builder.ascii_case_insensitive(true).kind(small.then_some(AhoCorasickKind::DFA));
        let finder = |(name, rules): (&str, Vec<u32>)| {
            (memmem::Finder::new(name.as_bytes()).into_owned(), rules)
        };
        let members = members.into_iter().map(finder).collect();
        let automaton = builder.build(&literals).ok().filter(|_| !literals.is_empty());
        Prefilter { rules: rules.into(), members, unconditional, automaton, owners }
    }

    /// The rules that the record may match.
    pub fn pass(&self, record: &[u8]) -> Vec<u32> {
        if may_be_encoded(record) {
            return self.rules.to_vec();
        }
        let absent: Vec<u32> = (self.members.iter())
            .filter(|(name, _)| name.find(record).is_none())
            .flat_map(|(_, rules)| rules.iter().copied())
            .collect();
        let candidates: Vec<u32> =
            self.rules.iter().copied().filter(|rule| !absent.contains(rule)).collect();
        let Some(automaton) = &self.automaton else { return candidates };
        if candidates.is_empty() || candidates.iter().any(|rule| self.unconditional.contains(rule))
        {
            return candidates;
        }
        let mut passed: Vec<u32> = Vec::new();
        for found in automaton.find_overlapping_iter(record) {
            for rule in self.owners.get(found.pattern().as_usize()).into_iter().flatten() {
                if candidates.contains(rule) && !passed.contains(rule) {
                    passed.push(*rule);
                }
            }
            if passed.len() == candidates.len() {
                break;
            }
        }
        passed.sort_unstable();
        passed
    }
}

/// Whether letters may be encoded: escaped, URL-encoded, or as characters that fold to ASCII.
fn may_be_encoded(record: &[u8]) -> bool {
    !record.is_ascii() || memchr(b'%', record).is_some() || memmem::find(record, b"\\u").is_some()
}
