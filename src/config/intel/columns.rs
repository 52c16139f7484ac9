//! Which column of a table says what, by its name.

use super::unused::Unused;
use super::value::{self, Test};

/// What a value column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Told by the type column, or by what it looks like.
    Any,
    Address,
    Agent,
    AccessKey,
    Principal,
    Name,
}

/// Names of value columns, the best first. Of each line only the first one is used: tables that were enriched
/// name an address's network, too.
const VALUES: [(Holds, &[&str]); 6] = [
    (
        Holds::Any,
        &[
            "indicator",
            "indicator_value",
            "ioc",
            "ioc_value",
            "observable",
            "observable_value",
            "value",
        ],
    ),
    (
        Holds::Address,
        &[
            "ip",
            "ip_address",
            "ipaddress",
            "address",
            "src_ip",
            "source_ip",
            "source_ip_address",
            "sourceipaddress",
            "ipv4",
            "ipv6",
            "dst_ip",
            "host_ip",
            "cidr",
            "ip_range",
            "netblock",
            "subnet",
            "network",
        ],
    ),
    (Holds::Agent, &["user_agent", "useragent"]),
    (Holds::AccessKey, &["access_key_id", "access_key", "accesskeyid", "aws_access_key_id"]),
    (Holds::Principal, &["principal_arn", "user_arn", "role_arn", "arn", "principal"]),
    (Holds::Name, &["domain", "domain_name", "hostname", "host", "fqdn", "url"]),
];
const TYPE: &[&str] =
    &["type", "indicator_type", "ioc_type", "observable_type", "value_type", "kind"];
const CONFIDENCE: &[&str] = &["confidence", "confidence_level"];
const FROM: &[&str] = &["valid_from"];
const UNTIL: &[&str] = &[
    "valid_until",
    "valid_to",
    "expires",
    "expires_at",
    "expiration",
    "expiration_date",
    "expiry",
    "until",
];
const REVOKED: &[&str] = &["revoked"];
const DESCRIPTION: &[&str] = &[
    "description",
    "comment",
    "comments",
    "name",
    "title",
    "threat",
    "threat_name",
    "malware",
    "malware_printable",
    "family",
    "note",
    "notes",
    "reason",
    "category",
    "tags",
];

/// Numbers of the columns, from 0.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// Those that hold indicators.
    pub values: Vec<(usize, Holds)>,
    pub kind: Option<usize>,
    pub confidence: Option<usize>,
    pub from: Option<usize>,
    pub until: Option<usize>,
    pub revoked: Option<usize>,
    pub description: Option<usize>,
}

impl Columns {
    /// `None` if no column holds indicators.
    pub fn named(header: &[&str]) -> Option<Columns> {
        let names: Vec<String> = header.iter().map(|name| plain(name)).collect();
        let column = |known: &[&str]| {
            known.iter().find_map(|wanted| names.iter().position(|name| name == wanted))
        };
        let mut columns = Columns {
            kind: column(TYPE),
            confidence: column(CONFIDENCE),
            from: column(FROM),
            until: column(UNTIL),
            revoked: column(REVOKED),
            description: column(DESCRIPTION),
            ..Columns::default()
        };
        for (holds, known) in VALUES {
            // A general column stands for all; a name beside an address belongs to it.
            let first = columns.values.first().map(|(_, holds)| *holds);
            let done = first == Some(Holds::Any) || (holds == Holds::Name && first.is_some());
            if let (false, Some(at)) = (done, column(known)) {
                columns.values.push((at, holds));
            }
        }
        (!columns.values.is_empty()).then_some(columns)
    }
}

/// `# "First Seen"` and `first_seen` are one name.
fn plain(name: &str) -> String {
    let name = name.trim().trim_start_matches('#').trim().trim_matches('"').trim();
    name.to_lowercase().replace([' ', '-', '.'], "_")
}

/// What a cell stands for. `kind` is what the type column says of it, `""` if nothing.
pub fn read(holds: Holds, kind: &str, cell: &str) -> Result<Vec<Test>, Unused> {
    let kind = kind.trim().to_lowercase().replace([' ', '_'], "-");
    let one = |test: Result<Test, Unused>| test.map(|test| vec![test]);
    match holds {
        Holds::Agent => one(value::read_agent(cell)),
        Holds::Address => value::read_address(cell),
        Holds::Principal => one(value::principal(cell.trim())),
        Holds::AccessKey | Holds::Name => value::read(cell),
        Holds::Any if kind.contains("user-agent") || kind == "useragent" => {
            one(value::read_agent(cell))
        }
        Holds::Any if is_other(&kind) => Err(Unused::other_kind(format!("type `{kind}`"))),
        // MISP writes `203.0.113.7|443` for an address with a port.
        Holds::Any => value::read(cell),
    }
}

/// Types that name nothing a call has.
fn is_other(kind: &str) -> bool {
    let parts = [
        "md5",
        "sha1",
        "sha256",
        "sha512",
        "hash",
        "ssdeep",
        "imphash",
        "file",
        "email",
        "mutex",
        "registry",
        "regkey",
        "cve",
        "vulnerability",
        "yara",
        "sigma",
        "snort",
        "btc",
        "bitcoin",
        "ja3",
        "certificate",
        "x509",
        "process",
        "phone",
    ];
    parts.iter().any(|part| kind.contains(part))
}
