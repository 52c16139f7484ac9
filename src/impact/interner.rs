//! Interns texts as small numbers, and normalizes the texts that are compared.

use std::collections::HashMap;
use std::sync::Arc;

/// The id of an interned text. [`NONE`] means no text.
pub type TextId = u32;

/// Not known.
pub const NONE: TextId = TextId::MAX;

/// Each text once, in the order of first appearance.
#[derive(Debug, Default)]
pub struct Interner {
    texts: Vec<Arc<str>>,
    ids: HashMap<Arc<str>, TextId>,
}

impl Interner {
    /// The id of a text, a new one for a new text. An empty text is [`NONE`].
    pub fn id(&mut self, text: &str) -> TextId {
        if text.is_empty() {
            return NONE;
        }
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let (shared, id): (Arc<str>, _) = (text.into(), self.texts.len() as TextId);
        self.texts.push(shared.clone());
        self.ids.insert(shared, id);
        id
    }

    /// The text of an id, `None` for [`NONE`].
    pub fn text(&self, id: TextId) -> Option<Arc<str>> {
        self.texts.get(id as usize).cloned()
    }
}

/// A State, country or other jurisdiction: trimmed, in capitals.
pub fn normalized_jurisdiction(text: &str) -> String {
    text.trim().to_uppercase()
}

/// A kind of data: trimmed, in lower case.
pub fn normalized_kind(text: &str) -> String {
    text.trim().to_lowercase()
}
