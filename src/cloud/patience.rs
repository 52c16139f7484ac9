//! Says what is waited for while AWS does not answer at all, and for how long: a dead network must not look like a
//! program that hangs.

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::GoesOn;

/// How long nothing may come from AWS before it is said.
const SILENCE: Duration = Duration::from_millis(2_500);
/// How long until it is said again.
const AGAIN: Duration = Duration::from_secs(15);

/// How often a read looks whether it may go on.
const LOOK: Duration = Duration::from_millis(100);

/// Waits for the future as long as it may go on; `None` if it was cut off.
pub(super) async fn wait_while<T>(
    goes_on: GoesOn<'_>,
    future: impl Future<Output = T>,
) -> Option<T> {
    let mut future = pin!(future);
    loop {
        if let Ok(done) = timeout_at(Instant::now() + LOOK, future.as_mut()).await {
            return Some(done);
        }
        if !goes_on() {
            return None;
        }
    }
}

/// What is waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// `sts:GetCallerIdentity in us-east-1`.
    pub what: String,
    /// Since when nothing came.
    pub waited: Duration,
    /// When the call is given up at the latest, from its start.
    pub limit: Duration,
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Waiting { what, waited, limit } = self;
        let left = limit.saturating_sub(*waited).as_secs();
        write!(
            f,
            "no answer from AWS for {} s: {what}; it is tried for {left} s more, Ctrl-C ends it; check the network, \
             --region and --endpoint-url",
            waited.as_secs()
        )
    }
}

type Tell = dyn Fn(&Waiting) + Send + Sync;

/// Takes what is waited for; by default nobody does.
#[derive(Clone, Default)]
pub struct Notice(Option<Arc<Tell>>);

impl Notice {
    pub fn new(tell: impl Fn(&Waiting) + Send + Sync + 'static) -> Notice {
        Notice(Some(Arc::new(tell)))
    }
}

impl fmt::Debug for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Notice" } else { "Notice(nobody)" })
    }
}

/// Waits, and says so when nothing came from AWS meanwhile.
pub(super) struct Patience<'a> {
    notice: &'a Notice,
    silence: Duration,
    again: Duration,
}

impl<'a> Patience<'a> {
    pub fn new(notice: &'a Notice) -> Patience<'a> {
        Patience { notice, silence: SILENCE, again: AGAIN }
    }

    /// Waits for the future. `answers` counts what came from AWS: while it grows, AWS is slow and not silent.
    pub async fn wait<T>(
        &self,
        what: impl Fn() -> String,
        limit: Duration,
        answers: impl Fn() -> u64,
        future: impl Future<Output = T>,
    ) -> T {
        let Some(tell) = &self.notice.0 else { return future.await };
        let mut future = pin!(future);
        let start = Instant::now();
        let (mut known, mut due) = (answers(), start + self.silence);
        loop {
            if let Ok(done) = timeout_at(due, future.as_mut()).await {
                return done;
            }
            let now = answers();
            if now == known {
                tell(&Waiting { what: what(), waited: start.elapsed(), limit });
            }
            known = now;
            due = Instant::now() + self.again;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::mpsc;
    use std::task::Poll;

    use super::*;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(future)
    }

    fn quick(notice: &Notice) -> Patience<'_> {
        let tick = Duration::from_millis(1);
        Patience { notice, silence: tick, again: tick }
    }

    /// The call ends when its silence was told twice, however long that takes.
    #[test]
    fn silence_is_told_again_and_again_until_the_answer() {
        let (tell, told) = mpsc::channel();
        let notice = Notice::new(move |waiting: &Waiting| tell.send(waiting.clone()).unwrap());
        let said = Mutex::new(Vec::new());
        let answer = std::future::poll_fn(|cx| {
            said.lock().unwrap().extend(told.try_iter());
            cx.waker().wake_by_ref();
            if said.lock().unwrap().len() < 2 { Poll::Pending } else { Poll::Ready("answer") }
        });
        let limit = Duration::from_secs(30);
        let what = || "sts:GetCallerIdentity in us-east-1".to_string();
        assert_eq!(block_on(quick(&notice).wait(what, limit, || 0, answer)), "answer");
        let first = said.lock().unwrap()[0].clone();
        assert_eq!(
            (first.what.as_str(), first.limit),
            ("sts:GetCallerIdentity in us-east-1", limit)
        );
    }

    /// The call ends after its answers were counted five times.
    #[test]
    fn a_slow_answer_is_no_silence() {
        let notice = Notice::new(|waiting: &Waiting| panic!("{waiting}"));
        let answers = AtomicU64::new(0);
        let call = std::future::poll_fn(|cx| {
            cx.waker().wake_by_ref();
            if answers.load(Ordering::SeqCst) < 5 { Poll::Pending } else { Poll::Ready(()) }
        });
        let count = || answers.fetch_add(1, Ordering::SeqCst);
        block_on(quick(&notice).wait(String::new, Duration::ZERO, count, call));
    }

    #[test]
    fn what_never_ends_is_cut_off_when_its_time_is_over() {
        let looks = AtomicU64::new(0);
        let goes_on = || looks.fetch_add(1, Ordering::SeqCst) < 2;
        let never = std::future::pending::<()>();
        assert_eq!(block_on(wait_while(&goes_on, never)), None);
        assert_eq!(looks.load(Ordering::SeqCst), 3);
        assert_eq!(block_on(wait_while(&|| false, async { 7 })), Some(7));
    }

    #[test]
    fn an_answer_at_once_says_nothing() {
        let notice = Notice::new(|waiting: &Waiting| panic!("{waiting}"));
        for notice in [notice, Notice::default()] {
            let patience = Patience::new(&notice);
            let done = patience.wait(String::new, Duration::ZERO, || 0, async { 7 });
            assert_eq!(block_on(done), 7);
        }
    }

    #[test]
    fn the_line_says_what_is_tried_and_for_how_long() {
        assert!(SILENCE < Duration::from_secs(3));
        let waiting = Waiting {
            what: "iam:ListUsers in us-east-1".into(),
            waited: Duration::from_millis(2_500),
            limit: Duration::from_secs(30),
        };
        let said = waiting.to_string();
        for says in ["for 2 s", "iam:ListUsers in us-east-1", "27 s more", "check the network"] {
            assert!(said.contains(says), "no {says}: {said}");
        }
    }
}
