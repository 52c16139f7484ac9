//! Counts by dimension over the window: plain tables, filled by the rollups.

use crate::clock::Millis;

/// Tables of the window. Each is complete in JSON; text shows the top rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    pub principals: Vec<Row>,
    pub access_keys: Vec<Row>,
    pub sources: Vec<Row>,
    pub user_agents: Vec<Row>,
    pub actions: Vec<Row>,
    pub regions: Vec<Row>,
    pub error_codes: Vec<Row>,
    pub buckets: Vec<Row>,
}

impl Summary {
    /// Name and rows of every table, in the order they are shown.
    pub fn tables(&self) -> [(&'static str, &[Row]); 8] {
        [
            ("principals", &self.principals),
            ("access_keys", &self.access_keys),
            ("source_addresses", &self.sources),
            ("user_agents", &self.user_agents),
            ("actions", &self.actions),
            ("regions", &self.regions),
            ("error_codes", &self.error_codes),
            ("buckets", &self.buckets),
        ]
    }
}

/// One value of one dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub value: String,
    /// Describes the value: a key's principal, an address's class and network. May be empty.
    pub detail: String,
    pub events: u64,
    pub first: Millis,
    pub last: Millis,
    pub success: u64,
    pub denied: u64,
    /// Calls that failed for another reason than authorisation.
    pub failed: u64,
    pub bytes_out: u64,
}
