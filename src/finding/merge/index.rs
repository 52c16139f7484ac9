//! Finds the findings that a further one may be the same as, without a look at all of them.

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};

use crate::clock::Millis;
use crate::finding::{Cause, Finding};

use super::is_light;

/// What two findings of one principal share if they are the same.
#[derive(Hash)]
enum Shared<'a> {
    /// A source and a cause; `None` for any access key.
    Source(&'a str, Cause, Option<&'a str>),
    /// A source, whatever the cause.
    AnyCause(&'a str),
    Event(&'a str, Millis),
    /// A source and a user that both acted on.
    User(&'a str, &'a str),
}

/// The numbers of findings by what they share with others. Callers choose many of the texts, so their hashes have a
/// random key.
#[derive(Default)]
pub struct Index {
    numbers: HashMap<u64, BTreeSet<usize>>,
    hasher: RandomState,
}

impl Index {
    /// The lowest number that is `same`, among all that share something with the finding.
    pub fn first(&self, f: &Finding, same: impl Fn(usize) -> bool) -> Option<usize> {
        let mut first: Option<usize> = None;
        let mut look = |shared: Shared<'_>| {
            let Some(numbers) = self.numbers.get(&self.hash(f, &shared)) else { return };
            let below = first.unwrap_or(usize::MAX);
            first = numbers.range(..below).copied().find(|n| same(*n)).or(first);
        };
        match (f.cause, f.evidence.first()) {
            (Cause::Act, event) => {
                if let Some(event) = event {
                    look(Shared::Event(&event.event_id, event.time));
                }
                users(f).for_each(|(source, user)| look(Shared::User(source, user)));
            }
            (cause, _) => {
                for source in f.sources.iter().map(|source| source.address.as_str()) {
                    if cause == Cause::Volume {
                        look(Shared::AnyCause(source));
                    } else if f.who.access_key.is_empty() {
                        look(Shared::Source(source, cause, None));
                    } else {
                        look(Shared::Source(source, cause, Some(&f.who.access_key)));
                        look(Shared::Source(source, cause, Some("")));
                    }
                }
            }
        }
        first
    }

    /// Adds what the finding shares under a number: its own, or that of the finding which it joins.
    pub fn add(&mut self, f: &Finding, number: usize) {
        let mut shared: Vec<Shared<'_>> = Vec::new();
        for source in f.sources.iter().map(|source| source.address.as_str()) {
            let key = Some(f.who.access_key.as_str());
            shared.extend([key, None].map(|key| Shared::Source(source, f.cause, key)));
            shared.push(Shared::AnyCause(source));
        }
        shared.extend(f.evidence.iter().map(|event| Shared::Event(&event.event_id, event.time)));
        shared.extend(users(f).map(|(source, user)| Shared::User(source, user)));
        for one in shared {
            let hash = self.hash(f, &one);
            self.numbers.entry(hash).or_default().insert(number);
        }
    }

    fn hash(&self, f: &Finding, shared: &Shared<'_>) -> u64 {
        self.hasher.hash_one((&f.who.principal, shared))
    }
}

/// Each source with each user that the calls acted on, if the finding is light enough to join others for that.
fn users(f: &Finding) -> impl Iterator<Item = (&str, &str)> {
    let users = f.targets.iter().filter(|target| target.kind == "user" && is_light(f));
    users.flat_map(|user| f.sources.iter().map(move |s| (s.address.as_str(), user.name.as_str())))
}
