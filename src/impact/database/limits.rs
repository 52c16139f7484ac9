//! The limits of one query.

/// How long a query may run, and what its errors may show.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Seconds for the query (`statement_timeout`).
    pub seconds: u64,
    /// Whether errors may quote data.
    pub show_values: bool,
}
