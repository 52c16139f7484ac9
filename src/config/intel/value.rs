//! Parses one value of a list: an address or range, an access key, a principal, a host name.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};

use super::Field;
use super::condition::Condition;
use super::defang::{refang, without_quotes};
use super::unused::Unused;
use super::wildcard;
use crate::config::ranges;

/// The alternatives of a value: more than one for `203.0.113.7-203.0.113.9`.
///
/// # Errors
/// Why it cannot be used.
pub fn read(written: &str) -> Result<Vec<Condition>, Unused> {
    let text = refang(written);
    let text = text.as_ref();
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return Err(Unused::not_understood("not UTF-8 text"));
    }
    if let Some(key) = access_key(text) {
        return Ok(vec![Condition::Text(Field::AccessKey, key)]);
    }
    if text.starts_with("arn:") {
        return principal(text).map(|test| vec![test]);
    }
    if let Some(found) = read_nets(text) {
        return found;
    }
    if let Some((_, after)) = text.split_once("://") {
        return read_host(authority(after));
    }
    if is_hash(text) {
        return Err(Unused::unsupported("a file hash"));
    }
    match text.split_once('/') {
        Some((before, _)) => read_host(before),
        None => read_host(text),
    }
}

/// An address or range, and nothing else.
pub fn read_address(written: &str) -> Result<Vec<Condition>, Unused> {
    let text = refang(written);
    read_nets(&text)
        .unwrap_or_else(|| Err(Unused::not_understood("neither an address nor a range")))
}

/// A user agent as clients send it, or with `*` for any text.
pub fn read_user_agent(written: &str) -> Result<Condition, Unused> {
    let text = literal_user_agent(without_quotes(written))?;
    if !text.contains('*') {
        return Ok(Condition::Text(Field::UserAgent, text));
    }
    let expression = wildcard::glob(&text);
    wildcard::compile(Field::UserAgent, &expression)?;
    Ok(Condition::Regex(Field::UserAgent, expression))
}

/// A user agent as clients send it, without wildcards.
pub fn literal_user_agent(sent: &str) -> Result<String, Unused> {
    let text = without_brackets(sent);
    let lower = text.to_ascii_lowercase();
    if text.is_empty() || text == "-" {
        Err(Unused::refused("an empty user agent"))
    } else if text.contains(char::REPLACEMENT_CHARACTER) {
        Err(Unused::not_understood("not UTF-8 text"))
    } else if is_service(&lower) || lower == "aws internal" {
        Err(Unused::refused("the user agent of an AWS service"))
    } else {
        Ok(text.to_string())
    }
}

/// A user agent without the brackets that S3 data events put around it.
pub fn without_brackets(agent: &str) -> &str {
    let text = agent.trim();
    match text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
        Some(inner) => inner.trim(),
        None => text,
    }
}

/// The id of an access key: `AKIA` for a long-term key, `ASIA` for a temporary one, 16 to 128 letters and
/// digits (IAM API reference, `AccessKey`). Text after a colon or comma, such as a secret, is dropped.
pub fn access_key(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let (id, rest) = text.split_at(end);
    let known = ["AKIA", "ASIA"]
        .iter()
        .any(|kind| id.get(..kind.len()).is_some_and(|head| head.eq_ignore_ascii_case(kind)));
    let separated = rest.is_empty() || rest.starts_with([':', ',', ';', '|']);
    (known && separated && (16..=128).contains(&id.len())).then(|| id.to_ascii_uppercase())
}

/// `arn:aws:iam::123456789012:user/dana`, or a role, a root user or a session.
pub fn principal(text: &str) -> Result<Condition, Unused> {
    let mut parts = text.splitn(6, ':');
    let service = parts.nth(2).unwrap_or("");
    let (account, name) = (parts.nth(1).unwrap_or(""), parts.next().unwrap_or(""));
    match service {
        "iam" | "sts" if account.len() == 12 && !name.is_empty() => {
            Ok(Condition::Text(Field::Principal, text.to_string()))
        }
        "iam" | "sts" => Err(Unused::not_understood("not the ARN of a user, role or session")),
        _ => Err(Unused::unsupported("an ARN that is not a principal")),
    }
}

