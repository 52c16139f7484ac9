//! `incident`: contain an AWS incident and analyse its logs.
//!
//! ```text
//! logs      source → decode → rollup → detect → finding → report
//! response  playbook → plan → approval → execute ↔ journal, and undo
//! ```
//!
//! [`analysis::run`] is the first line as one call, for any caller. Events are read once, in parallel, and folded
//! into a few small tables, the rollups. Detectors are polars queries over rollups; no detector reads events.
//!
//! Imports go one way. A module may use itself and what stands to its right; neighbours in one group do
//! not see each other:
//!
//! `cli · fuzz → analysis · casework → report · execute → detect · engine · plan · rotate → state → rollup · decode · digest · playbook · sigma · step → finding · impact · journal → source · case → event · grant · cloud · clocks → config → ui → clock`
//!
//! Stated as absences: `decode` opens no files and knows no rules; `detect` knows no formats; `report` knows no polars;
//! no command renders, `report` does; `casework` knows no terminal; `step` no journal, no prompt and no other step; only
//! `cloud` holds the AWS SDK, and only `impact::database` speaks to databases; only `ui` writes to the terminal; only
//! `cli` knows exit codes. `tests/tidy` holds this.

pub mod analysis;
pub mod case;
pub(crate) mod casework;
pub mod cli;
pub mod clock;
pub(crate) mod clocks;
pub(crate) mod cloud;
pub mod config;
pub(crate) mod decode;
pub mod detect;
pub(crate) mod digest;
pub(crate) mod engine;
pub mod event;
pub(crate) mod execute;
pub(crate) mod finding;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
pub(crate) mod grant;
pub(crate) mod impact;
pub(crate) mod journal;
pub mod plan;
pub mod playbook;
pub mod report;
pub(crate) mod rollup;
pub(crate) mod rotate;
pub mod sigma;
pub mod source;
pub(crate) mod state;
pub mod step;
pub(crate) mod ui;
