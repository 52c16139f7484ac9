//! Role sessions: the record that hands out a temporary key, and the caller who then uses it.

use super::call::Call;
use super::cast::{Caller, Channel};
use super::stage::Stage;
use crate::calendar::{self, HOUR};
use crate::identity::{self, Role, Session, SessionKind};
use crate::json::Object;
use crate::random::Random;
use crate::record::ACCOUNT;

/// `caller` assumes `role`. Returns whoever works with the new key from the same place.
pub fn assume(
    stage: &mut Stage,
    random: &mut Random,
    time: i64,
    caller: &Caller,
    wanted: &Wanted,
) -> Caller {
    let (role, name) = (wanted.role, wanted.session);
    let key = random.unique_id("ASIA", ACCOUNT);
    let call = Call::read("sts", "AssumeRole")
        .region(wanted.region)
        .request(|o| {
            o.text("roleArn", &role.arn())
                .text("roleSessionName", name)
                .number("durationSeconds", 3600);
        })
        .response(|o| granted(o, wanted, &key, time))
        .resource("AWS::IAM::Role", &role.arn());
    stage.add(random, time, caller, call);
    let session = Session { role, name, key: &key, since: time, kind: wanted.kind };
    Caller {
        identity: identity::session(&session),
        arn: role.session_arn(name),
        channel: match wanted.kind {
            SessionKind::Via(_) => Channel::OnBehalf,
            _ => Channel::Client,
        },
        ..caller.clone()
    }
}

/// Which session is asked for.
pub struct Wanted<'a> {
    pub role: &'a Role,
    pub session: &'a str,
    pub region: &'static str,
    pub kind: SessionKind<'a>,
}

/// The answer of STS. The session token that it holds in life is left out.
pub fn granted(o: &mut Object, wanted: &Wanted, key: &str, time: i64) {
    let (role, name) = (wanted.role, wanted.session);
    o.object("credentials", |o| {
        o.text("accessKeyId", key).text("expiration", &calendar::in_words(time + HOUR));
    });
    o.object("assumedRoleUser", |o| {
        o.text("assumedRoleId", &format!("{}:{name}", role.id))
            .text("arn", &role.session_arn(name));
    });
}
