//! The limits of one query.

/// What a query may take, and what its errors may show.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Seconds for the query (`statement_timeout`).
    pub seconds: u64,
    /// Whether errors may quote data.
    pub show_values: bool,
}
