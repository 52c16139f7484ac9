//! The source class and network of a call, from the source text alone. GeoIP and configuration refine `Other` into
//! `Own` or `Cloud` elsewhere.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The kinds of source that detectors distinguish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceClass {
    /// An AWS service, named by its DNS name.
    Service,
    /// `AWS Internal`: a call between services that are not named.
    AwsInternal,
    /// An address that the internet does not route: a VPC endpoint or a network behind one.
    Private,
    /// One of the responder's own ranges. Never given by `source_class`.
    Own,
    /// A range of a hosting provider. Never given by `source_class`.
    Cloud,
    /// Any other address.
    Other,
    /// The log has no source.
    Missing,
    /// Text that is neither an address nor a service's name.
    Unparsable,
}

impl SourceClass {
    pub const ALL: [SourceClass; 8] = [
        SourceClass::Service,
        SourceClass::AwsInternal,
        SourceClass::Private,
        SourceClass::Own,
        SourceClass::Cloud,
        SourceClass::Other,
        SourceClass::Missing,
        SourceClass::Unparsable,
    ];

    pub fn name(self) -> &'static str {
        match self {
            SourceClass::Service => "service",
            SourceClass::AwsInternal => "aws-internal",
            SourceClass::Private => "private",
            SourceClass::Own => "own",
            SourceClass::Cloud => "cloud",
            SourceClass::Other => "other",
            SourceClass::Missing => "missing",
            SourceClass::Unparsable => "not-an-address",
        }
    }
}

/// DNS suffixes of AWS services, by partition and generation.
const SERVICE_DOMAINS: [&str; 5] =
    [".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".api.aws", ".aws.internal"];

/// The class of a CloudTrail `sourceIPAddress` or an access log's remote IP.
pub fn source_class(source: &str) -> SourceClass {
    if source.is_empty() || source == "-" {
        SourceClass::Missing
    } else if let Some(address) = parse_ip(source) {
        if is_private(address) { SourceClass::Private } else { SourceClass::Other }
    } else if is_aws_internal(source) {
        SourceClass::AwsInternal
    } else if is_service_name(source) {
        SourceClass::Service
    } else {
        SourceClass::Unparsable
    }
}

/// The address in a source text. An IPv4-mapped IPv6 address is returned as IPv4, so that one host is not counted twice.
pub fn parse_ip(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// The network of a source: /24 for IPv4 and /64 for IPv6, the sizes in which addresses are usually assigned to one
/// customer. A source that is not an address is its own network.
pub fn network(source: &str) -> String {
    match parse_ip(source) {
        Some(IpAddr::V4(address)) => {
            let [a, b, c, _] = address.octets();
            format!("{}/24", Ipv4Addr::new(a, b, c, 0))
        }
        Some(IpAddr::V6(address)) => {
            let prefix = address.to_bits() >> 64 << 64;
            format!("{}/64", Ipv6Addr::from_bits(prefix))
        }
        None => source.to_owned(),
    }
}

/// True for addresses that cannot have come over the internet.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let carrier_nat = a == 100 && b & 0xc0 == 64;
            v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || carrier_nat
        }
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
        }
    }
}

/// `AWS Internal`, or `AWS Internal/5`.
fn is_aws_internal(source: &str) -> bool {
    match source.strip_prefix("AWS Internal") {
        Some("") => true,
        Some(tail) => tail.strip_prefix('/').is_some_and(is_number),
        None => false,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// True for a complete DNS name under one of the service domains, not for text that merely ends like one.
fn is_service_name(source: &str) -> bool {
    let labels = source.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    let under = |domain: &str| source.len() > domain.len() && source.ends_with(domain);
    labels && SERVICE_DOMAINS.into_iter().any(under)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_classified() {
        for (source, expected) in [
            ("secretsmanager.amazonaws.com", SourceClass::Service),
            ("ec2.application-autoscaling.amazonaws.com", SourceClass::Service),
            ("s3.cn-north-1.amazonaws.com.cn", SourceClass::Service),
            ("lambda.us-east-1.api.aws", SourceClass::Service),
            ("AWS Internal", SourceClass::AwsInternal),
            ("AWS Internal/5", SourceClass::AwsInternal),
            ("10.8.8.10", SourceClass::Private),
            ("172.31.255.1", SourceClass::Private),
            ("192.168.10.20", SourceClass::Private),
            ("100.64.0.1", SourceClass::Private),
            ("100.127.255.255", SourceClass::Private),
            ("127.0.0.1", SourceClass::Private),
            ("169.254.169.254", SourceClass::Private),
            ("::1", SourceClass::Private),
            ("fe80::1", SourceClass::Private),
            ("fd00::12", SourceClass::Private),
            ("::ffff:10.0.0.1", SourceClass::Private),
            ("::ffff:8.8.8.8", SourceClass::Other),
            ("100.63.255.255", SourceClass::Other),
            ("100.128.0.0", SourceClass::Other),
            ("172.32.0.1", SourceClass::Other),
            ("3.225.16.109", SourceClass::Other),
            ("2001:db8::1", SourceClass::Other),
            ("-", SourceClass::Missing),
            ("", SourceClass::Missing),
        ] {
            assert_eq!(source_class(source), expected, "{source}");
        }
    }

    #[test]
    fn hostile_text_is_not_a_service() {
        for source in [
            "AWS Internal/",
            "AWS Internal/x",
            "AWS Internals",
            ".amazonaws.com",
            "evil.example/.amazonaws.com",
            "x y.amazonaws.com",
            "ec2.amazonaws.com.evil.example",
            "fakeamazonaws.com",
            "1.2.3",
            "253.252.51.07",
            "[2001:db8::1]",
            "fe80::1%eth0",
            "1.2.3.4, 5.6.7.8",
        ] {
            assert_eq!(source_class(source), SourceClass::Unparsable, "{source}");
        }
    }

    #[test]
    fn networks_have_the_size_of_a_customer_assignment() {
        assert_eq!(network("3.225.16.109"), "3.225.16.0/24");
        assert_eq!(network("::ffff:3.225.16.109"), "3.225.16.0/24");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(network("2001:DB8::9"), "2001:db8::/64");
        assert_eq!(network("ec2.amazonaws.com"), "ec2.amazonaws.com");
        assert_eq!(network("[::1]"), "[::1]");
    }
}
