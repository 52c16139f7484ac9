//! What the integration tests share: a sealed place to run the binary in, records, and containers.

pub mod account;
pub mod acts;
pub mod aws;
pub mod contain;
pub mod csv;
pub mod digests;
pub mod docs;
pub mod logs;
pub mod mmdb;
pub mod pack;
pub mod postgres;
pub mod pull;
pub mod python;
pub mod report;
pub mod rule_acts;
pub mod run;
pub mod scene;
pub mod sessions;
pub mod shapes;
pub mod told;
pub mod transcript;

pub use report::Analysis;
pub use run::{Env, Run};
pub use scene::Scene;
