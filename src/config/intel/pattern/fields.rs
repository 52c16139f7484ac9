//! The field of a call that a STIX object path refers to.

use crate::config::intel::Field;
use crate::config::intel::unused::{Unused, excerpt};

/// The field of a call that the path of a comparison refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Addresses and ranges.
    Address,
    Name,
    Link,
    Field(Field),
    /// An account: its value says whether it is a key or a principal.
    Account,
    /// True of every call: that it came over IP, TCP and TLS.
    Always,
}

/// # Errors
/// If calls have no such field.
pub fn subject(path: &str) -> Result<Subject, Unused> {
    let plain = path.replace('\'', "").to_ascii_lowercase();
    let (kind, property) = plain.split_once(':').unwrap_or((&plain, ""));
    let last = property.rsplit('.').next().unwrap_or("");
    let last = last.split('[').next().unwrap_or(last);
    let custom = kind.starts_with("x-") || property.split('.').any(|part| part.starts_with("x_"));
    match (kind, property) {
        ("ipv4-addr" | "ipv6-addr", "value") => Ok(Subject::Address),
        ("domain-name", "value") => Ok(Subject::Name),
        ("url", "value") => Ok(Subject::Link),
        ("network-traffic", "src_ref.value") => Ok(Subject::Address),
        ("network-traffic", "src_ref.type") => Ok(Subject::Always),
        ("network-traffic", _) if property.starts_with("protocols") => Ok(Subject::Always),
        ("network-traffic" | "http-request-ext", _) if request_header(property) => {
            Ok(Subject::Field(Field::UserAgent))
        }
        ("user-account", "credential" | "user_id" | "account_login" | "display_name") => {
            Ok(Subject::Account)
        }
        _ => match last {
            // Custom objects are recognised by the names of their properties.
            _ if !custom && !kind.contains("aws") && kind != "user-account" => {
                Err(unsupported_property(path))
            }
            _ if contains_any(last, &["access_key", "accesskey"]) => {
                Ok(Subject::Field(Field::AccessKey))
            }
            "value" if contains_any(kind, &["access_key", "accesskey"]) => {
                Ok(Subject::Field(Field::AccessKey))
            }
            _ if contains_any(last, &["user_agent", "useragent"]) => {
                Ok(Subject::Field(Field::UserAgent))
            }
            _ if last == "arn" || last.ends_with("_arn") => Ok(Subject::Field(Field::Principal)),
            _ if contains_any(last, &["source_ip", "src_ip", "sourceip"]) => Ok(Subject::Address),
            _ => Err(unsupported_property(path)),
        },
    }
}

fn request_header(property: &str) -> bool {
    let last = property.rsplit('.').next().unwrap_or("");
    property.contains("request_header") && last.split('[').next() == Some("user-agent")
}

fn contains_any(text: &str, names: &[&str]) -> bool {
    let text = text.replace('-', "_");
    names.iter().any(|name| text.contains(name))
}

fn unsupported_property(path: &str) -> Unused {
    Unused::unsupported(format!("`{}`", excerpt(path)))
}
