//! From the credentials that findings name to the arguments of one plan: what this account has, and what a plan from here
//! cannot reach, with why.

use std::collections::BTreeSet;

use super::build::Remarks;
use super::error::PlanError;
use super::{guard, subject};
use crate::cloud::{Api, Call, Caller, ErrorKind};
use crate::finding::credentials::{Credential, Credentials, Kind};
use crate::step::Args;

/// The users, roles and keys to contain, and remarks for the reader: why each is in the plan, and what is left out.
///
/// A key is contained through its user. The responder's own identities, those of other accounts and those that no longer
/// exist are left out, so that the others are contained all the same.
///
/// # Errors
/// [`PlanError::Refused`] when nothing is left to contain; AWS's error without usable credentials.
pub fn reach(
    api: &dyn Api,
    caller: &Caller,
    found: &Credentials,
) -> Result<(Args, Remarks), PlanError> {
    let mut reached = Reached { api, caller, args: Args::default(), remarks: Remarks::default() };
    let here = |c: &&Credential| c.account == caller.account;
    for credential in found.known.iter().filter(here) {
        reached.add(credential)?;
    }
    reached.elsewhere(found);
    for (principal, because) in &found.others {
        let how = match principal.ends_with(":root") {
            true => {
                "no policy of the account limits root; sign in as root, and renew its password, MFA and keys"
            }
            false => "it is no user or role; contain the identity that it comes from",
        };
        reached.remarks.not_reached.push(format!("{principal} ({because}): {how}"));
    }
    let Reached { args, remarks, .. } = reached;
    if args.given("user") || args.given("role") {
        return Ok((args, remarks));
    }
    let why = match remarks.not_reached.as_slice() {
        [] => "the findings name no user, role or key".to_string(),
        all => all.join("; "),
    };
    Err(PlanError::Refused(format!(
        "nothing that the findings name can be contained with these credentials, of account {}: {why}",
        caller.account
    )))
}

struct Reached<'a> {
    api: &'a dyn Api,
    caller: &'a Caller,
    args: Args,
    remarks: Remarks,
}

impl Reached<'_> {
    fn add(&mut self, credential: &Credential) -> Result<(), PlanError> {
        let Credential { kind, name, because, .. } = credential;
        let (parameter, name, what) = match kind {
            Kind::User => ("user", name.clone(), format!("the user {name}")),
            Kind::Role => ("role", name.clone(), format!("the role {name}")),
            Kind::AccessKey => match subject::owner(self.api, self.caller, name) {
                Ok(user) => ("user", user.clone(), format!("the user {user} of the key {name}")),
                Err(PlanError::Api(e)) if e.kind == ErrorKind::Credentials => return Err(e.into()),
                Err(e) => {
                    self.leave_out(&format!("the key {name}"), because, &e.to_string());
                    return Ok(());
                }
            },
        };
        if self.args.all(parameter).contains(&name) {
            return Ok(());
        }
        let one = Args::from([(parameter, name.as_str())]);
        let ours = guard::check(self.caller, &one).err();
        if let Some(why) = ours.or_else(|| self.missing(parameter, &name)) {
            self.leave_out(&what, because, &why);
            return Ok(());
        }
        let mut all = self.args.all(parameter).to_vec();
        all.push(name);
        self.args.set_all(parameter, all);
        self.remarks.notes.push(format!("{what} is in the plan: {because}"));
        Ok(())
    }

    fn leave_out(&mut self, what: &str, because: &str, why: &str) {
        self.remarks.not_reached.push(format!("{what} ({because}): {why}"));
    }

    /// Why the user or role cannot be contained, if it does not exist.
    fn missing(&self, parameter: &str, name: &str) -> Option<String> {
        let (operation, member) =
            if parameter == "user" { ("GetUser", "UserName") } else { ("GetRole", "RoleName") };
        let answer = self.api.call(&Call::new("iam", operation, [(member, name.into())]));
        let gone = answer.is_err_and(|e| e.is_not_found());
        gone.then(|| format!("it does not exist in account {} any more", self.caller.account))
    }

    /// Names the credentials of other accounts, by account.
    fn elsewhere(&mut self, found: &Credentials) {
        let there = |c: &&Credential| c.account != self.caller.account;
        let accounts: BTreeSet<&str> =
            found.known.iter().filter(there).map(|c| c.account.as_str()).collect();
        for account in accounts {
            let names = found.known.iter().filter(|c| c.account == account);
            let names: Vec<&str> = names.map(|c| c.name.as_str()).collect();
            let line = format!(
                "{} of account {account}: these credentials are of account {}; contain it with a profile of that \
                 account",
                names.join(", "),
                self.caller.account
            );
            self.remarks.not_reached.push(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::step::testing::Fake;

    const ACCOUNT: &str = "123456789012";

    fn credential(kind: Kind, name: &str, account: &str) -> Credential {
        let because = "acted in story s-1".into();
        Credential { kind, name: name.into(), account: account.into(), because }
    }

    fn caller() -> Caller {
        let arn = format!("arn:aws:iam::{ACCOUNT}:user/responder");
        Caller { arn, account: ACCOUNT.into(), ..Caller::default() }
    }

    #[test]
    fn each_is_contained_once_and_what_is_left_out_says_why() {
        let api = Fake::default()
            .answers("iam:GetAccessKeyLastUsed", json!({"UserName": "ci"}))
            .answers("iam:GetUser", json!({}));
        let found = Credentials {
            known: vec![
                credential(Kind::User, "ci", ACCOUNT),
                credential(Kind::User, "responder", ACCOUNT),
                credential(Kind::User, "theirs", "999988887777"),
                credential(Kind::Role, "gone", ACCOUNT),
                credential(Kind::AccessKey, "AKIACI", ACCOUNT),
            ],
            others: vec![(format!("arn:aws:iam::{ACCOUNT}:root"), "acted in story s-1".into())],
        };
        let (args, remarks) = reach(&api, &caller(), &found).unwrap();
        assert_eq!((args.all("user"), args.all("role")), (&["ci".to_string()][..], &[][..]));
        assert_eq!(remarks.notes, ["the user ci is in the plan: acted in story s-1"]);
        for (line, says) in remarks.not_reached.iter().zip([
            "the user responder (acted in story s-1): the user responder is you",
            "the role gone (acted in story s-1): it does not exist",
            "theirs of account 999988887777: these credentials are of account 123456789012",
            "no policy of the account limits root",
        ]) {
            assert!(line.contains(says), "{line}");
        }
        assert_eq!(remarks.not_reached.len(), 4);
    }

    #[test]
    fn findings_of_another_account_are_refused_with_both_accounts() {
        let known = vec![credential(Kind::User, "theirs", "999988887777")];
        let found = Credentials { known, others: Vec::new() };
        let e = reach(&Fake::default(), &caller(), &found).unwrap_err().to_string();
        assert!(e.contains("999988887777") && e.contains(ACCOUNT), "{e}");
        let none = reach(&Fake::default(), &caller(), &Credentials::default());
        assert!(none.unwrap_err().to_string().contains("name no user, role or key"));
    }
}
