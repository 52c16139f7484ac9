//! Flags that several commands share.

pub mod author;
pub mod aws;
pub mod facts;
pub mod inputs;
pub mod log_source;
pub mod rule_files;
pub mod window;