/// `None` if the text is not an address, range or span of addresses.
fn read_nets(text: &str) -> Option<Result<Vec<Condition>, Unused>> {
    if let Some((first, last)) = text.split_once('-') {
        let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        return Some(read_span(first, last));
    }
    let text = without_port(text);
    let net = match (text.parse::<IpNet>(), text.parse::<IpAddr>()) {
        (Ok(net), _) => net,
        (_, Ok(address)) => IpNet::from(address),
        _ => return None,
    };
    if net.prefix_len() == 0 {
        return Some(Err(Unused::refused("covers every address")));
    }
    let read = ranges::parse(text).map_err(|_| {
        // Unclear whether the range or the address is meant.
        Unused::not_understood(
            "a range with host bits set: write its first address, or drop the prefix length",
        )
    });
    Some(read.and_then(|net| check_width(net).map(|()| vec![Condition::Net(net)])))
}

/// Wider ranges would match large parts of the internet.
const WIDEST_V4: u8 = 8;
const WIDEST_V6: u8 = 16;

fn check_width(net: IpNet) -> Result<(), Unused> {
    let (widest, kind) = match net {
        IpNet::V4(_) => (WIDEST_V4, "IPv4"),
        IpNet::V6(_) => (WIDEST_V6, "IPv6"),
    };
    if net.prefix_len() < widest {
        return Err(Unused::refused(format!("wider than an {kind} /{widest}")));
    }
    Ok(())
}

fn read_span(first: IpAddr, last: IpAddr) -> Result<Vec<Condition>, Unused> {
    let tests = |nets: Vec<IpNet>| -> Result<Vec<Condition>, Unused> {
        nets.iter().try_for_each(|net| check_width(*net))?;
        Ok(nets.into_iter().map(Condition::Net).collect())
    };
    match (first.to_canonical(), last.to_canonical()) {
        (IpAddr::V4(a), IpAddr::V4(b)) if a <= b => {
            if u32::from(b) - u32::from(a) >= 1 << (32 - WIDEST_V4) {
                return Err(Unused::refused(format!("wider than an IPv4 /{WIDEST_V4}")));
            }
            tests(Ipv4Subnets::new(a, b, 0).map(IpNet::V4).collect())
        }
        (IpAddr::V6(a), IpAddr::V6(b)) if a <= b => {
            if u128::from(b) - u128::from(a) >= 1 << (128 - WIDEST_V6) {
                return Err(Unused::refused(format!("wider than an IPv6 /{WIDEST_V6}")));
            }
            tests(Ipv6Subnets::new(a, b, 0).map(IpNet::V6).collect())
        }
        _ => Err(Unused::not_understood("an invalid address span: write `first - last`")),
    }
}

/// `203.0.113.7` of `203.0.113.7:443` and `203.0.113.7|443`, `2001:db8::7` of `[2001:db8::7]:443`.
fn without_port(text: &str) -> &str {
    let is_port = |port: &str| port.parse::<u16>().is_ok();
    if let Some(rest) = text.strip_prefix('[') {
        return match rest.split_once(']') {
            Some((inner, "")) => inner,
            Some((inner, port)) if port.strip_prefix(':').is_some_and(is_port) => inner,
            _ => text,
        };
    }
    match text.split_once([':', '|']) {
        Some((host, port)) if is_port(port) => host,
        _ => text,
    }
}

/// Host and port of what follows `://`.
fn authority(after: &str) -> &str {
    let end = after.find(['/', '?', '#']).unwrap_or(after.len());
    let authority = after.get(..end).unwrap_or(after);
    authority.rsplit('@').next().unwrap_or(authority)
}

fn read_host(text: &str) -> Result<Vec<Condition>, Unused> {
    if let Some(found) = read_nets(text) {
        return found;
    }
    let name = without_port(text).trim_end_matches('.').to_ascii_lowercase();
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    let last = name.rsplit('.').next().unwrap_or("");
    let top = last.len() >= 2 && last.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    if !name.contains('.') || name.len() > 253 || !top || !name.split('.').all(label) {
        return Err(Unused::not_understood("not an address, range, access key, ARN or host name"));
    }
    if is_service(&name) {
        return Err(Unused::refused("an AWS service"));
    }
    Ok(vec![Condition::Text(Field::Source, name)])
}

