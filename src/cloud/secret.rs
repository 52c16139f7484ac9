//! Values that exist in memory only.

use std::fmt;

/// A text that no output shows: `Debug` hides it, and it implements neither `Display` nor serialization.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text itself, for the call or file that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        let mut bytes = std::mem::take(&mut self.0).into_bytes();
        bytes.fill(0);
        std::hint::black_box(&bytes);
    }
}

/// A newly created access key. Its secret is only known at this moment.
#[derive(Debug)]
pub struct IssuedKey {
    pub id: String,
    pub secret: Secret,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_in_debug_text() {
        let key = IssuedKey { id: "AKIAEXAMPLE".into(), secret: Secret::new("planted-secret") };
        let text = format!("{key:?}");
        assert!(text.contains("AKIAEXAMPLE") && !text.contains("planted"), "{text}");
    }
}
