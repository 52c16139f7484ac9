//! Columns of grouped queries as vectors.

use polars::prelude::*;

use crate::clock::Millis;
use crate::rollup::Sym;

/// A column of 32-bit numbers.
pub fn syms(frame: &DataFrame, name: &str) -> PolarsResult<Vec<Sym>> {
    Ok(frame.column(name)?.u32()?.iter().map(|v| v.unwrap_or(0)).collect())
}

pub fn times(frame: &DataFrame, name: &str) -> PolarsResult<Vec<Millis>> {
    Ok(frame.column(name)?.i64()?.iter().map(|v| v.unwrap_or(0)).collect())
}

pub fn counts(frame: &DataFrame, name: &str) -> PolarsResult<Vec<u64>> {
    Ok(frame.column(name)?.u64()?.iter().map(|v| v.unwrap_or(0)).collect())
}
