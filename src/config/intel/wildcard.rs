//! Wildcards: globs, `LIKE` and `MATCHES` become regular expressions, which match in linear time.

use regex::{Regex, RegexBuilder};

use super::Field;
use super::unused::Unused;

/// The longest expression, in bytes.
const LENGTH: usize = 4 * 1024;
/// The compiled size, in bytes.
const SIZE: usize = 1 << 20;
const NEST: u32 = 64;

/// `*` stands for any text.
pub fn glob(text: &str) -> String {
    anchored(text, |c| (c == '*').then_some(".*"))
}

/// `%` stands for any text and `_` for one character (STIX 2.1, 9.6.1).
pub fn like(text: &str) -> String {
    anchored(text, |c| match c {
        '%' => Some(".*"),
        '_' => Some("."),
        _ => None,
    })
}

fn anchored(text: &str, special: impl Fn(char) -> Option<&'static str>) -> String {
    let mut out = String::from("^");
    for c in text.chars() {
        match special(c) {
            Some(expression) => out.push_str(expression),
            None => out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    out.push('$');
    // Without these anchors a search may start anywhere and end early.
    let inner = out.strip_prefix("^.*").unwrap_or(&out);
    inner.strip_suffix(".*$").unwrap_or(inner).to_string()
}

/// # Errors
/// If the expression cannot be compiled, or matches what everyone sends.
pub fn compile(field: Field, expression: &str) -> Result<Regex, Unused> {
    if expression.len() > LENGTH {
        return Err(Unused::refused("a regular expression longer than 4 KiB"));
    }
    let built = RegexBuilder::new(expression)
        .dot_matches_new_line(true)
        .size_limit(SIZE)
        .dfa_size_limit(SIZE)
        .nest_limit(NEST)
        .build();
    let regex = built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => {
            Unused::refused("a regular expression that is too large")
        }
        _ => Unused::not_understood(
            "not a valid regular expression (look-around and back-references are not supported)",
        ),
    })?;
    if matches_everything(field, &regex) {
        return Err(Unused::refused("matches what everyone sends"));
    }
    Ok(regex)
}

const AGENTS: [&str; 9] = [
    "aws-cli/2.31.4 md/awscrt#0.27.6 ua/2.1 os/linux#6.8.0 md/arch#x86_64 lang/python#3.13.7",
    "Boto3/1.40.1 md/Botocore#1.40.1 ua/2.0 os/macos#24.1.0 lang/python#3.12.1",
    "aws-sdk-java/2.33.0 Linux/5.10.230 OpenJDK_64-Bit_Server_VM/17.0.13+11-LTS",
    "APN/1.0 HashiCorp/1.0 Terraform/1.13.0 aws-sdk-go-v2/1.39.0 os/linux lang/go#1.24.6",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.6 Safari/605.1.15",
    "aws-sdk-js/3.900.0 os/linux#5.10 lang/js md/nodejs#22.11.0 api/s3#3.900.0",
    "S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.750",
    "console.example.com",
];
const KEYS: [&str; 4] = [
    "AKIAIOSFODNN7EXAMPLE",
    "AKIA2Q5T7XWJ3LBNV4HZ",
    "ASIAZ3MGRC6PDKYU2E5F",
    "ASIAY7WNLHV4BQ6TJ3SX",
];
const PRINCIPALS: [&str; 5] = [
    "arn:aws:iam::111122223333:user/alice",
    "arn:aws:iam::111122223333:role/deploy",
    "arn:aws:iam::444455556666:root",
    "arn:aws:iam::777788889999:role/aws-service-role/x/AWSServiceRoleForX",
    "arn:aws:sts::123456789012:assumed-role/admin/dana@example.com",
];

/// An expression that matches several of these unrelated values identifies nothing.
fn matches_everything(field: Field, regex: &Regex) -> bool {
    let hit = |probes: &[&str]| probes.iter().filter(|probe| regex.is_match(probe)).count();
    match field {
        Field::UserAgent => hit(&AGENTS) > 2,
        Field::AccessKey => hit(&KEYS) > 1,
        Field::Principal => hit(&PRINCIPALS) > 2,
        Field::Source => {
            // As for ranges: addresses in more than one /8 are too wide.
            let probes = |first: u8| [format!("{first}.12.34.56"), format!("{first}.200.7.191")];
            let v4 = (1..=223).filter(|first| probes(*first).iter().any(|p| regex.is_match(p)));
            let v6 = ["2001:db8:1:2::7", "2a00:1450:4001:81b::200e", "2600:1f18:a:b:c:d:e:f"];
            v4.take(2).count() > 1 || hit(&v6) > 1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::intel::unused::UnusedKind;

    fn matches(expression: &str, text: &str) -> bool {
        compile(Field::UserAgent, expression).unwrap().is_match(text)
    }

    #[test]
    fn wildcards_stand_for_any_text() {
        assert!(matches(&glob("*kali*"), "Linux/6.16.8+kali-amd64"));
        assert!(matches(&glob("S3 Browser*"), "S3 Browser/9.5"));
        assert!(!matches(&glob("S3 Browser*"), "x S3 Browser/9.5"));
        assert!(matches(&glob("a.c*(x)"), "a.c-\n-(x)"));
        assert!(!matches(&glob("a.c*(x)"), "abc(x)"));
        assert!(matches(&like("pacu/_.%"), "pacu/1.5"));
        assert!(!matches(&like("pacu/_.%"), "pacu/12"));
    }

    #[test]
    fn what_everyone_sends_is_refused() {
        for (field, expression) in [
            (Field::UserAgent, ".*"),
            (Field::UserAgent, "aws"),
            (Field::UserAgent, ""),
            (Field::Source, r"\."),
            (Field::Source, r"^\d+\.\d+"),
            (Field::Source, "^[12]"),
            (Field::Source, ":"),
            (Field::AccessKey, "^AKIA"),
            (Field::Principal, "^arn:aws:iam::"),
        ] {
            let class = compile(field, expression).map(|_| ()).unwrap_err().kind;
            assert_eq!(class, UnusedKind::Refused, "{field:?} {expression}");
        }
        for (field, expression) in [
            (Field::UserAgent, "(?i)kali|parrot"),
            (Field::Source, r"^198\.51\.100\."),
            (Field::Source, "^2a00:1450:"),
            (Field::Source, r"\.evil\.example$"),
            (Field::Principal, "^arn:aws:iam::999988887777:"),
        ] {
            assert!(compile(field, expression).is_ok(), "{field:?} {expression}");
        }
    }

    #[test]
    fn an_expression_cannot_exhaust_time_or_memory() {
        let class = |text: &str| compile(Field::UserAgent, text).map(|_| ()).unwrap_err().kind;
        assert_eq!(class("(?=x)y"), UnusedKind::NotUnderstood);
        assert_eq!(class(r"(x)\1"), UnusedKind::NotUnderstood);
        assert_eq!(class("("), UnusedKind::NotUnderstood);
        assert_eq!(class(&"x".repeat(5000)), UnusedKind::Refused);
        assert_eq!(class("((x{1000}){1000}){1000}"), UnusedKind::Refused);
    }
}
