//! The guided mode asks what happened, to whom, and which mode to use. It makes the same plan as flags do.

use crate::cli::context::Cx;
use crate::cli::error::CommandError;
use crate::cloud::{Api, Arn, Call, Client};
use crate::plan;
use crate::playbook::{self, Kind, Playbook};
use crate::step::Args;
use crate::ui::prompt;

/// Asks what happened.
///
/// # Errors
/// When stdin is not a terminal.
pub fn choose_playbook() -> Result<(Playbook, Args), CommandError> {
    if !prompt::possible() {
        return Err(CommandError::usage(
            "no playbook is given, and standard input is not a terminal",
        )
        .hint("`incident playbook list` shows all playbooks"));
    }
    let playbooks: Vec<Playbook> = playbook::builtin()
        .map(|(id, text)| playbook::parse(id, text))
        .collect::<Result<_, _>>()?;
    // A plan for many is made of findings, or of flags.
    let for_one = |p: &Playbook| p.parameters.get("user").is_none_or(|user| !user.many);
    let playbooks: Vec<Playbook> = playbooks.into_iter().filter(for_one).collect();
    let titles: Vec<String> = playbooks.iter().map(|p| p.title.clone()).collect();
    let chosen = prompt::choose("What happened?", &titles)?;
    Ok((playbooks[chosen].clone(), Args::default()))
}

/// Asks for the parameters of the playbook, with choices from the account. The responder's own identities are no choice.
///
/// # Errors
/// When AWS refuses a list, or the terminal cannot be read.
pub fn fill(
    cx: &Cx,
    client: &Client,
    playbook: &Playbook,
    args: &mut Args,
) -> Result<(), CommandError> {
    let takes = |name: &str| playbook.parameters.contains_key(name);
    if takes("user") {
        let (user, key) = user(cx, client)?;
        if takes("access-key") {
            let keys = if key.is_some() { Vec::new() } else { keys(client, &user)? };
            match key {
                Some(key) => args.set("access-key", key),
                None if keys.is_empty() => {}
                None => args.set("access-key", choose("Which key leaked?", &keys)?),
            }
        }
        args.set("user", user);
    }
    if takes("role") {
        let mut roles = roles(client)?;
        roles.retain(|(name, _)| !client.caller().roles().contains(name));
        args.set("role", pick(cx, "Which role?", &roles)?);
    }
    let bucket = playbook.parameters.get("bucket").filter(|p| p.required);
    if bucket.is_some() {
        args.set("bucket", pick(cx, "Which bucket?", &buckets(client)?)?);
    }
    for (name, parameter) in playbook.parameters.iter().filter(|(_, p)| p.kind == Kind::Choice) {
        cx.ui.status(&parameter.help);
        args.set(name, parameter.choices[prompt::choose(name, &parameter.choices)?].clone());
    }
    Ok(())
}

/// A name to choose from, and the line that shows it.
type Choice = (String, String);

/// Asks for a user. A pasted key stands for its user, and is returned beside it.
fn user(cx: &Cx, client: &Client) -> Result<(String, Option<String>), CommandError> {
    let mut users = users(client)?;
    users.retain(|(name, _)| !client.caller().users().contains(name));
    let question = "Which user?";
    loop {
        let typed = ask(question, "a key, ", &users)?;
        if !is_key(&typed) {
            if let Some(name) = narrowed(cx, question, &users, &typed)? {
                return Ok((name, None));
            }
            continue;
        }
        match plan::key_owner(client, client.caller(), &typed) {
            Ok(owner) => return Ok((owner, Some(typed))),
            Err(e) => cx.ui.warning(&e.to_string()),
        }
    }
}

/// Asks for one of many: by typing a part of its name, by pasting its name or ARN, or from the whole list.
fn pick(cx: &Cx, question: &str, choices: &[Choice]) -> Result<String, CommandError> {
    loop {
        let typed = ask(question, "", choices)?;
        if let Some(name) = narrowed(cx, question, choices, &typed)? {
            return Ok(name);
        }
    }
}

fn ask(question: &str, or_key: &str, choices: &[Choice]) -> Result<String, CommandError> {
    if choices.is_empty() {
        return Err(CommandError::failed(format!("{question} The account has none")));
    }
    let how = format!("type a part of the name, paste {or_key}a name or an ARN");
    let all = choices.len();
    Ok(prompt::ask(&format!("{question} ({how}; Enter lists all {all}): "))?)
}

/// The choice that the typed text names. If it narrows the list to several, they are shown to select from.
fn narrowed(
    cx: &Cx,
    question: &str,
    choices: &[Choice],
    typed: &str,
) -> Result<Option<String>, CommandError> {
    let found = narrow(choices, typed);
    match found.as_slice() {
        [] => {
            cx.ui.warning(&format!(
                "nothing here is called '{typed}'; your own identity is left out"
            ));
            Ok(None)
        }
        [(name, _)] => Ok(Some(name.clone())),
        several => Ok(Some(choose(question, several)?)),
    }
}

