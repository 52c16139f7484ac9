//! The tables of the whole window.

use serde::{Deserialize, Serialize};

use super::field::{self, At};
use crate::finding::summary;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Summary {
    pub principals: Vec<Row>,
    pub access_keys: Vec<Row>,
    pub source_addresses: Vec<Row>,
    pub user_agents: Vec<Row>,
    pub actions: Vec<Row>,
    pub regions: Vec<Row>,
    pub error_codes: Vec<Row>,
    pub buckets: Vec<Row>,
}

impl From<&summary::Summary> for Summary {
    fn from(tables: &summary::Summary) -> Summary {
        let rows = |rows: &[summary::Row]| rows.iter().map(Row::from).collect();
        Summary {
            principals: rows(&tables.principals),
            access_keys: rows(&tables.access_keys),
            source_addresses: rows(&tables.sources),
            user_agents: rows(&tables.user_agents),
            actions: rows(&tables.actions),
            regions: rows(&tables.regions),
            error_codes: rows(&tables.error_codes),
            buckets: rows(&tables.buckets),
        }
    }
}

/// One value of one table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Row {
    pub value: String,
    #[serde(with = "field::text")]
    pub detail: String,
    pub events: u64,
    #[serde(deserialize_with = "field::time")]
    pub first: Option<At>,
    #[serde(deserialize_with = "field::time")]
    pub last: Option<At>,
    pub success: u64,
    pub denied: u64,
    pub failed: u64,
    pub bytes_out: u64,
}

impl From<&summary::Row> for Row {
    fn from(row: &summary::Row) -> Row {
        Row {
            value: row.value.clone(),
            detail: row.detail.clone(),
            events: row.events,
            first: Some(At(row.first)),
            last: Some(At(row.last)),
            success: row.success,
            denied: row.denied,
            failed: row.failed,
            bytes_out: row.bytes_out,
        }
    }
}
