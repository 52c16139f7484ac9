//! The CSV files of a map: the people behind an id, and the number of records in an object.

use std::collections::HashMap;
use std::path::Path;

use super::error::ImpactError;
use super::interner::normalized_jurisdiction;
use super::objects::csv_error;
use super::{Source, read};

/// The jurisdictions of the people behind an id: columns `id`, `jurisdiction` and, for groups, `persons`.
#[derive(Debug)]
pub struct Lookup {
    /// By id: jurisdictions (empty if not known) with the persons in each.
    rows: HashMap<Box<str>, Vec<(Box<str>, u64)>>,
    /// True if an id stands for a group with a size in the file, not for one person.
    pub groups: bool,
    pub source: Source,
}

impl Lookup {
    /// # Errors
    /// If the file cannot be read, is not such a CSV, or has two numbers for one id and jurisdiction.
    pub fn read(path: &Path) -> Result<Lookup, ImpactError> {
        let (bytes, source) = read("lookup", path)?;
        let mut table = Rows::of(path, &bytes, ["id", "jurisdiction"], "persons")?;
        let mut rows: HashMap<Box<str>, Vec<(Box<str>, u64)>> = HashMap::new();
        let groups = table.optional.is_some();
        while let Some(line) = table.next()? {
            let [id, jurisdiction] = table.required_cells();
            let jurisdiction = normalized_jurisdiction(jurisdiction);
            let persons = match table.number("persons", line)? {
                None if groups => {
                    return Err(ImpactError::line(path, line, "`persons` must not be empty"));
                }
                number => number.unwrap_or(1),
            };
            let jurisdictions = rows.entry(id.into()).or_default();
            match jurisdictions.iter().find(|(known, _)| **known == *jurisdiction) {
                None => jurisdictions.push((jurisdiction.into(), persons)),
                Some((_, same)) if *same == persons => {}
                Some(_) => {
                    let problem = "an earlier row has another number for this id and jurisdiction";
                    return Err(ImpactError::line(path, line, problem));
                }
            }
        }
        Ok(Lookup { rows, groups, source })
    }

    /// Jurisdictions of an id, with the persons in each. `None` if the id is not in the file.
    pub fn get(&self, id: &str) -> Option<&[(Box<str>, u64)]> {
        self.rows.get(id).map(Vec::as_slice)
    }
}

/// Records by object: columns `key`, `records` and, if several buckets have the same key, `bucket`.
#[derive(Debug)]
pub struct Records {
    /// By bucket, which is empty in a file without that column, and key.
    rows: HashMap<Box<str>, HashMap<Box<str>, u64>>,
    buckets: bool,
    pub source: Source,
}

impl Records {
    /// # Errors
    /// If the file cannot be read, is not such a CSV, or has two numbers for one object.
    pub fn read(path: &Path) -> Result<Records, ImpactError> {
        let (bytes, source) = read("records", path)?;
        let mut table = Rows::of(path, &bytes, ["key", "records"], "bucket")?;
        let mut rows: HashMap<Box<str>, HashMap<Box<str>, u64>> = HashMap::new();
        let buckets = table.optional.is_some();
        while let Some(line) = table.next()? {
            let [key, number] = table.required_cells();
            let number = whole_number(number)
                .ok_or_else(|| ImpactError::line(path, line, "`records` must be a whole number"))?;
            let bucket = table.optional_cell();
            if !rows.contains_key(bucket) {
                rows.insert(bucket.into(), HashMap::new());
            }
            let keys = rows.entry(bucket.into()).or_default();
            if keys.insert(key.into(), number).is_some_and(|earlier| earlier != number) {
                let problem = "an earlier row has another number of records for this object";
                return Err(ImpactError::line(path, line, problem));
            }
        }
        Ok(Records { rows, buckets, source })
    }

    pub fn get(&self, bucket: &str, key: &str) -> Option<u64> {
        let bucket = if self.buckets { bucket } else { "" };
        self.rows.get(bucket)?.get(key).copied()
    }
}

/// A number of persons or records, without sign or fraction.
pub fn whole_number(text: &str) -> Option<u64> {
    let text = text.trim();
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

/// A CSV with two required columns and an optional one.
struct Rows<'a> {
    path: &'a Path,
    csv: csv::Reader<&'a [u8]>,
    record: csv::StringRecord,
    at: [usize; 2],
    optional: Option<usize>,
}