/// The choices that the text names: the one with this name or ARN, or else all that contain it in any case.
fn narrow(choices: &[Choice], typed: &str) -> Vec<Choice> {
    let arn = Arn::parse(typed);
    let name = arn.as_ref().and_then(|arn| arn.user().or(arn.role())).unwrap_or(typed);
    let name = name.split_once(":s3:::").map_or(name, |(_, bucket)| bucket);
    if let Some(exact) = choices.iter().find(|(known, _)| known == name) {
        return vec![exact.clone()];
    }
    let part = name.to_lowercase();
    let has = |(_, shown): &&Choice| shown.to_lowercase().contains(&part);
    choices.iter().filter(has).cloned().collect()
}

/// True for the form of an access key's id.
fn is_key(text: &str) -> bool {
    let kind = text.starts_with("AKIA") || text.starts_with("ASIA");
    kind && text.len() >= 16 && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

fn choose(question: &str, choices: &[Choice]) -> Result<String, CommandError> {
    let shown: Vec<String> = choices.iter().map(|(_, shown)| shown.clone()).collect();
    Ok(choices[prompt::choose(question, &shown)?].0.clone())
}

fn list(
    client: &Client,
    call: &Call,
    name: &str,
    shown: impl Fn(&serde_json::Value) -> String,
) -> Result<Vec<Choice>, CommandError> {
    let answer = client.call(call).map_err(|e| CommandError::failed(e.to_string()))?;
    let entries = answer.as_array().cloned().unwrap_or_default();
    Ok(entries
        .iter()
        .map(|e| (e[name].as_str().unwrap_or_default().to_string(), shown(e)))
        .collect())
}

fn users(client: &Client) -> Result<Vec<Choice>, CommandError> {
    list(client, &Call::new("iam", "ListUsers", []), "UserName", |user| {
        let text = |name: &str| user[name].as_str().unwrap_or("never").to_string();
        format!("{}  (password last used {})", text("UserName"), text("PasswordLastUsed"))
    })
}

fn keys(client: &Client, user: &str) -> Result<Vec<Choice>, CommandError> {
    let call = Call::new("iam", "ListAccessKeys", [("UserName", user.into())]);
    list(client, &call, "AccessKeyId", |key| {
        let id = key["AccessKeyId"].as_str().unwrap_or_default();
        let used =
            client.call(&Call::new("iam", "GetAccessKeyLastUsed", [("AccessKeyId", id.into())]));
        let used = used.ok().and_then(|u| u["LastUsedDate"].as_str().map(str::to_string));
        let text = |name: &str| key[name].as_str().unwrap_or_default();
        format!(
            "{id}  {}, made {}, last used {}",
            text("Status"),
            text("CreateDate"),
            used.as_deref().unwrap_or("never")
        )
    })
}

fn roles(client: &Client) -> Result<Vec<Choice>, CommandError> {
    let all = list(client, &Call::new("iam", "ListRoles", []), "RoleName", |role| {
        role["Arn"].as_str().unwrap_or_default().to_string()
    })?;
    let ours = |shown: &str| !shown.contains(":role/aws-service-role/");
    Ok(all.into_iter().filter(|(_, shown)| ours(shown)).collect())
}

fn buckets(client: &Client) -> Result<Vec<Choice>, CommandError> {
    list(client, &Call::new("s3", "ListBuckets", []), "Name", |bucket| {
        bucket["Name"].as_str().unwrap_or_default().to_string()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_narrows_and_a_paste_selects() {
        let user = |name: &str| (name.to_string(), format!("{name}  (password last used never)"));
        let choices: Vec<Choice> = ["ci", "ci-deploy", "Alice", "alice2", "bob"].map(user).to_vec();
        let found = |typed: &str| -> Vec<String> {
            narrow(&choices, typed).into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(found("ci"), ["ci"], "a whole name wins");
        assert_eq!(found("ci-"), ["ci-deploy"]);
        assert_eq!(found("ALI"), ["Alice", "alice2"]);
        assert_eq!(found("").len(), 5);
        assert_eq!(found("arn:aws:iam::123456789012:user/team/bob"), ["bob"]);
        assert_eq!(found("mallory"), [""; 0]);
        let role = vec![("app".to_string(), "arn:aws:iam::123456789012:role/app".to_string())];
        let session = "arn:aws:sts::123456789012:assumed-role/app/i-0123";
        assert_eq!(narrow(&role, session), role);
        let bucket = vec![("data".to_string(), "data".to_string())];
        assert_eq!(narrow(&bucket, "arn:aws:s3:::data"), bucket);
    }

    #[test]
    fn a_key_is_told_from_a_name() {
        assert!(is_key("AKIAIOSFODNN7EXAMPLE") && is_key("ASIAIOSFODNN7EXAMPLE"));
        for name in ["AKIA", "AKIA-is-a-user-name", "akiaiosfodnn7example", "alice"] {
            assert!(!is_key(name), "{name}");
        }
    }
}
