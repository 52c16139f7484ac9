//! Sorts rows by their first events.

use super::chunks::Chunks;
use super::event_location::EventLocation;

/// Sorts in place. `tie` orders rows with the same first event: a copied object is in two rows.
pub fn sort_by_first_event<T>(
    rows: &mut Chunks<T>,
    first: impl Fn(&T) -> &EventLocation,
    tie: impl Fn(&T) -> u32,
) {
    let mut order: Vec<_> = rows.iter().map(|row| first(row).time).zip(0u32..).collect();
    order.sort_unstable_by(|(a_time, a), (b_time, b)| {
        a_time.cmp(b_time).then_with(|| match (rows.get(*a as usize), rows.get(*b as usize)) {
            (Some(a), Some(b)) => first(a).order(first(b)).then_with(|| tie(a).cmp(&tie(b))),
            _ => a.cmp(b),
        })
    });
    rows.arrange(order.into_iter().map(|(_, number)| number).collect());
}
