//! Writes JSON into a buffer, in the order in which members are added.

use std::fmt::Write as _;

/// Appends `value` as a JSON string, quotes included.
pub fn push_text(out: &mut String, value: &str) {
    out.push('"');
    let mut clean = 0;
    for (place, byte) in value.bytes().enumerate() {
        // Every byte to escape is ASCII, so cutting there never splits a character.
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&value[clean..place]);
        clean = place + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ => {
                let _ = write!(out, "\\u{byte:04x}");
            }
        }
    }
    out.push_str(&value[clean..]);
    out.push('"');
}

/// An object under construction. Names are trusted to need no escaping.
pub struct Object<'a> {
    out: &'a mut String,
    empty: bool,
}

impl<'a> Object<'a> {
    pub fn begin(out: &'a mut String) -> Object<'a> {
        out.push('{');
        Object { out, empty: true }
    }

    pub fn end(self) {
        self.out.push('}');
    }

    pub fn text(&mut self, name: &str, value: &str) -> &mut Self {
        push_text(self.member(name), value);
        self
    }

    pub fn number(&mut self, name: &str, value: u64) -> &mut Self {
        let out = self.member(name);
        let _ = write!(out, "{value}");
        self
    }

    pub fn flag(&mut self, name: &str, value: bool) -> &mut Self {
        self.raw(name, if value { "true" } else { "false" })
    }

    /// A value that is JSON already.
    pub fn raw(&mut self, name: &str, value: &str) -> &mut Self {
        self.member(name).push_str(value);
        self
    }

    /// A text that `fill` writes and that is known to need no escaping.
    pub fn quoted(&mut self, name: &str, fill: impl FnOnce(&mut String)) -> &mut Self {
        let out = self.member(name);
        out.push('"');
        fill(out);
        out.push('"');
        self
    }

    pub fn object(&mut self, name: &str, fill: impl FnOnce(&mut Object)) -> &mut Self {
        let mut inner = Object::begin(self.member(name));
        fill(&mut inner);
        inner.end();
        self
    }

    fn member(&mut self, name: &str) -> &mut String {
        if !self.empty {
            self.out.push(',');
        }
        self.empty = false;
        self.out.push('"');
        self.out.push_str(name);
        self.out.push_str("\":");
        self.out
    }
}

/// One object as text.
pub fn object(fill: impl FnOnce(&mut Object)) -> String {
    let mut out = String::new();
    let mut object = Object::begin(&mut out);
    fill(&mut object);
    object.end();
    out
}

/// An array of values that are JSON already.
pub fn array(items: &[String]) -> String {
    format!("[{}]", items.join(","))
}
