//! Joins what belongs to one finding.

/// Items in their order: each joins the last group if it touches one of its items, else it starts a group.
pub fn group_touching<T>(items: Vec<T>, touches: impl Fn(&T, &T) -> bool) -> Vec<Vec<T>> {
    let mut groups: Vec<Vec<T>> = Vec::new();
    for item in items {
        match groups.last_mut() {
            Some(group) if group.iter().any(|known| touches(known, &item)) => group.push(item),
            _ => groups.push(vec![item]),
        }
    }
    groups
}
