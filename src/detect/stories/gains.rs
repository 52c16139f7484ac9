//! What an actor gained: credentials, identities, permissions, secrets.

use crate::detect::text::short_name;
use crate::finding::Finding;

/// An action, the kind of target that it gains, and the words before the target's name.
const GAINS: &[(&str, &str, &str)] = &[
    ("iam:CreateAccessKey", "access-key", "a new access key"),
    ("iam:CreateUser", "user", "a new user"),
    ("iam:CreateLoginProfile", "user", "a console password for"),
    ("iam:UpdateLoginProfile", "user", "a console password for"),
    ("iam:CreateRole", "role", "a new role"),
    ("iam:UpdateAssumeRolePolicy", "role", "the trust policy of role"),
    ("iam:AttachUserPolicy", "policy", "the policy"),
    ("iam:AttachRolePolicy", "policy", "the policy"),
    ("iam:AttachGroupPolicy", "policy", "the policy"),
    ("iam:PutUserPolicy", "policy", "an inline policy,"),
    ("iam:PutRolePolicy", "policy", "an inline policy,"),
    ("iam:PutGroupPolicy", "policy", "an inline policy,"),
    ("iam:CreatePolicyVersion", "policy", "a new version of"),
    ("iam:AddUserToGroup", "group", "membership of group"),
    ("sts:AssumeRole", "role", "sessions of role"),
    ("sts:GetFederationToken", "", "a federation session, which outlives its key"),
    ("secretsmanager:GetSecretValue", "secret", "the secret"),
    ("secretsmanager:BatchGetSecretValue", "secret", "the secret"),
    ("ssm:GetParameter", "parameter", "the parameter"),
    ("ssm:GetParameters", "parameter", "the parameter"),
    ("ec2:GetPasswordData", "instance", "the Windows password of"),
    ("lambda:CreateFunctionUrlConfig", "function", "a public address of function"),
    ("ec2:ImportKeyPair", "", "an SSH key pair of its own"),
    ("ec2:CreateKeyPair", "", "an SSH key pair of its own"),
];

/// Names per line.
const MOST: usize = 3;

/// The gains, one line each, in the order of time.
pub fn gained(members: &[&Finding]) -> Vec<String> {
    let mut in_order: Vec<&&Finding> = members.iter().filter(|f| !f.tried).collect();
    in_order.sort_by_key(|f| (f.first_seen, &f.id));
    let mut lines: Vec<String> = Vec::new();
    for f in in_order {
        let worked = |action: &str| {
            f.actions.iter().any(|a| a.action == action && a.denied + a.failed < a.events)
        };
        for (_, kind, words) in GAINS.iter().filter(|(action, ..)| worked(action)) {
            let names: Vec<&str> = (f.targets.iter())
                .filter(|t| t.kind == *kind && t.name != f.who.access_key)
                .map(|t| short_name(&t.name))
                .filter(|name| *kind != "user" || *name != short_name(&f.who.principal))
                .collect();
            let line = match names.as_slice() {
                [] if kind.is_empty() => words.to_string(),
                [] => continue,
                names => {
                    let more = names.len().saturating_sub(MOST);
                    let shown = names[..names.len().min(MOST)].join(", ");
                    match more {
                        0 => format!("{words} {shown}"),
                        more => format!("{words} {shown} and {more} more"),
                    }
                }
            };
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    lines
}
