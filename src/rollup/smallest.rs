//! Lists that keep the smallest of what they are shown: they merge, whatever the order.

use std::cmp::Ordering;

/// Keeps the `most` smallest in order, each once. There are many such lists, most of them short: they take
/// little more room than they need.
pub fn smallest<T>(
    list: &mut Vec<T>,
    most: usize,
    order: impl Fn(&T) -> Ordering,
    new: impl FnOnce() -> T,
) {
    if let Err(at) = list.binary_search_by(order)
        && at < most
    {
        list.truncate(most - 1);
        if list.len() == list.capacity() {
            list.reserve_exact(1 + list.len() / 4);
        }
        list.insert(at.min(list.len()), new());
    }
}