impl<'a> Rows<'a> {
    fn of(
        path: &'a Path,
        bytes: &'a [u8],
        names: [&str; 2],
        optional: &str,
    ) -> Result<Rows<'a>, ImpactError> {
        let mut csv = csv::Reader::from_reader(bytes);
        let header = csv.headers().map_err(|e| csv_error(path, &e))?;
        let at = |name: &str| header.iter().position(|h| h.trim().eq_ignore_ascii_case(name));
        let (Some(first), Some(second)) = (at(names[0]), at(names[1])) else {
            let problem = format!("missing column `{}` or `{}`", names[0], names[1]);
            return Err(ImpactError::file(path, problem)
                .hint(format!("the header must name them; a column `{optional}` is optional")));
        };
        let optional_column = at(optional);
        Ok(Rows {
            path,
            csv,
            record: csv::StringRecord::new(),
            at: [first, second],
            optional: optional_column,
        })
    }

    /// Reads the next row and returns its line.
    fn next(&mut self) -> Result<Option<u64>, ImpactError> {
        let more = self.csv.read_record(&mut self.record).map_err(|e| csv_error(self.path, &e))?;
        Ok(more.then(|| self.record.position().map_or(0, csv::Position::line)))
    }

    fn required_cells(&self) -> [&str; 2] {
        self.at.map(|at| self.record.get(at).unwrap_or_default())
    }

    fn optional_cell(&self) -> &str {
        self.optional.and_then(|at| self.record.get(at)).unwrap_or_default()
    }

    /// The optional column as a number, `None` if it is empty.
    fn number(&self, name: &str, line: u64) -> Result<Option<u64>, ImpactError> {
        match self.optional_cell().trim() {
            "" => Ok(None),
            text => whole_number(text).map(Some).ok_or_else(|| {
                ImpactError::line(self.path, line, format!("`{name}` must be a whole number"))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn an_id_may_have_two_jurisdictions_and_a_row_may_be_repeated() {
        let file = file("\u{feff}Jurisdiction,id\n ca ,7\nCA,7\nNY,7\n,8\n");
        let lookup = Lookup::read(file.path()).unwrap();
        assert_eq!(lookup.get("7").unwrap(), [("CA".into(), 1), ("NY".into(), 1)]);
        assert_eq!(lookup.get("8").unwrap(), [("".into(), 1)]);
        assert!(lookup.get("07").is_none() && !lookup.groups);
    }

    #[test]
    fn a_group_has_one_size() {
        let wrong = |text: &str| Lookup::read(file(text).path()).unwrap_err().to_string();
        let head = "id,jurisdiction,persons\n";
        let lookup = Lookup::read(file(&format!("{head}t,CA,800\nt,NY,400\n")).path()).unwrap();
        assert!(lookup.groups);
        assert_eq!(lookup.get("t").unwrap()[1], ("NY".into(), 400));
        for (rows, said) in [
            (
                "t,CA,800\nt,ca,801\n",
                ":3: an earlier row has another number for this id and jurisdiction",
            ),
            ("t,CA,\n", ":2: `persons` must not be empty"),
            ("t,CA,-1\n", ":2: `persons` must be a whole number"),
        ] {
            let message = wrong(&format!("{head}{rows}"));
            assert!(message.ends_with(said), "{message}");
        }
    }

    #[test]
    fn records_are_found_by_bucket_only_where_the_file_has_buckets() {
        let plain = Records::read(file("key,records\nk,3\n").path()).unwrap();
        assert_eq!((plain.get("any", "k"), plain.get("any", "l")), (Some(3), None));
        let text = "bucket,key,records\na,k,3\nb,k,4\n";
        let by_bucket = Records::read(file(text).path()).unwrap();
        assert_eq!((by_bucket.get("b", "k"), by_bucket.get("c", "k")), (Some(4), None));
        let twice = Records::read(file("key,records\nk,3\nk,4\n").path()).unwrap_err();
        assert!(
            twice
                .to_string()
                .ends_with(":3: an earlier row has another number of records for this object")
        );
    }
}
