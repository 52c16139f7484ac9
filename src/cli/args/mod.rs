//! Flags that several commands share. Each struct becomes a type of the library.

pub mod author;
pub mod aws;
pub mod facts;
pub mod inputs;
pub mod log_source;
pub mod rules;
pub mod state;
pub mod window;
