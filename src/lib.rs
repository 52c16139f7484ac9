//! `incident`: contain an AWS incident and analyse its logs.
//!
//! ```text
//! logs      source → decode → rollup → detect → finding → report
//! ```
//!
//! Events are read once, in parallel, and folded into a few small tables, the rollups. Detectors are
//! polars queries over rollups; no detector reads events.
//!
//! Imports go one way. A module may use itself and what stands to its right; neighbours in one group do
//! not see each other:
//!
//! `cli → report → detect · engine → rollup · decode → finding · source → event · config → ui → clock`
//!
//! Stated as absences: `decode` opens no files and knows no rules; `detect` knows no formats; `report`
//! knows no polars; only `ui` writes to the terminal; only `cli` knows exit codes. `tests/tidy` holds this.

pub mod cli;
pub mod clock;
pub mod config;
pub mod decode;
pub mod detect;
pub mod engine;
pub mod event;
pub mod finding;
pub mod report;
pub mod rollup;
pub mod source;
pub mod ui;
