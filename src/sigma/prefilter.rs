//! The prefilter: a cheap search in a record's bytes that decides which rules can match it.

use std::collections::HashMap;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use memchr::{memchr, memchr_iter, memmem};

use super::compile::RuleSet;

/// The most text, in bytes, for which the automaton is a DFA. A DFA needs some hundred bytes per byte of text.
const DFA_TEXT: usize = 4 * 1024;

/// A set of rules, with the member names and required literals that decide which of them a record may match.
#[derive(Debug)]
pub struct Prefilter {
    rules: Box<[u32]>,
    /// Member names that rules require. They are searched first, because a case-sensitive search is much faster.
    members: Vec<memmem::Finder<'static>>,
    /// By position of the rule: positions of the member names of which a record must have one. Empty without any.
    required: Vec<Vec<usize>>,
    /// Rules without required literals. If one of them is left, the record must be parsed.
    unconditional: Vec<u32>,
    automaton: Option<AhoCorasick>,
    /// By literal: the rules that require it.
    owners: Vec<Vec<u32>>,
}

/// One prefilter for each list of rules.
#[derive(Debug, Default)]
pub struct PrefilterCache {
    by_rules: HashMap<Vec<u32>, Arc<Prefilter>>,
    bytes: usize,
}

impl PrefilterCache {
    /// `None` without rules.
    pub fn of(&mut self, set: &RuleSet, rules: Vec<u32>) -> Option<Arc<Prefilter>> {
        if rules.is_empty() {
            return None;
        }
        Some(match self.by_rules.get(&rules) {
            Some(known) => Arc::clone(known),
            None => {
                let prefilter = Arc::new(Prefilter::new(set, &rules));
                self.bytes += prefilter.bytes();
                self.by_rules.insert(rules, Arc::clone(&prefilter));
                prefilter
            }
        })
    }

    /// About how much memory the prefilters take.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Prefilter {
    fn new(set: &RuleSet, rules: &[u32]) -> Prefilter {
        let mut literals: Vec<&str> = Vec::new();
        let mut owners: Vec<Vec<u32>> = Vec::new();
        let mut unconditional = Vec::new();
        let (mut members, mut required): (Vec<&str>, Vec<Vec<usize>>) = (Vec::new(), Vec::new());
        for rule in rules {
            let names = set.member_names.get(*rule as usize).and_then(Option::as_deref);
            let mut position = |name| {
                members.iter().position(|known| *known == name).unwrap_or_else(|| {
                    members.push(name);
                    members.len() - 1
                })
            };
            required.push(names.unwrap_or_default().iter().map(|name| position(name)).collect());
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
        let finder = |name: &str| memmem::Finder::new(name.as_bytes()).into_owned();
        let members = members.into_iter().map(finder).collect();
        let automaton = builder.build(&literals).ok().filter(|_| !literals.is_empty());
        Prefilter { rules: rules.into(), members, required, unconditional, automaton, owners }
    }

    fn bytes(&self) -> usize {
        let lists = self.required.len() + self.owners.len() + self.members.len();
        let automaton = self.automaton.as_ref().map_or(0, AhoCorasick::memory_usage);
        size_of::<Prefilter>() + 128 * (lists + self.rules.len()) + automaton
    }

    /// The rules that the record may match.
    pub fn pass(&self, record: &[u8]) -> Vec<u32> {
        if may_be_encoded(record) {
            return self.rules.to_vec();
        }
        let found: Vec<bool> =
            self.members.iter().map(|name| name.find(record).is_some()).collect();
        let has_one = |names: &[usize]| {
            names.is_empty() || names.iter().any(|name| found.get(*name).is_some_and(|is| *is))
        };
        let rules = self.rules.iter().zip(&self.required);
        let candidates: Vec<u32> =
            rules.filter(|(_, names)| has_one(names)).map(|(rule, _)| *rule).collect();
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
    let is_unicode = |at: usize| record.get(at + 1) == Some(&b'u');
    !record.is_ascii()
        || memchr(b'%', record).is_some()
        || memchr_iter(b'\\', record).any(is_unicode)
}
