//! Tells from the name of an action what it does.

/// True if the action changes something.
pub fn is_mutating(action: &str) -> bool {
    let verb = action.rsplit(':').next().unwrap_or(action);
    let reads = [
        "Get",
        "List",
        "Describe",
        "Head",
        "Lookup",
        "BatchGet",
        "Search",
        "Select",
        "Generate",
        "Simulate",
        "Check",
        "Validate",
        "Query",
        "Scan",
        "Decode",
        "View",
        "Test",
        "Estimate",
        "AssumeRole",
        "ConsoleLogin",
        "Options",
    ];
    !verb.is_empty() && !reads.iter().any(|r| verb.starts_with(r)) && !verb.starts_with("REST.GET")
}

/// True if the action returns or decrypts a secret.
pub fn reads_secret(action: &str) -> bool {
    let secrets = [
        "secretsmanager:GetSecretValue",
        "secretsmanager:BatchGetSecretValue",
        "ssm:GetParameter",
        "kms:Decrypt",
        "ec2:GetPasswordData",
        "lambda:GetFunction",
    ];
    secrets.iter().any(|s| action.starts_with(s))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_is_told_from_changing() {
        assert!(is_mutating("iam:CreateUser") && is_mutating("s3:DeleteObject"));
        assert!(!is_mutating("s3:GetObject") && !is_mutating("iam:ListUsers") && !is_mutating(""));
    }
}
