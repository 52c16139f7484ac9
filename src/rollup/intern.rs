//! Each distinct text once, as a number.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

/// A text of one [`Names`]. `0` is the empty text.
pub type Sym = u32;

/// The texts behind the numbers. Grows with the distinct texts of rollup keys, not with events.
#[derive(Debug)]
pub struct Names {
    table: HashTable<(u32, Sym)>,
    texts: Vec<Box<str>>,
}

impl Default for Names {
    fn default() -> Names {
        let mut names = Names { table: HashTable::new(), texts: Vec::new() };
        names.sym("");
        names
    }
}

impl Names {
    #[inline]
    pub fn sym(&mut self, text: &str) -> Sym {
        let hash = xxh3_64(text.as_bytes());
        let short = (hash >> 32) as u32;
        let found =
            self.table.find(hash, |(h, sym)| *h == short && *self.texts[*sym as usize] == *text);
        if let Some((_, sym)) = found {
            return *sym;
        }
        let sym = self.texts.len() as Sym;
        self.texts.push(text.into());
        let texts = &self.texts;
        self.table
            .insert_unique(hash, (short, sym), |(_, s)| xxh3_64(texts[*s as usize].as_bytes()));
        sym
    }

    /// The number of a text, if it has one.
    pub fn find(&self, text: &str) -> Option<Sym> {
        self.table
            .find(xxh3_64(text.as_bytes()), |(_, s)| *self.texts[*s as usize] == *text)
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
