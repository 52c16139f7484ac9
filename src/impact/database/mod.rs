//! One query on the user's own PostgreSQL. The only place that speaks to a database. Knows nothing of people.

mod error;
mod query;
mod target;
mod tls;

pub use error::{DatabaseError, Refusal};
pub use query::{Columns, Limits, Line, Query, Run};
pub use target::Target;
