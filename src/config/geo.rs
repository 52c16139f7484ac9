//! Country, city and network operator of an address, from MaxMind databases on disk.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use maxminddb::Reader;
use serde::Deserialize;

use crate::config::error::ConfigError;
pub use crate::config::hosting::{is_amazon, is_hosting};

/// Location and network operator of an address. Unknown text is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GeoLocation {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// English name.
    pub city: String,
    pub asn: Option<u32>,
    /// Organisation that runs the network.
    pub org: String,
}

/// The databases of one folder.
#[derive(Debug)]
pub struct Geo {
    databases: Vec<Database>,
    skipped: Vec<String>,
}

#[derive(Debug)]
struct Database {
    path: PathBuf,
    reader: Reader<Vec<u8>>,
    kind: Kind,
}

/// What a database contains. Databases are searched in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// Location and network.
    Enterprise,
    City,
    Country,
    Network,
}

impl Kind {
    /// From the metadata's `database_type`: `GeoLite2-City`, `DBIP-ASN-Lite (compat=…)`, ….
    fn of(database_type: &str) -> Option<Kind> {
        let name = database_type.to_lowercase();
        let has = |word: &str| name.split(|c: char| !c.is_alphanumeric()).any(|w| w == word);
        if has("ipinfo") {
            // Flat records with other field names.
            None
        } else if has("enterprise") {
            Some(Kind::Enterprise)
        } else if has("city") {
            Some(Kind::City)
        } else if has("country") {
            Some(Kind::Country)
        } else if has("asn") || has("isp") {
            Some(Kind::Network)
        } else {
            None
        }
    }

    fn has_location(self) -> bool {
        self != Kind::Network
    }

    fn has_network(self) -> bool {
        matches!(self, Kind::Enterprise | Kind::Network)
    }
}

/// The fields read from any kind of record.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Record<'a> {
    #[serde(borrow)]
    country: Country<'a>,
    #[serde(borrow)]
    city: City<'a>,
    #[serde(borrow)]
    traits: Traits<'a>,
    autonomous_system_number: Option<u32>,
    #[serde(borrow)]
    autonomous_system_organization: &'a str,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Country<'a> {
    #[serde(borrow)]
    iso_code: &'a str,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct City<'a> {
    #[serde(borrow)]
    names: Names<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Names<'a> {
    #[serde(borrow)]
    en: &'a str,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Traits<'a> {
    autonomous_system_number: Option<u32>,
    #[serde(borrow)]
    autonomous_system_organization: &'a str,
}

impl<'a> Record<'a> {
    /// From the top level of the record, or from `traits` in an Enterprise database.
    fn network(&self) -> (Option<u32>, &'a str) {
        match self.autonomous_system_number {
            None => {
                (self.traits.autonomous_system_number, self.traits.autonomous_system_organization)
            }
            number => (number, self.autonomous_system_organization),
        }
    }
}

impl Geo {
    /// Opens every `*.mmdb` file in the folder, or the one file that `path` is.
    ///
    /// # Errors
    /// If the folder or a file cannot be read, a file is not a MaxMind database, or none of them
    /// has locations or networks.
    pub fn open(path: &Path) -> Result<Geo, ConfigError> {
        let failed = |source| ConfigError::Read { path: path.to_path_buf(), source };
        let files =
            if path.is_dir() { databases_in(path).map_err(failed)? } else { vec![path.into()] };
        let mut databases = Vec::new();
        let mut skipped = Vec::new();
        for file in files {
            let bytes = fs::read(&file)
                .map_err(|source| ConfigError::Read { path: file.clone(), source })?;
            let reader = Reader::from_source(bytes).map_err(|error| ConfigError::GeoFile {
                path: file.clone(),
                source: Box::new(error),
            })?;
            let database_type = &reader.metadata().database_type;
            match Kind::of(database_type) {
                Some(kind) => databases.push(Database { path: file, reader, kind }),
                None => skipped.push(format!("{} ({database_type})", file.display())),
            }
        }
        if databases.is_empty() {
            let found = if skipped.is_empty() { "nothing".to_string() } else { skipped.join(", ") };
            return Err(ConfigError::NoGeo { path: path.to_path_buf(), found });
        }
        databases.sort_by(|a, b| (a.kind, &a.path).cmp(&(b.kind, &b.path)));
        Ok(Geo { databases, skipped })
    }

    /// Country and city both come from the first database that has either. So do ASN and organisation. One answer never
    /// mixes two databases.
    pub fn lookup(&self, address: IpAddr) -> GeoLocation {
        let mut location = GeoLocation::default();
        for database in &self.databases {
            let no_location = location.country.is_empty() && location.city.is_empty();
            let needs_location = no_location && database.kind.has_location();
            let no_network = location.asn.is_none() && location.org.is_empty();
            let needs_network = no_network && database.kind.has_network();
            if !needs_location && !needs_network {
                continue;
            }
            let Some(record) = database.record(address.to_canonical()) else {
                continue;
            };
            if needs_location {
                location.country = record.country.iso_code.to_string();
                location.city = record.city.names.en.to_string();
            }
            if needs_network {
                let (number, org) = record.network();
                location.asn = number;
                location.org = org.to_string();
            }
        }
        location
    }

    /// The files in use, in the order they are searched.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.databases.iter().map(|d| d.path.as_path())
    }

    /// Files that have neither location nor network, with their type.
    pub fn skipped(&self) -> &[String] {
        &self.skipped
    }
}

impl Database {
    /// `None` if the address is not in the database, an IPv6 address in a database of IPv4, or a
    /// record that cannot be read.
    fn record(&self, address: IpAddr) -> Option<Record<'_>> {
        self.reader.lookup(address).ok()?.decode().ok()?
    }
}

/// The `*.mmdb` files of a folder, sorted by name.
fn databases_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("mmdb")) && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests;
