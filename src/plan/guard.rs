//! Refuses to contain the responder: the caller, and every identity that its session came from.

use crate::cloud::Caller;
use crate::step::Args;

/// Refuses arguments that would contain the caller.
///
/// # Errors
/// The reason, and what to do instead.
pub fn check(caller: &Caller, args: &Args) -> Result<(), String> {
    for user in args.all("user").iter().filter(|user| !user.is_empty()) {
        if caller.users().contains(user) {
            return Err(refused(caller, &format!("the user {user}"), |arn| {
                arn.user() == Some(user)
            }));
        }
        refuse_unknown_user(caller, user)?;
    }
    for role in args.all("role").iter().filter(|role| !role.is_empty()) {
        if caller.roles().contains(role) {
            return Err(refused(caller, &format!("the role {role}"), |arn| {
                arn.role() == Some(role)
            }));
        }
    }
    for principal in args.all("principal") {
        if *principal == caller.account
            || principal.ends_with(&format!("::{}:root", caller.account))
        {
            return Err(format!(
                "'{principal}' is your own account: denying it would deny everybody in it, including you; name the \
                 user or role"
            ));
        }
        let arn = crate::cloud::Arn::parse(principal);
        let named = |names: &[String], name: Option<&str>| {
            name.is_some_and(|name| names.iter().any(|n| n == name))
        };
        if let Some(arn) = arn.filter(|arn| arn.account == caller.account)
            && (named(&caller.users(), arn.user()) || named(&caller.roles(), arn.role()))
        {
            return Err(refused(caller, principal, |_| false));
        }
        let user_of_account = crate::cloud::Arn::parse(principal)
            .filter(|arn| arn.account == caller.account)
            .and_then(|arn| arn.user().map(str::to_string));
        if let Some(user) = user_of_account {
            refuse_unknown_user(caller, &user)?;
        }
    }
    Ok(())
}

/// A session of GetFederationToken has the rights of the user who asked for it, but its ARN does not name that user
/// (AWS STS API Reference, `GetFederationToken`). Denying the user would end the session.
fn refuse_unknown_user(caller: &Caller, user: &str) -> Result<(), String> {
    let federated = |arn: &crate::cloud::Arn| {
        arn.service == "sts" && arn.resource.starts_with("federated-user/")
    };
    if !caller.parsed().is_some_and(|me| federated(&me)) || !caller.users().is_empty() {
        return Ok(());
    }
    Err(format!(
        "you are {}, and AWS does not say which user asked for this session: if it was {user}, containing {user} would \
         end your own access during the run; use another identity, such as a break-glass role (--profile, --role-arn)",
        caller.arn
    ))
}

fn refused(caller: &Caller, what: &str, is: impl Fn(&crate::cloud::Arn) -> bool) -> String {
    let behind = caller.sources.iter().find(|s| {
        crate::cloud::Arn::parse(&s.arn).is_some_and(|arn| is(&arn))
            && caller.parsed().is_none_or(|me| !is(&me))
    });
    let how = match behind {
        Some(source) => format!("your session comes from {what}, through {}", source.through),
        None => format!("{what} is you ({})", caller.arn),
    };
    format!(
        "{how}: containing it would end your own access during the run; use another identity, such as a \
         break-glass role (--profile, --role-arn)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::SessionSource;

    fn caller() -> Caller {
        Caller {
            arn: "arn:aws:sts::123456789012:assumed-role/responder/me".into(),
            account: "123456789012".into(),
            access_key: String::new(),
            sources: vec![SessionSource {
                arn: "arn:aws:iam::123456789012:user/ops/base".into(),
                through: "the source profile 'base'".into(),
            }],
        }
    }

    #[test]
    fn a_federated_session_may_come_from_the_user() {
        let mut caller = Caller {
            arn: "arn:aws:sts::123456789012:federated-user/ops".into(),
            sources: Vec::new(),
            ..caller()
        };
        let alice = "arn:aws:iam::123456789012:user/alice";
        for (name, value) in [("user", "alice"), ("principal", alice)] {
            let e = check(&caller, &[(name, value)].into()).unwrap_err();
            assert!(e.contains("does not say which user"), "{e}");
        }
        for (name, value) in [("role", "app"), ("principal", "210987654321")] {
            assert_eq!(check(&caller, &[(name, value)].into()), Ok(()), "{name} {value}");
        }
        // The profile says which user it was.
        caller.sources = vec![SessionSource {
            arn: "arn:aws:iam::123456789012:user/ops/base".into(),
            through: "the source profile 'base'".into(),
        }];
        assert_eq!(check(&caller, &[("user", "alice")].into()), Ok(()));
        assert!(check(&caller, &[("user", "base")].into()).is_err());
    }

    #[test]
    fn the_caller_and_those_behind_it_are_refused_with_the_reason() {
        for (name, value, says) in [
            ("role", "responder", "is you"),
            ("user", "base", "source profile 'base'"),
            ("principal", "123456789012", "your own account"),
            ("principal", "arn:aws:iam::123456789012:root", "your own account"),
            ("principal", "arn:aws:iam::123456789012:role/responder", "is you"),
            ("principal", "arn:aws:iam::123456789012:user/ops/base", "is you"),
        ] {
            let e = check(&caller(), &[(name, value)].into()).unwrap_err();
            assert!(e.contains(says), "{name} {value}: {e}");
        }
        let mut several = Args::default();
        several.set_all("role", vec!["app".into(), "responder".into()]);
        assert!(check(&caller(), &several).unwrap_err().contains("is you"), "any of them");
        for (name, value) in [
            ("user", "alice"),
            ("role", "app"),
            ("principal", "210987654321"),
            ("principal", "arn:aws:iam::210987654321:role/responder"),
        ] {
            assert_eq!(check(&caller(), &[(name, value)].into()), Ok(()), "{name} {value}");
        }
    }
}
