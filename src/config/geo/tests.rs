//! Tests against databases that they write themselves.

#[path = "../../../tests/support/mmdb.rs"]
mod mmdb;

use mmdb::Value;

use super::*;

fn folder(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    dir
}

fn cities() -> Vec<u8> {
    mmdb::database(
        "GeoLite2-City",
        &[
            ("198.51.100.0/24", mmdb::city("NL", "Amsterdam")),
            ("198.51.100.128/25", mmdb::city("BR", "São Paulo")),
            ("2001:db8:1::/48", mmdb::city("JP", "Tokyo")),
            ("203.0.113.0/24", Value::Map(vec![("location", Value::Map(vec![]))])),
        ],
    )
}

fn networks() -> Vec<u8> {
    mmdb::database("GeoLite2-ASN", &[("198.51.100.0/24", mmdb::asn(64500, "Example Net"))])
}

fn location(country: &str, city: &str, asn: Option<u32>, org: &str) -> GeoLocation {
    GeoLocation { country: country.into(), city: city.into(), asn, org: org.into() }
}

fn lookup(geo: &Geo, address: &str) -> GeoLocation {
    geo.lookup(address.parse().unwrap())
}

#[test]
fn city_and_network_come_together() {
    let dir = folder(&[("b.mmdb", networks()), ("a.MMDB", cities()), ("README", vec![])]);
    let geo = Geo::open(dir.path()).unwrap();
    assert_eq!(geo.files().count(), 2);
    assert!(geo.skipped().is_empty());
    let net = (Some(64500), "Example Net");
    for (address, expected) in [
        ("198.51.100.1", location("NL", "Amsterdam", net.0, net.1)),
        ("::ffff:198.51.100.1", location("NL", "Amsterdam", net.0, net.1)),
        ("198.51.100.200", location("BR", "São Paulo", net.0, net.1)),
        ("2001:db8:1::9", location("JP", "Tokyo", None, "")),
        ("2001:db8:2::9", GeoLocation::default()),
        ("203.0.113.1", GeoLocation::default()),
        ("10.0.0.1", GeoLocation::default()),
    ] {
        assert_eq!(lookup(&geo, address), expected, "{address}");
    }
}

#[test]
fn a_city_database_is_searched_before_a_country_database() {
    let countries = mmdb::database(
        "DBIP-Country-Lite",
        &[("198.51.100.0/24", mmdb::country("DE")), ("192.0.2.0/24", mmdb::country("FR"))],
    );
    let dir = folder(&[("a.mmdb", countries), ("z.mmdb", cities())]);
    let geo = Geo::open(dir.path()).unwrap();
    assert_eq!(lookup(&geo, "198.51.100.1"), location("NL", "Amsterdam", None, ""));
    assert_eq!(lookup(&geo, "192.0.2.1"), location("FR", "", None, ""));
}

#[test]
fn an_enterprise_database_has_the_network_in_its_traits() {
    let record = Value::Map(vec![
        ("country", Value::Map(vec![("iso_code", mmdb::text("SE"))])),
        ("traits", mmdb::asn(64501, "Example AB")),
    ]);
    let dir =
        folder(&[("e.mmdb", mmdb::database("GeoIP2-Enterprise", &[("192.0.2.0/24", record)]))]);
    let geo = Geo::open(&dir.path().join("e.mmdb")).unwrap();
    assert_eq!(lookup(&geo, "192.0.2.1"), location("SE", "", Some(64501), "Example AB"));
}

#[test]
fn a_database_of_ipv4_knows_no_ipv6() {
    let bytes = mmdb::database_v4("GeoLite2-Country", &[("192.0.2.0/24", mmdb::country("FR"))]);
    let dir = folder(&[("c.mmdb", bytes)]);
    let geo = Geo::open(dir.path()).unwrap();
    assert_eq!(lookup(&geo, "192.0.2.1").country, "FR");
    assert_eq!(lookup(&geo, "2001:db8::1"), GeoLocation::default());
}

#[test]
fn other_databases_are_named() {
    let anonymous = mmdb::database("GeoIP2-Anonymous-IP", &[]);
    let ipinfo = mmdb::database("ipinfo country_asn.mmdb", &[]);
    let dir = folder(&[("a.mmdb", anonymous.clone()), ("i.mmdb", ipinfo)]);
    let error = Geo::open(dir.path()).unwrap_err();
    let short = error.to_string().replace(&format!("{}", dir.path().display()), "GEO");
    assert_eq!(
        short,
        "GEO: no City, Country or ASN database (found: GEO/a.mmdb (GeoIP2-Anonymous-IP), \
         GEO/i.mmdb (ipinfo country_asn.mmdb))"
    );
    assert!(error.hint().is_some());

    let dir = folder(&[("a.mmdb", anonymous), ("c.mmdb", cities())]);
    let geo = Geo::open(dir.path()).unwrap();
    assert_eq!(geo.skipped().len(), 1);
    assert!(geo.skipped()[0].ends_with("a.mmdb (GeoIP2-Anonymous-IP)"));
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let dir = folder(&[]);
    let error = Geo::open(dir.path()).unwrap_err().to_string();
    assert!(error.ends_with("no City, Country or ASN database (found: nothing)"), "{error}");
    assert!(matches!(Geo::open(&dir.path().join("absent")), Err(ConfigError::Read { .. })));

    for bytes in [vec![], b"not a database".to_vec(), networks()[..networks().len() - 40].to_vec()]
    {
        let dir = folder(&[("c.mmdb", cities()), ("bad.mmdb", bytes)]);
        let error = Geo::open(dir.path()).unwrap_err();
        assert!(matches!(error, ConfigError::GeoFile { .. }), "{error}");
        assert!(error.to_string().ends_with("bad.mmdb is not a usable MaxMind database"));
    }
}
