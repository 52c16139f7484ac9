//! The size of a policy as IAM counts it, and the quotas that it counts against.
//!
//! White space does not count. All inline policies of an identity count together: 2,048 characters for a user, 10,240
//! for a role. A trust policy may have 2,048 by default (IAM User Guide, "IAM and AWS STS quotas"; API reference,
//! GetAccountSummary: "in non-whitespace characters").

use serde_json::Value;

pub const INLINE_OF_USER: usize = 2_048;
pub const INLINE_OF_ROLE: usize = 10_240;
pub const TRUST: usize = 2_048;

/// The size of a document, in characters.
pub fn of(document: &Value) -> usize {
    of_text(&document.to_string())
}

/// The size of a document's text, in characters.
pub fn of_text(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn white_space_does_not_count() {
        assert_eq!(of_text("{ \"a\" :\n\t\"é b\" }"), of(&json!({"a": "éb"})));
        assert_eq!(of(&json!({"a": "éb"})), 10);
    }
}
