//! The texts that a record's bytes must hold before a rule is tried on it.

use std::collections::HashMap;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use memchr::{memchr, memmem};

use super::compile::RuleSet;

/// How many bytes of text an automaton may hold as a table, which takes some hundred bytes for each.
const DFA_TEXT: usize = 4 * 1024;

/// Some rules, and the texts that tell which of them a record may match.
#[derive(Debug)]
pub struct Sieve {
    rules: Box<[u32]>,
    /// Nothing where a rule needs no text: the record is parsed in any case.
    automaton: Option<AhoCorasick>,
    /// By text: the rules that it lets through.
    owners: Vec<Vec<u32>>,
}

/// One sieve for each list of rules.
#[derive(Debug, Default)]
pub struct Sieves(HashMap<Vec<u32>, Arc<Sieve>>);

impl Sieves {
    /// Nothing where there are no rules.
    pub fn of(&mut self, set: &RuleSet, rules: Vec<u32>) -> Option<Arc<Sieve>> {
        if rules.is_empty() {
            return None;
        }
        let made = || Arc::new(Sieve::new(set, &rules));
        Some(match self.0.get(&rules) {
            Some(known) => Arc::clone(known),
            None => {
                let sieve = made();
                self.0.insert(rules, Arc::clone(&sieve));
                sieve
            }
        })
    }
}

impl Sieve {
    fn new(set: &RuleSet, rules: &[u32]) -> Sieve {
        let mut words: Vec<&str> = Vec::new();
        let mut owners: Vec<Vec<u32>> = Vec::new();
        let mut free = false;
        for rule in rules {
            let Some(texts) = set.texts.get(*rule as usize).and_then(Option::as_deref) else {
                free = true;
                continue;
            };
            for text in texts {
                let place = words.iter().position(|word| word == text).unwrap_or_else(|| {
                    words.push(text);
                    owners.push(Vec::new());
                    words.len() - 1
                });
                owners[place].push(*rule);
            }
        }
        let small = words.iter().map(|word| word.len()).sum::<usize>() <= DFA_TEXT;
        let mut builder = AhoCorasick::builder();
        builder.ascii_case_insensitive(true).kind(small.then_some(AhoCorasickKind::DFA));
        let automaton = if free { None } else { builder.build(&words).ok() };
        Sieve { rules: rules.into(), automaton, owners }
    }

    /// The rules that the record may match.
    pub fn pass(&self, record: &[u8]) -> Vec<u32> {
        let Some(automaton) = self.automaton.as_ref().filter(|_| !obscured(record)) else {
            return self.rules.to_vec();
        };
        let mut passed: Vec<u32> = Vec::new();
        for found in automaton.find_overlapping_iter(record) {
            for rule in self.owners.get(found.pattern().as_usize()).into_iter().flatten() {
                if !passed.contains(rule) {
                    passed.push(*rule);
                }
            }
            if passed.len() == self.rules.len() {
                break;
            }
        }
        passed.sort_unstable();
        passed
    }
}

/// Whether letters may be written in another way than as themselves: escaped, URL-encoded, or as
/// characters that fold to ASCII.
fn obscured(record: &[u8]) -> bool {
    !record.is_ascii() || memchr(b'%', record).is_some() || memmem::find(record, b"\\u").is_some()
}
