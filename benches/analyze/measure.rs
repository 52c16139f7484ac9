//! Wall time, user time and peak memory of a process.

use std::process::Command;
use std::time::{Duration, Instant};

#[derive(Debug, Clone, Copy, Default)]
pub struct Measured {
    pub seconds: f64,
    /// Work on all cores; 0 if unknown, like the peak.
    pub user_seconds: f64,
    /// Peak resident size; 0 if unknown (only Linux reports it in /proc).
    pub peak_mib: f64,
}

/// The fastest of several runs; the first also warms the page cache.
pub fn best_of(runs: usize, mut run: impl FnMut() -> Measured) -> Measured {
    let all: Vec<Measured> = (0..runs).map(|_| run()).collect();
    let peak_mib = all.iter().map(|m| m.peak_mib).fold(0.0, f64::max);
    let least = |of: fn(&Measured) -> f64| all.iter().map(of).fold(f64::INFINITY, f64::min);
    Measured { seconds: least(|m| m.seconds), user_seconds: least(|m| m.user_seconds), peak_mib }
}

pub fn run_measured(mut command: Command) -> Measured {
    let start = Instant::now();
    let mut child = command.spawn().expect("the program starts");
    let process = format!("/proc/{}", child.id());
    let watch = std::thread::spawn(move || {
        let (mut peak, mut user) = (0.0f64, 0.0f64);
        while let Some(now) = resident_peak(&format!("{process}/status")) {
            peak = peak.max(now);
            user = user.max(user_time(&format!("{process}/stat")).unwrap_or(0.0));
            std::thread::sleep(Duration::from_millis(5));
        }
        (user, peak)
    });
    let ended = child.wait().expect("the program ends");
    let seconds = start.elapsed().as_secs_f64();
    assert!(ended.success(), "the program failed");
    let (user_seconds, peak_mib) = watch.join().unwrap_or_default();
    Measured { seconds, user_seconds, peak_mib }
}

/// Ticks of a hundredth of a second, see proc(5).
fn user_time(stat: &str) -> Option<f64> {
    let text = std::fs::read_to_string(stat).ok()?;
    let ticks: f64 = text.rsplit_once(')')?.1.split_whitespace().nth(11)?.parse().ok()?;
    Some(ticks / 100.0)
}

/// `VmHWM` in MiB; `None` once the process is gone.
fn resident_peak(status: &str) -> Option<f64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find(|l| l.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}
