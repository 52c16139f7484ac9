//! Retries: after no answer, a broken answer, or one that asks to slow down.

use std::time::Duration;

use rand::Rng;

use crate::cloud::{ApiError, ErrorKind};

/// How long to wait between retries, and how many to make.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    pub first: Duration,
    pub longest: Duration,
    /// Consecutive failures without a usable answer that are retried.
    pub failures: u32,
    /// Consecutive throttled answers that are retried.
    pub pauses: u32,
}

/// Gives up after about half a minute without an answer, or some minutes of throttling.
pub const PATIENCE: Patience = Patience {
    first: Duration::from_millis(200),
    longest: Duration::from_secs(20),
    failures: 6,
    pauses: 14,
};

/// The failures since the last success.
#[derive(Debug)]
pub struct Tries {
    patience: Patience,
    failed: u32,
    paused: u32,
}

impl Tries {
    pub fn new(patience: Patience) -> Tries {
        Tries { patience, failed: 0, paused: 0 }
    }

    pub fn succeeded(&mut self) {
        (self.failed, self.paused) = (0, 0);
    }

    /// How long to wait before the next try; `None` to give up.
    pub fn wait_after(&mut self, error: &ApiError) -> Option<Duration> {
        match error.kind {
            ErrorKind::Throttled => self.paused += 1,
            ErrorKind::Unknown => self.failed += 1,
            _ => return None,
        }
        if self.failed > self.patience.failures || self.paused > self.patience.pauses {
            return None;
        }
        let doubled =
            self.patience.first * 2u32.saturating_pow((self.failed + self.paused).min(12) - 1);
        let wait = doubled.min(self.patience.longest);
        // Jitter: requests that were throttled together must not retry together.
        Some(wait.mul_f64(rand::rng().random_range(0.5..1.0)))
    }
}

/// Repeats the request until it is answered.
///
/// # Errors
/// The last error, when it is final or the retries are used up.
pub fn patiently<T>(
    patience: Patience,
    mut request: impl FnMut() -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let mut tries = Tries::new(patience);
    loop {
        match request() {
            Ok(answer) => return Ok(answer),
            Err(e) => match tries.wait_after(&e) {
                Some(wait) => std::thread::sleep(wait),
                None => return Err(e),
            },
        }
    }
}
