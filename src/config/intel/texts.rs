//! Many short texts in one piece of memory.

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_64;

/// A text of one [`Texts`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Span {
    start: u32,
    length: u32,
}

#[derive(Debug, Clone, Default)]
pub struct Texts {
    all: String,
}

impl Texts {
    pub fn get(&self, span: Span) -> &str {
        let (start, length) = (span.start as usize, span.length as usize);
        self.all.get(start..start + length).unwrap_or("")
    }

    /// `None` when there is no room for it: behind 4 GiB.
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

/// Gives equal texts one place.
#[derive(Debug, Default)]
pub struct Shared {
    spans: HashMap<u64, Span>,
}

impl Shared {
    pub fn add(&mut self, texts: &mut Texts, text: &str) -> Option<Span> {
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
    fn equal_texts_are_kept_once() {
        let (mut texts, mut shared) = (Texts::default(), Shared::default());
        let spans: Vec<_> = ["a", "", "bc", "a"].map(|t| shared.add(&mut texts, t).unwrap()).into();
        assert_eq!(spans.iter().map(|s| texts.get(*s)).collect::<Vec<_>>(), ["a", "", "bc", "a"]);
        assert_eq!(texts.all, "abc");
        assert_eq!(texts.get(Span { start: 2, length: 9 }), "");
    }
}
