//! Joins what belongs to one finding.

/// Items in their order, each in the group before it if it touches one of that.
pub fn joined<T>(items: Vec<T>, touch: impl Fn(&T, &T) -> bool) -> Vec<Vec<T>> {
    let mut groups: Vec<Vec<T>> = Vec::new();
    for item in items {
        match groups.last_mut() {
            Some(group) if group.iter().any(|known| touch(known, &item)) => group.push(item),
            _ => groups.push(vec![item]),
        }
    }
    groups
}
