//! The texts that a record's bytes must hold before a rule is tried on it.

use std::collections::HashMap;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use memchr::{memchr, memmem};

use super::compile::RuleSet;

/// How many bytes of text an automaton may hold as a table, which takes some hundred bytes for each.
const DFA_TEXT: usize = 4 * 1024;

/// Some rules, and the names and texts that tell which of them a record may match.
#[derive(Debug)]
pub struct Prefilter {
    rules: Box<[u32]>,
    /// Names of members, each with the rules that need it. They are looked for first: they are found much
    /// faster than texts, whose case does not count.
    members: Vec<(memmem::Finder<'static>, Vec<u32>)>,
    /// Rules that need no text: with one of them the record is parsed in any case.
    free: Vec<u32>,
    automaton: Option<AhoCorasick>,
    /// By text: the rules that it lets through.
    owners: Vec<Vec<u32>>,
}

/// One prefilter for each list of rules.
#[derive(Debug, Default)]
pub struct Sieves(HashMap<Vec<u32>, Arc<Prefilter>>);

impl Sieves {
    /// Nothing where there are no rules.
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
        let mut words: Vec<&str> = Vec::new();
        let mut owners: Vec<Vec<u32>> = Vec::new();
        let mut free = Vec::new();
        let mut members: Vec<(&str, Vec<u32>)> = Vec::new();
        for rule in rules {
            if let Some(name) = set.members.get(*rule as usize).and_then(Option::as_deref) {
                match members.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, rules)) => rules.push(*rule),
                    None => members.push((name, vec![*rule])),
                }
            }
            let Some(texts) = set.texts.get(*rule as usize).and_then(Option::as_deref) else {
                free.push(*rule);
                continue;
            };
            for text in texts {
                let position = words.iter().position(|word| word == text).unwrap_or_else(|| {
                    words.push(text);
                    owners.push(Vec::new());
                    words.len() - 1
                });
                owners[position].push(*rule);
            }
        }
        let small = words.iter().map(|word| word.len()).sum::<usize>() <= DFA_TEXT;
        let mut builder = AhoCorasick::builder();
        builder.ascii_case_insensitive(true).kind(small.then_some(AhoCorasickKind::DFA));
        let finder = |(name, rules): (&str, Vec<u32>)| {
            (memmem::Finder::new(name.as_bytes()).into_owned(), rules)
        };
        let members = members.into_iter().map(finder).collect();
        let automaton = builder.build(&words).ok().filter(|_| !words.is_empty());
        Prefilter { rules: rules.into(), members, free, automaton, owners }
    }

    /// The rules that the record may match.
    pub fn pass(&self, record: &[u8]) -> Vec<u32> {
        if obscured(record) {
            return self.rules.to_vec();
        }
        let absent: Vec<u32> = (self.members.iter())
            .filter(|(name, _)| name.find(record).is_none())
            .flat_map(|(_, rules)| rules.iter().copied())
            .collect();
        let alive: Vec<u32> =
            self.rules.iter().copied().filter(|rule| !absent.contains(rule)).collect();
        let Some(automaton) = &self.automaton else { return alive };
        if alive.is_empty() || alive.iter().any(|rule| self.free.contains(rule)) {
            return alive;
        }
        let mut passed: Vec<u32> = Vec::new();
        for found in automaton.find_overlapping_iter(record) {
            for rule in self.owners.get(found.pattern().as_usize()).into_iter().flatten() {
                if alive.contains(rule) && !passed.contains(rule) {
                    passed.push(*rule);
                }
            }
            if passed.len() == alive.len() {
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
