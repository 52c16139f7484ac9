//! Integration tests: the binary from outside, and the rules that the source tree keeps.
//!
//! One binary, so that polars is linked once. A test that a lower level can make is made there.

mod support;

mod access_logs;
mod aws_faults;
mod aws_names;
mod aws_servers;
mod broken_files;
mod broken_json;
mod cli;
mod contain_matrix;
mod contain_stops;
mod determinism;
mod hostile;
mod identities;
mod regressions;
mod shapes;
mod story;
mod tidy;
mod window;
