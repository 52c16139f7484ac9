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
        let short = (hash >> 32) as u32;
        let found =
            self.table.find(hash, |(h, sym)| *h == short && *self.texts[*sym as usize] == *text);
        if let Some((_, sym)) = found {
            return *sym;
        }
        let sym = self.texts.len() as Sym;
        self.texts.push(text.into());
        let (texts, seed) = (&self.texts, self.seed);
        let rehash = |(_, sym): &(u32, Sym)| self::hash(seed, &texts[*sym as usize]);
        self.table.insert_unique(hash, (short, sym), rehash);
        sym
    }

    /// The number of a text, if it has one.
    pub fn find(&self, text: &str) -> Option<Sym> {
        self.table
            .find(hash(self.seed, text), |(_, s)| *self.texts[*s as usize] == *text)
            .map(|(_, s)| *s)
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

    /// Adds all texts of `other` and returns their new numbers.
    pub fn absorb(&mut self, other: &Names) -> Vec<Sym> {
        other.texts.iter().map(|text| self.sym(text)).collect()
    }
}

fn hash(seed: u64, text: &str) -> u64 {
    xxh3_64_with_seed(text.as_bytes(), seed)
}
