//! IAM: tags of users and roles.

use aws_sdk_iam::Client;
use aws_sdk_iam::types::Tag;
use serde_json::{Value, json};

use super::iam_credentials::{done, list};
use crate::cloud::{ApiError, Call, ErrorKind};

/// `{"Key", "Value"}`.
pub fn tag(tag: &Tag) -> Value {
    json!({"Key": tag.key(), "Value": tag.value()})
}

/// The tag to write, from the parameters `TagKey` and `TagValue`: one tag for each call.
fn wanted(call: &Call) -> Result<Tag, ApiError> {
    let tag = Tag::builder().key(call.text("TagKey")).value(call.text("TagValue")).build();
    tag.map_err(|e| ApiError::new(&call.name(), ErrorKind::Refused, "BadTag", &e.to_string()))
}

pub async fn call(c: &Client, call: &Call) -> Option<Result<Value, ApiError>> {
    let (user, role) = (call.text("UserName"), call.text("RoleName"));
    Some(match call.operation.as_str() {
        "ListUserTags" => {
            let pages = c.list_user_tags().user_name(user).into_paginator().items().send();
            list(call, pages.try_collect().await, |found| Ok(tag(found)))
        }
        "ListRoleTags" => {
            let pages = c.list_role_tags().role_name(role).into_paginator().items().send();
            list(call, pages.try_collect().await, |found| Ok(tag(found)))
        }
        "TagUser" => match wanted(call) {
            Ok(tag) => done(call, c.tag_user().user_name(user).tags(tag).send().await),
            Err(e) => Err(e),
        },
        "TagRole" => match wanted(call) {
            Ok(tag) => done(call, c.tag_role().role_name(role).tags(tag).send().await),
            Err(e) => Err(e),
        },
        "UntagUser" => {
            done(call, c.untag_user().user_name(user).tag_keys(call.text("TagKey")).send().await)
        }
        "UntagRole" => {
            done(call, c.untag_role().role_name(role).tag_keys(call.text("TagKey")).send().await)
        }
        _ => return None,
    })
}
