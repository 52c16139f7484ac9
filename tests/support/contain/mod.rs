//! `incident contain` against a server behind a proxy: scenes, runs, faults, and state comparison.

pub mod board;
pub mod faults;
pub mod scene;
pub mod scenes;
pub mod state;

pub use board::Cell;
pub use faults::{Fault, Faults};
pub use scene::{Ended, Reference, Scene, Stage};
