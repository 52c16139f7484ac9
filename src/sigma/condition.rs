//! Conditions: `selection and not 1 of filter_*`.
//!
//! Facts: Sigma Rules Specification, "Condition". Operators are case-insensitive, because authors write
//! them either way. A number above 1 before `of` means "at least".

/// How deep parentheses and `not` may nest.
const DEPTH: usize = 64;
/// How many words a condition may have.
const WORDS: usize = 10_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    Name(String),
    Of(Count, String),
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    All,
    AtLeast(usize),
}

/// Parses a condition. The error is a message for the rule's author.
pub fn parse(text: &str) -> Result<Condition, String> {
    let words = words(text)?;
    if words.is_empty() {
        return Err("the condition is empty".to_owned());
    }
    let mut reader = Reader { words: &words, position: 0, depth: 0 };
    let condition = reader.or()?;
    match reader.next() {
        None => Ok(condition),
        Some(")") => Err("unexpected `)` in the condition".to_owned()),
        Some(word) => Err(format!("`and` or `or` is missing before `{word}` in the condition")),
    }
}

fn words(text: &str) -> Result<Vec<&str>, String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let size = match first {
            '(' | ')' => 1,
            '|' => {
                return Err("aggregations after `|` are not part of Sigma 2; write a correlation \
                            rule"
                    .to_owned());
            }
            _ => rest.find(|c: char| c.is_whitespace() || "()|".contains(c)).unwrap_or(rest.len()),
        };
        let (word, after) = rest.split_at(size);
        words.push(word);
        rest = after.trim_start();
        if words.len() > WORDS {
            return Err(format!("the condition has more than {WORDS} words"));
        }
    }
    Ok(words)
}

struct Reader<'a> {
    words: &'a [&'a str],
    position: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.position).copied()
    }

    fn next(&mut self) -> Option<&'a str> {
        let word = self.peek()?;
        self.position += 1;
        Some(word)
    }

    fn skip(&mut self, expected: &str) -> bool {
        let there = self.peek().is_some_and(|word| word.eq_ignore_ascii_case(expected));
        self.position += usize::from(there);
        there
    }

    fn or(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.and()?];
        while self.skip("or") {
            parts.push(self.and()?);
        }
        Ok(single_or(parts, Condition::Or))
    }

    fn and(&mut self) -> Result<Condition, String> {
        let mut parts = vec![self.not()?];
        while self.skip("and") {
            parts.push(self.not()?);
        }
        Ok(single_or(parts, Condition::And))
    }

    fn not(&mut self) -> Result<Condition, String> {
        let mut negated = false;
        while self.skip("not") {
            negated = !negated;
        }
        let inner = self.term()?;
        Ok(if negated { Condition::Not(Box::new(inner)) } else { inner })
    }

    fn term(&mut self) -> Result<Condition, String> {
        let word = self.next().ok_or("the condition ends where a selection is expected")?;
        if word == "(" {
            self.depth += 1;
            if self.depth > DEPTH {
                return Err(format!("parentheses nested more than {DEPTH} deep"));
            }
            let inner = self.or()?;
            self.depth -= 1;
            return match self.next() {
                Some(")") => Ok(inner),
                _ => Err("a `)` is missing in the condition".to_owned()),
            };
        }
        let lower = word.to_ascii_lowercase();
        if matches!(lower.as_str(), ")" | "and" | "or" | "of") {
            return Err(format!("expected a selection, found `{word}`"));
        }
        if self.peek().is_some_and(|next| next.eq_ignore_ascii_case("of")) {
            let count = match lower.as_str() {
                "all" => Count::All,
                "any" => Count::AtLeast(1),
                number => match number.parse() {
                    Ok(count) if count > 0 => Count::AtLeast(count),
                    _ => return Err(format!("`{word} of`: expected `1 of`, `any of` or `all of`")),
                },
            };
            self.position += 1;
            let pattern = self.next().filter(|word| !matches!(*word, "(" | ")"));
            let pattern =
                pattern.ok_or_else(|| format!("expected selections after `{word} of`"))?;
            return Ok(Condition::Of(count, pattern.to_owned()));
        }
        if word.contains('*') {
            return Err(format!("`{word}` needs `1 of` or `all of` before it"));
        }
        Ok(Condition::Name(word.to_owned()))
    }
}

fn single_or(mut parts: Vec<Condition>, many: fn(Vec<Condition>) -> Condition) -> Condition {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            many(parts)
        }
        None => many(parts),
    }
}

/// Indexes of the names that `… of pattern` selects. `them` leaves out names that begin with an underscore.
pub fn matching_names<'a>(pattern: &str, names: impl Iterator<Item = &'a str>) -> Vec<usize> {
    let them = pattern.eq_ignore_ascii_case("them");
    let fits =
        |name: &str| if them { !name.starts_with('_') } else { matches_wildcard(pattern, name) };
    names.enumerate().filter(|(_, name)| fits(name)).map(|(position, _)| position).collect()
}

/// `*` matches any number of characters. Nothing else is special.
fn matches_wildcard(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(rest) = name.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    let mut rest = rest;
    for part in parts {
        let Some(position) = rest.find(part) else { return false };
        rest = &rest[position + part.len()..];
    }
    rest.ends_with(last)
}
