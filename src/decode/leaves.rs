//! The values inside a JSON object, whatever the order of its members and the white space between them.

use super::scan::string_end;

/// Passes every text, number and flag in `raw` to `take`, each with the nearest name before it. Texts and names keep
/// their quotes. Stops at the first malformed byte.
pub fn leaves<'a>(raw: &'a str, mut take: impl FnMut(&'a str, &'a str)) {
    let bytes = raw.as_bytes();
    let (mut at, mut name) = (0, "");
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'}' | b'[' | b']' | b',' | b':' | b' ' | b'\n' | b'\r' | b'\t' => at += 1,
            b'"' => {
                let Ok(end) = string_end(bytes, at) else { return };
                let text = raw.get(at..end).unwrap_or("");
                at = super::scan::skip_space(bytes, end);
                match bytes.get(at) {
                    Some(b':') => name = text,
                    _ => take(name, text),
                }
            }
            _ => {
                let rest = bytes.get(at..).unwrap_or_default();
                let ends = |b: &u8| matches!(b, b',' | b'}' | b']') || b.is_ascii_whitespace();
                let end = at + rest.iter().position(ends).unwrap_or(rest.len());
                match raw.get(at..end) {
                    Some("null") | None => {}
                    Some(plain) => take(name, plain),
                }
                at = end;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_with_the_name_before_them() {
        let raw = r#"{"a":"x\"y","b":[1, true,null,{"c":"z"}],"d":{}, "e" : -1.5e3}"#;
        let mut found = Vec::new();
        leaves(raw, |name, value| found.push(format!("{name}={value}")));
        assert_eq!(
            found,
            [r#""a"="x\"y""#, r#""b"=1"#, r#""b"=true"#, r#""c"="z""#, r#""e"=-1.5e3"#]
        );
        for cut in 0..raw.len() {
            leaves(&raw[..cut], |_, _| {});
        }
        leaves("", |_, _| panic!("nothing is there"));
    }
}
