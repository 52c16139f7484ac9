//! When a request is made again: after no answer, a broken one, or one that asks for a pause.

use std::time::Duration;

use rand::Rng;

use crate::cloud::{ApiError, ErrorKind};

/// How long one waits, and how often.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    pub first: Duration,
    pub longest: Duration,
    /// Failures one after another that are borne.
    pub failures: u32,
    /// Of those, answers that ask for a pause.
    pub pauses: u32,
}

/// Half a minute of no answer, some minutes of being asked to wait.
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
    pub fn after(&mut self, error: &ApiError) -> Option<Duration> {
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
        // Those that were refused together do not come back together.
        Some(wait.mul_f64(rand::rng().random_range(0.5..1.0)))
    }
}

/// Makes the request until it is answered.
///
/// # Errors
/// The last one, when it is final or patience is over.
pub fn patiently<T>(
    patience: Patience,
    mut request: impl FnMut() -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let mut tries = Tries::new(patience);
    loop {
        match request() {
            Ok(answer) => return Ok(answer),
            Err(e) => match tries.after(&e) {
                Some(wait) => std::thread::sleep(wait),
                None => return Err(e),
            },
        }
    }
}
