//! Many short texts in one allocation.

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;

/// The position of a text in a [`TextArena`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Span {
    start: u32,
    length: u32,
}

#[derive(Debug, Clone, Default)]
pub struct TextArena {
    all: String,
}

impl TextArena {
    pub fn get(&self, span: Span) -> &str {
        let (start, length) = (span.start as usize, span.length as usize);
        self.all.get(start..start + length).unwrap_or("")
    }

    /// `None` if the arena would exceed 4 GiB.
    pub fn add(&mut self, text: &str) -> Option<Span> {
        if text.is_empty() {
            return Some(Span::default());
        }
        let start = u32::try_from(self.all.len()).ok()?;
        let length = u32::try_from(text.len()).ok()?;
        start.checked_add(length)?;
        self.all.push_str(text);
        Some(Span { start, length })
    }

    pub fn shrink(&mut self) {
        self.all.shrink_to_fit();
    }
}

/// Stores equal texts once.
#[derive(Debug, Default)]
pub struct TextInterner {
    spans: HashMap<u64, Span>,
}

impl TextInterner {
    pub fn add(&mut self, texts: &mut TextArena, text: &str) -> Option<Span> {
        let hash = xxh3_64(text.as_bytes());
        match self.spans.get(&hash) {
            Some(span) if texts.get(*span) == text => Some(*span),
            _ => {
                let span = texts.add(text)?;
                self.spans.insert(hash, span);
                Some(span)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_stored_once() {
        let (mut texts, mut shared) = (TextArena::default(), TextInterner::default());
        let spans: Vec<_> = ["a", "", "bc", "a"].map(|t| shared.add(&mut texts, t).unwrap()).into();
        assert_eq!(spans.iter().map(|s| texts.get(*s)).collect::<Vec<_>>(), ["a", "", "bc", "a"]);
        assert_eq!(texts.all, "abc");
        assert_eq!(texts.get(Span { start: 2, length: 9 }), "");
    }
}
