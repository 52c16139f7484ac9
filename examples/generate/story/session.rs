//! Role sessions: the record that issues a temporary key, and the caller who uses it.

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
    request: &SessionRequest,
) -> Caller {
    let (role, name) = (request.role, request.session);
    let key = random.unique_id("ASIA", ACCOUNT);
    let call = Call::read("sts", "AssumeRole")
        .region(request.region)
        .request(|o| {
            o.text("roleArn", &role.arn())
                .text("roleSessionName", name)
                .number("durationSeconds", 3600);
        })
        .response(|o| granted(o, request, &key, time))
        .resource("AWS::IAM::Role", &role.arn());
    stage.add(random, time, caller, call);
    let session = Session { role, name, key: &key, since: time, kind: request.kind };
    Caller {
        identity: identity::session(&session),
        arn: role.session_arn(name),
        channel: match request.kind {
            SessionKind::Via(_) => Channel::OnBehalf,
            _ => Channel::Client,
        },
        ..caller.clone()
    }
}

/// The requested session.
pub struct SessionRequest<'a> {
    pub role: &'a Role,
    pub session: &'a str,
    pub region: &'static str,
    pub kind: SessionKind<'a>,
}

/// The response of STS, without the session token that a real one contains.
pub fn granted(o: &mut Object, request: &SessionRequest, key: &str, time: i64) {
    let (role, name) = (request.role, request.session);
    o.object("credentials", |o| {
        o.text("accessKeyId", key).text("expiration", &calendar::in_words(time + HOUR));
    });
    o.object("assumedRoleUser", |o| {
        o.text("assumedRoleId", &format!("{}:{name}", role.id))
            .text("arn", &role.session_arn(name));
    });
}
