//! Undoes defanging, which keeps addresses and links from being clickable: `203.0.113[.]7`, `hxxp://`.

use std::borrow::Cow;

/// Defanged spellings and what they stand for, in lower case.
const SPELLINGS: [(&str, &str); 10] = [
    ("[.]", "."),
    ("(.)", "."),
    ("{.}", "."),
    ("\\.", "."),
    ("[dot]", "."),
    ("(dot)", "."),
    ("[:]", ":"),
    ("[://]", "://"),
    ("[/]", "/"),
    ("hxxp", "http"),
];

/// The plain value: without surrounding quotes, brackets and commas, and with every defanged sign restored.
pub fn refang(written: &str) -> Cow<'_, str> {
    let text = without_quotes(written);
    if !text.contains(['[', '(', '{', '\\']) && !starts_with(text, "hxxp") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match SPELLINGS.iter().find(|(spelling, _)| starts_with(rest, spelling)) {
            Some((spelling, plain)) => {
                out.push_str(plain);
                rest = rest.get(spelling.len()..).unwrap_or("");
            }
            None => {
                out.push(first);
                rest = rest.get(first.len_utf8()..).unwrap_or("");
            }
        }
    }
    Cow::Owned(out)
}

/// Without surrounding quotes, angle brackets and trailing commas.
pub fn without_quotes(written: &str) -> &str {
    let mut text = written.trim().trim_end_matches([',', ';']).trim_end();
    for (open, close) in [('"', '"'), ('\'', '\''), ('`', '`'), ('<', '>')] {
        let inner = text.strip_prefix(open).and_then(|t| t.strip_suffix(close));
        text = inner.unwrap_or(text).trim();
    }
    text
}

fn starts_with(text: &str, lower: &str) -> bool {
    text.get(..lower.len()).is_some_and(|head| head.eq_ignore_ascii_case(lower))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_defanged_value_is_read_as_meant() {
        for (written, plain) in [
            ("203.0.113[.]7", "203.0.113.7"),
            ("203[.]0(.)113{.}7", "203.0.113.7"),
            ("203\\.0\\.113\\.7", "203.0.113.7"),
            ("evil[dot]example", "evil.example"),
            ("evil(DOT)example", "evil.example"),
            ("hxxp://evil[.]example/x", "http://evil.example/x"),
            ("hXXps[://]evil.example", "https://evil.example"),
            ("2001[:]db8[:][:]7", "2001:db8::7"),
            (" \"203.0.113.7\", ", "203.0.113.7"),
            ("<https://evil.example>", "https://evil.example"),
            ("[2001:db8::7]:443", "[2001:db8::7]:443"),
            ("ü[.]é", "ü.é"),
            ("[", "["),
            ("\"", "\""),
            ("", ""),
        ] {
            assert_eq!(refang(written), plain, "{written}");
        }
    }
}
