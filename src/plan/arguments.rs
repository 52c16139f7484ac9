//! Checks a playbook's parameters by their types and fills in the defaults.

use ipnet::IpNet;

use crate::cloud::Arn;
use crate::playbook::{Kind, Parameter, Playbook};
use crate::step::Args;

/// The arguments of a playbook, with its defaults.
///
/// # Errors
/// A text for the responder that names the parameter which is missing, unknown or of another type.
pub fn check(playbook: &Playbook, given: &Args) -> Result<Args, String> {
    for (name, _) in given.iter() {
        if !playbook.parameters.contains_key(name) {
            let known: Vec<String> =
                playbook.parameters.keys().map(|name| format!("--{name}")).collect();
            return Err(format!(
                "the playbook {} has no parameter --{name}; it has {}",
                playbook.id,
                known.join(", ")
            ));
        }
    }
    let mut args = Args::default();
    for (name, parameter) in &playbook.parameters {
        let values = given.all(name);
        if values.len() > 1 && !parameter.many {
            return Err(format!("--{name} takes one value"));
        }
        for value in values {
            well_formed(parameter, value)
                .map_err(|what| format!("--{name}: '{value}' is not {what}"))?;
        }
        match (values.is_empty(), &parameter.default) {
            (false, _) => args.set_all(name, values.to_vec()),
            (true, Some(default)) => args.set(name, default),
            (true, None) if parameter.required => {
                return Err(format!("--{name} is missing: {}", parameter.help));
            }
            (true, None) => {}
        }
    }
    let takes = |name: &str| playbook.parameters.contains_key(name);
    let subjects = ["access-key", "user", "role"].map(|name| (name, takes(name)));
    let named = subjects.iter().any(|(name, taken)| *taken && args.given(name));
    if takes("user") && takes("access-key") && !named {
        let or_role = if takes("role") { " or --role" } else { "" };
        return Err(format!("give --access-key or --user{or_role}"));
    }
    Ok(args)
}

fn well_formed(parameter: &Parameter, value: &str) -> Result<(), String> {
    let word = |extra: &str| {
        !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
    };
    let digits = |text: &str| text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    let (ok, what) = match parameter.kind {
        Kind::Text => (!value.is_empty(), "a non-empty text".to_string()),
        Kind::AccessKey => {
            let shape = value.starts_with("AKIA") || value.starts_with("ASIA");
            (
                shape && word("") && (16..=128).contains(&value.len()),
                "an access key id (AKIA…)".into(),
            )
        }
        // IAM API reference, CreateUser and CreateRole: up to 64 of these characters.
        Kind::User => (word("_+=,.@-") && value.len() <= 64, "the name of an IAM user".into()),
        Kind::Role => {
            let name = Arn::parse(value).and_then(|arn| arn.role().map(str::to_string));
            let named = word("_+=,.@-") && value.len() <= 64;
            (named || name.is_some(), "the name or ARN of an IAM role".into())
        }
        Kind::Bucket => {
            (word(".-") && (3..=63).contains(&value.len()), "the name of a bucket".into())
        }
        Kind::Principal => {
            let known = |arn: Arn| arn.user().is_some() || arn.role().is_some() || arn.is_root();
            let ok = digits(value) || Arn::parse(value).is_some_and(known);
            (ok, "an ARN of a user or role, or an account's twelve digits".into())
        }
        Kind::Address => {
            let ok = value.parse::<IpNet>().is_ok() || value.parse::<std::net::IpAddr>().is_ok();
            (ok, "an address or a range such as 192.0.2.0/24".into())
        }
        Kind::Region => {
            (word("-") && value.matches('-').count() >= 2, "a region such as eu-west-1".into())
        }
        Kind::Choice => {
            let ok = parameter.choices.iter().any(|c| c == value);
            (ok, format!("one of {}", parameter.choices.join(", ")))
        }
        Kind::Flag => (value == "true", "a flag: give it without a value".into()),
    };
    if ok { Ok(()) } else { Err(what) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn playbook() -> Playbook {
        crate::playbook::find("leaked-access-key").unwrap().unwrap()
    }

    #[test]
    fn defaults_are_filled_in_and_wrong_values_named() {
        let args = check(&playbook(), &[("access-key", "AKIAIOSFODNN7EXAMPLE")].into()).unwrap();
        assert_eq!((args.text("mode"), args.text("console")), ("lockdown", "reset"));
        for (name, value, says) in [
            ("access-key", "AKIA../../x", "access key id"),
            ("mode", "fast", "one of lockdown, rotate"),
            ("nope", "1", "no parameter --nope"),
            ("user", "a b", "IAM user"),
            ("guardduty-region", "eu", "a region"),
        ] {
            let e = check(&playbook(), &[(name, value)].into()).unwrap_err();
            assert!(e.contains(says), "{e}");
        }
        let neither = check(&playbook(), &Args::default()).unwrap_err();
        assert!(neither.contains("--access-key or --user"), "{neither}");
        let role = crate::playbook::find("compromised-role").unwrap().unwrap();
        assert!(check(&role, &Args::default()).unwrap_err().contains("--role is missing"));
    }
}
