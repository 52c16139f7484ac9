//! Fuzz targets: each takes any bytes, and panics where the program would be wrong about them.
//!
//! `cargo +nightly fuzz run NAME fuzz/seeds/NAME` searches with coverage (see `fuzz/README.md`). The test below runs
//! every target over its seeds and over small changes of them, so that the targets themselves stay true.

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

    use super::TARGETS;

    /// Changes of each seed that are tried.
    const CHANGES: u32 = 150;

    #[test]
    fn every_target_holds_on_its_seeds_and_on_changes_of_them() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
        for (name, target) in TARGETS {
            assert!(root.join(format!("fuzz_targets/{name}.rs")).is_file(), "no binary for {name}");
            let mut seeds: Vec<_> = fs::read_dir(root.join("seeds").join(name))
                .unwrap_or_else(|e| panic!("no seeds for {name}: {e}"))
                .map(|entry| entry.unwrap().path())
                .collect();
            seeds.sort();
            assert!(!seeds.is_empty(), "no seeds for {name}");
            let texts: Vec<Vec<u8>> = seeds.iter().map(|path| fs::read(path).unwrap()).collect();
            let mut dice = fastrand::Rng::with_seed(7);
            for seed in &texts {
                target(seed);
                for _ in 0..CHANGES {
                    target(&changed(seed, &texts, &mut dice));
                }
            }
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
