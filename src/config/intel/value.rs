//! What one written value stands for: an address or range, an access key, a principal, a host name.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};

use super::Field;
use super::defang::{bare, refang};
use super::unused::Unused;
use super::wild;
use crate::config::ranges;

/// One condition on a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// The source lies in the range.
    Net(IpNet),
    /// The field is exactly this text.
    Text(Field, String),
    /// The field matches this regular expression.
    Wild(Field, String),
}

/// Alternatives that the value stands for: more than one for `203.0.113.7-203.0.113.9`.
///
/// # Errors
/// Why it stands for none.
pub fn read(written: &str) -> Result<Vec<Test>, Unused> {
    let text = refang(written);
    let text = text.as_ref();
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return Err(Unused::not_understood("not UTF-8 text"));
    }
    if let Some(key) = access_key(text) {
        return Ok(vec![Test::Text(Field::AccessKey, key)]);
    }
    if text.starts_with("arn:") {
        return principal(text).map(|test| vec![test]);
    }
    if let Some(found) = nets(text) {
        return found;
    }
    if let Some((_, after)) = text.split_once("://") {
        return host(authority(after));
    }
    if is_hash(text) {
        return Err(Unused::other_kind("a file hash"));
    }
    match text.split_once('/') {
        Some((before, _)) => host(before),
        None => host(text),
    }
}

/// The source as an address or range, and nothing else.
pub fn read_address(written: &str) -> Result<Vec<Test>, Unused> {
    let text = refang(written);
    nets(&text).unwrap_or_else(|| Err(Unused::not_understood("neither an address nor a range")))
}

/// A user agent as it is sent, or with `*` for any text.
pub fn read_agent(written: &str) -> Result<Test, Unused> {
    let text = literal_agent(bare(written))?;
    if !text.contains('*') {
        return Ok(Test::Text(Field::UserAgent, text));
    }
    let expression = wild::glob(&text);
    wild::compile(Field::UserAgent, &expression)?;
    Ok(Test::Wild(Field::UserAgent, expression))
}

/// A user agent as it is sent.
pub fn literal_agent(sent: &str) -> Result<String, Unused> {
    let text = unwrapped(sent);
    let lower = text.to_ascii_lowercase();
    if text.is_empty() || text == "-" {
        Err(Unused::refused("no user agent"))
    } else if text.contains(char::REPLACEMENT_CHARACTER) {
        Err(Unused::not_understood("not UTF-8 text"))
    } else if is_service(&lower) || lower == "aws internal" {
        Err(Unused::refused("an AWS service calls so"))
    } else {
        Ok(text.to_string())
    }
}

/// A user agent without the brackets that S3 data events put around it.
pub fn unwrapped(agent: &str) -> &str {
    let text = agent.trim();
    match text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
        Some(inner) => inner.trim(),
        None => text,
    }
}

/// The id of an access key: `AKIA` for a long-term key, `ASIA` for a temporary one, 16 to 128 letters and
/// digits (IAM API reference, `AccessKey`). What a colon or comma puts behind it, as a secret, is left out.
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
pub fn principal(text: &str) -> Result<Test, Unused> {
    let mut parts = text.splitn(6, ':');
    let service = parts.nth(2).unwrap_or("");
    let (account, name) = (parts.nth(1).unwrap_or(""), parts.next().unwrap_or(""));
    match service {
        "iam" | "sts" if account.len() == 12 && !name.is_empty() => {
            Ok(Test::Text(Field::Principal, text.to_string()))
        }
        "iam" | "sts" => Err(Unused::not_understood("not the ARN of a user, role or session")),
        _ => Err(Unused::other_kind("an ARN of something that does not call")),
    }
}

/// `None` if the text is no address, range or span of addresses.
fn nets(text: &str) -> Option<Result<Vec<Test>, Unused>> {
    if let Some((first, last)) = text.split_once('-') {
        let (first, last) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
        return Some(span(first, last));
    }
    let text = without_port(text);
    let net = match (text.parse::<IpNet>(), text.parse::<IpAddr>()) {
        (Ok(net), _) => net,
        (_, Ok(address)) => IpNet::from(address),
        _ => return None,
    };
    if net.prefix_len() == 0 {
        return Some(Err(Unused::refused("every address")));
    }
    let read = ranges::parse(text).map_err(|_| {
        // Which of the two is meant decides what is flagged.
        Unused::not_understood(
            "an address and a length: write the range's first address, or no length",
        )
    });
    Some(read.and_then(|net| usable(net).map(|()| vec![Test::Net(net)])))
}

