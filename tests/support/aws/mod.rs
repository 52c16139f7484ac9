//! AWS for tests: servers on loopback, a proxy that makes faults before them, a client, and an account to contain.

pub mod account;
pub mod answers;
pub mod boundary;
pub mod bucket_settings;
pub mod calls;
pub mod client;
pub mod http;
pub mod log_answers;
pub mod policy;
pub mod proxy;
pub mod quotas;
pub mod rules;
pub mod servers;
pub mod simulation;
pub mod snapshot;

pub use account::Account;
pub use client::{Aws, Key};
pub use proxy::Proxy;
pub use rules::{Action, Rule};
pub use servers::Server;
pub use snapshot::snapshot;
