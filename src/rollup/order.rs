//! Rows by their first events.

use super::chunks::Chunks;
use super::event_location::EventLocation;

/// Sorts in place. `beside` tells rows of one event apart: a copy is in two rows of objects.
pub fn by_first<T>(
    rows: &mut Chunks<T>,
    first: impl Fn(&T) -> &EventLocation,
    beside: impl Fn(&T) -> u32,
) {
    let mut order: Vec<_> = rows.iter().map(|row| first(row).time).zip(0u32..).collect();
    order.sort_unstable_by(|(a_time, a), (b_time, b)| {
        a_time.cmp(b_time).then_with(|| match (rows.get(*a as usize), rows.get(*b as usize)) {
            (Some(a), Some(b)) => first(a).order(first(b)).then_with(|| beside(a).cmp(&beside(b))),
            _ => a.cmp(b),
        })
    });
    rows.arrange(order.into_iter().map(|(_, number)| number).collect());
}
