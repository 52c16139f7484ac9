//! Before and after, as lines with `-` and `+`.

use serde_json::Value;
use similar::{ChangeTag, TextDiff};

/// The lines that differ, with one line of context. Policies that are stored as text are laid out first.
pub fn diff(before: &Value, after: &Value) -> Vec<String> {
    let (before, after) = (laid_out(before), laid_out(after));
    let diff = TextDiff::from_lines(&before, &after);
    let mut lines = Vec::new();
    for (i, group) in diff.grouped_ops(1).iter().enumerate() {
        if i > 0 {
            lines.push("  …".to_string());
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            lines.push(format!("{sign} {}", change.value().trim_end()));
        }
    }
    lines
}

fn laid_out(value: &Value) -> String {
    let value = match value {
        Value::Null => return "(none)\n".to_string(),
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| value.clone()),
        _ => value.clone(),
    };
    format!("{value:#}\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_shown() {
        let lines = diff(&json!({"Status": "Active"}), &json!({"Status": "Inactive"}));
        assert_eq!(
            lines,
            ["  {", "-   \"Status\": \"Active\"", "+   \"Status\": \"Inactive\"", "  }"]
        );
        let lines = diff(&Value::Null, &json!("{\"a\":1}"));
        assert_eq!(lines, ["- (none)", "+ {", "+   \"a\": 1", "+ }"]);
    }
}
