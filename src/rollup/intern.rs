//! Each distinct text once, as a number.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A text of one [`Names`]. `0` is the empty text.
pub type Sym = u32;

/// The texts behind the numbers. Grows with the distinct texts of rollup keys, not with events.
///
/// Callers choose many of the texts, so their hashes have a random seed. Numbers follow the order of insertion alone.
#[derive(Debug)]
pub struct Names {
    table: HashTable<(u32, Sym)>,
    texts: Vec<Box<str>>,
    seed: u64,
}

impl Default for Names {
    fn default() -> Names {
        let mut names = Names { table: HashTable::new(), texts: Vec::new(), seed: rand::random() };
        names.sym("");
        names
    }
}

impl Names {
    #[inline]
    pub fn sym(&mut self, text: &str) -> Sym {
        let hash = hash(self.seed, text);
        match self.known(hash, text) {
            Some(sym) => sym,
            None => self.add(hash, text.into()),
        }
    }

    #[inline]
    fn known(&self, hash: u64, text: &str) -> Option<Sym> {
        let short = (hash >> 32) as u32;
        let same = |(h, sym): &(u32, Sym)| *h == short && *self.texts[*sym as usize] == *text;
        self.table.find(hash, same).map(|(_, sym)| *sym)
    }

    fn add(&mut self, hash: u64, text: Box<str>) -> Sym {
        let sym = self.texts.len() as Sym;
        self.texts.push(text);
        let (texts, seed) = (&self.texts, self.seed);
        let rehash = |(_, sym): &(u32, Sym)| self::hash(seed, &texts[*sym as usize]);
        self.table.insert_unique(hash, ((hash >> 32) as u32, sym), rehash);
        sym
    }

    /// The number of a text, if it has one.
    pub fn find(&self, text: &str) -> Option<Sym> {
        self.known(hash(self.seed, text), text)
    }

    /// The text of a number; `""` for an unknown number.
    #[inline]
    pub fn text(&self, sym: Sym) -> &str {
        self.texts.get(sym as usize).map_or("", |t| t)
    }

    pub fn len(&self) -> usize {
        self.texts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Moves all texts of `other` here and returns their new numbers. Together they may be most of the memory, so none is
    /// copied.
    pub fn absorb(&mut self, other: Names) -> Vec<Sym> {
        let Names { texts, .. } = other;
        let moved = texts.into_iter().map(|text| {
            let hash = hash(self.seed, &text);
            match self.known(hash, &text) {
                Some(sym) => sym,
                None => self.add(hash, text),
            }
        });
        moved.collect()
    }
}

fn hash(seed: u64, text: &str) -> u64 {
    xxh3_64_with_seed(text.as_bytes(), seed)
}
