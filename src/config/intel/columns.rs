//! The meaning of CSV columns, by their names.

use super::condition::Condition;
use super::unused::Unused;
use super::value;

/// The type of the values in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Any type: the type column or the form of the value decides.
    Indicator,
    Address,
    UserAgent,
    AccessKey,
    Principal,
    HostName,
}

/// Names of value columns, in order of preference. Only the first match of each line is used, because enriched
/// tables also have columns for an address's network.
const VALUES: [(ColumnKind, &[&str]); 6] = [
    (
        ColumnKind::Indicator,
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
        ColumnKind::Address,
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
    (ColumnKind::UserAgent, &["user_agent", "useragent"]),
    (ColumnKind::AccessKey, &["access_key_id", "access_key", "accesskeyid", "aws_access_key_id"]),
    (ColumnKind::Principal, &["principal_arn", "user_arn", "role_arn", "arn", "principal"]),
    (ColumnKind::HostName, &["domain", "domain_name", "hostname", "host", "fqdn", "url"]),
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

/// Indexes of the columns, from 0.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// Columns with indicators.
    pub values: Vec<(usize, ColumnKind)>,
    pub kind: Option<usize>,
    pub confidence: Option<usize>,
    pub from: Option<usize>,
    pub until: Option<usize>,
    pub revoked: Option<usize>,
    pub description: Option<usize>,
}

impl Columns {
    /// `None` if no column contains indicators.
    pub fn named(header: &[&str]) -> Option<Columns> {
        let names: Vec<String> = header.iter().map(|name| normalized(name)).collect();
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
        for (column_kind, known) in VALUES {
            // A general column is used alone. A host name next to an address belongs to the address.
            let first = columns.values.first().map(|(_, column_kind)| *column_kind);
            let done = first == Some(ColumnKind::Indicator)
                || (column_kind == ColumnKind::HostName && first.is_some());
            if let (false, Some(at)) = (done, column(known)) {
                columns.values.push((at, column_kind));
            }
        }
        (!columns.values.is_empty()).then_some(columns)
    }
}

/// `# "First Seen"` and `first_seen` are one name.
fn normalized(name: &str) -> String {
    let name = name.trim().trim_start_matches('#').trim().trim_matches('"').trim();
    name.to_lowercase().replace([' ', '-', '.'], "_")
}

/// The alternatives of a cell. `kind` is the cell of the type column, `""` if there is none.
pub fn read(column_kind: ColumnKind, kind: &str, cell: &str) -> Result<Vec<Condition>, Unused> {
    let kind = kind.trim().to_lowercase().replace([' ', '_'], "-");
    let one = |test: Result<Condition, Unused>| test.map(|test| vec![test]);
    match column_kind {
        ColumnKind::UserAgent => one(value::read_user_agent(cell)),
        ColumnKind::Address => value::read_address(cell),
        ColumnKind::Principal => one(value::principal(cell.trim())),
        ColumnKind::AccessKey | ColumnKind::HostName => value::read(cell),
        ColumnKind::Indicator if kind.contains("user-agent") || kind == "useragent" => {
            one(value::read_user_agent(cell))
        }
        ColumnKind::Indicator if is_unsupported_type(&kind) => {
            Err(Unused::unsupported(format!("type `{kind}`")))
        }
        // MISP writes `203.0.113.7|443` for an address with a port.
        ColumnKind::Indicator => value::read(cell),
    }
}

/// Types of indicators that API calls do not have.
fn is_unsupported_type(kind: &str) -> bool {
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
