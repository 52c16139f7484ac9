//! The CSV files that a map names: who stands behind an id, and how many records an object holds.

use std::collections::HashMap;
use std::path::Path;

use super::error::ImpactError;
use super::names::jurisdiction;
use super::objects::unfit;
use super::{Source, read};

/// Where those behind an id live: columns `id`, `jurisdiction` and, for groups, `persons`.
#[derive(Debug)]
pub struct Lookup {
    /// Jurisdiction, empty where it is not known, and persons there.
    rows: HashMap<Box<str>, Vec<(Box<str>, u64)>>,
    /// An id stands for a group whose size the file says, not for one person.
    pub groups: bool,
    pub source: Source,
}

impl Lookup {
    /// # Errors
    /// When the file cannot be read, is no such CSV, or says two numbers for one id and jurisdiction.
    pub fn read(path: &Path) -> Result<Lookup, ImpactError> {
        let (bytes, source) = read("lookup", path)?;
        let mut table = Rows::of(path, &bytes, ["id", "jurisdiction"], "persons")?;
        let mut rows: HashMap<Box<str>, Vec<(Box<str>, u64)>> = HashMap::new();
        let groups = table.third.is_some();
        while let Some(line) = table.next()? {
            let [id, place] = table.both();
            let place = jurisdiction(place);
            let persons = match table.number("persons", line)? {
                None if groups => {
                    return Err(ImpactError::line(path, line, "`persons` is empty"));
                }
                number => number.unwrap_or(1),
            };
            let places = rows.entry(id.into()).or_default();
            match places.iter().find(|(known, _)| **known == *place) {
                None => places.push((place.into(), persons)),
                Some((_, same)) if *same == persons => {}
                Some(_) => {
                    let problem = "this id and jurisdiction have another number above";
                    return Err(ImpactError::line(path, line, problem));
                }
            }
        }
        Ok(Lookup { rows, groups, source })
    }

    /// Jurisdictions of an id, with the persons in each; `None` when the file does not have the id.
    pub fn get(&self, id: &str) -> Option<&[(Box<str>, u64)]> {
        self.rows.get(id).map(Vec::as_slice)
    }
}

/// Records by object: columns `key`, `records` and, where keys of several buckets differ, `bucket`.
#[derive(Debug)]
pub struct Records {
    /// By bucket, which is empty in a file without that column, and key.
    rows: HashMap<Box<str>, HashMap<Box<str>, u64>>,
    buckets: bool,
    pub source: Source,
}

impl Records {
    /// # Errors
    /// When the file cannot be read, is no such CSV, or says two numbers for one object.
    pub fn read(path: &Path) -> Result<Records, ImpactError> {
        let (bytes, source) = read("records", path)?;
        let mut table = Rows::of(path, &bytes, ["key", "records"], "bucket")?;
        let mut rows: HashMap<Box<str>, HashMap<Box<str>, u64>> = HashMap::new();
        let buckets = table.third.is_some();
        while let Some(line) = table.next()? {
            let [key, number] = table.both();
            let number = whole(number)
                .ok_or_else(|| ImpactError::line(path, line, "`records` is no whole number"))?;
            let bucket = table.optional();
            if !rows.contains_key(bucket) {
                rows.insert(bucket.into(), HashMap::new());
            }
            let keys = rows.entry(bucket.into()).or_default();
            if keys.insert(key.into(), number).is_some_and(|earlier| earlier != number) {
                let problem = "this object has another number of records above";
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
pub fn whole(text: &str) -> Option<u64> {
    let text = text.trim();
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

/// A CSV with two columns that must be there, and one that may.
struct Rows<'a> {
    path: &'a Path,
    csv: csv::Reader<&'a [u8]>,
    record: csv::StringRecord,
    at: [usize; 2],
    third: Option<usize>,
}

impl<'a> Rows<'a> {
    fn of(
        path: &'a Path,
        bytes: &'a [u8],
        names: [&str; 2],
        optional: &str,
    ) -> Result<Rows<'a>, ImpactError> {
        let mut csv = csv::Reader::from_reader(bytes);
        let header = csv.headers().map_err(|e| unfit(path, &e))?;
        let at = |name: &str| header.iter().position(|h| h.trim().eq_ignore_ascii_case(name));
        let (Some(first), Some(second)) = (at(names[0]), at(names[1])) else {
            let problem = format!("it has no columns `{}` and `{}`", names[0], names[1]);
            return Err(ImpactError::file(path, problem)
                .hint(format!("a column `{optional}` may stand beside them")));
        };
        let third = at(optional);
        Ok(Rows { path, csv, record: csv::StringRecord::new(), at: [first, second], third })
    }

    /// Goes to the next row and gives its line.
    fn next(&mut self) -> Result<Option<u64>, ImpactError> {
        let more = self.csv.read_record(&mut self.record).map_err(|e| unfit(self.path, &e))?;
        Ok(more.then(|| self.record.position().map_or(0, csv::Position::line)))
    }

    fn both(&self) -> [&str; 2] {
        self.at.map(|at| self.record.get(at).unwrap_or_default())
    }

    fn optional(&self) -> &str {
        self.third.and_then(|at| self.record.get(at)).unwrap_or_default()
    }

    /// The optional column as a number, `None` when it is empty.
    fn number(&self, name: &str, line: u64) -> Result<Option<u64>, ImpactError> {
        match self.optional().trim() {
            "" => Ok(None),
            text => whole(text).map(Some).ok_or_else(|| {
                ImpactError::line(self.path, line, format!("`{name}` is no whole number"))
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
    fn an_id_may_live_in_two_places_and_a_row_may_be_there_twice() {
        let file = file("\u{feff}Jurisdiction,id\n ca ,7\nCA,7\nNY,7\n,8\n");
        let lookup = Lookup::read(file.path()).unwrap();
        assert_eq!(lookup.get("7").unwrap(), [("CA".into(), 1), ("NY".into(), 1)]);
        assert_eq!(lookup.get("8").unwrap(), [("".into(), 1)]);
        assert!(lookup.get("07").is_none() && !lookup.groups);
    }

    #[test]
    fn groups_say_their_size_once() {
        let wrong = |text: &str| Lookup::read(file(text).path()).unwrap_err().to_string();
        let head = "id,jurisdiction,persons\n";
        let lookup = Lookup::read(file(&format!("{head}t,CA,800\nt,NY,400\n")).path()).unwrap();
        assert!(lookup.groups);
        assert_eq!(lookup.get("t").unwrap()[1], ("NY".into(), 400));
        for (rows, said) in [
            ("t,CA,800\nt,ca,801\n", ":3: this id and jurisdiction have another number above"),
            ("t,CA,\n", ":2: `persons` is empty"),
            ("t,CA,-1\n", ":2: `persons` is no whole number"),
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
        assert!(twice.to_string().ends_with(":3: this object has another number of records above"));
    }
}
