//! Reads the JSON that `serde_json` refuses: lone surrogates, numbers out of range, control characters in strings,
//! and deep nesting. An attacker who puts one into a request must not hide the record from the rules.

use serde_json::{Map, Value};

/// Values nested deeper stand as text.
const MAX_DEPTH: u32 = 100;

/// The value of a text whose structure is JSON. Lone surrogates become U+FFFD, numbers out of range the largest
/// number, and what is nested too deep its own text. `None` if the structure is broken.
pub fn parse(json: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(json);
    let mut parser = Parser { text: &text, at: 0 };
    let value = parser.value(0)?;
    parser.space();
    (parser.at == text.len()).then_some(value)
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    /// The next byte that is not white space, if it is this one, is consumed.
    fn takes(&mut self, byte: u8) -> bool {
        self.space();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn value(&mut self, depth: u32) -> Option<Value> {
        self.space();
        match self.peek()? {
            b'{' | b'[' if depth >= MAX_DEPTH => self.as_text(),
            b'{' => self.object(depth),
            b'[' => self.list(depth),
            b'"' => self.string().map(Value::String),
            _ => self.scalar(),
        }
    }

    fn object(&mut self, depth: u32) -> Option<Value> {
        let mut members = Map::new();
        self.at += 1;
        if self.takes(b'}') {
            return Some(Value::Object(members));
        }
        loop {
            self.space();
            let name = self.string()?;
            let value = if self.takes(b':') { self.value(depth + 1)? } else { return None };
            members.insert(name, value);
            if self.takes(b'}') {
                return Some(Value::Object(members));
            }
            if !self.takes(b',') {
                return None;
            }
        }
    }

    fn list(&mut self, depth: u32) -> Option<Value> {
        let mut items = Vec::new();
        self.at += 1;
        if self.takes(b']') {
            return Some(Value::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.takes(b']') {
                return Some(Value::Array(items));
            }
            if !self.takes(b',') {
                return None;
            }
        }
    }

    /// An object or list as it is written.
    fn as_text(&mut self) -> Option<Value> {
        let start = self.at;
        let mut open = 0u64;
        loop {
            match self.peek()? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => open += 1,
                b'}' | b']' => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                return self.text.get(start..self.at).map(Value::from);
            }
        }
    }

    fn scalar(&mut self) -> Option<Value> {
        let rest = self.text.get(self.at..)?;
        let of_scalar = |b: &u8| matches!(b, b'-' | b'+' | b'.') || b.is_ascii_alphanumeric();
        let end = rest.bytes().position(|b| !of_scalar(&b)).unwrap_or(rest.len());
        let token = rest.get(..end).filter(|token| !token.is_empty())?;
        self.at += end;
        if let Ok(value) = serde_json::from_str(token) {
            return Some(value);
        }
        let number = token.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        Some(match token.parse::<f64>() {
            Ok(value) if number => Value::from(value.clamp(f64::MIN, f64::MAX)),
            _ => Value::from(token),
        })
    }

    fn string(&mut self) -> Option<String> {
        if self.peek() != Some(b'"') {
            return None;
        }
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = self.text.get(self.at..)?;
            let hit = memchr::memchr2(b'"', b'\\', rest.as_bytes())?;
            out.push_str(rest.get(..hit)?);
            self.at += hit + 1;
            if rest.as_bytes().get(hit) == Some(&b'"') {
                return Some(out);
            }
            self.escape(&mut out)?;
        }
    }

    /// What a backslash begins. An escape that JSON does not have stands as it is written.
    fn escape(&mut self, out: &mut String) -> Option<()> {
        let escaped = self.text.get(self.at..)?.chars().next()?;
        self.at += escaped.len_utf8();
        match escaped {
            '"' | '\\' | '/' => out.push(escaped),
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'u' => match self.unit(0) {
                None => out.push_str("\\u"),
                Some(unit) => out.push(self.character(unit)),
            },
            other => out.extend(['\\', other]),
        }
        Some(())
    }

    /// The character that this UTF-16 unit begins; consumes its digits, and its second half.
    fn character(&mut self, unit: u16) -> char {
        self.at += 4;
        let second = match self.text.get(self.at..).is_some_and(|rest| rest.starts_with("\\u")) {
            true if matches!(unit, 0xd800..=0xdbff) => self.unit(2),
            _ => None,
        };
        if let Some(second @ 0xdc00..=0xdfff) = second {
            self.at += 6;
            let mut pair = char::decode_utf16([unit, second]);
            return pair.next().and_then(Result::ok).unwrap_or(char::REPLACEMENT_CHARACTER);
        }
        char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    /// The four hexadecimal digits that stand `skip` bytes on.
    fn unit(&self, skip: usize) -> Option<u16> {
        let from = self.at + skip;
        let digits = self.text.get(from..from + 4)?;
        let hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
        hex.then(|| u16::from_str_radix(digits, 16).ok())?
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_serde_reads_reads_the_same() {
        for text in [
            r#"{"a":[1,-2.5,1e3,true,false,null,"x\"\\\/\n\u00e9\ud83d\ude00"],"b":{},"c":[]}"#,
            " [ ] ",
            r#""é""#,
            "7",
        ] {
            let expected: Value = serde_json::from_str(text).unwrap();
            assert_eq!(parse(text.as_bytes()), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_serde_refuses_is_read_lossily() {
        for (text, expected) in [
            (r#"{"a":"x\ud800y","b":1}"#, json!({"a": "x\u{fffd}y", "b": 1})),
            (r#"["\udc00\ud800","\ud83d\u0041"]"#, json!(["\u{fffd}\u{fffd}", "\u{fffd}A"])),
            (r#"{"n":1e999,"m":-1e999}"#, json!({"n": f64::MAX, "m": f64::MIN})),
            ("{\"a\":\"x\ty\"}", json!({"a": "x\ty"})),
            (r#"["\q\u12","a"]"#, json!(["\\q\\u12", "a"])),
        ] {
            assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
            assert_eq!(parse(text.as_bytes()), Some(expected), "{text}");
        }
    }

    #[test]
    fn deep_values_stand_as_text() {
        let deep = format!("{}\"x]\"{}", "[".repeat(100_000), "]".repeat(100_000));
        let mut value = &parse(format!(r#"{{"a":{deep},"b":1}}"#).as_bytes()).unwrap();
        assert_eq!(value["b"], 1);
        value = &value["a"];
        while let Some(items) = value.as_array() {
            value = &items[0];
        }
        assert!(value.as_str().unwrap().contains("\"x]\""));
    }

    #[test]
    fn a_broken_structure_is_no_value() {
        for text in
            ["", "{", r#"{"a"}"#, r#"{"a":1"#, "[1 2]", "{a:1}", "[1]x", "\"x", "[}", "\"\\"]
        {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