/// Whether a source is the name of an AWS service.
fn is_service(lower: &str) -> bool {
    let domains =
        [".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".api.aws", ".aws.internal"];
    !lower.contains(' ') && domains.iter().any(|domain| lower.ends_with(domain))
}

/// MD5, SHA-1, SHA-256 or SHA-512 in hexadecimal.
fn is_hash(text: &str) -> bool {
    matches!(text.len(), 32 | 40 | 64 | 128) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::intel::unused::UnusedKind;

    /// `net 203.0.113.7/32`, `key AKIA…`, or the reason.
    fn shown(written: &str) -> String {
        let one = |test: &Condition| match test {
            Condition::Net(net) => format!("net {net}"),
            Condition::Text(field, text) | Condition::Regex(field, text) => {
                format!("{field:?} {text}")
            }
        };
        match read(written) {
            Ok(tests) => tests.iter().map(one).collect::<Vec<_>>().join(", "),
            Err(unused) => format!("{:?}: {}", unused.kind, unused.reason),
        }
    }

    #[test]
    fn values_are_recognised_by_their_form() {
        for (written, expected) in [
            ("203.0.113.7", "net 203.0.113.7/32"),
            ("203.0.113[.]0/24", "net 203.0.113.0/24"),
            ("2001:DB8::7", "net 2001:db8::7/128"),
            ("2001:db8::/32", "net 2001:db8::/32"),
            ("::ffff:203.0.113.7", "net 203.0.113.7/32"),
            ("203.0.113.7:443", "net 203.0.113.7/32"),
            ("203.0.113.7|443", "net 203.0.113.7/32"),
            ("[2001:db8::7]:443", "net 2001:db8::7/128"),
            ("203.0.113.6-203.0.113.8", "net 203.0.113.6/31, net 203.0.113.8/32"),
            ("hxxp://203.0.113[.]7/x", "net 203.0.113.7/32"),
            ("https://u:p@203.0.113.7:8443/x", "net 203.0.113.7/32"),
            ("hxxps://Evil[.]Example/x", "Source evil.example"),
            ("evil.example/path", "Source evil.example"),
            ("evil.example.", "Source evil.example"),
            ("AKIAIOSFODNN7EXAMPLE", "AccessKey AKIAIOSFODNN7EXAMPLE"),
            ("asiaiosfodnn7example", "AccessKey ASIAIOSFODNN7EXAMPLE"),
            ("AKIAIOSFODNN7EXAMPLE:wJalr/x", "AccessKey AKIAIOSFODNN7EXAMPLE"),
            (
                "arn:aws:iam::123456789012:user/dana",
                "Principal arn:aws:iam::123456789012:user/dana",
            ),
        ] {
            assert_eq!(shown(written), expected, "{written}");
        }
    }

    #[test]
    fn what_would_match_everything_or_nothing_is_refused() {
        for (written, expected) in [
            ("0.0.0.0/0", "Refused: covers every address"),
            ("::/0", "Refused: covers every address"),
            ("128.0.0.0/7", "Refused: wider than an IPv4 /8"),
            ("2000::/3", "Refused: wider than an IPv6 /16"),
            ("1.0.0.0-9.255.255.255", "Refused: wider than an IPv4 /8"),
            (
                "203.0.113.7/24",
                "NotUnderstood: a range with host bits set: write its first address, or drop the prefix length",
            ),
            (
                "203.0.113.9-203.0.113.7",
                "NotUnderstood: an invalid address span: write `first - last`",
            ),
            ("sts.amazonaws.com", "Refused: an AWS service"),
            ("arn:aws:s3:::acme", "UnsupportedType: an ARN that is not a principal"),
            ("arn:aws:iam::1:x", "NotUnderstood: not the ARN of a user, role or session"),
            ("d41d8cd98f00b204e9800998ecf8427e", "UnsupportedType: a file hash"),
        ] {
            assert_eq!(shown(written), expected, "{written}");
        }
        for written in [
            "",
            "AKIA",
            "foo",
            "1.2.3",
            "203.0.113.07",
            "a b",
            "x@y",
            "..",
            "https://",
            "AKIAüüü",
            "-",
        ] {
            let class = read(written).unwrap_err().kind;
            assert_eq!(class, UnusedKind::NotUnderstood, "{written}");
        }
    }

    #[test]
    fn user_agents_are_texts_or_globs() {
        let agent = read_user_agent;
        let text = |t: &str| Ok(Condition::Text(Field::UserAgent, t.to_string()));
        assert_eq!(agent(" [S3 Browser/9.5; (x)] "), text("S3 Browser/9.5; (x)"));
        assert_eq!(agent("*kali*"), Ok(Condition::Regex(Field::UserAgent, "kali".to_string())));
        for refused in ["", "-", "AWS Internal", "cloudformation.amazonaws.com"] {
            assert_eq!(agent(refused).unwrap_err().kind, UnusedKind::Refused, "{refused}");
        }
    }
}
