//! A parallel map over a list.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Applies `work` to every item on several threads. Results are in the order of the items. Each thread has its own
/// scratch space.
pub fn map<T: Sync, S: Default, R: Send>(
    items: &[T],
    threads: usize,
    work: impl Fn(&T, &mut S) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut scratch = S::default();
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return done };
            done.push((at, work(item, &mut scratch)));
        }
    };
    let mut all: Vec<(usize, R)> = thread::scope(|scope| {
        let workers = threads.clamp(1, items.len().max(1));
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        let join = |handle: thread::ScopedJoinHandle<'_, Vec<(usize, R)>>| {
            handle.join().map_err(std::panic::resume_unwind).unwrap_or_default()
        };
        handles.into_iter().flat_map(join).collect()
    });
    all.sort_unstable_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order() {
        let items: Vec<u32> = (0..1000).collect();
        for threads in [0, 1, 3] {
            let twice = map(&items, threads, |n, seen: &mut u32| {
                *seen += 1;
                n * 2
            });
            assert!(twice.iter().enumerate().all(|(i, n)| *n as usize == i * 2));
        }
        assert!(map(&[0; 0], 4, |_, (): &mut ()| 1).is_empty());
    }
}
