//! Integration tests: the binary from outside, and the rules that the source tree keeps.
//!
//! One binary, so that polars is linked once. A test that a lower level can make is made there.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by a panic"
)]

mod support;

mod access_logs;
mod adversary;
mod analysis;
mod aws_faults;
mod aws_names;
mod aws_ranges;
mod aws_servers;
mod broken_files;
mod broken_json;
mod case;
mod case_analysis;
mod cli;
mod clocks;
mod collect;
mod contain_bombs;
mod contain_case;
mod contain_churn;
mod contain_confirmed;
mod contain_contest;
mod contain_evidence;
mod contain_from;
mod contain_goes_on;
mod contain_guided;
mod contain_interrupted;
mod contain_limits;
mod contain_matrix;
mod contain_merge;
mod contain_permissions;
mod contain_proof;
mod contain_refused;
mod contain_regions;
mod contain_roles;
mod contain_rotate;
mod contain_secrets;
mod contain_service;
mod contain_stops;
mod contain_trails;
mod contain_undo;
mod contain_usage;
mod copies;
mod coverage_matrix;
mod custody;
mod determinism;
mod documents;
mod guardduty;
mod hostile;
mod identities;
mod impact;
mod impact_query;
mod intel;
mod properties;
mod pull;
mod pull_faults;
mod quiet;
mod reference;
mod reference_containment;
mod reference_resistance;
mod reference_story;
mod regressions;
mod report;
mod report_browser;
mod rule_programs;
mod rule_weight;
mod rules;
mod sessions;
mod shaped_evidence;
mod shapes;
mod silence;
mod state;
mod status_all;
mod status_watch;
mod stories;
mod story;
mod stratus;
mod tidy;
mod tidy_imports;
mod tidy_render;
mod verify_logs;
mod weekly;
mod weekly_script;
mod whole_case;
mod window;
