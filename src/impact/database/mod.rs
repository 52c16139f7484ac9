//! Runs one query on the user's PostgreSQL. The only code that connects to a database. Does not count people.

mod error;
mod limits;
mod query;
mod target;
mod tls;

pub use error::{DatabaseError, Refusal};
pub use limits::Limits;
pub use query::{Columns, Query, QueryRun, ResultRow};
pub use target::Target;