/// Ranges wider than these would name half the internet.
const WIDEST_V4: u8 = 8;
const WIDEST_V6: u8 = 16;

fn usable(net: IpNet) -> Result<(), Unused> {
    let (widest, kind) = match net {
        IpNet::V4(_) => (WIDEST_V4, "IPv4"),
        IpNet::V6(_) => (WIDEST_V6, "IPv6"),
    };
    if net.prefix_len() < widest {
        return Err(Unused::refused(format!("wider than an {kind} /{widest}")));
    }
    Ok(())
}

fn span(first: IpAddr, last: IpAddr) -> Result<Vec<Test>, Unused> {
    let tests = |nets: Vec<IpNet>| -> Result<Vec<Test>, Unused> {
        nets.iter().try_for_each(|net| usable(*net))?;
        Ok(nets.into_iter().map(Test::Net).collect())
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
        _ => Err(Unused::not_understood("a span whose ends are not in order")),
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

fn host(text: &str) -> Result<Vec<Test>, Unused> {
    if let Some(found) = nets(text) {
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
        return Err(Unused::not_understood("no address, range, access key, ARN or host name"));
    }
    if is_service(&name) {
        return Err(Unused::refused("an AWS service"));
    }
    Ok(vec![Test::Text(Field::Source, name)])
}

/// Ends of the names under which AWS services call.
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
    use crate::config::intel::unused::Class;

    /// `net 203.0.113.7/32`, `key AKIA…`, or the reason.
    fn shown(written: &str) -> String {
        let one = |test: &Test| match test {
            Test::Net(net) => format!("net {net}"),
            Test::Text(field, text) | Test::Wild(field, text) => format!("{field:?} {text}"),
        };
        match read(written) {
            Ok(tests) => tests.iter().map(one).collect::<Vec<_>>().join(", "),
            Err(unused) => format!("{:?}: {}", unused.class, unused.why),
        }
    }

    #[test]
    fn values_are_told_apart_by_what_they_are() {
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
    fn what_would_hit_everything_or_nothing_has_a_reason() {
        for (written, expected) in [
            ("0.0.0.0/0", "Refused: every address"),
            ("::/0", "Refused: every address"),
            ("128.0.0.0/7", "Refused: wider than an IPv4 /8"),
            ("2000::/3", "Refused: wider than an IPv6 /16"),
            ("1.0.0.0-9.255.255.255", "Refused: wider than an IPv4 /8"),
            (
                "203.0.113.7/24",
                "NotUnderstood: an address and a length: write the range's first address, or no length",
            ),
            ("203.0.113.9-203.0.113.7", "NotUnderstood: a span whose ends are not in order"),
            ("sts.amazonaws.com", "Refused: an AWS service"),
            ("arn:aws:s3:::acme", "OtherKind: an ARN of something that does not call"),
            ("arn:aws:iam::1:x", "NotUnderstood: not the ARN of a user, role or session"),
            ("d41d8cd98f00b204e9800998ecf8427e", "OtherKind: a file hash"),
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
            let class = read(written).unwrap_err().class;
            assert_eq!(class, Class::NotUnderstood, "{written}");
        }
    }

    #[test]
    fn user_agents_are_texts_or_globs() {
        let agent = read_agent;
        let text = |t: &str| Ok(Test::Text(Field::UserAgent, t.to_string()));
        assert_eq!(agent(" [S3 Browser/9.5; (x)] "), text("S3 Browser/9.5; (x)"));
        assert_eq!(agent("*kali*"), Ok(Test::Wild(Field::UserAgent, "kali".to_string())));
        for refused in ["", "-", "AWS Internal", "cloudformation.amazonaws.com"] {
            assert_eq!(agent(refused).unwrap_err().class, Class::Refused, "{refused}");
        }
    }
}
