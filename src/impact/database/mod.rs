//! Runs one query on the user's PostgreSQL. The only code that connects to a database. Does not count people.

mod error;
mod limits;
mod query;
mod target;
mod tls;

pub use error::{DatabaseError, Refusal};
pub use limits::Limits;
#[cfg(test)]
pub use query::Columns;
pub use query::{Query, QueryRun, ResultRow};
pub use target::Target;
