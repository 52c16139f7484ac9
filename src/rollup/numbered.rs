//! Items that are found again by their keys and have numbers in the order in which they came.

use std::hash::{BuildHasher, Hash};

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use super::chunks::Chunks;

/// Something that is one row by its key.
pub trait Keyed {
    type Key: Eq + Hash;

    fn key(&self) -> Self::Key;
}

/// Each key once. Takes little more memory than its items, whatever their number.
#[derive(Debug)]
pub struct Numbered<T> {
    items: Chunks<T>,
    index: HashTable<u32>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Numbered<T> {
        Numbered { items: Chunks::default(), index: HashTable::new() }
    }
}

impl<T: Keyed> Numbered<T> {
    /// The item of that key, if there is one.
    #[inline]
    pub fn find(&mut self, key: &T::Key) -> Option<(u32, &mut T)> {
        let same = |n: &u32| self.items.get(*n as usize).is_some_and(|item| item.key() == *key);
        let number = *self.index.find(hash(key), same)?;
        Some((number, self.items.at_mut(number as usize)))
    }

    /// The item of that key, which is made if there is none.
    #[inline]
    pub fn entry(&mut self, key: &T::Key, new: impl FnOnce() -> T) -> (u32, &mut T) {
        let number = match self.find(key) {
            Some((number, _)) => number,
            None => self.add(new()),
        };
        (number, self.items.at_mut(number as usize))
    }

    /// Adds an item whose key is not there yet; answers its number.
    pub fn add(&mut self, item: T) -> u32 {
        let hash_of = hash(&item.key());
        let number = self.items.push(item);
        let items = &self.items;
        let rehash = |n: &u32| items.get(*n as usize).map_or(0, |item| hash(&item.key()));
        self.index.insert_unique(hash_of, number, rehash);
        number
    }

    pub fn get(&self, number: u32) -> Option<&T> {
        self.items.get(number as usize)
    }

    /// The item of a number that was given out here.
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

    /// Keys have to stay what they are.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.items.iter_mut()
    }

    /// The items, in the order of their numbers.
    pub fn into_items(self) -> Chunks<T> {
        self.items
    }
}

#[inline]
fn hash(key: &impl Hash) -> u64 {
    FxBuildHasher.hash_one(key)
}
