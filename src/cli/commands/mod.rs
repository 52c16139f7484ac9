//! One file per command: its arguments and `run`.

pub mod analyze;
pub mod case;
pub mod clocks;
pub mod collect;
pub mod completions;
pub mod config;
pub mod contain;
pub mod impact;
pub mod journal;
pub mod playbook;
pub mod report;
pub mod resume;
pub mod rule;
pub mod sessions;
pub mod state;
pub mod status;
pub mod timeline;
pub mod undo;
pub mod verify;
