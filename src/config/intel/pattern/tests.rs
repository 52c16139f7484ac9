//! Patterns as exporters write them, and patterns that cannot be used.

use super::*;
use crate::config::intel::unused::UnusedKind;

/// Alternatives joined by ` | `, conditions by ` + `, what is not used behind `; not`.
fn shown(pattern: &str) -> String {
    let one = |test: &Condition| match test {
        Condition::Net(net) => net.to_string(),
        Condition::Text(field, text) => format!("{field:?}={text}"),
        Condition::Regex(field, text) => format!("{field:?}~{text}"),
    };
    match read(pattern) {
        Ok(usable) => {
            let all =
                |tests: &Vec<Condition>| tests.iter().map(one).collect::<Vec<_>>().join(" + ");
            let alternatives = usable.alternatives.iter().map(all).collect::<Vec<_>>().join(" | ");
            let unused: Vec<_> = usable.unused.iter().map(|u| u.reason.clone()).collect();
            if unused.is_empty() {
                alternatives
            } else {
                format!("{alternatives}; not {}", unused.join(", "))
            }
        }
        Err(unused) => format!("{:?}: {}", unused.kind, unused.reason),
    }
}

#[test]
fn comparisons_become_conditions() {
    for (pattern, expected) in [
        ("[ipv4-addr:value = '203.0.113.7']", "203.0.113.7/32"),
        ("[ipv4-addr:value='203.0.113.0/24']", "203.0.113.0/24"),
        ("[ipv6-addr:value = '2001:db8::7']", "2001:db8::7/128"),
        ("[ipv4-addr:value ISSUBSET '198.51.100.0/24']", "198.51.100.0/24"),
        ("[ipv4-addr:value IN ('203.0.113.7', '203.0.113.9')]", "203.0.113.7/32 | 203.0.113.9/32"),
        ("[network-traffic:src_ref.value = '203.0.113.7']", "203.0.113.7/32"),
        (
            "[network-traffic:src_ref.type = 'ipv4-addr' AND network-traffic:src_ref.value = '203.0.113.7']",
            "203.0.113.7/32",
        ),
        (
            "[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' = 'pacu/1.5']",
            "UserAgent=pacu/1.5",
        ),
        ("[http-request-ext:request_header.'User-Agent'[0] LIKE 'pacu%']", "UserAgent~^pacu"),
        (
            "[network-traffic:extensions.'http-request-ext'.request_header.'User-Agent' MATCHES '(?i)kali|pacu']",
            "UserAgent~(?i)kali|pacu",
        ),
        ("[user-account:credential = 'AKIAIOSFODNN7EXAMPLE']", "AccessKey=AKIAIOSFODNN7EXAMPLE"),
        (
            "[user-account:extensions.'x-aws'.x_access_key_id = 'AKIAIOSFODNN7EXAMPLE']",
            "AccessKey=AKIAIOSFODNN7EXAMPLE",
        ),
        ("[x-aws-access-key:value = 'ASIAIOSFODNN7EXAMPLE']", "AccessKey=ASIAIOSFODNN7EXAMPLE"),
        (
            "[user-account:user_id = 'arn:aws:iam::123456789012:user/dana']",
            "Principal=arn:aws:iam::123456789012:user/dana",
        ),
        ("[domain-name:value = 'Evil.Example']", "Source=evil.example"),
        ("[url:value = 'http://203.0.113.7/x']", "203.0.113.7/32"),
    ] {
        assert_eq!(shown(pattern), expected, "{pattern}");
    }
}

