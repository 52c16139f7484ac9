//! Converts rows to columns and back with one description of a row.

use polars::prelude::*;

/// The values of one column.
enum Cells {
    Number(Vec<u32>),
    Large(Vec<u64>),
    Time(Vec<i64>),
    Text(Vec<String>),
    Bytes(Vec<Vec<u8>>),
}

/// Visits the values of a row in a fixed order and writes or reads each.
pub struct Row {
    columns: Vec<(&'static str, Cells)>,
    /// The next column.
    at: usize,
    rows: usize,
    /// `None` while writing.
    reading: Option<Reading>,
}

struct Reading {
    frame: DataFrame,
    row: usize,
    failed: Option<PolarsError>,
}

macro_rules! cell {
    ($name:ident, $type:ty, $variant:ident) => {
        #[inline]
        pub fn $name(&mut self, name: &'static str, value: &mut $type) {
            let at = self.at;
            self.at += 1;
            let Some(reading) = &mut self.reading else {
                if self.columns.len() == at {
                    self.columns.push((name, Cells::$variant(Vec::new())));
                }
                if let Some((_, Cells::$variant(cells))) = self.columns.get_mut(at) {
                    cells.push(std::mem::take(value));
                }
                return;
            };
            if self.columns.len() == at {
                let cells = reading.$name(name);
                self.columns.push((name, Cells::$variant(cells)));
            }
            if let Some((_, Cells::$variant(cells))) = self.columns.get_mut(at)
                && let Some(cell) = cells.get_mut(reading.row)
            {
                *value = std::mem::take(cell);
            }
        }
    };
}

macro_rules! column {
    ($name:ident, $type:ty, $of:expr) => {
        fn $name(&mut self, name: &str) -> Vec<$type> {
            let column = self.frame.column(name).and_then(|c| {
                polars_ensure!(c.null_count() == 0, ComputeError: "column {name} has gaps");
                $of(c)
            });
            column.unwrap_or_else(|e| {
                self.failed.get_or_insert(e);
                Vec::new()
            })
        }
    };
}

impl Reading {
    column!(number, u32, |c: &Column| Ok(c.u32()?.to_vec_null_aware().left().unwrap_or_default()));
    column!(large, u64, |c: &Column| Ok(c.u64()?.to_vec_null_aware().left().unwrap_or_default()));
    column!(time, i64, |c: &Column| Ok(c.i64()?.to_vec_null_aware().left().unwrap_or_default()));
    column!(text, String, |c: &Column| Ok(owned(c.str()?.iter())));
    column!(bytes, Vec<u8>, |c: &Column| Ok(owned(c.binary()?.iter())));
}

fn owned<'c, T: ToOwned + ?Sized + 'c>(
    cells: impl Iterator<Item = Option<&'c T>>,
) -> Vec<T::Owned> {
    cells.flatten().map(ToOwned::to_owned).collect()
}

impl Row {
    cell!(number, u32, Number);
    cell!(large, u64, Large);
    cell!(time, i64, Time);
    cell!(text, String, Text);
    cell!(bytes, Vec<u8>, Bytes);

    /// One of a few values, by its position in `all`.
    pub fn one_of<T: Copy + PartialEq>(&mut self, name: &'static str, value: &mut T, all: &[T]) {
        let mut position = all.iter().position(|one| one == value).unwrap_or(0) as u32;
        self.number(name, &mut position);
        if self.reading.is_some()
            && let Some(one) = all.get(position as usize)
        {
            *value = *one;
        }
    }
}

/// Rows as a dataframe.
///
/// # Errors
/// When a row names other columns than the first.
pub fn frame<T>(
    rows: impl Iterator<Item = T>,
    mut describe: impl FnMut(&mut T, &mut Row),
) -> PolarsResult<DataFrame> {
    let mut row = Row { columns: Vec::new(), at: 0, rows: 0, reading: None };
    for mut item in rows {
        row.at = 0;
        describe(&mut item, &mut row);
        row.rows += 1;
    }
    let columns = row.columns.into_iter().map(|(name, cells)| {
        let name = name.into();
        match cells {
            Cells::Number(cells) => Series::new(name, cells),
            Cells::Large(cells) => Series::new(name, cells),
            Cells::Time(cells) => Series::new(name, cells),
            Cells::Text(cells) => Series::new(name, cells),
            Cells::Bytes(cells) => Series::new(name, cells),
        }
        .into()
    });
    DataFrame::new(row.rows, columns.collect())
}

/// The rows of a dataframe. Each row begins as a copy of `blank`, then its values are filled in.
///
/// # Errors
/// Without one of the columns, or with one of another type or with gaps.
pub fn rows<T, C: FromIterator<T>>(
    frame: DataFrame,
    blank: impl Fn() -> T,
    mut describe: impl FnMut(&mut T, &mut Row),
) -> PolarsResult<C> {
    let rows = frame.height();
    let reading = Some(Reading { frame, row: 0, failed: None });
    let mut row = Row { columns: Vec::new(), at: 0, rows, reading };
    let item = |n| {
        let mut item = blank();
        row.at = 0;
        if let Some(reading) = &mut row.reading {
            reading.row = n;
        }
        describe(&mut item, &mut row);
        let failed = row.reading.as_mut().and_then(|reading| reading.failed.take());
        failed.map_or(Ok(item), Err)
    };
    (0..rows).map(item).collect()
}

/// Numbers of texts, as bytes.
pub fn packed(numbers: impl IntoIterator<Item = u32>) -> Vec<u8> {
    numbers.into_iter().flat_map(u32::to_le_bytes).collect()
}

pub fn unpacked(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.as_chunks::<4>().0.iter().map(|four| u32::from_le_bytes(*four))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Item = (u32, u64, i64, String, Vec<u8>, bool);

    fn describe(item: &mut Item, row: &mut Row) {
        row.number("a", &mut item.0);
        row.large("b", &mut item.1);
        row.time("c", &mut item.2);
        row.text("d", &mut item.3);
        row.bytes("e", &mut item.4);
        row.one_of("f", &mut item.5, &[false, true]);
    }

    #[test]
    fn rows_come_back_as_they_were() {
        let items: Vec<Item> = vec![
            (1, u64::MAX, -5, "ä".into(), vec![0, 255], true),
            (u32::MAX, 0, i64::MAX, String::new(), Vec::new(), false),
        ];
        let frame = frame(items.clone().into_iter(), describe).unwrap();
        assert_eq!(rows::<_, Vec<_>>(frame, Item::default, describe).unwrap(), items);
        let empty = super::frame(std::iter::empty(), describe).unwrap();
        assert_eq!(rows::<_, Vec<_>>(empty, Item::default, describe).unwrap(), []);
    }

    #[test]
    fn a_column_that_is_missing_or_of_another_type_is_an_error() {
        let only = df!["a" => [1_u32]].unwrap();
        assert!(rows::<_, Vec<_>>(only, Item::default, describe).is_err());
        let text = df!["a" => ["1"]].unwrap();
        assert!(rows::<_, Vec<_>>(text, u32::default, |n, row| row.number("a", n)).is_err());
        let gap = df!["a" => [Some(1_u32), None]].unwrap();
        assert!(rows::<_, Vec<_>>(gap, u32::default, |n, row| row.number("a", n)).is_err());
    }

    #[test]
    fn numbers_are_packed() {
        assert!(unpacked(&packed([1, u32::MAX, 0])).eq([1, u32::MAX, 0]));
    }
}
