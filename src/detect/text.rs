//! Names and lists as findings write them.

/// A user's or role's name from its ARN: the last part of the path.
pub fn short_name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// `s3` for `s3.amazonaws.com`.
pub fn service_name(service: &str) -> &str {
    service.strip_suffix(".amazonaws.com").unwrap_or(service)
}

/// `s3:GetObject`.
pub fn action_name(service: &str, action: &str) -> String {
    format!("{}:{action}", service_name(service))
}

/// The first `most` items, and how many more there are.
pub fn list<'s>(items: impl Iterator<Item = &'s str>, most: usize) -> String {
    let all: Vec<&str> = items.collect();
    let shown = all.iter().take(most).copied().collect::<Vec<_>>().join(", ");
    if all.len() > most { format!("{shown} and {} more", all.len() - most) } else { shown }
}
