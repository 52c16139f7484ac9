//! Short names, and lists of names, as sentences use them.

/// The short form of an ARN: `user/dana`, `role/app/session`. Other text stays unchanged.
pub fn short(principal: &str) -> &str {
    let mut parts = principal.splitn(6, ':');
    match (parts.next(), parts.nth(4)) {
        (Some("arn"), Some(resource)) if !resource.is_empty() => resource,
        _ => principal,
    }
}

/// `a`, `a and b`, `a, b and 3 more`.
pub fn listed<S: AsRef<str>>(items: &[S], most: usize) -> String {
    let texts: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match texts.as_slice() {
        [] => String::new(),
        [one] => (*one).to_string(),
        [rest @ .., last] if texts.len() <= most => format!("{} and {last}", rest.join(", ")),
        _ => {
            let shown = most.max(1);
            format!("{} and {} more", texts[..shown].join(", "), texts.len() - shown)
        }
    }
}

/// Each name once, in the order of first appearance, without empty ones.
pub fn distinct<'a>(items: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for item in items {
        if !item.is_empty() && !seen.contains(&item) {
            seen.push(item);
        }
    }
    seen
}

/// The text with a capital first letter.
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_are_named_by_what_differs() {
        assert_eq!(short("arn:aws:iam::111122223333:user/ops/dana"), "user/ops/dana");
        assert_eq!(short("arn:aws:s3:::bucket#policy"), "bucket#policy");
        assert_eq!(short("arn:aws"), "arn:aws");
        assert_eq!(short("anonymous"), "anonymous");
    }

    #[test]
    fn long_lists_say_how_many_are_left() {
        assert_eq!(listed(&["a"], 3), "a");
        assert_eq!(listed(&["a", "b"], 3), "a and b");
        assert_eq!(listed(&["a", "b", "c", "d"], 3), "a, b, c and 1 more");
        assert_eq!(listed::<&str>(&[], 3), "");
    }
}
