//! Wall time and peak memory of a process.

use std::process::Command;
use std::time::{Duration, Instant};

#[derive(Debug, Clone, Copy)]
pub struct Measured {
    pub seconds: f64,
    /// Peak resident size; 0 if unknown (only Linux reports it in /proc).
    pub peak_mib: f64,
}

/// The fastest of several runs; the first also warms the page cache.
pub fn best_of(runs: usize, mut run: impl FnMut() -> Measured) -> Measured {
    let all: Vec<Measured> = (0..runs).map(|_| run()).collect();
    let peak_mib = all.iter().map(|m| m.peak_mib).fold(0.0, f64::max);
    let seconds = all.iter().map(|m| m.seconds).fold(f64::INFINITY, f64::min);
    Measured { seconds, peak_mib }
}

pub fn run_measured(mut command: Command) -> Measured {
    let start = Instant::now();
    let mut child = command.spawn().expect("the program starts");
    let status = format!("/proc/{}/status", child.id());
    let watch = std::thread::spawn(move || {
        let mut peak = 0.0f64;
        while let Some(now) = resident_peak(&status) {
            peak = peak.max(now);
            std::thread::sleep(Duration::from_millis(5));
        }
        peak
    });
    let ended = child.wait().expect("the program ends");
    let seconds = start.elapsed().as_secs_f64();
    assert!(ended.success(), "the program failed");
    Measured { seconds, peak_mib: watch.join().unwrap_or(0.0) }
}

/// `VmHWM` in MiB; `None` once the process is gone.
fn resident_peak(status: &str) -> Option<f64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find(|l| l.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}
