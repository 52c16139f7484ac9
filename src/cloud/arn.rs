//! Amazon Resource Names (IAM User Guide, "IAM identifiers"), as far as containment needs them.

use std::fmt;

/// `arn:partition:service:region:account:resource`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arn {
    pub partition: String,
    pub service: String,
    pub account: String,
    pub resource: String,
}

impl Arn {
    pub fn parse(text: &str) -> Option<Arn> {
        let mut parts = text.splitn(6, ':');
        if parts.next()? != "arn" {
            return None;
        }
        let partition = parts.next()?.to_string();
        let service = parts.next()?.to_string();
        let _region = parts.next()?;
        let account = parts.next()?.to_string();
        let resource = parts.next()?.to_string();
        Some(Arn { partition, service, account, resource })
    }

    /// The user's name without its path, for an IAM user.
    pub fn user(&self) -> Option<&str> {
        let rest = self.resource.strip_prefix("user/").filter(|_| self.service == "iam")?;
        rest.rsplit('/').next()
    }

    /// The role's name without its path, for a role or a role session.
    pub fn role(&self) -> Option<&str> {
        match self.service.as_str() {
            "iam" => self.resource.strip_prefix("role/")?.rsplit('/').next(),
            "sts" => self.resource.strip_prefix("assumed-role/")?.split('/').next(),
            _ => None,
        }
    }

    pub fn is_root(&self) -> bool {
        self.service == "iam" && self.resource == "root"
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Arn { partition, service, account, resource } = self;
        write!(f, "arn:{partition}:{service}::{account}:{resource}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_omit_paths_and_sessions() {
        let user = Arn::parse("arn:aws:iam::123456789012:user/ops/team/alice").unwrap();
        assert_eq!((user.user(), user.role(), user.is_root()), (Some("alice"), None, false));
        let session =
            Arn::parse("arn:aws-cn:sts::123456789012:assumed-role/admin/bob@example.com").unwrap();
        assert_eq!((session.role(), session.partition.as_str()), (Some("admin"), "aws-cn"));
        assert_eq!(Arn::parse("arn:aws:iam::1:role/a/b/c").unwrap().role(), Some("c"));
        assert!(Arn::parse("arn:aws:iam::123456789012:root").unwrap().is_root());
        assert_eq!(Arn::parse("not an arn"), None);
    }
}
