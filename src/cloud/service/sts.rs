//! Security Token Service.

use aws_sdk_sts::{Client, config};
use serde_json::{Value, json};

use super::{Env, failed, text};
use crate::cloud::{ApiError, Call};

pub async fn call(env: &Env, call: &Call) -> Option<Result<Value, ApiError>> {
    let config = config::Builder::from(&env.config).interceptor(env.recorder_interceptor()).build();
    let c = Client::from_conf(config);
    Some(match call.operation.as_str() {
        "GetCallerIdentity" => c.get_caller_identity().send().await.map_err(|e| failed(call, e)).map(|me| {
            json!({"Arn": text(me.arn()), "Account": text(me.account()), "UserId": text(me.user_id())})
        }),
        "GetAccessKeyInfo" => {
            let answer = c.get_access_key_info().access_key_id(call.text("AccessKeyId"));
            answer.send().await.map_err(|e| failed(call, e)).map(|k| json!({"Account": text(k.account())}))
        }
        _ => return None,
    })
}
