//! Lists of the smallest items: they merge to the same list in any order.

use std::cmp::Ordering;

/// Inserts an item if it is new and among the `most` smallest; the list stays sorted. There are many such lists, most
/// of them short, so they grow in small steps.
pub fn keep_smallest<T>(
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
