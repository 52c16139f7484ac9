//! Fuzz target of the state: damaged tables are errors.

use std::io::Cursor;

use polars_io::SerReader;
use polars_io::prelude::ParquetReader;

use super::object;

pub fn state(data: &[u8]) {
    if let Ok(table) = ParquetReader::new(Cursor::new(data)).finish() {
        let _ = object::objects(table);
    }
}
