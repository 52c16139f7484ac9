//! The rule files in the binary: all of `rules/`, listed by `build.rs`.

/// A rule file and its fixtures.
#[derive(Debug, Clone, Copy)]
pub struct File {
    /// Its path below `rules/`: `impact/trail_deleted.yml`.
    pub name: &'static str,
    pub text: &'static str,
    pub fixtures: Option<&'static str>,
}

/// By name.
pub const BUILTIN: &[File] = include!(concat!(env!("OUT_DIR"), "/rules.rs"));
