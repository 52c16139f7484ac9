//! Fuzz targets: each takes any bytes, and panics where the program would be wrong about them.
//!
//! `cargo +nightly fuzz run NAME fuzz/seeds/NAME` searches with coverage (see `fuzz/README.md`). The test below runs
//! every target over its seeds and over small changes of them, so that the targets themselves stay true. With
//! `FUZZ_SECONDS` it goes on with other changes, so many seconds a target: a search without coverage, on stable Rust.

pub use crate::case::fuzz::archive;
pub use crate::config::intel::fuzz::intel;
pub use crate::decode::fuzz::{decoder, lake_csv, s3_line, walker};
pub use crate::digest::fuzz::digest;
pub use crate::event::fuzz::time;
pub use crate::journal::fuzz::journal;
pub use crate::sigma::fuzz::sigma;
pub use crate::source::fuzz::layout;
pub use crate::state::fuzz::state;

/// A name, and what takes the bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target with its name.
pub const TARGETS: &[Target] = &[
    ("archive", archive),
    ("decoder", decoder),
    ("digest", digest),
    ("intel", intel),
    ("journal", journal),
    ("lake_csv", lake_csv),
    ("layout", layout),
    ("s3_line", s3_line),
    ("sigma", sigma),
    ("state", state),
    ("time", time),
    ("walker", walker),
];

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::time::{Duration, Instant};

    use super::TARGETS;

    /// Changes of each seed that are tried.
    const CHANGES: u32 = 150;

    /// The seeds of a target, in the order of their names.
    fn seeds(name: &str) -> Vec<Vec<u8>> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
        assert!(root.join(format!("fuzz_targets/{name}.rs")).is_file(), "no binary for {name}");
        let mut seeds: Vec<_> = fs::read_dir(root.join("seeds").join(name))
            .unwrap_or_else(|e| panic!("no seeds for {name}: {e}"))
            .map(|entry| entry.unwrap().path())
            .collect();
        seeds.sort();
        assert!(!seeds.is_empty(), "no seeds for {name}");
        seeds.iter().map(|path| fs::read(path).unwrap()).collect()
    }

    #[test]
    fn every_target_holds_on_its_seeds_and_on_changes_of_them() {
        for (name, target) in TARGETS {
            let texts = seeds(name);
            let mut dice = fastrand::Rng::with_seed(7);
            for seed in &texts {
                target(seed);
                for _ in 0..CHANGES {
                    target(&changed(seed, &texts, &mut dice));
                }
            }
        }
    }

    /// Only on request. An input that fails is left in the folder for temporary files, to become a seed.
    #[test]
    fn every_target_holds_as_long_as_asked() {
        let asked = std::env::var("FUZZ_SECONDS").ok().and_then(|text| text.parse().ok());
        let Some(seconds) = asked.map(Duration::from_secs) else { return };
        for (name, target) in TARGETS {
            let texts = seeds(name);
            let mut dice = fastrand::Rng::new();
            let failed = std::env::temp_dir().join(format!("incident-fuzz-{name}"));
            let (start, mut runs) = (Instant::now(), 0u64);
            let mut kept = texts.clone();
            while start.elapsed() < seconds {
                let number = dice.usize(0..kept.len());
                let input = changed(&kept[number], &texts, &mut dice);
                let outcome = std::panic::catch_unwind(|| target(&input));
                if let Err(panic) = outcome {
                    fs::write(&failed, &input).unwrap();
                    println!("{name} fails on {}", failed.display());
                    std::panic::resume_unwind(panic);
                }
                // Changes of changes, without growth.
                if dice.u8(..) == 0 && input.len() < 16_384 {
                    kept.push(input);
                }
                if kept.len() > texts.len() + 500 {
                    kept.truncate(texts.len());
                }
                runs += 1;
            }
            println!("{name}: {runs} runs in {} s", start.elapsed().as_secs());
        }
    }

    /// A seed with some bytes changed, removed, repeated, or replaced by a part of another seed.
    fn changed(seed: &[u8], others: &[Vec<u8>], dice: &mut fastrand::Rng) -> Vec<u8> {
        const TOKENS: [&[u8]; 12] = [
            b"\"", b"{", b"}", b"[", b"]", b",", b"\n", b"\\u", b"\xff", b"'", b"\x00", b"Records",
        ];
        let mut bytes = seed.to_vec();
        for _ in 0..dice.u8(1..4) {
            let at = dice.usize(0..=bytes.len());
            let end = (at + dice.usize(0..40)).min(bytes.len());
            match dice.u8(0..6) {
                0 => drop(bytes.drain(at..end)),
                1 => bytes.truncate(at),
                2 => {
                    drop(bytes.splice(at..at, TOKENS[dice.usize(0..TOKENS.len())].iter().copied()))
                }
                3 => {
                    let again = bytes[at..end].to_vec();
                    drop(bytes.splice(at..at, again));
                }
                4 => {
                    let other = &others[dice.usize(0..others.len())];
                    let from = dice.usize(0..=other.len());
                    let to = (from + dice.usize(0..200)).min(other.len());
                    drop(bytes.splice(at..end, other[from..to].iter().copied()));
                }
                _ if at < bytes.len() => bytes[at] = dice.u8(..),
                _ => {}
            }
        }
        bytes
    }
}
