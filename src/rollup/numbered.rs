//! Items that are found by key and numbered in the order in which they were added.

use std::hash::{BuildHasher, Hash};

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use super::chunks::Chunks;

/// A row identified by its key.
pub trait Keyed {
    type Key: Eq + Hash;

    fn key(&self) -> Self::Key;
}

/// One item per key. Takes little more memory than its items.
#[derive(Debug)]
pub struct Numbered<T> {
    items: Chunks<T>,
    /// Numbers of the first items; the first search adds the others.
    index: HashTable<u32>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Numbered<T> {
        Numbered { items: Chunks::default(), index: HashTable::new() }
    }
}

/// From items with distinct keys. They are indexed at the first search.
impl<T> FromIterator<T> for Numbered<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Numbered<T> {
        Numbered { items: items.into_iter().collect(), index: HashTable::new() }
    }
}

impl<T: Keyed> Numbered<T> {
    /// Reserves room in the index for `more` items.
    pub fn reserve(&mut self, more: usize) {
        let items = &self.items;
        self.index.reserve(more, |n| hash_at(items, *n));
    }

    #[cold]
    fn index_rest(&mut self) {
        let (items, known) = (&self.items, self.index.len());
        self.index.reserve(items.len() - known, |n| hash_at(items, *n));
        for (number, item) in (0..).zip(items.iter()).skip(known) {
            self.index.insert_unique(hash(&item.key()), number, |n| hash_at(items, *n));
        }
    }

    #[inline]
    fn number(&mut self, key: &T::Key, hash: u64) -> Option<u32> {
        if self.index.len() < self.items.len() {
            self.index_rest();
        }
        let same = |n: &u32| self.items.get(*n as usize).is_some_and(|item| item.key() == *key);
        self.index.find(hash, same).copied()
    }

    /// The item with the key; `new` makes it if there is none.
    #[inline]
    pub fn entry(&mut self, key: &T::Key, new: impl FnOnce() -> T) -> (u32, &mut T) {
        let hash = hash(key);
        let number = match self.number(key, hash) {
            Some(number) => number,
            None => self.add(hash, new()),
        };
        (number, self.items.at_mut(number as usize))
    }

    /// Adds an item, or lets `join` merge it into the one with the same key; returns its number.
    #[inline]
    pub fn merge(&mut self, item: T, join: impl FnOnce(&mut T, T)) -> u32 {
        let key = item.key();
        let hash = hash(&key);
        match self.number(&key, hash) {
            Some(number) => {
                join(self.items.at_mut(number as usize), item);
                number
            }
            None => self.add(hash, item),
        }
    }

    fn add(&mut self, hash: u64, item: T) -> u32 {
        let number = self.items.push(item);
        let items = &self.items;
        self.index.insert_unique(hash, number, |n| hash_at(items, *n));
        number
    }

    /// Moves item `order[n]` to position `n`, which changes the numbers. Each number must be in `order` once.
    pub fn arrange(&mut self, order: Vec<u32>) {
        // The next search makes it again.
        self.index = HashTable::new();
        self.items.arrange(order);
    }

    pub fn get(&self, number: u32) -> Option<&T> {
        self.items.get(number as usize)
    }

    /// The item with a number that this list returned.
    pub fn at_mut(&mut self, number: u32) -> &mut T {
        self.items.at_mut(number as usize)
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.items.iter()
    }

    /// Keys must not change.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.items.iter_mut()
    }

    /// The items, in the order of their numbers.
    pub fn into_items(self) -> Chunks<T> {
        self.items
    }
}

fn hash_at<T: Keyed>(items: &Chunks<T>, number: u32) -> u64 {
    items.get(number as usize).map_or(0, |item| hash(&item.key()))
}

#[inline]
fn hash(key: &impl Hash) -> u64 {
    FxBuildHasher.hash_one(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A key and how often it occurred.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    struct Count(u32, u32);

    impl Keyed for Count {
        type Key = u32;

        fn key(&self) -> u32 {
            self.0
        }
    }

    #[test]
    fn items_are_found_by_their_keys_however_they_came() {
        let mut counts: Numbered<_> = (0..1_000).map(|key| Count(key, 1)).collect();
        assert_eq!((counts.len(), counts.get(999)), (1_000, Some(&Count(999, 1))));
        let join = |known: &mut Count, new: Count| known.1 += new.1;
        assert_eq!(counts.merge(Count(700, 5), join), 700);
        assert_eq!(counts.merge(Count(5_000, 2), join), 1_000);
        assert_eq!(counts.entry(&5_000, || unreachable!()), (1_000, &mut Count(5_000, 2)));
        assert_eq!(counts.entry(&6_000, || Count(6_000, 0)).0, 1_001);
        assert_eq!(counts.get(700), Some(&Count(700, 6)));
        assert_eq!(counts.len(), 1_002);
        counts.arrange((0..1_002).rev().collect());
        assert_eq!(
            (counts.get(0), counts.get(301)),
            (Some(&Count(6_000, 0)), Some(&Count(700, 6)))
        );
        assert_eq!(counts.entry(&700, || unreachable!()).0, 301);
    }
}
