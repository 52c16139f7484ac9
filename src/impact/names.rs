//! Texts as small numbers.

use std::collections::HashMap;
use std::sync::Arc;

/// A text's number; [`NONE`] stands for no text.
pub type Name = u32;

/// What is not known.
pub const NONE: Name = Name::MAX;

/// Each text once, in the order of first appearance.
#[derive(Debug, Default)]
pub struct Names {
    texts: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, Name>,
}

impl Names {
    /// Its number, a new one at the first time. An empty text is [`NONE`].
    pub fn number(&mut self, text: &str) -> Name {
        if text.is_empty() {
            return NONE;
        }
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let (shared, number): (Arc<str>, _) = (text.into(), self.texts.len() as Name);
        self.texts.push(shared.clone());
        self.numbers.insert(shared, number);
        number
    }

    /// The text, `None` for [`NONE`].
    pub fn text(&self, number: Name) -> Option<Arc<str>> {
        self.texts.get(number as usize).cloned()
    }
}

/// A State, country or other jurisdiction as it is compared: without blanks around it, in capitals.
pub fn jurisdiction(text: &str) -> String {
    text.trim().to_uppercase()
}

/// A kind of data as it is compared: without blanks around it, in small letters.
pub fn kind(text: &str) -> String {
    text.trim().to_lowercase()
}