#[test]
fn and_binds_closer_than_or() {
    let agent = "network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'";
    let pattern = |inner: &str| inner.replace("UA", agent).replace("IP", "ipv4-addr:value");
    for (inner, expected) in [
        (
            "[IP = '203.0.113.7' OR IP = '203.0.113.9' AND UA = 'x']",
            "203.0.113.7/32 | 203.0.113.9/32 + UserAgent=x",
        ),
        (
            "[(IP = '203.0.113.7' OR IP = '203.0.113.9') AND UA = 'x']",
            "203.0.113.7/32 + UserAgent=x | 203.0.113.9/32 + UserAgent=x",
        ),
        ("[IP = '203.0.113.7'] OR ([IP = '203.0.113.9'])", "203.0.113.7/32 | 203.0.113.9/32"),
        (
            "[file:hashes.'SHA-256' = 'aa' OR IP = '203.0.113.7']",
            "203.0.113.7/32; not `file:hashes.'SHA-256'`",
        ),
    ] {
        assert_eq!(shown(&pattern(inner)), expected, "{inner}");
    }
}

#[test]
fn what_cannot_be_used_has_a_reason() {
    for (pattern, expected) in [
        ("[file:hashes.MD5 = 'aa']", "UnsupportedType: `file:hashes.MD5`"),
        (
            "[network-traffic:dst_ref.value = '203.0.113.7']",
            "UnsupportedType: `network-traffic:dst_ref.value`",
        ),
        (
            "[ipv4-addr:value = '203.0.113.7' AND network-traffic:dst_port = 22]",
            "UnsupportedType: `network-traffic:dst_port`",
        ),
        ("[ipv4-addr:value != '203.0.113.7']", "UnsupportedType: a negation"),
        ("[ipv4-addr:value NOT IN ('203.0.113.7')]", "UnsupportedType: a negation"),
        ("[ipv4-addr:value > '203.0.113.7']", "UnsupportedType: the operator >"),
        ("[EXISTS ipv4-addr:value]", "UnsupportedType: EXISTS"),
        ("[ipv4-addr:value = '0.0.0.0/0']", "Refused: covers every address"),
        ("[ipv4-addr:value LIKE '%']", "Refused: matches what everyone sends"),
        ("[network-traffic:protocols[*] = 'tcp']", "Refused: matches every call"),
        (
            "[user-account:account_login = 'dana']",
            "UnsupportedType: an account that is neither an access key nor an ARN",
        ),
        (
            "[ipv4-addr:value = '203.0.113.7'] AND [ipv4-addr:value = '203.0.113.9']",
            "UnsupportedType: needs several observations",
        ),
        (
            "([ipv4-addr:value = '203.0.113.7'] FOLLOWEDBY [ipv4-addr:value = '203.0.113.9']) WITHIN 5 SECONDS",
            "UnsupportedType: needs several observations",
        ),
        (
            "[ipv4-addr:value = '203.0.113.7'] REPEATS 5 TIMES",
            "UnsupportedType: needs counted or timed observations",
        ),
    ] {
        assert_eq!(shown(pattern), expected, "{pattern}");
    }
}

#[test]
fn hostile_patterns_end() {
    let deep = format!("[{}ipv4-addr:value = 'x'", "(".repeat(100_000));
    assert!(shown(&deep).starts_with("Refused: brackets nested"), "{}", shown(&deep));
    let ips = (0..400).map(|n| format!("'203.0.{}.{}'", n / 256, n % 256)).collect::<Vec<_>>();
    let list = format!("ipv4-addr:value IN ({})", ips.join(","));
    let product = format!("[{list} AND {list}]");
    assert_eq!(shown(&product), "Refused: more than 100,000 alternatives");
    for pattern in [
        "",
        " ",
        "[",
        "[]",
        "]",
        "[ipv4-addr:value",
        "[ipv4-addr:value =",
        "[ipv4-addr:value = '",
        "'",
        "[:= '']",
        "[ipv4-addr:'x",
        "[ipv4-addr:[",
        "[a:b[0 = 'x']",
        "[ipv4-addr:value = 'a\\",
        "[ipv4-addr:value = 'ü'] ü",
        "[ü:value = 'x']",
        "[ipv4-addr:value IN ()]",
        "[ipv4-addr:value = t'2026'",
        "rule x { }",
    ] {
        let class = read(pattern).unwrap_err().kind;
        assert_eq!(class, UnusedKind::NotUnderstood, "{pattern}: {}", shown(pattern));
    }
}
